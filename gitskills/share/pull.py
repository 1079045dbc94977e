"""`pull`: fetch, compare, merge, place. Everything before a folder is swapped in may be killed and repeated."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.share import lockfile, upstream
from gitskills.share.outcome import Options, Report
from gitskills.share.project import Project


@dataclass(frozen=True, slots=True)
class Begun:
    """A pull whose sources are being fetched."""

    project: Project
    caches: Mapping[str, Cache]
    fetching: upstream.Fetching


def begin(project: Project, *, offline: bool = False, watched: bool = False) -> Begun:
    """Start fetching the project's sources; `watched` where their progress will be shown.

    Raises GitskillsError where nothing can be done at all: no source, or a broken lock.
    """
    if not project.config.sources:
        raise project.no_sources()
    lockfile.read(project.lock_path)  # a broken lock stops us before the network
    caches = upstream.caches(project)
    return Begun(project, caches, upstream.Fetching({} if offline else caches, watched=watched))


def pull(project: Project, options: Options, progress: Progress | None = None, begun: Begun | None = None) -> Report:
    """Bring the project's skills up to date with their sources, and report each; `begun` if it was begun already.

    Raises GitskillsError where nothing can be done at all; what concerns one skill is in its Outcome.
    """
    begun = begun or begin(project, offline=options.offline, watched=progress is not None)
    caches, begun.fetching.progress = begun.caches, progress
    # Half of all code is loaded, and the databases made ready, while the servers answer.
    from gitskills.share.round import run
    from gitskills.share.search.find import ready
    from gitskills.state import database

    ready(project.paths)
    with contextlib.suppress(GitskillsError):  # what is wrong shows when it is used
        database.state(project.paths).close()
    unreachable = begun.fetching.finish()
    if unreachable and len(unreachable) == len(caches):
        raise next(iter(unreachable.values()))
    return run(project, options, caches, unreachable, progress)
