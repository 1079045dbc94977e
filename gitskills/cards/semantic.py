"""The semantic ranker: words and meaning, fused by reciprocal rank; it abstains as the lexical one does."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from gitskills.cards.rank import LIVE, LOOKED, Lexical, Query, Ranked, load, worth_so
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
        said = Lexical().rank(db, query, libraries, max(n, LOOKED))
        if not query.text.strip():
            return said[:n]
        rows = db.execute(
            f"SELECT DISTINCT d.blob, d.id, e.library FROM card_document d "
            f"JOIN card_entry e ON e.document = d.id WHERE {LIVE}"
        )
        documents = {str(blob): int(document) for blob, document, library in rows if library in libraries}
        near = likest(db, self._embedder, query.text, list(documents), _texts(db, documents), LOOKED)
        words = {(card.library, card.path): card for card in said}
        least = LEAST if words else ALONE
        cards = {(card.library, card.path): card for card in load(db, sorted(documents[blob] for blob in near))}
        meant = {
            key: near[card.blob]
            for key, card in cards.items()
            if card.library in libraries and (key in words or near[card.blob] >= least)
        }
        worth = fuse(list(words), sorted(meant, key=lambda key: (-meant[key], key)))
        return [worth_so({**cards, **words}[key], score) for key, score in worth.items()][:n]


def _texts(db: sqlite3.Connection, documents: Mapping[str, int]) -> Texts:
    def texts(blobs: Sequence[str]) -> Mapping[str, str]:
        found = {}
        for blob in blobs:
            row = db.execute("SELECT area, trigger, body FROM card_text WHERE rowid = ?", (documents[blob],)).fetchone()
            found[blob] = "{}. {} {}".format(*row) if row else ""
        return found

    return texts
