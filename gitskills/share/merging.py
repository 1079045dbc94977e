"""Bringing an edited folder and its library together, and remembering what would not go together."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.merge import Favor, Merged
from gitskills.git.merge import merge as merge_trees
from gitskills.git.objects import Found
from gitskills.git.refs import part
from gitskills.share.unpack import file_oids
from gitskills.skills.file import File
from gitskills.state import files


@dataclass(frozen=True, slots=True)
class Clash:
    """A merge that did not go together: the trees that stood here and upstream when the user was told."""

    ours: str
    theirs: str


def store_folder(cache: Cache, folder: Path, known: Mapping[str, int]) -> str:
    """Write a skill folder's content into the cache as objects; returns its tree."""
    return store_files(cache, files.read(folder, known))


def store_files(cache: Cache, content: Mapping[str, File]) -> str:
    """Write a skill's files into the cache as objects; returns the tree that holds them."""
    from gitskills.git.repository import Repository, store  # libgit2 is loaded only when there is something to merge

    return store(Repository(cache.git_dir), ((path, one.mode, one.data) for path, one in content.items()))


def merge(cache: Cache, base: str | None, ours: str, theirs: str, favor: Favor = "none") -> Merged:
    """Merge the trees `ours` (stored in the cache) and `theirs`; missing blobs are fetched in one batch.

    A base this cache does not have (the skill came from elsewhere) counts as none.
    """
    if base is not None and objects.resolve(cache.git_dir, base) is None:
        base = None
    upstream = [Found("", tree, objects.entries(cache.git_dir, tree)) for tree in (base, theirs) if tree]
    cache.want(file_oids(upstream))
    return merge_trees(cache.git_dir, base, ours, theirs, favor)


def ref(skill: str) -> str:
    """The ref under which a clash's tree, with markers, can be looked at."""
    return f"refs/gitskills/conflicts/{part(skill)}"


def remember(db: sqlite3.Connection, key: str, cache: Cache, skill: str, clash: Clash, marked: str) -> None:
    """Note a clash of the project `key`, and keep the tree with markers (`marked`) under its ref."""
    objects.update_ref(
        cache.git_dir, ref(skill), marked, objects.resolve(cache.git_dir, ref(skill)), "gitskills: conflict"
    )
    db.execute("INSERT OR REPLACE INTO conflict VALUES (?, ?, ?, ?)", (key, skill, clash.ours, clash.theirs))


def recall(db: sqlite3.Connection, key: str, skill: str) -> Clash | None:
    """The clash of a skill the user was last told of and has not settled, or None."""
    row = db.execute("SELECT ours, theirs FROM conflict WHERE root = ? AND skill = ?", (key, skill)).fetchone()
    return Clash(*row) if row else None


def settle(db: sqlite3.Connection, key: str, cache: Cache, skill: str) -> None:
    """Forget a clash: both sides are together now, or one was chosen."""
    if recall(db, key, skill) is not None:
        db.execute("DELETE FROM conflict WHERE root = ? AND skill = ?", (key, skill))
        objects.delete_ref(cache.git_dir, ref(skill))


def advice(skill: str, paths: Iterable[str]) -> str:
    """Tell the user what clashes and what to do about it."""
    return (
        f"your edits and upstream's clash in {', '.join(paths)}; the folder is as you left it. "
        f"Keep yours: `gitskills pull {skill} --ours`. Take theirs: `gitskills pull {skill} --theirs`. "
        f"Or edit it and `gitskills push {skill}`"
    )
