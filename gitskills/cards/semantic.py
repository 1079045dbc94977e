"""The semantic ranker: words and meaning, fused by reciprocal rank; it abstains as the lexical one does."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from gitskills.cards.rank import LIVE, LOOKED, Query, Ranked, choose, load, scores
from gitskills.skills.fuse import fuse
from gitskills.state.vectors import Embedder, Texts, likest

LEAST = 0.4  # the cosine below which a card that shares no word, area or path with the work does not fit it
ALONE = 0.55  # and where no card does share any


class Semantic:
    """Ranks by area, paths and words as `Lexical` does, and by what an embedder takes for near in meaning."""

    def __init__(self, embedder: Embedder) -> None:
        """Take what makes vectors."""
        self._embedder = embedder

    def rank(self, db: sqlite3.Connection, query: Query, libraries: Collection[str], n: int) -> list[Ranked]:
        """Return the cards that fit, best first; none where neither words nor meaning are near enough."""
        said = scores(db, query, libraries)
        if not query.text.strip():
            return choose(db, said, libraries, n)
        near = self._near(db, query.text, libraries)
        least = LEAST if said else ALONE
        meant = {
            card: near[card.blob] for card in _live(db, near, libraries) if card in said or near[card.blob] >= least
        }
        worth = fuse(_ordered(said), _ordered(meant))
        # In rare words again, as what is chosen beside what depends on how far apart cards are.
        unit = max(said.values(), default=1.0) / max(worth.values(), default=1.0)
        return choose(db, {card: score * unit for card, score in worth.items()}, libraries, n)

    def _near(self, db: sqlite3.Connection, text: str, libraries: Collection[str]) -> dict[str, float]:
        """Return the blobs of the live cards nearest in meaning, with their cosines."""
        rows = db.execute(
            f"SELECT DISTINCT d.blob, d.id, e.library FROM card_document d "
            f"JOIN card_entry e ON e.document = d.id WHERE {LIVE}"
        )
        documents = {str(blob): int(document) for blob, document, library in rows if library in libraries}
        return likest(db, self._embedder, text, list(documents), _texts(db, documents), LOOKED)


def _live(db: sqlite3.Connection, blobs: Collection[str], libraries: Collection[str]) -> list[Ranked]:
    rows = (db.execute("SELECT id FROM card_document WHERE blob = ?", (blob,)).fetchone() for blob in blobs)
    return [card for card in load(db, sorted(int(row[0]) for row in rows)) if card.library in libraries]


def _ordered(scored: Mapping[Ranked, float]) -> list[Ranked]:
    return sorted(scored, key=lambda card: (-scored[card], card.library, card.path))


def _texts(db: sqlite3.Connection, documents: Mapping[str, int]) -> Texts:
    def texts(blobs: Sequence[str]) -> Mapping[str, str]:
        found = {}
        for blob in blobs:
            row = db.execute("SELECT area, trigger, body FROM card_text WHERE rowid = ?", (documents[blob],)).fetchone()
            found[blob] = "{}. {} {}".format(*row) if row else ""
        return found

    return texts
