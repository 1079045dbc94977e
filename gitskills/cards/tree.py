"""The tree of a library's cards: what each area has, how sure it is, how fresh, and when it was last used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitskills.cards import shelf
from gitskills.cards.card import Card
from gitskills.git import changes
from gitskills.skills.area import ancestors
from gitskills.state import ledger


@dataclass(frozen=True, slots=True)
class Row:
    """A card, or an area without one of its own (`card` None); times are seconds since the epoch, 0 for never.

    `leaves` are the live leaves in an area and below, 0 for a leaf; `confidence` is the card's, or that of the leaves
    on average; `state` is live, stale or expired. `changed` is when the card was last written, `used` when it was last
    put into a brief on this machine.
    """

    area: str
    kind: str
    card: str | None
    path: str
    leaves: int
    confidence: float
    state: str | None
    reason: str
    changed: int
    used: float


def read(git_dir: Path, commit: str, db: sqlite3.Connection, urls: Sequence[str]) -> tuple[list[Row], list[str]]:
    """Return the tree of the library at `commit`, areas before what they hold, and what is wrong with broken cards.

    `urls` are the names that the ledger may have for the library.
    """
    cards, broken = shelf.read(git_dir, shelf.listing(git_dir, commit))
    used = {card: at for url in urls for card, at in ledger.latest(db, url, "injection", "card").items()}
    return list(rows(cards, changed(git_dir, commit), used)), broken


def rows(cards: Sequence[Card], changed: Mapping[str, int], used: Mapping[str, float]) -> Iterator[Row]:
    """Yield the tree; `changed` is by the card's path, `used` by its path or its name."""
    nodes = {card.area: card for card in cards if card.kind == "node"}
    leaves: dict[str, list[Card]] = {}
    for card in cards:
        if card.kind == "leaf":
            leaves.setdefault(card.area, []).append(card)
    live: dict[str, list[float]] = {}
    for area in {*nodes, *leaves}:
        for one in ancestors(area):
            live.setdefault(one, []).extend(leaf.confidence for leaf in leaves.get(area, ()) if not leaf.expired)
    live.pop("", None)
    for area in sorted(live, key=lambda each: each.split("/")):
        sure = live[area]
        yield _area(area, nodes.get(area), len(sure), sum(sure) / len(sure) if sure else 0.0, changed, used)
        for leaf in sorted(leaves.get(area, ()), key=lambda each: each.path):
            yield _row(leaf, 0, changed, used)
    for leaf in leaves.get("", ()):
        yield _row(leaf, 0, changed, used)


def changed(git_dir: Path, commit: str) -> dict[str, int]:
    """Return when each card of a library was last written, by its path, from one walk of its history."""
    found: dict[str, int] = {}
    for when, names in changes.names(git_dir, "%ct", commit, "--", shelf.FOLDER):
        for name in names:
            if name.endswith("/SKILL.md"):
                found.setdefault(name.removesuffix("/SKILL.md"), int(when))
    return found


def _area(
    area: str, node: Card | None, leaves: int, sure: float, changed: Mapping[str, int], used: Mapping[str, float]
) -> Row:
    if node is not None:
        return _row(node, leaves, changed, used)
    return Row(area, "node", None, f"{shelf.FOLDER}/{area}", leaves, round(sure, 2), None, "", 0, 0)


def _row(card: Card, leaves: int, changed: Mapping[str, int], used: Mapping[str, float]) -> Row:
    state = "expired" if card.expired else "stale" if card.stale else "live"
    last = max(used.get(card.path, 0), used.get(card.name, 0))
    reason = card.expired or card.stale
    when = changed.get(card.path, 0)
    return Row(card.area, card.kind, card.name, card.path, leaves, card.confidence, state, reason, when, last)
