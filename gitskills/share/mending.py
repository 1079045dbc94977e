"""Caches that turn out damaged while they are read: fetched anew, and what was being done is done again."""

import contextlib
from collections.abc import Callable, Mapping
from typing import TypeVar

from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.command import GitFailed
from gitskills.git.objects import Missing

SIGNS = (GitFailed, Missing)
"""What damage shows as, and other things do, too."""

_Result = TypeVar("_Result")


def mended(caches: Mapping[str, Cache], progress: Progress | None, work: Callable[[], _Result]) -> _Result:
    """Do `work`, which may be repeated; once more where it failed and one of `caches` (by source) was damaged."""
    try:
        return work()
    except SIGNS:
        # All are looked at: which one is broken, git's words do not tell.
        if not any([_mend(cache, progress) for cache in caches.values()]):
            raise
    return work()


def _mend(cache: Cache, progress: Progress | None) -> bool:
    with contextlib.suppress(GitskillsError):  # out of reach: then what failed first is what counts
        return cache.mend(progress=progress)
    return False
