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
# A card as `card.render` writes it; `_glance` answers for these only, a fifth faster than their whole reading.
_WORD = r"[A-Za-z](?:[A-Za-z0-9_./@+()-]| (?=[A-Za-z0-9]))*"
_QUOTED = r"'[^'\n]*'"
_WHOLE = re.compile(
    rf"---\nname: ({_WORD})\ndescription: (?:[A-Za-z](?:[^:#\n]|:(?=[^ \n]))*|{_QUOTED})\n"
    rf"metadata:\n((?:  gitskills-[a-z]+(?:-[a-z]+)*: (?:{_WORD}|{_QUOTED})\n)+)---\n"
)
_LINE = re.compile(r"  gitskills-([a-z-]+): (.*)\n")
_FULL = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NOT_TEXT = ("null", "true", "false")
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
        texts = {blob: text for blob, data in self.new.items() if (text := _glance(data)) is not None}
        rows = [row for row in self.rows if row[1] in self.new and row[1] not in texts]
        cards, broken = shelf.parsed(rows, self.new)
        texts |= {card.blob: _text(card) for card in cards}
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


def _glance(data: bytes) -> str | None:
    """Return what `_text` makes of the card in a SKILL.md, None where only `card.parse` can tell."""
    head, fence, _ = data.partition(b"\n---\n")
    if not fence or not head.isascii():
        return None
    found = _WHOLE.fullmatch(head.decode() + "\n---\n")
    if found is None or not found[0].replace("\n", "").isprintable():
        return None
    rows = _LINE.findall(found[2])
    said = {key: value[1:-1] if value[0] == "'" else value for key, value in rows}
    if len(said) != len(rows) or said.get("kind") not in ("leaf", "node"):
        return None
    if any(value.lower() in _NOT_TEXT for value in (found[1], *(value for _, value in rows))):
        return None
    ones = [said["kind"], found[1], *(said.get(key, "") for key in ("repo", "expired", "stale"))]
    proof, patches = (filter(_FULL.fullmatch, said.get(key, "").split()) for key in ("proof", "patch-id"))
    lists = (proof, patches, said.get("paths", "").split())
    return _PART.join([*(" ".join(one.split()) for one in ones), *map(_ITEM.join, lists)])


def _text(card: Card) -> str:
    ones = (card.kind, card.name, card.repo, card.expired, card.stale)
    lists: Iterable[Iterable[str]] = (card.proof, card.patch_ids, card.paths)
    return _PART.join([*(" ".join(one.split()) for one in ones), *map(_ITEM.join, lists)])
