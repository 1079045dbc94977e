"""Automatic edits of a SKILL.md: a few exact changes, all of them or none, never in text that is protected.

A target occurs exactly once, or the whole proposal is rejected: nothing degrades to an append. Every place is found
in the original text, so disjoint edits commute. Protected text is kept by true overlap of ranges and compared byte
for byte afterwards. No code fence is cut half-way. Edits stay within the team's limits; deletions cost nothing.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

from gitskills.skills import frontmatter, regions
from gitskills.skills.places import Splice, Unplaced, place, shown
from gitskills.yamltext import LINE_END

Op = Literal["append", "insert_after", "replace", "delete"]
OPS: tuple[Op, ...] = ("append", "insert_after", "replace", "delete")

ROOM = 200  # characters that even a short skill may grow by, where it may grow at all: one rule, one sentence
# What no honest Markdown holds: control characters but tab and line ends, lone halves of surrogate pairs.
_BAD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a text; `target` is the exact text it is made at (for `append`: a heading, or empty)."""

    op: Op
    target: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why edits were not made: a stable kebab-case code, the reason, the number of the edit (from 1; 0: all)."""

    code: str
    reason: str
    edit: int = 0


class Limits(Protocol):
    """Bounds: at most `max` edits, `chars` characters of new words, `growth` of the body as a share."""

    @property
    def max(self) -> int: ...
    @property
    def chars(self) -> int: ...
    @property
    def growth(self) -> float: ...


def apply(text: str, edits: Sequence[Edit], limits: Limits) -> str | Rejected:
    """Return the text with all edits made, or why none was. The order of the edits does not matter. Never raises.

    Line ends, a byte order mark and a missing final line end stay; targets and contents may have any line ends.
    """
    if len(edits) > limits.max:
        return Rejected("too-many-edits", f"{len(edits)} edits, {limits.max} are allowed")
    lf = _lf(text)
    splices: list[tuple[Splice, int]] = []
    for number, edit in enumerate(edits, 1):
        if bad := _content(edit.content):
            return Rejected(*bad, number)
        try:
            splices.append((place(lf, edit.op, _lf(edit.target), _lf(edit.content)), number))
        except Unplaced as error:
            return Rejected(error.code, error.message, number)
    splices.sort()
    if problem := _overlap(splices) or _protected(lf, splices) or _halved(lf, splices):
        return problem
    made = _splice(text, lf, [splice for splice, _ in splices])
    return _cut(lf, _lf(made), [splice for splice, _ in splices]) or check(text, made, limits) or made


def check(old: str, new: str, limits: Limits) -> Rejected | None:
    """Return why `new` is not an allowed successor of `old`, however it was made; None if it is.

    Frontmatter and locked text must be the same bytes; no code fence may be left open; the limits `chars` and
    `growth` must hold.
    """
    if frontmatter.split(old).has_frontmatter != frontmatter.split(new).has_frontmatter:
        return Rejected("frontmatter", "the frontmatter would begin or end elsewhere")
    before, after = _kept(old), _kept(new)
    if before[:1] != after[:1] and regions.body_start(old):
        return Rejected("frontmatter", "the frontmatter would change")
    if before != after:
        return Rejected("locked", "locked text would change")
    if _open(new) and not _open(old):
        return Rejected("fence", "a code fence would be left open")
    added, grown, allowed = sizes(old, new, limits.growth)
    if added > limits.chars:
        return Rejected("too-much-added", f"{added:,} characters of new words, {limits.chars:,} are allowed")
    if grown > allowed:
        return Rejected("too-much-growth", f"the skill would grow by {grown:,} characters, {allowed:,} are allowed")
    return None


def sizes(old: str, new: str, growth: float) -> tuple[int, int, int]:
    """Return the characters of words that are new, the growth of the body, and the growth allowed, in characters.

    Words that moved are not new, and what is removed makes room.
    """
    bodies = [_lf(frontmatter.split(each).body) for each in (old, new)]
    words = Counter(bodies[1].split()) - Counter(bodies[0].split())
    added = sum((len(word) + 1) * times for word, times in words.items())
    return added, len(bodies[1]) - len(bodies[0]), growth_allowed(bodies[0], growth)


def growth_allowed(body: str, growth: float) -> int:
    """Return how many characters a body may grow by: the share `growth` of it, at least `ROOM` unless that is 0."""
    return max(int(len(_lf(body)) * growth), ROOM if growth > 0 else 0)


def _lf(text: str) -> str:
    return LINE_END.sub("\n", text) if "\r" in text else text


def _content(content: str) -> tuple[str, str] | None:
    if bad := _BAD.search(content):
        return "bad-text", f"the content holds the character U+{ord(bad[0]):04X}"
    if regions.MARKER.search(content):
        return "lock-marker", "only people lock and unlock text"
    return None


def _overlap(splices: Sequence[tuple[Splice, int]]) -> Rejected | None:
    """Reject edits whose texts overlap, that stand at one point, or that are anchored to what another changes."""
    for (one, _), (two, number) in pairwise(splices):
        if two.start < one.end or (one.start == one.end == two.start == two.end):
            return Rejected("overlap", "two edits are made at the same place", number)
    for splice, number in splices:
        for other, _ in splices:
            if other is not splice and other.start < splice.stop and other.end > splice.anchor:
                return Rejected("overlap", "an edit changes the text that another one names", number)
    return None


def _protected(text: str, splices: Iterable[tuple[Splice, int]]) -> Rejected | None:
    for region in regions.locked(text):
        for splice, number in splices:
            if _touches(splice, region.start, region.end):
                code = "frontmatter" if region.frontmatter else "locked"
                what = "the frontmatter" if region.frontmatter else "locked text"
                return Rejected(code, f"the edit touches {what}", number)
    return None


def _touches(splice: Splice, start: int, end: int) -> bool:
    """Say whether a splice changes a range: overlaps it, or is an insertion inside it."""
    if splice.start == splice.end:
        return start < splice.start < end
    return splice.start < end and splice.end > start


def _halved(text: str, splices: Iterable[tuple[Splice, int]]) -> Rejected | None:
    """Reject an edit that covers a code fence's opening or closing line without the whole block."""
    for fence in regions.fences(text):
        for splice, number in splices:
            if not _touches(splice, fence.start, fence.end):
                continue
            low, high = min(splice.anchor, splice.start), max(splice.stop, splice.end)
            whole = splice.start <= fence.start and fence.end <= splice.end
            # An append is anchored to its own place: it was never meant for code.
            within = fence.inner <= low and high <= fence.outer and low < high
            if not whole and not within:
                told = shown(text[fence.start : fence.inner])
                return Rejected("fence", f"the edit cuts the code block {told} half-way", number)
    return None


def _splice(text: str, lf: str, splices: Sequence[Splice]) -> str:
    """Make the changes, placed in `lf`, in the original with its own line ends."""
    returns = [found.start() for found in re.finditer("\r\n", text)] if "\r\n" in text else []
    # The n-th CRLF (from 0) stands n characters earlier in `lf`.
    shorter = [at - index for index, at in enumerate(returns)]
    newline = _newline(text)
    parts, reached = [], 0
    for splice in splices:
        start, end = (at + bisect_right(shorter, at - 1) for at in (splice.start, splice.end))
        parts += [text[reached:start], splice.text.replace("\n", newline)]
        reached = end
    return "".join([*parts, text[reached:]])


def _newline(text: str) -> str:
    """Return the line end that most lines have."""
    counts = Counter(LINE_END.findall(text))
    return max(("\n", "\r\n", "\r"), key=lambda each: counts[each])


def _kept(text: str) -> list[str]:
    return [text[region.start : region.end] for region in regions.locked(text)]


def _open(text: str) -> bool:
    blocks = regions.fences(text)
    return bool(blocks) and not blocks[-1].closed


def _cut(old: str, new: str, splices: Sequence[Splice]) -> Rejected | None:
    """Reject a result in which a line that was not touched has gone into code, or out of it."""
    before, after = regions.fences(old), regions.fences(new)
    if not before and not after:
        return None
    bounds = [[each.start for each in blocks] for blocks in (before, after)]
    shift, pending, moved = 0, list(splices), {-1: -1}
    for line in regions.lines(old):
        while pending and pending[0].end <= line.start:
            shift += len(pending[0].text) - (pending[0].end - pending[0].start)
            pending.pop(0)
        if pending and _touches(pending[0], line.start, line.end):
            continue
        kind, opening = _part(before, bounds[0], line.start)
        if kind == "opening":
            moved[opening] = opening + shift
        if (kind, moved.get(opening)) != _part(after, bounds[1], line.start + shift):
            return Rejected("fence", f"a line would move into or out of code: {shown(old[line.start : line.stop])}")
    return None


def _part(blocks: Sequence[regions.Fence], starts: Sequence[int], at: int) -> tuple[str, int]:
    """Say what the line at an offset is (text, an opening line, code, a closing line) and where its block starts."""
    index = bisect_right(starts, at) - 1
    if index < 0 or at >= blocks[index].end:
        return "text", -1
    return "opening" if at == starts[index] else "code" if at < blocks[index].outer else "closing", starts[index]
