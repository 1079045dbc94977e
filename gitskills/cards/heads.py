"""What of a card decides whether it may still be believed, remembered by the blob it stands in: ten times faster."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from gitskills.cards import shelf
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.state.transaction import transaction

if TYPE_CHECKING:
    from gitskills.cards.card import Card

_PROOF = re.compile(rb"\n  gitskills-proof: ['\"]?([0-9a-f ]+)")
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
    known: Mapping[str, str]
    new: Mapping[str, bytes]

    def proofs(self) -> set[str]:
        """Return the proofs that are told at a glance: nearly all, and perhaps some that are none."""
        found = {oid for text in self.known.values() for oid in text.split(_PART)[5].split(_ITEM)}
        for data in self.new.values():
            if line := _PROOF.search(data):
                found.update(line[1].decode().split())
        return {oid for oid in found if len(oid) in (40, 64)}

    def heads(self, db: sqlite3.Connection) -> tuple[list[Head], list[str]]:
        """Return the heads in the order of their paths, and what is no card and why; remembers the new ones."""
        texts = {blob: text for blob, data in self.new.items() if (text := _glance(data)) is not None}
        rows = [row for row in self.rows if row[1] in self.new and row[1] not in texts]
        cards, broken = shelf.parsed(rows, self.new)
        texts |= {card.blob: _text(card) for card in cards}
        if texts:
            with transaction(db):
                db.executemany("INSERT OR REPLACE INTO card_head (blob, head) VALUES (?, ?)", texts.items())
        return list(self._heads({**self.known, **texts})), broken

    def _heads(self, texts: Mapping[str, str]) -> Iterator[Head]:
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


@cache
def _usual() -> re.Pattern[bytes]:
    """Return what a card begins with as `card.render` writes it, with a group for each value but the description."""
    word = "[A-Za-z0-9_./@+()-]*"
    plain = rf"(?!(?i:null|true|false)\n)[A-Za-z]{word}(?: [A-Za-z0-9]{word})*"
    value = rf"({plain}|'(?:[!-&(-~]+(?: [!-&(-~]+)*)?')\n"
    oid = "[0-9a-f]{40}(?:[0-9a-f]{24})?"
    oids = rf"((?=[a-f]){oid}(?: {oid})*|'{oid}(?: {oid})*')\n"
    sentence = r"""(?:[A-Za-z][ -"$-9;-~]*(?::(?=[!-~])[ -"$-9;-~]*)*|'[ -&(-~]*')\n"""
    head = rf"---\nname: {value}description: {sentence}metadata:\n  gitskills-kind: (leaf|node)\n"
    keys = {"area": value, "key": value, "proof": oids, "patch-id": oids, "paths": value, "repo": value}
    keys |= {"confidence": value, "expired": value, "stale": value}
    return re.compile(
        (head + "".join(rf"(?:  gitskills-{key}: {one})?" for key, one in keys.items()) + "---\n").encode()
    )


def _glance(data: bytes) -> str | None:
    """Return what `_text` makes of the card in a SKILL.md, None where only `card.parse` can tell.

    That is how cards are that nobody wrote by hand, and a tenth of the work.
    """
    found = _usual().match(data)
    if found is None:
        return None
    name, kind, _, _, *lists, repo, _, expired, stale = found.groups(b"")
    ones = (kind, name, repo, expired, stale)
    parts = [*ones, *(one.replace(b" ", _ITEM.encode()) for one in lists)]
    return _PART.encode().join(parts).replace(b"'", b"").decode()


def _text(card: Card) -> str:
    ones = (card.kind, card.name, card.repo, card.expired, card.stale)
    lists: Iterable[Iterable[str]] = (card.proof, card.patch_ids, card.paths)
    return _PART.join([*(" ".join(one.split()) for one in ones), *map(_ITEM.join, lists)])
