"""Cards from merged changes: each is put to the librarian, checked, and published where it belongs."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gitskills.cards import excerpt, kinds, librarian, message, passed, safe, shelf
from gitskills.cards.landing import Change, Site, land
from gitskills.cards.order import Order
from gitskills.cards.placing import Draft, Placed, Places
from gitskills.cards.together import BEFORE, History
from gitskills.errors import GitskillsError
from gitskills.git import changes, command, patches, promised
from gitskills.git.changes import FileChange, Merged
from gitskills.git.code import Code
from gitskills.git.trailers import Event
from gitskills.models.protocol import ModelFailed
from gitskills.state import database

if TYPE_CHECKING:
    from gitskills.models.protocol import Model
    from gitskills.state.paths import Paths

PATIENCE = 60.0  # seconds of asking after which what there is is published: a run that ends early loses no more
COPIES = 500  # commits of the default branch that are compared with one that was not merged as it is
TRIES = 3  # calls in a row that gave no answer, after which nobody is asked any more
_PROOFS = "--format=%(trailers:key=Skill-Proof,valueonly,separator=%x20)"


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one change: the action, the card it went into and where that is, and why."""

    commit: str
    action: str
    card: str = ""
    path: str = ""
    reason: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Harvested:
    """A row for every change, the oldest first; what is wrong with cards that are none; the last commit if any."""

    rows: tuple[Row, ...]
    broken: tuple[str, ...]
    commit: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes: those of `tip` that `since` ("": none) has not; what they were accepted by, and where they were
    discussed, for a single one; whether to ask `again` about those that made no card."""

    tip: str
    since: str
    acceptance: str = ""
    url: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Taught:
    """A draft with the change it is from."""

    draft: Draft
    merged: Merged


@dataclass(slots=True)
class Harvest:
    """One run over the changes of a code repository; `rows` grows as changes are dealt with."""

    site: Site
    code: Code
    model: Model
    wanted: Wanted
    db: sqlite3.Connection
    dry_run: bool
    order: Order = field(init=False)
    rows: dict[str, Row] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    checked: dict[str, str] = field(default_factory=dict)
    silent: int = 0

    def run(self) -> Harvested:
        """Deal with every change, publishing from time to time."""
        self.site.cache.refresh()
        merged = changes.chain(self.code.git_dir, self.wanted.tip, self.wanted.since)
        self.order = Order(self.code.git_dir, [one.commit.oid for one in merged], self.wanted.since)
        self._leave_out(merged)
        last: str | None = None
        for batch in self._batches([one for one in merged if one.commit.oid not in self.rows]):
            last = land(self.site, self._landing(batch), dry_run=self.dry_run) or last
        return Harvested(tuple(self.rows[one.commit.oid] for one in merged), self.broken, last)

    def _leave_out(self, merged: Sequence[Merged]) -> None:
        done = _known(self.site.cache.git_dir, self.site.tip()[1])
        cut = changes.cut_off(self.code.git_dir, merged)
        told = {} if self._afresh else passed.recall(self.db, self._repository, self._by)
        for oid in self.order.oids:
            if oid in done:
                self._skip(oid, "harvested already")
            elif oid in cut:
                self._skip(oid, "a shallow clone does not show what it changed")
            elif oid in told:
                self._skip(oid, told[oid])

    @property
    def _afresh(self) -> bool:
        """Whether every change is put to the librarian, whatever it said: rules cost nothing, and learn with us."""
        return self.wanted.again or bool(self.wanted.acceptance) or self.model.name == "rules"

    @property
    def _by(self) -> str:
        return f"{self.model.name} prompt {librarian.PROMPT}"

    @property
    def _repository(self) -> str:
        return self.code.name or str(self.code.git_dir)

    def _batches(self, todo: Sequence[Merged]) -> Iterator[list[Taught]]:
        """Yield what was taught, in parts that each took the librarian about `PATIENCE` seconds."""
        git_dir = self.code.git_dir
        oids = {one.commit.oid: one for one in todo}
        promised.bring(git_dir, oids)
        ids = patches.of(git_dir, oids)
        past = (
            History(changes.touched(git_dir, self.wanted.tip, BEFORE + len(self.order.oids))) if oids else History([])
        )
        batch: list[Taught] = []
        begun = time.monotonic()
        for oid, files in changes.diffs(git_dir, oids):
            taught = self._ask(oids[oid], files, past, ids.get(oid, ""))
            if taught is not None:
                batch.append(taught)
            if batch and time.monotonic() - begun > PATIENCE:
                yield batch
                batch, begun = [], time.monotonic()
        if batch:
            yield batch
        for oid in oids.keys() - self.rows.keys():
            self._skip(oid, "it changes no file")

    def _ask(self, one: Merged, files: Sequence[FileChange], past: History, patch_id: str) -> Taught | None:
        """Put one change to the librarian; None, and a row that says why, where it makes no card."""
        oid = one.commit.oid
        if not files:
            self._skip(oid, "it changes no file")
            return None
        if self.silent >= TRIES:
            self._skip(oid, f"not asked: {self.model.name} gave no answer {TRIES} times in a row", failed=True)
            return None
        files = kinds.ordered(files)
        paths = tuple(each.path for each in files)
        telling = [each.path for each in files if kinds.kind(each.path) != "generated"]
        title, text = (excerpt.lines(each, message.TEXT) for each in message.told(one))
        facts = (files, past.figures(oid, telling), self.wanted.acceptance)
        question = librarian.prompt((title, text), oid, *facts, nonce=secrets.token_hex(8))
        try:
            answer = librarian.parse(self.model.ask(librarian.SYSTEM, question, role="librarian"))
        except ModelFailed as failed:
            self.silent += 1
            self._skip(oid, failed.message, failed=True)
            return None
        self.silent = 0
        if isinstance(answer, librarian.Nothing):
            self._passed(oid, answer.reason)
            return None
        if isinstance(answer, str):
            self._skip(oid, answer)
            return None
        return Taught(Draft(oid, title, self.code.name, paths, patch_id, answer), one)

    def _landing(self, batch: Sequence[Taught]) -> Callable[[Path, str | None], Sequence[Change]]:
        """Return what places a batch on whatever the library's tip is."""

        def change(git_dir: Path, tip: str | None) -> Sequence[Change]:
            cards, broken = shelf.read(git_dir, shelf.listing(git_dir, tip)) if tip else ([], [])
            self.broken = tuple(broken)
            places = Places(cards, self.order.newer, *shelf.taken(git_dir, tip))
            done = _known(git_dir, tip) | {proof for card in cards for proof in card.proof}
            made = [self._place(taught, places, done) for taught in batch]
            return [one for one in made if one is not None]

        return change

    def _place(self, taught: Taught, places: Places, done: set[str]) -> Change | None:
        oid = taught.draft.commit
        if oid in done:
            self._skip(oid, "harvested already")
            return None
        placed = places.place(taught.draft)
        if isinstance(placed, str):
            self._skip(oid, placed)
            return None
        if problem := self._refused(placed):
            if placed.before is None:
                self._passed(oid, problem, failed=True)
            else:  # the card that is there may be at fault: another day it may go well
                self._skip(oid, problem, failed=True)
            return None
        places.take(placed)
        card = placed.card
        self.rows[oid] = Row(oid, placed.action, card.name, card.path, placed.reason)
        return self._change(taught, placed)

    def _refused(self, placed: Placed) -> str:
        if placed.text not in self.checked:
            before = placed.before.body if placed.before else ""
            self.checked[placed.text] = safe.refused(placed.card.path, placed.text, before)
        return self.checked[placed.text]

    def _change(self, taught: Taught, placed: Placed) -> Change:
        card, one = placed.card, taught.merged
        author = one.brought[0] if one.brought else one.commit
        person = f"{author.name} <{author.email}>"
        from_ = f"{self.code.name or 'commit'} {one.commit.oid[:12]}"
        event = Event(
            card.name,
            "supersede" if placed.action == "superseded" else "harvest",
            base=placed.before.tree if placed.before else "",
            tree=card.tree,
            evidence=(self.wanted.url,) if self.wanted.url else (),
            proposer=self._by,
            proof=(one.commit.oid,),
            calls=0 if self.model.name == "rules" else 1,
            # Anybody may call themselves anything: what no card may carry is no name either.
            co_authors=() if safe.flagged(person) else (person,),
        )
        verb = {"harvested": "from", "superseded": "renewed by", "merged": "also shown by"}[placed.action]
        # The trigger, which was checked with the card, and not the title, which was not.
        why = " ".join(card.description.split())
        return Change({f"{card.path}/SKILL.md": placed.text}, f"{card.name}: {verb} {from_}", why, (event,))

    def _passed(self, oid: str, reason: str, *, failed: bool = False) -> None:
        self._skip(oid, reason, failed=failed)
        if not self.dry_run and self.model.name != "rules":
            passed.remember(self.db, self._repository, self._by, oid, reason)

    def _skip(self, oid: str, reason: str, *, failed: bool = False) -> None:
        self.rows[oid] = Row(oid, "skipped", reason=reason, failed=failed)


def harvest(site: Site, code: Code, model: Model, wanted: Wanted, paths: Paths, *, dry_run: bool = False) -> Harvested:
    """Make cards of the changes of a code repository and publish them; what the library has already is left out.

    What the same librarian made no card of before is left out as well (`paths`: where that is remembered), unless
    `wanted` says otherwise.
    """
    with contextlib.closing(database.state(paths)) as db:
        return Harvest(site, code, model, wanted, db, dry_run).run()


def only(code: Code, rev: str) -> tuple[str, str]:
    """Return the change of the default branch that brought `rev`, and its first parent ("": it has none).

    Raises GitskillsError where there is no such commit, or it is not merged.
    """
    from gitskills.git import objects

    commit = objects.resolve(code.git_dir, f"{rev}^{{commit}}")
    if commit is None:
        raise GitskillsError(f"the code has no commit {rev!r}", "--commit names a merged commit of it")
    change = changes.brought_by(code.git_dir, commit, code.tip) or _copy(code, commit)
    if not change:
        raise GitskillsError(
            f"{commit[:12]} is no part of {code.ref}: cards are proven by what was merged",
            "merge it first, or give its squashed commit",
        )
    return change, objects.resolve(code.git_dir, f"{change}^1^{{commit}}") or ""


def _copy(code: Code, commit: str) -> str:
    """Return the commit of the default branch that does what `commit` does: a squash or a rebase of one commit."""
    base = command.run("merge-base", "--end-of-options", commit, code.tip, git_dir=code.git_dir, ok=(0, 1))
    span = ("rev-list", f"--max-count={COPIES}", code.tip, *(f"^{oid}" for oid in base.decode().split()), "--")
    recent = command.run(*span, git_dir=code.git_dir, timeout=None).decode().split()
    promised.bring(code.git_dir, [commit, *recent])
    ids = patches.of(code.git_dir, [commit, *recent])
    return next((oid for oid in recent if ids.get(oid) == ids[commit]), "") if commit in ids else ""


def _known(git_dir: Path, tip: str | None) -> set[str]:
    """Return the code commits that the library's history says something of."""
    if tip is None:
        return set()
    out = command.run("log", _PROOFS, "--end-of-options", tip, git_dir=git_dir, timeout=None)
    return set(out.decode("ascii", "replace").split())
