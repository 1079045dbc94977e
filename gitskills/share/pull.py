"""`pull`: fetch, compare, merge, place. Everything before a folder is swapped in may be killed and repeated."""

import contextlib

from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.share import lockfile, upstream
from gitskills.share.outcome import Options, Report
from gitskills.share.project import Project


def pull(project: Project, options: Options, progress: Progress | None = None) -> Report:
    """Bring the project's skills up to date with their sources, and report each.

    Raises GitskillsError where nothing can be done at all; what concerns one skill is in its Outcome.
    """
    if not project.config.sources:
        raise project.no_sources()
    lockfile.read(project.lock_path)  # a broken lock stops us before the network
    caches = upstream.caches(project)
    with upstream.refreshing({} if options.offline else caches, progress) as unreachable:
        # Half of all code is loaded, and the databases made ready, while the servers answer.
        from gitskills.share.round import run
        from gitskills.share.search.find import ready
        from gitskills.state import database

        ready(project.paths)
        with contextlib.suppress(GitskillsError):  # what is wrong shows when it is used
            database.state(project.paths).close()
    if unreachable and len(unreachable) == len(caches):
        raise next(iter(unreachable.values()))
    return run(project, options, caches, unreachable, progress)
