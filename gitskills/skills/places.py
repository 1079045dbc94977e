"""Where an edit goes in a text, and what it puts there: found exactly once, or not at all.

Texts here have LF line ends only.
"""

import re
from typing import NamedTuple

from gitskills.errors import GitskillsError
from gitskills.skills import regions

_BULLET = re.compile(r"[ \t]*[-*+][ \t]")
_NUMBER = re.compile(r"[ \t]*\d{1,9}[.)][ \t]")


class Unplaced(GitskillsError):
    """An edit that has no one place; `code` says why for programs, the message for people and models."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Splice(NamedTuple):
    """Put `text` for what stands from `start` to before `end`; what the edit named stands from `anchor` to `stop`."""

    start: int
    end: int
    text: str
    anchor: int
    stop: int


def place(text: str, op: str, target: str, content: str) -> Splice:
    """Return the splice that an edit is in `text`. Raises Unplaced.

    `append`: at the end of the body, or of the text right below the heading that `target` names. `insert_after`: on
    lines of its own after the line where the target ends. `delete` takes the line ends of the whole lines it removes.
    """
    if op not in ("append", "insert_after", "replace", "delete"):
        raise Unplaced("unknown-op", f"{op!r:.40} is no operation: append, insert_after, replace or delete")
    if op in ("append", "insert_after") and not content.strip():
        raise Unplaced("empty-content", f"{op} has nothing to add")
    if op == "append":
        return _append(text, target, content)
    at = once(text, target)
    end = at + len(target)
    if op == "insert_after":
        return _insert(text, at, end, content)
    if op == "delete" or not content:
        start, end = _whole_lines(text, at, end)
        return Splice(start, end, "", start, end)
    if target.endswith("\n") and not content.endswith("\n"):
        content += "\n"  # or the next line would be drawn up
    return Splice(at, end, content, at, end)


def once(text: str, target: str) -> int:
    """Return where `target` stands in `text`; overlapping occurrences count. Raises Unplaced unless it is once."""
    if not target.strip():
        raise Unplaced("empty-target", "the target is empty")
    at = text.find(target)
    if at < 0:
        raise Unplaced("missing-target", f"the target is not in the skill: {shown(target)}")
    if text.find(target, at + 1) >= 0:
        raise Unplaced("ambiguous-target", f"the target is in the skill more than once: {shown(target)}")
    return at


def shown(text: str) -> str:
    """Return a text as one short quoted line."""
    line = " ".join(text[:200].split())
    return f"“{line[:60]}…”" if len(line) > 60 or len(text) > 200 else f"“{line}”"


def _insert(text: str, at: int, end: int, content: str) -> Splice:
    point = end if text[end - 1] == "\n" else text.find("\n", end) + 1 or len(text)
    if point == len(text) and text[-1] != "\n":
        return Splice(point, point, "\n" + content.rstrip("\n"), at, end)
    return Splice(point, point, content if content.endswith("\n") else content + "\n", at, end)


def _whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a range that covers whole lines by one line end, so that no empty line is left behind."""
    at_line_start = start == 0 or text[start - 1] == "\n"
    if at_line_start and text[end - 1] != "\n":
        if text[end : end + 1] == "\n":
            return start, end + 1
        if end == len(text) and start > 0:
            return start - 1, end
    return start, end


def _append(text: str, target: str, content: str) -> Splice:
    start, stop = regions.body_start(text), len(text)
    heading = None
    if target.strip():
        heading, stop = _section(text, target)
        start = heading.line.start
    last = None
    for line in regions.lines(text[:stop], start):
        if text[line.start : line.stop].strip():
            last = line
    point = last.end if last else start
    anchor, anchor_end = heading.line[:2] if heading else (point, point)
    content = content.strip("\n")
    before = "" if last is None else text[start:point].rstrip("\n").rpartition("\n\n")[2]
    gap = "" if not before or _one_list(before, content) else "\n"
    if point and text[point - 1] != "\n":
        return Splice(point, point, f"\n{gap}{content}", anchor, anchor_end)
    if last is None and point:
        gap = "\n" if text[point - 2 : point] != "\n\n" else ""
    follows = "\n" if text[point:].partition("\n")[0].strip() else ""
    return Splice(point, point, f"{gap}{content}\n{follows}", anchor, anchor_end)


def _section(text: str, target: str) -> tuple[regions.Heading, int]:
    """Return the heading that `target` names, with or without its `#`s, and where the text right below it ends."""
    target = target.strip()
    level = len(target) - len(target.lstrip("#"))
    title = regions.title(target[level:])
    headings = regions.headings(text)
    found = [index for index, each in enumerate(headings) if each.title == title and level in (0, each.level) and title]
    if not found:
        raise Unplaced("missing-target", f"no heading is named so: {shown(target)}")
    if len(found) > 1:
        raise Unplaced("ambiguous-target", f"{len(found)} headings are named so: {shown(target)}")
    following = headings[found[0] + 1 : found[0] + 2]
    return headings[found[0]], following[0].line.start if following else len(text)


def _one_list(before: str, content: str) -> bool:
    """Say whether a list ends the text before and goes on in the content."""
    first = content.partition("\n")[0]
    rows = before.split("\n")
    return any(kind.match(first) and any(kind.match(row) for row in rows) for kind in (_BULLET, _NUMBER))
