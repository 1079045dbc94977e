"""gitskills.lock: exactly what is installed, so that a team and its CI get the same bytes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitskills import config
from gitskills.errors import GitskillsError
from gitskills.skills.file import PLAIN
from gitskills.skills.refuse import refusal
from gitskills.state.files import write_atomic

NAME = config.LOCK
VERSION = 1
_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


class LockError(GitskillsError):
    """gitskills.lock cannot be trusted; it is never taken for empty."""

    def __init__(self, where: str, problem: str, hint: str = "") -> None:
        super().__init__(
            f"{where}: {problem}",
            hint or "restore it from git (`git checkout -- gitskills.lock`), or delete it and run `gitskills pull`",
        )


@dataclass(frozen=True, slots=True)
class Install:
    """One installed skill: its `source`, what was asked for (`url`, `ref`), and the commit, path and tree taken."""

    skill: str
    source: str
    url: str
    ref: str | None
    commit: str
    path: str
    tree: str


def read(path: Path) -> dict[str, Install]:
    """Read the lock at `path`, by skill name; an absent file is empty, an unreadable or newer one a LockError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(str(path), f"cannot be read: {error}") from error
    return parse(text, where=str(path))


def parse(text: str, *, where: str = NAME) -> dict[str, Install]:
    """Read the text of a lock; `where` names it in errors. Raises LockError."""
    if re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE):
        raise LockError(where, "has merge conflict markers", "take either side, then run `gitskills pull`")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LockError(where, f"is not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("skills"), dict):
        raise LockError(where, "is not a gitskills lock")
    version = data.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise LockError(where, f"has no usable version ({version!r})")
    if version > VERSION:
        raise LockError(where, f"was written by a newer gitskills (version {version})", "upgrade gitskills")
    return {name: _install(name, entry, where) for name, entry in data["skills"].items()}


def render(installs: Mapping[str, Install]) -> bytes:
    """Write installs as the lock's bytes: sorted, LF, one fact a line, so that git merges two people's changes."""
    skills = ",\n".join(f"    {_json(name)}: {{\n{_rows(one)}\n    }}" for name, one in sorted(installs.items()))
    inside = f"{{\n{skills}\n  }}" if skills else "{}"
    return f'{{\n  "skills": {inside},\n  "version": {VERSION}\n}}\n'.encode()


def _rows(one: Install) -> str:
    # As json.dumps(indent=2) would, whose indenting encoder is Python and takes ten times as long.
    return ",\n".join(f'      "{key}": {_json(getattr(one, key))}' for key in _KEYS)


_KEYS = ("commit", "path", "ref", "source", "tree", "url")
_json = json.JSONEncoder(ensure_ascii=True).encode


def write(path: Path, installs: Mapping[str, Install]) -> None:
    """Replace the lock at `path` if its bytes change; an empty one is written only over an existing file."""
    data = render(installs)
    try:
        if path.read_bytes() == data:
            return
    except FileNotFoundError:
        if not installs:
            return
    write_atomic(path, data)


def _install(name: str, entry: Any, where: str) -> Install:
    if not isinstance(entry, dict):
        raise LockError(where, f"the entry of {name!r} is not an object")

    def text(key: str) -> str:
        value = entry.get(key)
        if not isinstance(value, str):
            raise LockError(where, f"the entry of {name!r} has no {key}")
        return value

    ref = entry.get("ref")
    commit, tree, path = text("commit"), text("tree"), text("path")
    if not _OID.fullmatch(commit) or not _OID.fullmatch(tree):
        raise LockError(where, f"the entry of {name!r} holds no full oids")
    if not safe_name(name):
        raise LockError(where, f"{name!r} cannot be the name of a folder")
    if path.startswith("/") or ".." in path.split("/"):
        raise LockError(where, f"the path of {name!r} leaves the library")
    return Install(name, text("source"), text("url"), ref if isinstance(ref, str) else None, commit, path, tree)


def safe_name(name: str) -> bool:
    """Whether a skill of this name can be one folder, and nothing else, on any file system."""
    return "/" not in name and not name.startswith("-") and refusal([(name, PLAIN, "")]) is None
