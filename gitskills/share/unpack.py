"""From git's objects to a folder's content: what is brought, what is refused, what counts as tracked."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.objects import Entries, Found
from gitskills.skills.file import LINK
from gitskills.skills.refuse import refusal
from gitskills.state.files import ignored

SUBMODULE = 0o160000
Content = list[tuple[str, int, bytes]]


def known_modes(entries: Entries) -> dict[str, int]:
    """The tracked paths a reader of the disk must be told of: by-products' names, and modes Windows cannot hold."""
    return {
        path: mode
        for path, (mode, _) in entries.items()
        if mode == LINK or os.name == "nt" or any(map(ignored, path.split("/")))
    }


def file_oids(found: Iterable[Found]) -> list[str]:
    """The blobs of these skills' files; a submodule has none."""
    return [oid for one in found for mode, oid in one.entries.values() if mode != SUBMODULE]


def refusals(git_dir: Path, found: Mapping[str, Found]) -> dict[str, str]:
    """Why skills (by name) cannot be put on disk safely on every system; their links' blobs must be present."""
    links = {oid for one in found.values() for mode, oid in one.entries.values() if mode == LINK}
    targets = {oid: data.decode("utf-8", "surrogateescape") for oid, data in objects.blobs(git_dir, links)}
    reasons = {}
    for name, one in found.items():
        rows = ((path, mode, targets[oid] if mode == LINK else "") for path, (mode, oid) in one.entries.items())
        reason = refusal(rows)
        if reason is not None:
            reasons[name] = reason
    return reasons


def contents(cache: Cache, found: Mapping[str, Found]) -> Iterator[tuple[str, Content]]:
    """Yield the content of each skill (by name), all read through one git process; the blobs must be present."""
    stream = objects.blobs(cache.git_dir, file_oids(found.values()))
    for name, one in found.items():
        yield name, [(path, mode, next(stream)[1]) for path, (mode, _) in one.entries.items()]
    stream.close()


def content(cache: Cache, tree: str) -> Content:
    """Return the content of one tree, fetching what is missing."""
    found = Found("", tree, objects.entries(cache.git_dir, tree))
    cache.want(file_oids([found]))
    return next(contents(cache, {"": found}))[1]
