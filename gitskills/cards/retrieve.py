"""The cards that fit a piece of work: the index brought up to what the libraries hold, asked, and scanned once more."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitskills import __version__
from gitskills.cards import index
from gitskills.cards.rank import Lexical, Query, Ranked, Ranker
from gitskills.git import objects
from gitskills.skills import frontmatter
from gitskills.state.fulltext import using
from gitskills.state.paths import Paths

SPARE = 8  # cards ranked beyond those wanted, in place of those the scan takes out


@dataclass(frozen=True, slots=True)
class Library:
    """Where cards are looked for: a repository at a commit, what it is called, and how its files are brought here."""

    source: str
    url: str
    git_dir: Path
    tip: str
    bring: Callable[[], None]

    @property
    def key(self) -> str:
        """What the index calls it: by its name as well, as two sources may take different branches of one."""
        return f"{self.source} {self.url}"


@dataclass(frozen=True, slots=True)
class Found:
    """A card that fits, the library it is from, and its text below the frontmatter."""

    card: Ranked
    library: Library
    body: str

    @property
    def state(self) -> str:
        """Live or stale: expired cards are never found."""
        return "stale" if self.card.stale else "live"


def retrieve(
    paths: Paths, libraries: Sequence[Library], query: Query, n: int, ranker: Ranker | None = None
) -> list[Found]:
    """Return at most `n` cards that fit, best first; none where none fits, nor any that is expired or flagged.

    Raises GitskillsError where no index can be kept.
    """
    named = {library.key: library for library in libraries}

    def work(db: sqlite3.Connection) -> list[Found]:
        for key, library in named.items():
            if not index.fresh(db, key, library.tip):
                library.bring()
                index.refresh(db, key, library.git_dir, library.tip)
        ranked = (ranker or Lexical()).rank(db, query, named.keys(), n + SPARE) if n > 0 else []
        found: list[Found] = []
        for one in _read(db, ranked, named):
            found.append(one)
            if len(found) == n:
                break
        return found

    return using(paths, work)


def _read(db: sqlite3.Connection, ranked: Sequence[Ranked], named: dict[str, Library]) -> Iterator[Found]:
    """Yield the cards that the scan lets pass, read from git three at a time."""
    for start in range(0, len(ranked), 3):
        part = ranked[start : start + 3]
        texts: dict[str, bytes] = {}
        for key in {card.library for card in part}:
            texts |= objects.held(named[key].git_dir, [card.blob for card in part if card.library == key])
        for card in part:
            text = texts.get(card.blob, b"").decode("utf-8", "replace")
            if text and not _flagged(db, card.document, text):
                yield Found(card, named[card.library], frontmatter.split(text).body.strip())


def _flagged(db: sqlite3.Connection, document: int, text: str) -> str:
    """Say what the scan finds in a card; each version of the program looks at each text once."""
    row = db.execute("SELECT flagged, scanned FROM card_document WHERE id = ?", (document,)).fetchone()
    if row is not None and row[1] == __version__:
        return str(row[0])
    from gitskills.cards import safe

    found = safe.flagged(text)
    db.execute("UPDATE card_document SET flagged = ?, scanned = ? WHERE id = ?", (found, __version__, document))
    return found
