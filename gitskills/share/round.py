"""One round of `pull` once its sources are fetched: compare, merge, place, record."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from gitskills import config
from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.objects import Found
from gitskills.later import Later
from gitskills.share import renames, upstream
from gitskills.share.apply import Apply
from gitskills.share.mending import mended
from gitskills.share.outcome import Options, Outcome, Report
from gitskills.share.place import Disk
from gitskills.share.plan import Plan, plan
from gitskills.share.project import Project
from gitskills.share.search.find import index, indexed
from gitskills.share.select import Refused, Upstream, Wanted, select
from gitskills.share.survey import Survey
from gitskills.state import database
from gitskills.state.files import write_atomic
from gitskills.state.fulltext import using
from gitskills.state.lock import locked


def run(
    project: Project,
    options: Options,
    caches: Mapping[str, Cache],
    unreachable: Mapping[str, GitskillsError],
    progress: Progress | None,
    later: Later | None,
) -> Report:
    """Carry out a pull under the project's lock; `unreachable` sources are looked at as last fetched.

    The search index is filled at once, or by what is handed to `later`.
    """

    def once() -> Report:
        with (
            locked(project.paths.lock_for(project.root), what=str(project.root)),
            contextlib.closing(database.state(project.paths)) as db,
            Disk(project, db) as disk,
        ):
            return _Round(project, options, db, disk, caches, unreachable, progress, later).run()

    return mended({} if options.offline else caches, progress, once)


class _Round:
    def __init__(
        self,
        project: Project,
        options: Options,
        db: sqlite3.Connection,
        disk: Disk,
        caches: Mapping[str, Cache],
        unreachable: Mapping[str, GitskillsError],
        progress: Progress | None,
        later: Later | None,
    ) -> None:
        self.project = project
        self.options = options
        self.db = db
        self.disk = disk
        self.caches = caches
        self.unreachable = dict(unreachable)
        self.progress = progress
        self.later = later
        self.created: set[tuple[str, str]] | None = None
        self.others: set[str] = set()
        self.also: set[str] = set()
        self.looked: list[Upstream] = []

    def run(self) -> Report:
        recovered: list[Path] = []
        if not self.options.dry_run:
            recovered = self.disk.recover(cache.git_dir for cache in self.caches.values() if cache.exists)
        survey = Survey(self.project, self.disk, self.caches)
        if self.options.author is not None:
            from gitskills.share.trail.authors import created_by

            self.created = created_by(self.project, self.options.author)
        wanted: dict[str, Wanted]
        refused: list[Refused] = []
        if self.options.frozen:
            from gitskills.share import frozen

            wanted = frozen.wanted(self.project, survey.lock, self.caches)
        else:
            wanted, refused = self._select(survey)
        self._by_path(wanted)
        self._by_author(wanted, survey)
        plans = self._plans(survey, wanted, {one.name for one in refused})
        apply = Apply(survey, self.db, self.options.favor, self.progress)
        plans = apply.bring(plans, self.looked)
        if self.options.frozen:
            frozen.check(plans)
        outcomes = [Outcome(one.name, one.source, "refused", message=one.reason) for one in refused]
        if self.options.dry_run:
            outcomes += [apply.foretell(name, one) for name, one in plans.items()]
        else:
            indexing = threading.Thread(target=self._index)  # needs what is fetched now, not what is placed
            indexing.start()
            try:
                outcomes += apply.carry_out(plans)
            finally:
                apply.record("pull")
                indexing.join()
        named = [one for one in outcomes if self._meant(one.skill)]
        told = sorted(named, key=lambda one: one.skill)
        return Report(told, self.unreachable, tuple(recovered), self.disk.claims.problems)

    def _select(self, survey: Survey) -> tuple[dict[str, Wanted], list[Refused]]:
        """Choose what is wanted of every source at hand, following skills that were renamed or removed upstream."""
        upstreams = self._look()
        moved = renames.moved(survey.lock, upstreams, self.caches)
        lost = {
            one for one in renames.lost(survey.lock, upstreams, moved) if self._meant(one) and self._theirs(one, survey)
        }
        moved = {
            name: to
            for name, to in moved.items()
            if (self._meant(name) or self._meant(to.name)) and self._theirs(name, survey)
        }
        if moved or lost:
            upstreams = [self._follow(one, moved, lost, survey) for one in upstreams]
        wanted, refused = select(upstreams, survey.lock)
        for name, to in moved.items():
            source = survey.lock[name].source
            new = next((n for n, w in wanted.items() if (w.source.name, w.found.path) == (source, to.path)), name)
            if new != name:
                self.also |= {name, new}
                renames.move(self.disk, survey, name, new, dry_run=self.options.dry_run)
        return wanted, refused

    def _look(self) -> list[Upstream]:
        """List what each source holds; one that cannot be looked at, its ref gone perhaps, stops no other."""
        found = []
        for name, cache in self.caches.items():
            if name not in self.unreachable or cache.exists:
                source = self.project.config.sources[name]
                reached = {} if self.options.offline or name in self.unreachable else {name: cache}
                look = partial(upstream.look, source, cache, bring=bool(reached))
                try:
                    found.append(mended(reached, self.progress, look))
                except GitskillsError as error:
                    self.unreachable.setdefault(name, error)
        if not found:
            raise next(iter(self.unreachable.values()))
        self.looked = found
        return found

    def _index(self) -> None:
        """Let `search` know what the sources hold now; only SKILL.md files it has never seen are read."""
        with contextlib.suppress(GitskillsError):  # `search` tries again, and says what is wrong
            stale = using(self.project.paths, lambda db: [one for one in self.looked if not indexed(db, one)])
            if stale and self.later is not None:
                self.later(partial(self._fill, stale))
            elif stale:
                self._fill(stale, lambda: None)

    def _fill(self, stale: Sequence[Upstream], begun: Callable[[], None]) -> None:
        def work(db: sqlite3.Connection) -> None:
            begun()
            for one in stale:
                index(db, one, self.caches[one.source.name].git_dir)

        with contextlib.suppress(GitskillsError):
            using(self.project.paths, work)

    def _follow(self, one: Upstream, moved: Mapping[str, Found], lost: set[str], survey: Survey) -> Upstream:
        """Rewrite the patterns of a source, in memory and in gitskills.yaml, that name what is not there any more."""
        source = one.source
        for name, to in moved.items():
            if survey.lock[name].source == source.name:
                source = renames.follow(source, name, survey.lock[name], to, one)
        for name in lost:
            if survey.lock[name].source == source.name:
                source = renames.forget(source, name, survey.lock[name], one)
        if source != one.source and not self.options.dry_run:
            changed = config.with_patterns(self.project.text, source.name, source.patterns)
            write_atomic(self.project.file, changed.encode())
        return replace(one, source=source)

    def _by_path(self, wanted: Mapping[str, Wanted]) -> None:
        """Take a skill's path in its library, where that was given, for the name it has here."""
        names = {one.found.path: name for name, one in wanted.items()}
        self.options = replace(self.options, names=tuple(names.get(name, name) for name in self.options.names))

    def _plans(self, survey: Survey, wanted: Mapping[str, Wanted], refused: set[str]) -> dict[str, Plan]:
        plans = {}
        for name in sorted(wanted.keys() | survey.names()):
            if not self._meant(name) or name in refused or (name not in wanted and not self._gone(name, survey)):
                continue
            try:
                problem = self._gather(survey, name, wanted.get(name))
                facts = survey.facts(name, wanted.get(name))
            except GitskillsError as error:  # something in this folder that cannot be read
                problem = error.message
            if problem:
                plans[name] = Plan("refuse", wanted.get(name), None, None, problem)
            else:
                plans[name] = plan(wanted.get(name), facts)
        unknown = set(self.options.names) - plans.keys() - refused - self.others
        if unknown:
            raise GitskillsError(
                f"no source gives {', '.join(sorted(unknown))}",
                "`gitskills list` shows what there is; `gitskills add URL NAME` adds one",
            )
        return plans

    def _gather(self, survey: Survey, name: str, wanted: Wanted | None) -> str | None:
        """Take an agent's edited copy over into the real folder; returns why that cannot be, or None."""
        if self.options.frozen and (copies := self.disk.edited_copies(name)):
            return f"edited in {copies[0]}"
        return None if self.options.dry_run else self.disk.gather(name, lambda: survey.known(name, wanted))

    def _gone(self, name: str, survey: Survey) -> bool:
        """Whether an installed skill is really no longer wanted, rather than its source out of reach."""
        if self.options.frozen:
            return True
        install = survey.lock.get(name)
        return (
            install is None
            or any(one.source.name == install.source for one in self.looked)
            or install.source not in self.caches
        )

    def _meant(self, name: str) -> bool:
        named = not self.options.names or name in self.options.names or name in self.also
        return named and name not in self.others

    def _theirs(self, name: str, survey: Survey) -> bool:
        """Whether an installed skill was created by the person whose skills alone are asked for, if any is."""
        install = survey.lock.get(name)
        return self.created is None or (install is not None and (install.source, install.path) in self.created)

    def _by_author(self, wanted: Mapping[str, Wanted], survey: Survey) -> None:
        """Note which skills somebody else created, where only one person's are asked for."""
        if self.created is not None:
            found = {name for name, one in wanted.items() if (one.source.name, one.found.path) in self.created}
            gone = {name for name in survey.names() - wanted.keys() if self._theirs(name, survey)}
            self.others = (wanted.keys() | survey.names()) - found - gone
