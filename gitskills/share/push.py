"""`push`: the project's edited skills, and new ones, published to their libraries."""

import contextlib
from collections.abc import Mapping

from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.failures import RemoteError
from gitskills.share import upstream
from gitskills.share.gather import Gather
from gitskills.share.mending import mended
from gitskills.share.place import Disk
from gitskills.share.project import Project
from gitskills.share.publish import Options, Publish, Pushed
from gitskills.share.settle import Settle
from gitskills.share.standing import untracked
from gitskills.share.survey import Survey
from gitskills.state import database
from gitskills.state.lock import locked


def push(project: Project, options: Options, progress: Progress | None = None) -> list[Pushed]:
    """Publish the project's edited skills (or those named) to their libraries, and report each.

    Raises GitskillsError where nothing can be published at all: no identity, no network, no permission. Of several
    libraries one that cannot be reached, or refuses, stops no other.
    """
    if not project.config.sources:
        raise project.no_sources()
    caches = upstream.caches(project)
    return mended(caches, progress, lambda: _push(project, options, caches, progress))


def _push(project: Project, options: Options, caches: Mapping[str, Cache], progress: Progress | None) -> list[Pushed]:
    with (
        locked(project.paths.lock_for(project.root), what=str(project.root)),
        contextlib.closing(database.state(project.paths)) as db,
        Disk(project, db) as disk,
    ):
        survey = Survey(project, disk, caches)
        rows: list[Pushed] = []
        if not options.dry_run:
            for kept in disk.recover(cache.git_dir for cache in caches.values() if cache.exists):
                message = f"an interrupted run had set an edited folder aside; it is kept at {kept}"
                rows.append(Pushed(kept.name, "unchanged", message=message))
        gathered = Gather(survey, db, options.to).collect(options.names)
        rows += [Pushed(name, "refused", message=reason) for name, reason in gathered.refused.items()]
        rows += [Pushed(name, "unchanged") for name in gathered.unchanged if options.names]
        if options.fork and len(gathered.ready) > 1:
            raise GitskillsError(
                f"the skills edited here are from {' and '.join(gathered.ready)}, and a fork is of one of them",
                "name the skills: gitskills push NAME --fork URL",
            )
        for source, ready in gathered.ready.items():
            publish = Publish(project, db, options, caches[source], progress)
            try:
                rows += publish.publish(ready)
            except RemoteError as error:
                if len(gathered.ready) == 1:
                    raise
                why = f"{error.message}; {error.hint}"  # what other libraries took, or will, is told all the same
                rows += [Pushed(one.name, "refused", message=why) for one in ready]
            Settle(survey, db, caches[source]).record(publish.done)
        return sorted(rows, key=lambda row: row.skill)


def new_here(project: Project) -> list[str]:
    """The skills of a project that neither gitskills nor another tool put there: pushed only by their names."""
    with contextlib.closing(database.state(project.paths)) as db, Disk(project, db) as disk:
        known = Survey(project, disk, upstream.caches(project)).names()
        return [one.skill for one in untracked(disk, known) if not one.tool]
