"""The fast reader of plain YAML, such as most gitskills.yaml files are: silent where it is not certain.

Loading ruamel takes 8 ms and reading with it 3, in every command. This answers only for ASCII text made of lines it
understands: `key: value`, `key:` over deeper lines, `- value`, `[a, b]`, comments, one-line values without escapes.
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

_ODD = re.compile("[^\n\x20-\x7e]")
_COMMENT = re.compile(r" *(?:#.*)?")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,99}):(?: +|$)")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"\\]*)\"")
# Unquoted: no `: ` or ` #` in it and no colon at its end; in brackets none of `,[]{}:` either.
_PLAIN = re.compile(r"[A-Za-z0-9./_](?:[^:#]|:(?=[^ ])|(?<! )#)*")
_ITEM = re.compile(r"[A-Za-z0-9./_][^:#,\[\]{}]*")


class _Uncertain(Exception):
    """Only a YAML parser can tell what this means."""


def read(text: str) -> dict[str, Any] | None:
    """Return the mapping that a plain YAML text is, None where only a YAML parser can tell."""
    if len(text) > LIMIT or _ODD.search(text) or " " * DEPTH_LIMIT in text:
        return None  # no deeper than that, each level being indented by one space at least
    rows = [(len(line) - len(line.lstrip(" ")), line.strip(" ")) for line in text.split("\n") if not _blank(line)]
    try:
        found, end = _mapping(rows, 0, 0) if rows else ({}, 0)
    except _Uncertain:
        return None
    return found if rows and end == len(rows) else None


def plain_value(text: str) -> str | int | float | bool | None:
    """Return what an unquoted scalar means in YAML 1.2's core schema."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if FLOAT.fullmatch(text):
        return float(text)
    return text


def _blank(line: str) -> bool:
    return _COMMENT.fullmatch(line) is not None


def _mapping(rows: list[tuple[int, str]], at: int, depth: int) -> tuple[dict[str, Any], int]:
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


def _value(rows: list[tuple[int, str]], at: int, depth: int, rest: str) -> tuple[Any, int]:
    """Read what stands behind a key of row `at`: on its line, or on deeper ones below it."""
    if rest and not rest.startswith("#"):
        return (_brackets(rest) if rest.startswith("[") else _scalar(rest)), at + 1
    if at + 1 == len(rows):
        return None, at + 1
    below, first = rows[at + 1]
    if first.startswith("- ") and below >= depth:
        return _items(rows, at + 1, below)
    if below > depth:
        return _mapping(rows, at + 1, below)
    return None, at + 1


def _items(rows: list[tuple[int, str]], at: int, depth: int) -> tuple[list[Any], int]:
    found = []
    while at < len(rows) and rows[at][0] == depth and rows[at][1].startswith("- "):
        found.append(_scalar(rows[at][1][2:].lstrip(" ")))
        at += 1
    if at < len(rows) and rows[at][0] > depth:
        raise _Uncertain
    return found, at


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
        return quoted[1] if quoted[1] is not None else quoted[2]
    bare = re.sub(r" +#.*", "", text, count=1)
    if not _PLAIN.fullmatch(bare):
        raise _Uncertain
    return plain_value(bare)
