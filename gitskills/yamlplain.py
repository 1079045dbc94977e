"""The fast reader of plain YAML, such as most gitskills.yaml files are: silent where it is not certain.

Loading ruamel takes 8 ms and reading with it 3, in every command. This answers only for text made of lines it
understands: `key: value`, `key:` over deeper lines, `- value`, `[a, b]`, `|` and `>` over even lines, comments,
one-line values without escapes.
All else is left to `gitskills.yamltext`. What it answers equals what that reads, for every text:
tests/test_yamlplain.py holds it to that.
"""

import re
from typing import Any

LIMIT = 16_384  # characters; nobody writes more by hand
DEPTH_LIMIT = 32

# The core schema of YAML 1.2.2, section 10.3.2: what a plain (unquoted) scalar means. Dates stay text there.
CONSTANTS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
INTEGER = re.compile(r"[-+]?[0-9]{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
FLOAT = re.compile(r"[-+]?(\.[0-9]{1,300}|[0-9]{1,300}(\.[0-9]{0,300})?)([eE][-+]?[0-9]{1,9})?")

# What ruamel and the standard both call printable, without the characters either might take for white space.
_ODD = re.compile("[^\n\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_COMMENT = re.compile(r" *(?:#.*)?")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,99}):(?: +|$)")
_QUOTED = re.compile(r"'((?:[^']|'')*)'|\"([^\"\\]*)\"")
# Unquoted: no `: ` or ` #` in it and no colon at its end; in brackets none of `,[]{}:` either.
_PLAIN = re.compile(r"[A-Za-z0-9./_](?:[^:#]|:(?=[^ ])|(?<! )#)*")
_ITEM = re.compile(r"[A-Za-z0-9./_][^:#,\[\]{}]*")
_BLOCK = re.compile(r"([>|])(-?)")

_Row = tuple[int, str]
"""A line: by how much it is indented, and what stands there; blank ones and comments have (-1, the line)."""


class _Uncertain(Exception):
    """Only a YAML parser can tell what this means."""


def read(text: str) -> dict[str, Any] | None:
    """Return the mapping that a plain YAML text is, None where only a YAML parser can tell."""
    if len(text) > LIMIT or _ODD.search(text) or " " * DEPTH_LIMIT in text:
        return None  # no deeper than that, each level being indented by one space at least
    if " \n" in text or text.endswith(" "):
        return None  # which in a block of text counts
    rows = [_row(line) for line in text.split("\n")]
    try:
        start = _skip(rows, 0)
        found, end = _mapping(rows, start, 0)
    except _Uncertain:
        return None
    return found if found and end == len(rows) else None


def _row(line: str) -> _Row:
    bare = line.lstrip(" ")
    return (len(line) - len(bare), bare) if bare and bare[0] != "#" else (-1, line)


def _skip(rows: list[_Row], at: int) -> int:
    """Return the first row from `at` on that says something."""
    while at < len(rows) and rows[at][0] < 0:
        at += 1
    return at


def plain_value(text: str) -> str | int | float | bool | None:
    """Return what an unquoted scalar means in YAML 1.2's core schema."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if FLOAT.fullmatch(text):
        return float(text)
    return text


def _mapping(rows: list[_Row], at: int, depth: int) -> tuple[dict[str, Any], int]:
    """Read the rows from `at` on that are indented by exactly `depth`; returns the mapping and the row after it."""
    found: dict[str, Any] = {}
    while at < len(rows) and rows[at][0] == depth:
        key = _KEY.match(rows[at][1])
        if key is None or key[1] in found:
            raise _Uncertain
        found[key[1]], at = _value(rows, at, depth, rows[at][1][key.end() :])
    if at < len(rows) and rows[at][0] > depth:
        raise _Uncertain  # the value goes on there, or the indentation is wrong
    return found, at


def _value(rows: list[_Row], at: int, depth: int, rest: str) -> tuple[Any, int]:
    """Read what stands behind a key of row `at`: on its line, or on deeper ones below it."""
    after = _skip(rows, at + 1)
    if block := _BLOCK.fullmatch(rest):
        return _paragraphs(rows, at + 1, depth, *block.groups())
    if rest and not rest.startswith("#"):
        return (_brackets(rest) if rest.startswith("[") else _scalar(rest)), after
    if after == len(rows):
        return None, after
    below, first = rows[after]
    if first.startswith("- ") and below >= depth:
        return _items(rows, after, below)
    if below > depth:
        return _mapping(rows, after, below)
    return None, after


def _items(rows: list[_Row], at: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while at < len(rows) and rows[at][0] == depth and rows[at][1].startswith("- "):
        bare = rows[at][1][2:].lstrip(" ")
        if _KEY.match(bare):  # a mapping, whose keys stand where this one does
            inside = depth + len(rows[at][1]) - len(bare)
            value, at = _mapping([*rows[:at], (inside, bare), *rows[at + 1 :]], at, inside)
        else:
            value, at = _scalar(bare), _skip(rows, at + 1)
        found.append(value)
    if at < len(rows) and rows[at][0] > depth:
        raise _Uncertain
    return found, at


def _paragraphs(rows: list[_Row], at: int, depth: int, kind: str, chomp: str) -> tuple[str, int]:
    """Read a block of text, folded (`>`) or not (`|`): even lines, single blank ones between some of them."""
    inside = rows[at][0] if at < len(rows) else -1
    lines: list[str] = []
    while at < len(rows) and (rows[at][0] == inside or not rows[at][1]):
        lines.append(rows[at][1])
        at += 1
    ended = at < len(rows) or not rows[-1][1]  # else the last line lacks its end, and so does the text
    while lines and not lines[-1]:
        lines.pop()
    if inside <= depth or not ended or (at < len(rows) and not -1 < rows[at][0] <= depth):
        raise _Uncertain  # nothing there, deeper lines, or a comment that may belong to the text
    text = "\n".join(lines)
    if kind == ">":
        text = re.sub(r"\n(\n*)", lambda found: found[1] or " ", text)
    return text + "\n" * (not chomp), at


def _brackets(text: str) -> list[Any]:
    """Read `[a, "b"]`, which may have a comment behind it."""
    inside, closed, after = text[1:].partition("]")
    if not closed or not (after == "" or re.fullmatch(r" +#.*", after)):
        raise _Uncertain
    words = [word.strip(" ") for word in inside.split(",")] if inside.strip(" ") else []
    if not all(_QUOTED.fullmatch(word) or _ITEM.fullmatch(word) for word in words):
        raise _Uncertain
    return [_scalar(word) for word in words]


def _scalar(text: str) -> Any:
    """Read one scalar, which may have a comment behind it."""
    quoted = _QUOTED.match(text)
    if quoted is not None:
        if not re.fullmatch(r"(?: +#.*)?", text[quoted.end() :]):
            raise _Uncertain
        return quoted[1].replace("''", "'") if quoted[1] is not None else quoted[2]
    bare = re.sub(r" +#.*", "", text, count=1)
    if not _PLAIN.fullmatch(bare):
        raise _Uncertain
    return plain_value(bare)
