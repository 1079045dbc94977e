"""What of a card decides whether it may still be believed, remembered by the blob it stands in: ten times faster."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gitskills.cards import shelf
from gitskills.cards.card import Card
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.state.transaction import transaction

_PROOFS = re.compile(rb"^  gitskills-proof: ['\"]?([0-9a-f ]+)", re.MULTILINE)
_PART, _ITEM = "\x1e", "\x1f"  # between the parts of a head, and between the items of one


class Head(NamedTuple):
    """The parts of a Card, under their names there, that need no body. A tuple: there are tens of thousands."""

    path: str
    blob: str
    tree: str
    kind: str
    name: str
    repo: str
    expired: str
    stale: str
    proof: tuple[str, ...]
    patch_ids: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The cards of a library at a `commit`, not looked at yet: remembered heads, and the bytes of all others."""

    commit: str
    rows: Sequence[tuple[str, str, str]]
    known: dict[str, str]
    new: dict[str, bytes]

    def proofs(self) -> set[str]:
        """Return the proofs that are told at a glance: nearly all, and perhaps some that are none."""
        found = {oid for text in self.known.values() for oid in text.split(_PART)[5].split(_ITEM)}
        for line in _PROOFS.findall(b"\n".join(self.new.values())):
            found.update(line.decode().split())
        return {oid for oid in found if len(oid) in (40, 64)}

    def heads(self, db: sqlite3.Connection) -> tuple[list[Head], list[str]]:
        """Return the heads in the order of their paths, and what is no card and why; remembers the new ones."""
        rows = [row for row in self.rows if row[1] in self.new]
        cards, broken = shelf.parsed(rows, self.new)
        texts = {card.blob: _text(card) for card in cards}
        if texts:
            with transaction(db):
                db.executemany("INSERT OR REPLACE INTO card_head (blob, head) VALUES (?, ?)", texts.items())
        return list(self._heads(self.known | texts)), broken

    def _heads(self, texts: dict[str, str]) -> Iterator[Head]:
        for path, blob, tree in self.rows:
            if blob in texts:
                kind, name, repo, expired, stale, *lists = texts[blob].split(_PART)
                proof, patches, paths = (tuple(each.split(_ITEM)) if each else () for each in lists)
                yield Head(path, blob, tree, kind, name, repo, expired, stale, proof, patches, paths)


def load(cache: Cache, commit: str, db: sqlite3.Connection) -> Loaded:
    """Read what is needed of a library's cards at a commit; only cards never seen are fetched and read from git."""
    rows = shelf.listing(cache.git_dir, commit)
    wanted = {blob for _, blob, _ in rows}
    known = {blob: head for blob, head in db.execute("SELECT blob, head FROM card_head") if blob in wanted}
    new = sorted(wanted - known.keys())
    if new:
        cache.want(new)
    return Loaded(commit, rows, known, dict(objects.blobs(cache.git_dir, new)))


def _text(card: Card) -> str:
    ones = (card.kind, card.name, card.repo, card.expired, card.stale)
    lists: Iterable[Iterable[str]] = (card.proof, card.patch_ids, card.paths)
    return _PART.join([*(" ".join(one.split()) for one in ones), *map(_ITEM.join, lists)])
