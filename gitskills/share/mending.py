"""Caches that turn out damaged while they are read: fetched anew, and what was being done is done again."""

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
    """Do `work`, which may be repeated; once more where it failed and one of `caches` (by source) was damaged.

    Raises what `work` raises; where a damaged cache could not be fetched anew, the hint says why.
    """
    try:
        return work()
    except SIGNS as damage:
        problems: list[GitskillsError] = []
        # All are looked at: which one is broken, git's words do not tell.
        if not any([_mend(cache, progress, problems) for cache in caches.values()]):
            for problem in problems:
                raise GitskillsError(damage.message, f"it cannot be fetched anew: {problem.message}") from damage
            raise
    return work()


def _mend(cache: Cache, progress: Progress | None, problems: list[GitskillsError]) -> bool:
    try:
        return cache.mend(progress=progress)
    except GitskillsError as problem:
        problems.append(problem)
        return False
