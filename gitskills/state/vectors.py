"""Vectors of texts, kept in the index database by the blob each text is from: only what changed is embedded anew."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gitskills.state.transaction import transaction

BATCH = 256  # texts embedded before what came of them is kept
CHARACTERS = 2_000  # of a text; models read about as much

Texts = Callable[[Sequence[str]], Mapping[str, str]]
"""Given blob oids, returns the text to embed of each that is known."""


class Embedder(Protocol):
    """What makes vectors of texts (see models/embedder.py); `name` tells one model's from another's."""

    @property
    def name(self) -> str:
        """What tells this model's vectors from another's."""

    def embed(self, texts: Sequence[str]) -> list[bytes]:
        """Return a vector for each text."""

    def likeness(self, text: str, vectors: Sequence[bytes]) -> list[float]:
        """Return the cosine between a text and each vector."""


def likest(
    db: sqlite3.Connection, embedder: Embedder, query: str, blobs: Sequence[str], texts: Texts, n: int
) -> dict[str, float]:
    """Return the `n` blobs nearest in meaning to `query`, best first, with their cosines; new ones are embedded."""
    model = embedder.name
    have = _kept(db, model)
    new = [blob for blob in dict.fromkeys(blobs) if blob not in have]
    for start in range(0, len(new), BATCH):
        found = texts(new[start : start + BATCH])
        made = dict(zip(found, embedder.embed([text[:CHARACTERS] for text in found.values()]), strict=True))
        with transaction(db):
            db.executemany(
                "INSERT OR REPLACE INTO vector (model, blob, vector) VALUES (?, ?, ?)",
                [(model, blob, vector) for blob, vector in made.items()],
            )
        have |= made
    known = [blob for blob in dict.fromkeys(blobs) if blob in have]
    if not known:
        return {}
    near = dict(zip(known, embedder.likeness(query, [have[blob] for blob in known]), strict=True))
    return dict(sorted(near.items(), key=lambda one: (-one[1], one[0]))[:n])


def _kept(db: sqlite3.Connection, model: str) -> dict[str, bytes]:
    return {
        str(blob): vector for blob, vector in db.execute("SELECT blob, vector FROM vector WHERE model = ?", (model,))
    }
