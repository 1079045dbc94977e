"""`pull`: fetch, compare, merge, place. Everything before a folder is swapped in may be killed and repeated."""

import contextlib

from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.later import Later
from gitskills.share.begin import Begun, begin
from gitskills.share.outcome import Options, Report
from gitskills.share.project import Project


def pull(
    project: Project,
    options: Options,
    progress: Progress | None = None,
    begun: Begun | None = None,
    later: Later | None = None,
) -> Report:
    """Bring the project's skills up to date with their sources, and report each; `begun` if it was begun already.

    `later` takes the filling of the search index, which else is done when this returns.

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
    return run(project, options, caches, unreachable, progress, later)
