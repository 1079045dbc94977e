"""Characters that people do not see and agents read: which there are, and which of them have honest work to do.

Classes after the Unicode Standard (chapter 23, "Special Areas and Format Characters", UTS #51 for emoji).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# Tag characters spell ASCII invisibly; bidi controls reorder what is shown; the supplement selectors hide bytes.
TAGS = "\U000e0000-\U000e007f"
BIDI = "\u202a-\u202e\u2066-\u2069"
SELECTORS = "\U000e0100-\U000e01ef"
# Marks without width, fillers, invisible operators, deprecated format characters, interlinear annotation.
ZERO_WIDTH = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
CRITICAL = re.compile(f"[{TAGS}{BIDI}{SELECTORS}]+")
ANY = re.compile(f"[{TAGS}{BIDI}{SELECTORS}{ZERO_WIDTH}]+")

# The three flags that are spelt with tag characters (England, Scotland, Wales); they have room for no message.
_FLAG = re.compile("\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074"
                   "|\U000e0077\U000e006c\U000e0073)\U000e007f")  # fmt: skip
# What may carry a presentation selector or be joined: emoji, pictographs, arrows, symbols, keycap bases.
_EMOJI = (
    "#*0-9\u00a9\u00ae\u203c\u2049\u20e3\u2100-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_EMOJI_ONE = re.compile(f"[{_EMOJI}]")
# Scripts whose spelling needs joiners, from Arabic to Khmer and Mongolian; there they are letters' business.
_JOINING_SCRIPT = re.compile(
    "[\u0590-\u08ff\u0900-\u0dff\u0e80-\u109f\u1780-\u18af\u1a20-\u1aaf\ufb50-\ufdff\ufe70-\ufefc]"
)

Kind = Literal["hidden-tags", "bidi-control", "variation-selector", "zero-width"]


@dataclass(frozen=True, slots=True)
class Found:
    """A run of hidden characters of one kind: `start` is its offset in characters, `text` the characters."""

    kind: Kind
    start: int
    text: str


def find(text: str, *, runs: re.Pattern[str] = ANY) -> Iterator[Found]:
    """Yield each run of hidden characters (`ANY`, or only `CRITICAL`) that has no honest reason to stand there."""
    flags = {found.start() + 1 for found in _FLAG.finditer(text)} if "\U0001f3f4" in text else set()
    for run in runs.finditer(text):
        start, characters = run.start(), run[0]
        if (start in flags and len(characters) == 6) or _honest(text, start, run.end()):
            continue
        yield from _by_kind(start, characters)


def critical(text: str) -> bool:
    """Say whether a text has a tag character, a bidi control or a supplementary variation selector."""
    return not text.isascii() and any(True for _ in find(text, runs=CRITICAL))


def _honest(text: str, start: int, end: int) -> bool:
    """Say whether a run is part of an emoji, the spelling of a script, or the file's byte order mark."""
    run = text[start:end]
    before, after = text[start - 1 : start], text[end : end + 1]
    if run == "\ufeff" and start == 0:
        return True  # validation speaks of the byte order mark
    if run in ("\ufe0e", "\ufe0f"):
        # One selector after a symbol, or at a line's start, says how to draw; after letters it could spell bits.
        return not before or before == "\n" or bool(_EMOJI_ONE.match(before)) or not (before.isalnum() or before == " ")
    if run in ("\u200d", "\ufe0f\u200d", "\ufe0e\u200d") and _EMOJI_ONE.match(before) and _EMOJI_ONE.match(after):
        return True
    return run in ("\u200c", "\u200d", "\u200e", "\u200f", "\u061c") and bool(_JOINING_SCRIPT.match(before or after))


def _by_kind(start: int, run: str) -> Iterator[Found]:
    """Split a run where its kind changes."""
    begin = 0
    for index in range(1, len(run) + 1):
        if index == len(run) or _kind(run[index]) != _kind(run[begin]):
            yield Found(_kind(run[begin]), start + begin, run[begin:index])
            begin = index


def _kind(character: str) -> Kind:
    code = ord(character)
    if 0xE0000 <= code <= 0xE007F:
        return "hidden-tags"
    if 0xE0100 <= code <= 0xE01EF:
        return "variation-selector"
    return "bidi-control" if 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 else "zero-width"
