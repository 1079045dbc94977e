"""From enough cards of one area to the pattern they share, in the area's own card; one commit for all areas."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gitskills.cards import generalise, safe, shelf, siblings
from gitskills.cards.card import Card, metadata, render, with_metadata
from gitskills.cards.generalise import Pattern
from gitskills.cards.landing import Change, Site, land
from gitskills.cards.siblings import LEAVES, TEXT, Group, State
from gitskills.git import objects
from gitskills.git.objects import Entries
from gitskills.git.trailers import Event
from gitskills.models.protocol import ModelFailed
from gitskills.skills.file import PLAIN
from gitskills.skills.tree import blob_oid, tree_oid
from gitskills.state import database

if TYPE_CHECKING:
    from gitskills.models.protocol import Model
    from gitskills.state.paths import Paths


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one area, and why."""

    group: Group
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Promoted:
    """Every area with enough leaves, in order, what is wrong with cards that are none, and the commit if any."""

    rows: tuple[Row, ...]
    broken: tuple[str, ...]
    commit: str | None


@dataclass(slots=True)
class Round:
    """One look at a library; begun anew when others publish first, without asking the model again."""

    model: Callable[[], Model]
    library: str
    least: int
    dry_run: bool
    db: sqlite3.Connection
    answers: dict[str, Pattern | ModelFailed | None] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    broken: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()

    def change(self, git_dir: Path, tip: str | None) -> Sequence[Change]:
        """Return the one commit that gives areas the patterns of their leaves."""
        cards, broken = shelf.read(git_dir, shelf.listing(git_dir, tip)) if tip else ([], [])
        self.broken = tuple(broken)
        self.held = frozenset().union(*shelf.taken(git_dir, tip))
        groups = siblings.groups(cards, _made(git_dir, cards), self.least)
        files: dict[str, str] = {}
        events: dict[str, Event] = {}
        self.rows = tuple(self._row(group, files, events) for group in groups)
        if not files:
            return ()
        body = "\n".join(f"- {row.group.area}: {row.state} from {len(row.group.leaves)} cards" for row in self.rows
                         if row.state in ("promoted", "updated"))  # fmt: skip
        made = _with_trees(events, files, objects.entries(git_dir, tip or ""))
        subject = f"{made[0].skill}: pattern of its cards" if len(made) == 1 else f"cards: {len(made)} patterns"
        return (Change(files, subject, body, made),)

    def _row(self, group: Group, files: dict[str, str], events: dict[str, Event]) -> Row:
        if group.state is not None:
            return Row(group, group.state, "edited by hand" if group.state == "kept" else "")
        if group.node is None and f"{shelf.FOLDER}/{group.area}/SKILL.md" in self.held:
            return Row(group, "kept", "what is there is no card of an area")
        wanted: State = "updated" if group.node else "promoted"
        if self.dry_run:
            return Row(group, wanted)
        read = replace(group, leaves=tuple(leaf for leaf in group.leaves if _readable(leaf)))
        if len(read.leaves) < self.least:
            return Row(group, "nothing", "the scan lets too few of its cards pass")
        answer = self._answer(read)
        if isinstance(answer, ModelFailed):
            return Row(group, "failed", answer.message)
        if answer is None:
            return Row(group, "nothing", "its cards share no steps")
        card = siblings.node(read, answer)
        marks: dict[str, str | None] = {LEAVES: group.digest, TEXT: siblings.digest(card.body)}
        text = with_metadata(render(card), marks)
        if problem := safe.refused(card.path, text):
            return Row(group, "refused", problem)
        files[f"{card.path}/SKILL.md"] = text
        base = group.node.tree if group.node else ""
        events[card.path] = Event(card.name, "promote", base=base, proposer=self._by, calls=1, proof=card.proof)
        return Row(group, wanted)

    @property
    def _by(self) -> str:
        return f"{self.model().name} prompt {generalise.PROMPT}"

    def _answer(self, group: Group) -> Pattern | ModelFailed | None:
        """Ask the model, once for the same leaves; that they share nothing is remembered."""
        if group.digest not in self.answers:
            key = (self.library, group.area, f"{group.digest} {self._by}")
            known = "SELECT 1 FROM card_nothing WHERE library = ? AND area = ? AND leaves = ?"
            if self.db.execute(known, key).fetchone():
                self.answers[group.digest] = None
            else:
                self.answers[group.digest] = answer = _ask(group, self.model())
                if answer is None:
                    self.db.execute("INSERT OR REPLACE INTO card_nothing VALUES (?, ?, ?)", key)
        return self.answers[group.digest]


def _with_trees(events: Mapping[str, Event], files: Mapping[str, str], before: Entries) -> tuple[Event, ...]:
    """Complete the events of folders (by path) with the trees these have once `files` are written to the library.

    A node's folder holds its leaves and perhaps other nodes, which may change in the same commit.
    """
    after = {
        **before,
        **{path: (PLAIN, blob_oid(text.encode("utf-8", "surrogateescape"))) for path, text in files.items()},
    }
    made = []
    for folder, event in events.items():
        below = {path[len(folder) + 1 :]: entry for path, entry in after.items() if path.startswith(f"{folder}/")}
        made.append(replace(event, tree=tree_oid(below)))
    return tuple(made)


def promote(site: Site, paths: Paths, model: Callable[[], Model], *, least: int, dry_run: bool = False) -> Promoted:
    """Give every area of a library with at least `least` live leaves the pattern that they share."""
    with contextlib.closing(database.state(paths)) as db:
        one = Round(model, site.cache.url, least, dry_run, db)
        commit = land(site, one.change, dry_run=dry_run)
    return Promoted(one.rows, one.broken, commit)


def _ask(group: Group, model: Model) -> Pattern | ModelFailed | None:
    try:
        answer = generalise.parse(model.ask(generalise.SYSTEM, siblings.question(group), role="generaliser"))
    except ModelFailed as failed:
        return failed
    if answer is None:
        return ModelFailed(f"{model.name}: the answer is no pattern")
    return answer if answer.pattern else None


def _readable(leaf: Card) -> bool:
    """Whether the scan lets pass what of a leaf goes into a question or a node."""
    return not safe.flagged("\n".join((leaf.name, leaf.description, leaf.body, *leaf.paths)))


def _made(git_dir: Path, cards: Sequence[Card]) -> Mapping[str, Mapping[str, str]]:
    """Return the whole metadata of the nodes, by path."""
    nodes = [card for card in cards if card.kind == "node"]
    texts = dict(objects.blobs(git_dir, list(dict.fromkeys(card.blob for card in nodes))))
    return {card.path: metadata(texts[card.blob].decode("utf-8", "replace")) for card in nodes}
