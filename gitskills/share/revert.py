"""`revert`: a commit that gives a skill an earlier tree again; history only ever grows."""

import contextlib

from gitskills.config import Source
from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.objects import Found
from gitskills.share import lockfile, outcome
from gitskills.share import pull as pulling
from gitskills.share.outgoing import Outgoing
from gitskills.share.project import Project
from gitskills.share.publish import Options, Publish, Pushed
from gitskills.share.trail import audit
from gitskills.share.trail.rows import Row
from gitskills.share.unpack import file_oids
from gitskills.state import database
from gitskills.state.lock import locked


def revert(
    project: Project, name: str, version: str | None, options: Options, progress: Progress | None = None
) -> Pushed:
    """Publish the tree the skill had at `version` (v3, a commit, a tree; None: before its last change), then pull it.

    What others change meanwhile is merged. Raises GitskillsError where there is no such skill or version.
    """
    install = lockfile.read(project.lock_path).get(name)
    source = project.origin(install) if install else _only(project, name)
    cache = project.cache(source)
    cache.refresh(progress=progress)
    tip = cache.resolve(source.ref)
    with (
        locked(project.paths.lock_for(project.root), what=str(project.root)),
        contextlib.closing(database.state(project.paths)) as db,
        contextlib.closing(database.index(project.paths)) as index,
    ):
        trail = audit.read(index, cache.git_dir, tip, want=cache.want)
        target = _target(trail, install.path if install else name, version)
        listing = objects.skills(cache.git_dir, tip)
        path = target.path if install is None else install.path
        now = listing[path].tree if path in listing else None
        if now == target.tree:
            return Pushed(name, "unchanged", message=f"it is v{target.version} already")
        cache.want(file_oids([Found("", target.tree, objects.entries(cache.git_dir, target.tree))]))
        one = Outgoing(
            name=name,
            source=source,
            path=path,
            ours=target.tree,
            base=now,
            summary=f"revert to v{target.version}",
            live=project.skills_folder / name,
            disk="",
            op="revert",
        )
        row = Publish(project, db, options, cache, progress).publish([one])[0]
    if install is not None and not options.dry_run and row.action == "pushed":
        pulling.pull(project, outcome.Options((name,)), progress)
    return row


def _only(project: Project, name: str) -> Source:
    """The one source whose library ever had the skill; the user may revert what is not installed."""
    sources = list(project.config.sources.values())
    if len(sources) == 1:
        return sources[0]
    raise GitskillsError(f"{name} is not installed here", "`gitskills add URL NAME` installs it")


def _target(trail: audit.Audit, name: str, version: str | None) -> Row:
    """The change that made the tree to go back to."""
    if version is not None:
        row = trail.at(name, version)
    else:
        made = [row for row in trail.rows(name) if row.version is not None]
        last = made[0].version or 0
        older = [row for row in made if row.version is not None and row.version < last]
        if not older:
            raise GitskillsError(f"{name} has only one version, so there is nothing to go back to")
        row = older[0]
    if not row.tree:
        raise GitskillsError(f"{name} v{row.version} is its removal", f"`gitskills log {name}` shows its versions")
    return row
