"""What another tool says of a folder it installed, and the careful reading of such records."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitskills.errors import GitskillsError
from gitskills.share.foreign.digest import Digest

LIMIT = 4 << 20  # characters; the longest real record seen has some 40,000


class ForeignError(GitskillsError):
    """Another tool's record cannot be read; it is never taken for empty."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One skill folder that `tool` says is its own, by its record `file`; None stands for what the record leaves out.

    `url`, `commit`, `path` (of the folder there) and `tree` say where it came from, `ref` what its user wants to
    follow, and `at` what the tool followed; `origin` says it in words where there is no URL. `digest` tells whether
    files are those it installed; `rest` is what to do about the record once the folder is ours. `inside` says that
    the record is part of the folder's own SKILL.md.
    """

    tool: str
    file: str
    url: str | None = None
    ref: str | None = None
    at: str | None = None
    commit: str | None = None
    path: str | None = None
    tree: str | None = None
    digest: Digest | None = None
    origin: str = ""
    rest: str = ""
    inside: bool = False


def load_json(text: str, tool: str, where: str) -> Mapping[str, Any]:
    """Read a record that is a JSON object; `where` names it in errors. Raises ForeignError."""
    if len(text) > LIMIT:
        raise broken(tool, where, f"has more than {LIMIT:,} characters")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise broken(tool, where, f"is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise broken(tool, where, "is not a JSON object")
    return data


def check_version(version: Any, known: int, tool: str, where: str) -> None:
    """Raise ForeignError unless `version` is the one we know."""
    if isinstance(version, int) and not isinstance(version, bool) and version == known:
        return
    newer = isinstance(version, int) and version > known
    raise ForeignError(
        f"{where} of {tool} has version {_shown(version)}; gitskills reads version {known}",
        "upgrade gitskills" if newer else f"let a current {tool} write it anew, or move it aside if nothing uses it",
    )


def broken(tool: str, where: str, problem: str) -> ForeignError:
    """The error for a record that cannot be read."""
    return ForeignError(
        f"{where} of {tool} {problem}", f"restore it, or move it aside if {tool} is no longer used; then run again"
    )


def mapping(value: Any, tool: str, where: str, what: str) -> Mapping[str, Any]:
    """Return a mapping found in a record, None as an empty one; raises ForeignError."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise broken(tool, where, f"cannot be read: {what} is not a mapping")
    return value


def text(entry: Mapping[str, Any], key: str) -> str | None:
    """Return a text of a record, None where it is absent, blank, or nothing that may reach git or a terminal."""
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > 4096:
        return None
    strange = any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 or 0xD800 <= ord(letter) < 0xE000 for letter in value)
    return None if strange else value.strip()


def oid(entry: Mapping[str, Any], key: str) -> str | None:
    """Return a full git oid (40 hex digits) of a record, None for anything else."""
    value = text(entry, key)
    return value.lower() if value and len(value) == 40 and is_hex(value) else None


def sha256(entry: Mapping[str, Any], key: str) -> str | None:
    """Return a SHA-256 (64 hex digits, with or without `sha256:` before them) of a record, None for anything else."""
    value = (text(entry, key) or "").removeprefix("sha256:")
    return value.lower() if len(value) == 64 and is_hex(value) else None


def is_hex(value: str) -> bool:
    """Whether a text has only hexadecimal digits."""
    return all(letter in "0123456789abcdefABCDEF" for letter in value)


def folder(path: str | None) -> str | None:
    """Return the folder in its repository that a recorded path means, be it the folder's or its SKILL.md's."""
    if path is None:
        return None
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if parts and parts[-1] == "SKILL.md":
        parts.pop()
    return "/".join(parts)


def _shown(version: Any) -> str:
    return "none" if version is None else ascii(version)[:40]
