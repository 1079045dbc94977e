"""The files of a skill as a library has them, brought from the remote where they are not here yet."""

from collections.abc import Sequence

from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.skills.file import File

_SUBMODULE = 0o160000


def bring(cache: Cache, trees: Sequence[str]) -> None:
    """Fetch what is missing of these trees, in one go; raises a RemoteError."""
    found = [entry for tree in trees for entry in objects.entries(cache.git_dir, tree).values()]
    cache.want(oid for mode, oid in found if mode != _SUBMODULE)


def files(cache: Cache, tree: str) -> dict[str, File]:
    """Return the files of a tree by path; a submodule is none. Raises a RemoteError."""
    bring(cache, (tree,))
    entries = {path: each for path, each in objects.entries(cache.git_dir, tree).items() if each[0] != _SUBMODULE}
    stream = objects.blobs(cache.git_dir, [oid for _, oid in entries.values()])
    return {path: File(next(stream)[1], mode) for path, (mode, _) in entries.items()}
