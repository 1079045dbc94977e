"""Carrying plans out: each skill is built aside and swapped in, and what was done is recorded last."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.checkout import checkout
from gitskills.git.merge import Favor, Merged
from gitskills.git.objects import MANIFEST, Found
from gitskills.share import installed, lockfile, merging
from gitskills.share.lockfile import Install, safe_name
from gitskills.share.merging import Clash
from gitskills.share.outcome import NOTHING, Action, Left, Outcome
from gitskills.share.plan import Plan, Step
from gitskills.share.select import Upstream, Wanted
from gitskills.share.survey import Survey
from gitskills.share.unpack import Content, content, contents, file_oids, known_modes, refusals
from gitskills.skills.tree import EXECUTABLE, PLAIN
from gitskills.state.stage import Changed

_MERGED = {
    "none": "your edits and upstream's went together",
    "ours": "your lines stand wherever upstream's clashed with them",
    "theirs": "upstream's lines stand wherever yours clashed with them",
}


_MANY = 20  # skills from which on three git processes are less than writing file by file


class Apply:
    """Carries out the plans of one pull under the project's lock; `favor` settles clashes."""

    def __init__(self, survey: Survey, db: sqlite3.Connection, favor: Favor, progress: Progress | None) -> None:
        self._survey = survey
        self._disk = survey.disk
        self._db = db
        self._favor = favor
        self._progress = progress
        self._lock = dict(survey.lock)
        self._bases: dict[str, tuple[str, str] | None] = {}
        self._rewritten: dict[str, set[str]] = {}

    def bring(self, plans: Mapping[str, Plan], upstreams: Iterable[Upstream] = ()) -> dict[str, Plan]:
        """Fetch what the plans write, one batch per source; plans for unsafe trees become refusals.

        Where something is fetched anyway, every SKILL.md of that source comes along, for `search`.
        """
        checked = dict(plans)
        manifests = {one.source.name: [each.entries[MANIFEST][1] for each in one.skills.values()] for one in upstreams}
        for source, named in _by_source(plans, ("install", "update", "merge")).items():
            cache = self._survey.caches[source]
            found = _found(named)
            cache.want([*file_oids(found.values()), *manifests.get(source, ())])
            for name, reason in refusals(cache.git_dir, found).items():
                checked[name] = Plan("refuse", plans[name].wanted, plans[name].base, plans[name].old, reason)
        return checked

    def carry_out(self, plans: Mapping[str, Plan]) -> Iterator[Outcome]:
        """Do what the plans say, and yield what came of each; `record` must follow, whatever happens."""
        fresh = {name: one.wanted.found.tree for name, one in plans.items() if one.step == "install" and one.wanted}
        self._disk.intend({name: tree for name, tree in fresh.items() if self._disk.placed(name) != tree})
        for source, named in _by_source(plans, ("install", "update")).items():
            found, cache = _found(named), self._survey.caches[source]
            new = {name: found[name] for name in found if name in fresh and plans[name].old is None}
            built = self._built(cache, new)
            rest = {name: one for name, one in found.items() if name not in built}
            content = chain(((name, []) for name in built), contents(cache, rest))
            yield from self._written(plans, content, len(fresh))
        for name, one in plans.items():
            if one.step not in ("install", "update"):
                yield self._guarded(name, one, [])

    def _built(self, cache: Cache, new: Mapping[str, Found]) -> list[str]:
        """Let git write these skills' folders aside, where they are many; returns which, to be put in their places.

        Not on Windows, whose rules on names and links are ours to keep, nor with links, which some disks lack.
        """
        plain = {
            name: one.entries
            for name, one in new.items()
            if safe_name(name) and all(mode in (PLAIN, EXECUTABLE) for mode, _ in one.entries.values())
        }
        if os.name == "nt" or len(plain) < _MANY:
            return []
        files = [(f"{name}/{path}", *entry) for name, entries in plain.items() for path, entry in entries.items()]
        try:
            self._disk.fill(list(plain), lambda folder: checkout(cache.git_dir, files, folder))
        except GitskillsError:  # one by one, then: the skill that cannot be written will say why
            return []
        return list(plain)

    def _written(
        self, plans: Mapping[str, Plan], content: Iterator[tuple[str, Content]], total: int
    ) -> Iterator[Outcome]:
        """Write skills as their content comes, and link each for the agents."""
        for number, (name, files) in enumerate(content):
            one = self._guarded(name, plans[name], files)
            if self._progress:
                self._progress("placing skills", number + 1, total)
            yield one if one.failed else replace(one, left=self._disk.spread(name, one.after or ""))

    def record(self, reason: str) -> None:
        """Write down what was done: the bases by source, then the lock, then the placements."""
        first = not self._survey.bases
        installed.record(self._survey.caches, self._survey.project.key, self._bases, reason, first=first)
        lockfile.write(self._survey.project.lock_path, self._lock)
        self._disk.record()

    def _guarded(self, name: str, plan: Plan, files: Content) -> Outcome:
        try:
            return self._one(name, plan, files)
        except Changed as error:
            return self._outcome(name, plan, "conflict", None, f"{error.message}; {error.hint}")

    def _one(self, name: str, plan: Plan, files: Content) -> Outcome:
        match plan.step:
            case "refuse":
                return self._outcome(name, plan, "refused", None, plan.message)
            case "remove":
                return self._remove(name, plan)
            case "merge":
                return self._merge(name, plan)
            case "keep" if plan.wanted is None:
                return self._outcome(name, plan, "kept", plan.old, plan.message)
        assert plan.wanted is not None
        tree = plan.wanted.found.tree
        if plan.step in ("install", "update"):
            known = self._survey.known(name, plan.wanted) if plan.old else {}
            self._disk.put(name, tree, files, old=plan.old, known=known)
            self._installed(name, plan.wanted)
            action: Action = "installed" if plan.step == "install" else "updated"
            return self._outcome(name, plan, action, tree, plan.message)
        on_disk = plan.old if plan.step == "keep" and plan.old else tree
        left = self._disk.spread(name, on_disk)
        self._installed(name, plan.wanted)
        action = "kept" if plan.step == "keep" else "unchanged"
        return self._outcome(name, plan, action, on_disk, plan.message, left)

    def _merge(self, name: str, plan: Plan) -> Outcome:
        """Merge local edits with upstream's; a clash leaves the folder as it is."""
        assert plan.wanted is not None and plan.old is not None
        cache, key = self._survey.caches[plan.wanted.source.name], self._survey.project.key
        known = self._survey.known(name, plan.wanted)
        ours, merged = self._together(name, plan.wanted, plan.base)
        if not merged.clean:
            merging.remember(self._db, key, cache, name, Clash(ours, plan.wanted.found.tree), merged.tree)
            return self._outcome(name, plan, "conflict", plan.old, merging.advice(name, merged.conflicts))
        if merged.tree != ours:
            known |= known_modes(plan.wanted.found.entries)
            self._disk.put(name, merged.tree, content(cache, merged.tree), old=plan.old, known=known)
        merging.settle(self._db, key, cache, name)
        left = self._disk.spread(name, merged.tree)
        self._installed(name, plan.wanted)
        return self._outcome(name, plan, "merged", merged.tree, _MERGED[self._favor], left)

    def _together(self, name: str, wanted: Wanted, base: str | None) -> tuple[str, Merged]:
        """The tree of what stands on disk, and what it becomes with upstream's: written into the cache alone."""
        cache = self._survey.caches[wanted.source.name]
        ours = merging.store_folder(cache, self._disk.now(name), self._survey.known(name, wanted))
        return ours, merging.merge(cache, base, ours, wanted.found.tree, self._favor)

    def foretell(self, name: str, plan: Plan) -> Outcome:
        """What carrying out a plan would report; merges are tried, in the cache."""
        if plan.step == "merge" and plan.wanted is not None:
            _, merged = self._together(name, plan.wanted, plan.base)
            if not merged.clean:
                return self._outcome(name, plan, "conflict", plan.old, merging.advice(name, merged.conflicts))
            return self._outcome(name, plan, "merged", merged.tree, _MERGED[self._favor])
        return forecast(name, plan)

    def _remove(self, name: str, plan: Plan) -> Outcome:
        left = self._disk.take_away(name, plan.old, self._survey.known(name, None))
        self._bases[name] = None
        source = self._lock.pop(name, None)
        message = "; ".join(filter(None, (plan.message, *left)))
        return Outcome(name, source.source if source else "", "removed", plan.old, None, None, message)

    def _installed(self, name: str, wanted: Wanted) -> None:
        """Note what is now the base; the lock keeps its entry where the tree did not change, so that it stays quiet."""
        self._bases[name] = (wanted.source.name, wanted.found.tree)
        before = self._lock.get(name)
        lost = before is not None and before.commit != wanted.commit and before.commit in self._lost(wanted)
        self._lock[name] = wanted.install if lost else lock_entry(before, wanted.install)

    def _lost(self, wanted: Wanted) -> set[str]:
        """The commits of the lock that a source's history no longer has, because somebody rewrote it: `--frozen`
        would look for them in vain."""
        source, git_dir = wanted.source.name, self._survey.caches[wanted.source.name].git_dir
        if source not in self._rewritten:
            from gitskills.git import reach

            old = {one.commit for one in self._survey.lock.values() if one.source == source} - {wanted.commit}
            self._rewritten[source] = old - reach.here(git_dir, old) | reach.unreachable(git_dir, old, wanted.commit)
        return self._rewritten[source]

    def _outcome(
        self, name: str, plan: Plan, action: Action, after: str | None, message: str, left: Left = NOTHING
    ) -> Outcome:
        install = self._survey.lock.get(name)
        source = plan.wanted.source.name if plan.wanted else install.source if install else ""
        commit = plan.wanted.commit if plan.wanted else install.commit if install else None
        return Outcome(name, source, action, plan.old, after, commit, message, left)


def forecast(name: str, plan: Plan) -> Outcome:
    """What carrying out a plan would report, as far as can be told without merging (see `Apply.foretell`)."""
    actions: dict[Step, Action] = {
        "install": "installed",
        "update": "updated",
        "merge": "merged",
        "keep": "kept",
        "nothing": "unchanged",
        "remove": "removed",
        "refuse": "refused",
    }
    wanted = plan.wanted
    after = wanted.found.tree if wanted and plan.step in ("install", "update", "nothing") else None
    if plan.step == "keep":
        after = plan.old
    source, commit = (wanted.source.name, wanted.commit) if wanted else ("", None)
    return Outcome(name, source, actions[plan.step], plan.old, after, commit, plan.message)


def lock_entry(before: Install | None, after: Install) -> Install:
    """The lock's entry: the old one as long as nothing but upstream's tip moved."""
    if before is None:
        return after
    same = (before.source, before.url, before.ref, before.path, before.tree)
    return before if same == (after.source, after.url, after.ref, after.path, after.tree) else after


def _found(named: Mapping[str, Wanted]) -> dict[str, Found]:
    return {name: wanted.found for name, wanted in named.items()}


def _by_source(plans: Mapping[str, Plan], steps: tuple[str, ...]) -> dict[str, dict[str, Wanted]]:
    named: dict[str, dict[str, Wanted]] = {}
    for name, plan in plans.items():
        if plan.wanted is not None and plan.step in steps:
            named.setdefault(plan.wanted.source.name, {})[name] = plan.wanted
    return named
