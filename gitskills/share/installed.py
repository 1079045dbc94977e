"""The bases of installed copies, kept by git: one ref per project, a tree of skill name → tree as installed.

The lock says what the team agreed on; this says what this machine last put on disk. Both are needed:
after somebody else's new lock arrives, only this tells an untouched old copy from an edited one.
"""

from collections.abc import Mapping
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.objects import make_tree, resolve, subtrees, update_ref

_TREE = 0o040000


def ref(key: str) -> str:
    """The ref that holds the bases of the project `key` (see `Project.key`)."""
    return f"refs/gitskills/installed/{key}"


def read(git_dir: Path, key: str) -> dict[str, str]:
    """The tree each skill of this source had when it was installed in the project `key`."""
    return subtrees(git_dir, ref(key))


def record(
    caches: Mapping[str, Cache],
    key: str,
    bases: Mapping[str, tuple[str, str] | None],
    reason: str,
    *,
    first: bool = False,
) -> None:
    """Record the bases of the project `key`, skill → (source, tree) or None, and drop them from all other sources.

    `caches` are by source; sources of one URL share theirs, whatever their refs. `first` as for `update`.
    """
    shared: dict[Path, dict[str, str | None]] = {}
    for source, cache in caches.items():
        changes = shared.setdefault(cache.git_dir, dict.fromkeys(bases))
        changes |= {name: base[1] for name, base in bases.items() if base and base[0] == source}
    for cache in {cache.git_dir: cache for cache in caches.values()}.values():
        if cache.exists and bases:
            update(cache.git_dir, key, shared[cache.git_dir], reason, first=first)


def update(git_dir: Path, key: str, changes: Mapping[str, str | None], reason: str, *, first: bool = False) -> None:
    """Record new bases (skill → tree, None: no longer installed); `reason` goes into the reflog.

    With `first` nothing is thought to be recorded yet, which is looked at only if that proves wrong.
    """
    for again in range(8):
        old = None if first and not again else resolve(git_dir, ref(key))
        before = subtrees(git_dir, old) if old else {}
        after = {name: tree for name, tree in {**before, **changes}.items() if tree is not None}
        if before == after:
            return
        tree = make_tree(git_dir, {name: (_TREE, oid) for name, oid in sorted(after.items())})
        if update_ref(git_dir, ref(key), tree, old, f"gitskills: {reason}"):
            return
    raise GitskillsError(f"{ref(key)} in {git_dir} keeps changing", "run the command again")
