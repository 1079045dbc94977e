"""From a project's libraries to how their skills did: where the wing that shares meets the wing that measures."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitskills.commands import targets
from gitskills.errors import GitskillsError

if TYPE_CHECKING:
    from gitskills.config import Source
    from gitskills.git.cache import Cache
    from gitskills.improve.sweep import Told
    from gitskills.measure.stats import Version
    from gitskills.measure.team import Row
    from gitskills.share.project import Project
    from gitskills.state.paths import Paths


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of the skills of one library, by version; what a skill is called, where it is, and its tree there now.

    `waiting` has the candidates that wait, by the skill's name.
    """

    source: str
    versions: "list[Version]"
    names: dict[int, str]
    paths: dict[int, str]
    current: dict[int, str]
    waiting: dict[str, list[str]]


def read(project: "Project", *, since: float, fetch: bool) -> tuple[list[Outcomes], list[str]]:
    """Return what the ledgers and this machine know from `since` (seconds) on, and what could not be read, as text.

    Only with `fetch` is anybody asked.
    """
    from gitskills.state import database

    found: list[Outcomes] = []
    failed: list[str] = []
    opened = contextlib.closing
    with opened(database.index(project.paths)) as index, opened(database.state(project.paths)) as state:
        for source in targets.sources(project):
            try:
                cache = _cache(project, source, failed) if fetch else project.cache(source)
                if not cache.exists:
                    raise GitskillsError("it was never fetched here; --fetch asks it")
                found.append(_library(project, source, cache, index, state, since))
            except GitskillsError as error:
                failed.append(f"{source.name}: {error}")
    return found, failed


def team(where: "Paths", db: sqlite3.Connection, *, since: float) -> "list[Told]":
    """Return what the teams judged from `since` (seconds) on, of the libraries with which sessions here had to do.

    Their ledgers are fetched; where that fails, what is here will do. Raises GitskillsError for an unusable index.
    """
    from gitskills.git.cache import Cache
    from gitskills.git.url import normalise
    from gitskills.measure import team
    from gitskills.state import database

    urls = db.execute("SELECT url FROM attribution UNION SELECT url FROM verdict ORDER BY url").fetchall()
    found: list[Told] = []
    with contextlib.closing(database.index(where)) as index:
        for (url,) in urls:
            with contextlib.suppress(GitskillsError):  # a source that is gone, or a policy that is broken
                cache = Cache.open(normalise(url, base=where.home).url, where)
                if cache.exists and targets.ledger_wanted(cache):
                    with contextlib.suppress(GitskillsError):
                        team.fetch(where, cache)
                    rows = team.rows(index, cache.git_dir, since=since)
                    found += [(url, row.path, row.tree, row.session, row.outcome) for row in rows if row.outcome]
    return found


def _cache(project: "Project", source: "Source", failed: list[str]) -> "Cache":
    """A source's cache with all ledgers; what could not be fetched is told, and what is here will do."""
    from gitskills.measure import team

    cache = project.cache(source)
    try:
        targets.fetched(project, source)
        team.fetch(project.paths, cache)
    except GitskillsError as error:
        failed.append(f"{source.name}: {error}; this is what was known before")
    return cache


def _library(
    project: "Project",
    source: "Source",
    cache: "Cache",
    index: sqlite3.Connection,
    state: sqlite3.Connection,
    since: float,
) -> Outcomes:
    from gitskills.git.url import repository_name
    from gitskills.improve import candidate
    from gitskills.measure import stats, team
    from gitskills.measure.stats import Home
    from gitskills.share.trail import audit

    trail = audit.read(index, cache.git_dir, cache.resolve(source.ref))
    homes: dict[tuple[str, str], Home] = {}
    names: dict[int, str] = {}
    paths: dict[int, str] = {}
    skills: dict[str, int] = {}
    current: dict[int, str] = {}
    for row in trail.rows():
        names.setdefault(row.skill, row.name or repository_name(source.url))
        paths.setdefault(row.skill, row.path)
        skills.setdefault(row.path, row.skill)
        if row.version is not None:
            current.setdefault(row.skill, row.tree)
            homes.setdefault((row.path, row.tree), Home(row.skill, row.version))
    urls = sorted({source.url, targets.located(project, source.url), cache.url})
    told = [*team.rows(index, cache.git_dir, since=since), *_here(state, urls, since)]
    waiting: dict[str, list[str]] = {}
    for one in candidate.waiting(source.name, cache):
        waiting.setdefault(one.event.skill, []).append(one.id)
    return Outcomes(source.name, stats.versions(told, homes, skills), names, paths, current, waiting)


def _here(state: sqlite3.Connection, urls: list[str], since: float) -> "Iterator[Row]":
    """What this machine knows of a library by itself, whether or not that was shared."""
    from gitskills.measure.team import Row
    from gitskills.state import ledger

    writer = ledger.writer(state)
    where = f"WHERE url IN ({', '.join('?' * len(urls))}) AND at >= ?"
    context = f"SELECT path, tree, session, '', '', modified, at FROM attribution {where}"
    judged = f"SELECT skill, tree, session, outcome, coalesce(layer, ''), 0, at FROM verdict {where}"
    for query in (context, judged):
        for path, tree, session, outcome, layer, modified, at in state.execute(query, (*urls, since)):
            yield Row(writer, path, tree, session, outcome, layer, bool(modified), at)
