"""The cards of libraries in the index database: one document per different SKILL.md, read from git once.

All of it is derived. What a card's text says is kept by the blob it stands in, so that after a change of one card only
that card is read; where it stands, and since which commit of the library, is kept by library and path.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gitskills.cards import shelf
from gitskills.cards.card import Card
from gitskills.git import changes, command, objects
from gitskills.skills.words import parts
from gitskills.state.transaction import transaction

BODY = 3_000  # characters of a body that are indexed: what follows is code
BATCH = 2_000  # cards read from git at a time

Row = tuple[str, str, str]
"""A card as the listing has it: folder, blob of its SKILL.md, tree."""

Read = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Given blob oids, returns the bytes of those that are here."""

_TRIGGER = re.compile(r"\A\s*## Trigger\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"[^\W_]+")


def fresh(db: sqlite3.Connection, library: str, tip: str) -> bool:
    """Whether the index holds a library as it was at the commit `tip`."""
    found = db.execute("SELECT 1 FROM card_library WHERE library = ? AND tip = ?", (library, tip)).fetchone()
    return found is not None


def refresh(db: sqlite3.Connection, library: str, git_dir: Path, tip: str) -> None:
    """Bring the index up to a library's commit `tip`; nothing is read where it is there already."""
    if fresh(db, library, tip):
        return
    old = db.execute("SELECT tip FROM card_library WHERE library = ?", (library,)).fetchone()
    rows = shelf.listing(git_dir, tip)
    numbers = _numbers(git_dir, str(old[0]) if old else "", tip)
    update(db, library, rows, lambda oids: objects.held(git_dir, oids), tip=tip, numbers=numbers)


def update(
    db: sqlite3.Connection,
    library: str,
    rows: Sequence[Row],
    read: Read,
    *,
    tip: str = "",
    numbers: Mapping[str, int] | None = None,
) -> None:
    """Make the index hold exactly these cards for a library; only blobs it has never seen are read.

    `numbers` says which commit of the library, counted from its first, last changed a folder; a folder it does not
    name keeps its number. `tip` is remembered for `fresh`, unless a blob was missing.
    """
    known = {str(blob) for (blob,) in db.execute("SELECT blob FROM card_document")}
    missing = list(dict.fromkeys(blob for _, blob, _ in rows if blob not in known))
    whole = True
    db.execute("PRAGMA synchronous = OFF")  # what a power cut takes is built again
    with transaction(db):
        for start in range(0, len(missing), BATCH):
            whole &= _add(db, missing[start : start + BATCH], read)
        _assign(db, library, rows, numbers or {})
        db.execute("INSERT OR REPLACE INTO card_library VALUES (?, ?)", (library, tip if whole else ""))


def _add(db: sqlite3.Connection, blobs: Sequence[str], read: Read) -> bool:
    """Add the documents of some blobs; returns whether all were here. What is no card is remembered as such."""
    texts = read(blobs)
    here = [blob for blob in blobs if blob in texts]
    cards, _ = shelf.parsed([("", blob, "") for blob in here], texts)
    parsed = {card.blob: card for card in cards}
    for blob in here:
        card = parsed.get(blob) or Card("", "", "", "", "", "", blob=blob)
        made = db.execute(
            "INSERT OR IGNORE INTO card_document (blob, kind, area, name, description, repo, confidence, stale, "
            "expired, proof, paths) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (blob, card.kind, *map(_plain, (card.area, card.name, card.description, card.repo)), card.confidence,
             *map(_plain, (card.stale, card.expired, " ".join(card.proof), "\n".join(card.paths)))),
        )  # fmt: skip
        if made.rowcount and card.kind and not card.expired:
            db.execute("INSERT INTO card_text (rowid, area, trigger, paths, body) VALUES (?, ?, ?, ?, ?)",
                       (made.lastrowid, *fields(card)))  # fmt: skip
            touched = [(_plain(path), made.lastrowid) for path in dict.fromkeys(card.paths)]
            db.executemany("INSERT OR IGNORE INTO card_touch VALUES (?, ?)", touched)
    return len(here) == len(blobs)


def fields(card: Card) -> tuple[str, str, str, str]:
    """Return the texts that are indexed of a card: area and name, trigger, touched paths, procedure and pitfalls."""
    area = f"{card.area} {card.name}"
    return _named(area), _plain(card.description), _named(" ".join(card.paths)), _plain(_rest(card.body))


def _rest(body: str) -> str:
    """The body without its trigger, which the description says already."""
    return _TRIGGER.sub("", body, count=1)[:BODY]


def _named(text: str) -> str:
    """Names of files and areas with the parts of joined ones beside them: `ErrorPage` is also error and page."""
    text = _plain(text)
    return " ".join([text, *(part for name in _NAME.findall(text) for part in parts(name))])


def _plain(text: str) -> str:
    """A text as a database takes it: git allows any bytes."""
    return text.encode("utf-8", "replace").decode()


def _assign(db: sqlite3.Connection, library: str, rows: Sequence[Row], numbers: Mapping[str, int]) -> None:
    """Replace the entries of a library, and drop the documents that no library needs any more."""
    ids = dict(db.execute("SELECT blob, id FROM card_document").fetchall())
    had = db.execute("SELECT path, tree, document, number FROM card_entry WHERE library = ?", (library,))
    before = {str(path): (str(tree), int(document), int(number)) for path, tree, document, number in had}
    after = {}
    for raw, blob, tree in rows:
        path = _plain(raw)
        if blob in ids:
            after[path] = (tree, int(ids[blob]), numbers.get(raw, before[path][2] if path in before else 0))
    gone = [path for path in before if before[path] != after.get(path)]
    new = [path for path in after if before.get(path) != after[path]]
    db.executemany("DELETE FROM card_entry WHERE library = ? AND path = ?", [(library, path) for path in gone])
    db.executemany("INSERT INTO card_entry (library, path, tree, document, number) VALUES (?, ?, ?, ?, ?)",
                   [(library, path, *after[path]) for path in new])  # fmt: skip
    for document in {before[path][1] for path in gone}:
        _drop(db, document)


def _drop(db: sqlite3.Connection, document: int) -> None:
    if db.execute("SELECT 1 FROM card_entry WHERE document = ?", (document,)).fetchone():
        return
    (paths,) = db.execute("SELECT paths FROM card_document WHERE id = ?", (document,)).fetchone()
    db.executemany("DELETE FROM card_touch WHERE path = ? AND document = ?",
                   [(path, document) for path in paths.split("\n")])  # fmt: skip
    db.execute("DELETE FROM card_document WHERE id = ?", (document,))
    db.execute("DELETE FROM card_text WHERE rowid = ?", (document,))


def _numbers(git_dir: Path, old: str, tip: str) -> dict[str, int]:
    """Return which first-parent commit of the library last changed each card's folder, as far as `old` has it not.

    Nothing where the history is not all here: the order only settles ties.
    """
    chain = ("rev-list", "--first-parent", "--reverse", tip)
    found: dict[str, int] = {}
    try:
        oids = command.run(*chain, git_dir=git_dir, timeout=None).decode().split()
        order = {oid: number for number, oid in enumerate(oids, 1)}
        span = [tip, f"^{old}"] if old in order else [tip]
        for oid, names in changes.names(git_dir, "%H", "--first-parent", *span, "--", shelf.FOLDER):
            for name in names:
                if name.endswith("/SKILL.md"):
                    found.setdefault(name.removesuffix("/SKILL.md"), order[oid])
    except command.GitFailed:
        return {}
    return found
