"""One skill on its way to a library: what is published where, merged with what is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gitskills.config import Source
from gitskills.git.cache import Cache
from gitskills.git.commit import Identity, commit
from gitskills.git.objects import Found, resolve
from gitskills.git.trailers import Event, format
from gitskills.share.merging import Clash, merge


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A skill to publish: `ours` is its tree, stored in the cache.

    `base` is what it was installed from (None: new), `path` its folder in the library, `summary` says in
    words what changed; `live` is the folder on disk, `disk` the tree there, and `clash` the conflict
    the user was told of before editing on; `op` is the trailer's, where it is neither create nor edit.
    """

    name: str
    source: Source
    path: str
    ours: str
    base: str | None
    summary: str
    live: Path
    disk: str
    clash: Clash | None = None
    op: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """An outgoing skill against upstream's tip: the `tree` to publish there, or the `conflicts` that forbid it."""

    tree: str
    theirs: str | None
    conflicts: tuple[str, ...] = ()


def join(one: Outgoing, cache: Cache, upstream: Mapping[str, Found]) -> Joined:
    """Bring an outgoing skill together with what upstream has at its path now."""
    there = upstream.get(one.path)
    theirs = there.tree if there else None
    if theirs is None or theirs in (one.base, one.ours):
        return Joined(one.ours, theirs)
    if one.ours == one.base:
        return Joined(theirs, theirs)
    base, ours = _settled(one, cache)
    merged = merge(cache, base, ours, theirs)
    return Joined(merged.tree, theirs, merged.conflicts)


def _settled(one: Outgoing, cache: Cache) -> tuple[str | None, str]:
    """What to merge from, and what: the base and ours, or the clash the user was told of and ours on top of it.

    Who edits on after being told of a clash has settled that clash, and no later one.
    """
    clash = one.clash
    if clash is None or clash.ours == one.disk or resolve(cache.git_dir, clash.theirs) is None:
        return one.base, one.ours
    return clash.theirs, merge(cache, one.base, one.ours, clash.theirs, "ours").tree


def write(one: Outgoing, joined: Joined, cache: Cache, parents: list[str], message: str, who: Identity) -> str:
    """Write the commit that puts the joined tree on top of the last of `parents`, if there are any; returns its oid."""
    from gitskills.git.repository import Repository

    repository = Repository(cache.git_dir)
    root = repository.splice(repository.root(parents[-1]) if parents else None, one.path, joined.tree)
    op = one.op or ("edit" if joined.theirs else "create")
    event = Event(skill=one.name, op=op, base=joined.theirs or "", tree=joined.tree)
    subject, _, body = (message or f"{one.name}: {one.summary}").partition("\n")
    if not subject.startswith(f"{one.name}:"):
        subject = f"{one.name}: {subject}"
    return commit(cache.git_dir, root, parents, format(subject, body.strip(), event), who)
