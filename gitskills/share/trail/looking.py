"""The audit trails of a project's libraries, and which of them a skill's name means."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from heapq import merge
from itertools import islice

from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.url import repository_name
from gitskills.share import lockfile
from gitskills.share.project import Library, Project
from gitskills.share.roots import root_name
from gitskills.share.trail import audit
from gitskills.share.trail.audit import Audit, Want
from gitskills.share.trail.rows import Row
from gitskills.state import database

PATIENCE = 60  # seconds to wait for missing blobs: a few small files, for a command that only looks


@dataclass(frozen=True, slots=True)
class Look:
    """A library's trail, and the skill in it that was asked for (its name or path there; None: all)."""

    library: Library
    tip: str
    trail: Audit
    skill: str | None
    want: Want | None
    """Brings missing blobs; None in a repository that is the user's own."""

    root: str
    """What a skill at the library's root is called: its folder has no name of its own."""

    def named(self, row: Row) -> str:
        """Return the name of a row's skill at that commit."""
        return row.name or self.root


@contextlib.contextmanager
def look(project: Project, name: str | None = None) -> Iterator[list[Look]]:
    """Open the trails of the project's libraries, or of those that know a skill called `name`.

    An installed skill is meant by the name it has here, whatever its library calls it. Raises GitskillsError where no
    library ever had such a skill.
    """
    install = lockfile.read(project.lock_path).get(name) if name is not None else None
    with contextlib.closing(database.index(project.paths)) as db:
        found, error = [], None
        for library in project.libraries() if install is None else [project.library(project.origin(install))]:
            if library.tip is None:
                continue
            cached = library.source in project.config.sources
            want = partial(Cache.open(library.url, project.paths).want, timeout=PATIENCE) if cached else None
            trail = audit.read(db, library.git_dir, library.tip, want=want)
            skill = install.path if install is not None else name
            one = Look(library, library.tip, trail, skill, want, root_of(library, trail, want))
            try:
                found.append(_settled(one))
            except GitskillsError as unknown:
                error = unknown
        if name is not None and not found:  # or all of them are empty
            raise error or GitskillsError(
                f"no library has a skill {name!r}", "`gitskills list` shows the skills there are"
            )
        yield found


def _settled(one: Look) -> Look:
    """Return the look with a skill its trail knows; raises GitskillsError where there is none."""
    if one.skill == one.root and "" in one.trail.skills():
        return replace(one, skill="")
    if one.skill is not None:
        one.trail.find(one.skill)
    return one


def root_of(library: Library, trail: Audit, want: Want | None) -> str:
    """Return what a skill at the library's root is called: as it calls itself, else as the repository is called."""
    there = trail.root()
    entries = objects.entries(library.git_dir, there) if there else {}
    return root_name(library.git_dir, entries, want) or repository_name(library.url)


def rows(looks: list[Look], *, op: str | None = None, limit: int | None = None) -> Iterator[tuple[Look, Row]]:
    """Yield changes, newest first; several libraries' are merged by date."""

    def each(one: Look) -> Iterator[tuple[Look, Row]]:
        return ((one, row) for row in one.trail.rows(one.skill, op=op, limit=limit))

    if len(looks) == 1:
        return each(looks[0])
    return islice(merge(*map(each, looks), key=lambda pair: _moment(pair[1].date), reverse=True), limit)


def _moment(date: str) -> float:
    from datetime import datetime

    try:
        return datetime.fromisoformat(date).timestamp()
    except (ValueError, OverflowError):  # a forged date
        return 0.0
