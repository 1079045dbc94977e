"""A change as a librarian is shown it: bounded by file, secrets taken out, what teaches most first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from gitskills.cards import kinds
from gitskills.git.changes import FileChange
from gitskills.sessions.redact import redact

LIMIT = 12_000  # characters of all hunks together
LEAST = 1_200  # characters that each of the first files may have, however many there are
FILES = 40  # files that are named
NAMES = 8  # of the things a file's hunks define or lie in

_DEFINITION = re.compile(
    r"^(?:@@ [^@]* @@|[+ -])[ \t]*"
    r"(?:export |default |pub(?:\([^)]*\))? |public |private |protected |static |abstract |async |final )*"
    r"(?:def|class|func|fn|function|struct|enum|trait|interface|type|module|impl|macro_rules!)\s+(?:\([^)]*\)\s*)?"
    r"([A-Za-z_][\w]{1,80})"
)
_LAYOUT = re.compile(r"[\s'\"(),\\]+")


def diff(files: Sequence[FileChange]) -> str:
    """Return the hunks of a change in whole lines, at most `LIMIT` characters and none of a generated file's.

    `files` come in the order in which they matter.
    """
    shown = [one for one in files if one.patch and kinds.kind(one.path) != "generated"]
    left, parts = LIMIT, []
    for number, one in enumerate(shown):
        fair = max(left // max(min(len(shown) - number, 4), 1), LEAST)
        part = _whole_lines(f"--- {one.path} ({one.status})\n{redact(one.patch)}", min(fair, left))
        if not part:
            break
        parts.append(part)
        left -= len(part) + 1
    return "\n".join(parts)


def listing(files: Sequence[FileChange]) -> list[dict[str, Any]]:
    """Return what a librarian is told of each file: kind, size, names its hunks define or lie in, if only layout."""
    return [_told(one) for one in files[:FILES]]


def _told(one: FileChange) -> dict[str, Any]:
    kind = kinds.kind(one.path)
    defines, within = _names(one.patch) if kind in ("source", "test") else ([], [])
    size = {"status": one.status, "added": one.added, "removed": one.removed}
    names = {"defines": defines[:NAMES], "within": within[:NAMES]}
    return {"path": one.path, "kind": kind, **size, **names, "reformatted": _reformatted(one.patch)}


def _reformatted(patch: str) -> bool:
    """Whether hunks take away and add the same but for white space, quotes, commas, parentheses and line breaks."""
    rows = patch.split("\n")
    removed, added = (_LAYOUT.sub("", "".join(row[1:] for row in rows if row[:1] == sign)) for sign in "-+")
    return removed == added and any(row[:1] in ("-", "+") for row in rows)


def _names(patch: str) -> tuple[list[str], list[str]]:
    """Return the names that hunks define, and those of the definitions in which they change something else."""
    defines: dict[str, None] = {}
    within: dict[str, None] = {}
    around = ""
    for line in patch.split("\n"):
        found = _DEFINITION.match(line)
        if found:
            around = found[1]
            if line[0] == "+":
                defines[around] = None
        elif line.startswith("@@"):
            around = ""
        elif line[:1] in ("+", "-") and around and line[1:].strip():
            within[around] = None
    return list(defines), [name for name in within if name not in defines]


def _whole_lines(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    cut = text.rfind("\n", 0, limit)
    return text[: max(cut, 0)]


def lines(text: str, limit: int) -> str:
    """Return a text without secrets, cut to whole lines of at most `limit` characters together."""
    return _whole_lines(redact(text), limit) or redact(text)[:limit]
