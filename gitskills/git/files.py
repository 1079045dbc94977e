"""Which object a path names at a revision, for many of them in one process."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from gitskills.git import command

_ARGUMENTS = 100  # paths handed to one process
_NO_PATH = re.compile("[\n\0\ud800-\udc7f\udd00-\udfff]")  # what ends git's line, or is half a character
_IMPROPER = frozenset({"", ".", ".."})  # parts of a path that no tree has


class Entry(NamedTuple):
    """What stands at a path: "blob", "tree", or "commit"; its oid; its size in bytes."""

    kind: str
    oid: str
    size: int


_UNREAD = Entry("commit", "", 0)


def at(git_dir: Path, places: Sequence[tuple[str, str]]) -> list[Entry | None]:
    """Return what stands at each (revision, path), in that order; None where nothing does.

    A path that git's batch cannot be asked about (a line end in it) is unreadable: kind "commit", no oid. A submodule
    is like nothing to an older git; `gone` tells them apart.
    """
    # Many revisions are asked about few paths: what each path is to git is worked out once.
    paths = {path for _, path in places}
    told = {path: b"" if _strange(path) else b":" + path.encode("utf-8", "surrogateescape") for path in paths}
    input = b"".join([rev.encode() + told[path] + b"\n" if told[path] else b"\n" for rev, path in places])
    form = "--batch-check=%(objecttype) %(objectname) %(objectsize)"
    said = command.run("--no-replace-objects", "cat-file", form, "--buffer", git_dir=git_dir, input=input)
    broken = {path for path in paths if "\n" in path}
    rows = zip(places, said.decode("utf-8", "surrogateescape").split("\n"), strict=False)
    return [_UNREAD if path in broken else _entry(one) for (_, path), one in rows]


def _strange(path: str) -> bool:
    """Whether git would take the path for something else than one from the root of a tree."""
    return _NO_PATH.search(path) is not None or not _IMPROPER.isdisjoint(path.split("/"))


def gone(git_dir: Path, rev: str, paths: Collection[str]) -> set[str]:
    """Return those of `paths` at which nothing stands at `rev`, neither a file nor a folder nor a submodule."""
    asked = list(dict.fromkeys(paths))
    found = at(git_dir, [(rev, path) for path in asked])
    missing = [path for path, one in zip(asked, found, strict=True) if one is None]
    proper = [path for path in missing if not _strange(path)]
    listing = ("--literal-pathspecs", "ls-tree", "-z", "--name-only", "--full-tree", rev, "--")
    there = set()
    for start in range(0, len(proper), _ARGUMENTS):
        listed = command.run(*listing, *proper[start : start + _ARGUMENTS], git_dir=git_dir)
        there.update(listed.decode("utf-8", "surrogateescape").split("\0")[:-1])
    return set(missing) - there


def _entry(said: str) -> Entry | None:
    if said.endswith((" missing", " ambiguous", " submodule")):
        return None
    kind, oid, size = said.split(" ")
    return Entry(kind, oid, int(size))
