"""Retire cards whose proof left history, mark those whose lines were rewritten, restore those whose proof returned."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitskills.cards import verified
from gitskills.cards.examine import Begun, begin, examine
from gitskills.cards.expiry import Standing, stand
from gitskills.cards.heads import Head, Loaded, load
from gitskills.cards.landing import Change, Site, land
from gitskills.cards.verified import Verified
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.code import Code
from gitskills.git.trailers import Event
from gitskills.state import database
from gitskills.state.fulltext import using
from gitskills.state.paths import Paths

Row = tuple[Head, Standing]


@dataclass(frozen=True, slots=True)
class Expired:
    """How every card stands, in the order of their paths, and the commit that says so where anything changed."""

    rows: tuple[Row, ...]
    broken: tuple[str, ...]
    commit: str | None


@dataclass(slots=True)
class Round:
    """One look at a library's cards; begun anew when others publish first."""

    cache: Cache
    code: Code
    churn: float
    index: sqlite3.Connection
    begun: Begun
    loaded: Loaded | None
    rows: tuple[Row, ...] = ()
    broken: tuple[str, ...] = ()
    found: Verified = field(default_factory=lambda: Verified(""))

    def change(self, git_dir: Path, tip: str | None) -> Sequence[Change]:
        """Return the one commit that expires, restores and marks cards of the library at `tip`."""
        if tip is None:
            return ()
        if self.loaded is None or self.loaded.commit != tip:
            self.loaded = load(self.cache, tip, self.index)
        cards, broken = self.loaded.heads(self.index)
        facts, self.found = examine(cards, self.code, self.begun)
        self.rows = tuple((card, stand(card, facts, self.churn)) for card in cards)
        texts, problems = _marked(self.cache, [row for row in self.rows if row[1].metadata])
        if problems:
            # One that nobody can write to is told, and stops no other.
            self.rows = tuple(
                (card, one._replace(action="", metadata=())) if card.path in problems else (card, one)
                for card, one in self.rows
            )
        self.broken = (*broken, *problems.values())
        return _change(texts, [row for row in self.rows if row[1].metadata])


def expire(site: Site, code: Code, paths: Paths, *, churn: float, dry_run: bool = False) -> Expired:
    """Bring the marks of a library's cards up to what a code repository's history says, in one commit."""
    with contextlib.closing(database.state(paths)) as state:
        # The library as last fetched is most often the library as it is: git need not wait for the network.
        tip = site.tip()[1] if site.cache.exists else None
        before = verified.recall(state, key(code), code.ref)

        def work(index: sqlite3.Connection) -> tuple[Round, str | None]:
            loaded = load(site.cache, tip, index) if tip else None
            with begin(code, loaded.proofs() if loaded else set(), before, index) as begun:
                one = Round(site.cache, code, churn, index, begun, loaded)
                return one, land(site, one.change, dry_run=dry_run, whole=False)

        one, commit = using(paths, work)
        if not dry_run and one.found.tip:
            verified.remember(state, key(code), code.ref, one.found)
    return Expired(one.rows, one.broken, commit)


def key(code: Code) -> str:
    """Return what a code repository is remembered by: its name, or its folder where it has none."""
    return code.name or str(code.git_dir)


def _change(texts: Mapping[str, str], rows: Sequence[Row]) -> Sequence[Change]:
    if not rows:
        return ()
    from gitskills.cards.card import tree_after

    files = {f"{path}/SKILL.md": text for path, text in texts.items()}
    body = "\n".join(f"- {card.path}: {standing.action}: {_why(standing)}" for card, standing in rows)
    trees = {card.path: tree_after(card.blob, card.tree, texts[card.path]) for card, _ in rows}
    # The trail calls a skill by its folder, whatever a card calls itself.
    events = tuple(Event(_folder(card), "expire", base=card.tree, tree=trees[card.path]) for card, _ in rows)
    return (Change(files, _subject(rows), body, events),)


def _marked(cache: Cache, rows: Sequence[Row]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts of cards with their new marks, and what is wrong with those that cannot be marked, by path."""
    if not rows:
        return {}, {}
    from gitskills.cards.card import with_metadata
    from gitskills.yamltext import YamlError

    texts = _texts(cache, [card for card, _ in rows])
    marked: dict[str, str] = {}
    problems: dict[str, str] = {}
    for card, standing in rows:
        try:
            marked[card.path] = with_metadata(texts[card.blob], dict(standing.metadata))
        except YamlError as error:
            problems[card.path] = f"{card.path}: {error.message}"
    return marked, problems


def _texts(cache: Cache, cards: Iterable[Head]) -> Mapping[str, str]:
    wanted = list(dict.fromkeys(card.blob for card in cards))
    cache.want(wanted)
    found = objects.blobs(cache.git_dir, wanted)
    return {oid: data.decode("utf-8", "surrogateescape") for oid, data in found}


def _subject(rows: Sequence[Row]) -> str:
    counts: dict[str, int] = {}
    for _, standing in rows:
        counts[standing.action] = counts.get(standing.action, 0) + 1
    if len(rows) == 1:
        return f"{_folder(rows[0][0])}: {rows[0][1].action}"
    return "cards: " + ", ".join(f"{count} {action}" for action, count in sorted(counts.items()))


def _folder(card: Head) -> str:
    return card.path.rpartition("/")[2]


def _why(standing: Standing) -> str:
    return standing.reason or "its proof is part of the history"
