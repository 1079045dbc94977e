"""`status`: where every skill of a project stands, from what is on this machine."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.share import upstream
from gitskills.share.place import Disk
from gitskills.share.plan import base_of
from gitskills.share.project import Project
from gitskills.share.select import Upstream, Wanted, select
from gitskills.share.status import Status, compare
from gitskills.share.survey import Survey
from gitskills.share.trail import audit
from gitskills.share.unpack import refusals
from gitskills.state import database


@dataclass(frozen=True, slots=True)
class Standing:
    """One row of `status`: `tree` is what is on disk, `commit` the one it was taken from, `path` its folder there.

    `tool` is another tool that says an untracked folder is its own; `reason` why a missing skill cannot be placed.
    """

    skill: str
    source: str
    status: Status
    commit: str | None
    tree: str | None
    path: str
    base: str | None = None
    tool: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standings:
    """All rows, the sources they were compared with, and why some could not be asked first."""

    rows: list[Standing]
    upstreams: list[Upstream]
    unreachable: Mapping[str, GitskillsError]

    def versions(self, project: Project) -> dict[str, int]:
        """The number (`v<N>`) of the version each skill was taken from, as far as its library's history tells."""
        found: dict[str, int] = {}
        with contextlib.closing(database.index(project.paths)) as db:
            for one in self.upstreams:
                if one.commit is not None:
                    trail = audit.read(db, project.cache(one.source).git_dir, one.commit)
                    found |= _versions(trail, [row for row in self.rows if row.source == one.source.name])
        return found


def standings(project: Project, *, fetch: bool = False, progress: Progress | None = None) -> Standings:
    """Compare every skill's base, disk and upstream as last fetched; `fetch` asks the remotes first, those it can."""
    caches = upstream.caches(project)
    unreachable = upstream.refresh(caches, progress) if fetch else {}
    with contextlib.closing(database.state(project.paths)) as db, Disk(project, db) as disk:
        survey = Survey(project, disk, caches)
        looked = look(project, caches)
        wanted, refused = select(looked, survey.lock)
        names = sorted(wanted.keys() | survey.names())
        known = {one.source.name: one for one in looked}
        why = {one.name: one.reason for one in refused}
        rows = [_readable(name, survey, wanted.get(name), known, refused=name in why) for name in names]
        rows = [_with_reason(row, survey, wanted.get(row.skill), why.get(row.skill, "")) for row in rows]
        rows += [
            Standing(one.name, one.source, Status.MISSING, None, None, "", reason=one.reason)
            for one in refused
            if one.name not in names
        ]
        return Standings(rows + untracked(disk, set(names)), looked, unreachable)


def _versions(trail: audit.Audit, rows: list[Standing]) -> dict[str, int]:
    latest = trail.skills()
    found = {}
    for row in rows:
        skill = latest.get(row.path)
        if skill is not None and skill.tree == row.base:
            found[row.skill] = skill.version
        elif row.base is not None:
            older = [one.version for one in trail.with_tree(row.base) if one.path == row.path and one.version]
            if older:
                found[row.skill] = max(older)
    return found


def look(project: Project, caches: Mapping[str, Cache]) -> list[Upstream]:
    looked: list[Upstream] = []
    for name, cache in caches.items():
        if cache.exists:
            with contextlib.suppress(GitskillsError):  # a ref that is not there yet: `pull` says so
                looked.append(upstream.look(project.config.sources[name], cache))
    return looked


def _readable(
    name: str, survey: Survey, wanted: Wanted | None, known: Mapping[str, Upstream], *, refused: bool
) -> Standing:
    """One row; a folder that cannot be read (a FIFO in it) is not as it was installed, and hides no other's row."""
    try:
        return _row(name, survey, wanted, known, refused=refused)
    except GitskillsError:
        install = survey.lock.get(name)
        source = wanted.source.name if wanted else install.source if install else ""
        path, commit = (install.path, install.commit) if install else ("", None)
        return Standing(name, source, Status.AHEAD, commit, None, path, survey.bases.get(name))


def _row(
    name: str, survey: Survey, wanted: Wanted | None, looked: Mapping[str, Upstream], *, refused: bool
) -> Standing:
    facts = survey.facts(name, wanted)
    install = facts.install
    source = wanted.source.name if wanted else install.source if install else ""
    theirs: str | None
    if wanted is not None:
        theirs = wanted.found.tree
    elif refused and install is not None and source in looked:  # a clash of names: it stands as its own source has it
        there = looked[source].skills.get(install.path)
        theirs = there.tree if there else None
    elif source in looked or source not in survey.caches:  # deleted upstream, or asked for no more
        theirs = None
    else:  # never fetched on this machine, or without its ref: the lock is all there is
        theirs = install.tree if install else None
    copies = survey.disk.edited_copies(name)
    ours = survey.disk.tree_at(copies[0]) if copies else facts.ours
    tool = survey.disk.claims.tool(survey.disk.live(name)) if facts.claim and ours is not None else ""
    status = Status.UNTRACKED if facts.claim and ours is not None else compare(base_of(facts), ours, theirs)
    path = install.path if install else wanted.found.path if wanted else ""
    commit = install.commit if install else None
    return Standing(name, source, status, commit, ours, path, base_of(facts), tool)


def _with_reason(row: Standing, survey: Survey, wanted: Wanted | None, refused: str) -> Standing:
    """Say why a skill that never arrived, or is not followed, is refused, as far as that is known without fetching."""
    if refused:
        return replace(row, reason=refused)
    if row.status is not Status.MISSING or wanted is None:
        return row
    with contextlib.suppress(GitskillsError):  # a link whose target was never fetched
        reasons = refusals(survey.caches[wanted.source.name].git_dir, {row.skill: wanted.found})
        return replace(row, reason=reasons.get(row.skill, ""))
    return row


def untracked(disk: Disk, names: set[str]) -> list[Standing]:
    """Skill folders beside ours that gitskills did not place; of the agents' own, those another tool says it did."""
    found = {}
    for place in (disk.project.skills_folder, *(spot.folder for spot in disk.spots)):
        for folder in _folders(place):
            if folder.name not in names and folder.name not in found and (folder / "SKILL.md").is_file():
                tool = disk.claims.tool(folder)
                if tool or place == disk.project.skills_folder:
                    found[folder.name] = Standing(folder.name, "", Status.UNTRACKED, None, None, "", tool=tool)
    return [found[name] for name in sorted(found)]


def _folders(place: Path) -> list[Path]:
    try:
        with os.scandir(place) as listing:
            return [Path(entry.path) for entry in listing if entry.is_dir()]
    except OSError:
        return []
