"""What stands where in a SKILL.md, by offsets of characters: text that automatic edits may not touch, code, headings.

All of it is read generously: a marker or fence that only some readers would see counts as one, so that what is
protected is rather too much than too little.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gitskills.skills import frontmatter
from gitskills.yamltext import LINE_END

LOCK, UNLOCK = "<!-- gitskills:lock -->", "<!-- /gitskills:lock -->"
MARKER = re.compile(r"<!--\s*(/\s*)?gitskills:lock\s*-->", re.IGNORECASE)

# A fence may stand in a quotation or a list item; each character can be taken one way only, so no line is slow.
_PREFIX = r"(?:[ \t>]|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))*"
_OPEN = re.compile(rf"{_PREFIX}(`{{3,}}(?=[^`]*\Z)|~{{3,}})")
_CLOSE = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*\Z")
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|\Z)")


class Line(NamedTuple):
    """A line: where it starts, where its text ends, where its line end ends."""

    start: int
    stop: int
    end: int


class Region(NamedTuple):
    """Protected text, from `start` to before `end`; one that is never closed ends after the last character."""

    start: int
    end: int
    frontmatter: bool = False


@dataclass(frozen=True, slots=True)
class Fence:
    """A code block from its opening line to its closing line's text; `inner` to `outer` is what the lines enclose.

    One that is never closed reaches to one past the text's end.
    """

    start: int
    inner: int
    outer: int
    end: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """An ATX heading outside code: its level, title, and its line."""

    level: int
    title: str
    line: Line


def lines(text: str, start: int = 0) -> Iterator[Line]:
    """Yield the lines of a text from offset `start` on; nothing follows a final line end."""
    for found in LINE_END.finditer(text, start):
        yield Line(start, found.start(), found.end())
        start = found.end()
    if start < len(text):
        yield Line(start, len(text), len(text))


def body_start(text: str) -> int:
    """Return the offset at which the frontmatter has ended; 0 where there is none."""
    return len(text) - len(frontmatter.split(text).body)


def locked(text: str) -> list[Region]:
    """Return the frontmatter and the lines from each lock marker's to its end marker's, in order, none overlapping.

    The end marker's line end is not part of it. Markers nest. A marker that is never closed locks all that follows;
    a lone end marker locks its own line.
    """
    begin = body_start(text)
    found = [Region(0, begin, True)] if begin else []
    depth, start = 0, 0
    for marker in MARKER.finditer(text, begin):
        closing = bool(marker[1])
        if depth == 0:
            start = max(_line_start(text, marker.start()), begin)
        depth += -1 if closing and depth else 0 if closing else 1
        if closing and depth == 0:
            _add(found, Region(start, _line_end(text, marker.end())))
    if depth:
        _add(found, Region(start, len(text) + 1))
    return found


def _add(found: list[Region], region: Region) -> None:
    """Append a region, joined to the last one where both lie on one line."""
    if found and not found[-1].frontmatter and region.start < found[-1].end:
        region = Region(found.pop().start, region.end)
    found.append(region)


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _line_end(text: str, at: int) -> int:
    found = LINE_END.search(text, at)
    return found.start() if found else len(text)


def fences(text: str) -> list[Fence]:
    """Return the fenced code blocks of the body in order."""
    found: list[Fence] = []
    opening, mark, inner = -1, "", 0
    for line in lines(text, body_start(text)):
        shown = text[line.start : line.stop]
        if opening < 0:
            if match := _OPEN.match(shown):
                opening, mark, inner = line.start, match[1], line.end
        elif (match := _CLOSE.match(shown)) and match[1].startswith(mark):
            found.append(Fence(opening, inner, line.start, line.stop, True))
            opening = -1
    if opening >= 0:
        found.append(Fence(opening, inner, len(text) + 1, len(text) + 1, False))
    return found


def headings(text: str) -> list[Heading]:
    """Return the headings of the body in order; what looks like one in a code block is none."""
    blocks = fences(text)
    starts = [block.start for block in blocks]
    found = []
    for line in lines(text, body_start(text)):
        shown = text[line.start : line.stop]
        if match := _HEADING.match(shown):
            before = bisect_right(starts, line.start) - 1
            if before < 0 or line.start >= blocks[before].end:
                found.append(Heading(len(match[1]), title(shown[match.end() :]), line))
    return found


def title(text: str) -> str:
    """Return a heading's title from what follows its `#`s: trimmed, without the `#`s that may close it."""
    text = text.strip()
    bare = text.rstrip("#")
    return bare.rstrip() if not bare or bare[-1:].isspace() else text
