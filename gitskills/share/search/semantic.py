"""Search by words and by meaning: BM25's ranking and an embedder's, fused by reciprocal rank."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gitskills.share.search.index import Hit
from gitskills.share.search.index import search as lexical
from gitskills.skills.fuse import fuse
from gitskills.skills.words import name_of
from gitskills.state.vectors import Embedder, likest

LOOKED = 60  # of each ranking
LEAST = 0.3  # the cosine that a skill must reach which shares no word with the query: noise reaches 0.29


def search(db: sqlite3.Connection, query: str, sources: Sequence[str], n: int, embedder: Embedder) -> list[Hit]:
    """Return at most `n` skills of `sources` that fit, best first; a skill named in so many words stays the first."""
    said = lexical(db, query, sources, LOOKED)
    if not query.strip() or n <= 0:
        return said[: max(n, 0)]
    rows = db.execute(
        "SELECT e.source, e.path, d.blob, e.name, e.document FROM search_entry e "
        "JOIN search_document d ON d.id = e.document ORDER BY e.source, e.path"
    )
    entries = {(str(row[0]), str(row[1])): row for row in rows if row[0] in sources}

    def texts(blobs: Sequence[str]) -> Mapping[str, str]:
        wanted = dict.fromkeys(blobs)
        documents = {row[2]: (row[3], row[4]) for row in entries.values() if row[2] in wanted}
        return {blob: _text(db, name, document) for blob, (name, document) in documents.items()}

    near = likest(db, embedder, query, [row[2] for row in entries.values()], texts, LOOKED)
    words = {(hit.source, hit.path): hit for hit in said}
    meant = [
        key for blob in near for key, row in entries.items() if row[2] == blob and (key in words or near[blob] >= LEAST)
    ]
    worth = fuse(list(words), meant)
    named = [key for key, hit in words.items() if hit.name == name_of(query)]
    order = [*named, *(key for key in worth if key not in named)][:n]
    return [_scored(db, words.get(key), entries, key, worth[key] + (key in named)) for key in order]


def _scored(
    db: sqlite3.Connection,
    hit: Hit | None,
    entries: Mapping[tuple[str, str], Sequence[str]],
    key: tuple[str, str],
    score: float,
) -> Hit:
    if hit is not None:
        return replace(hit, score=score)
    source, path, _, name, document = entries[key]
    (description,) = db.execute("SELECT description FROM search_text WHERE rowid = ?", (document,)).fetchone() or ("",)
    return Hit(str(name), str(description), str(source), score, str(path))


def _text(db: sqlite3.Connection, name: str, document: int) -> str:
    """What is embedded of a skill: its name, what it is for, and how it begins."""
    found = db.execute("SELECT description, body FROM search_text WHERE rowid = ?", (document,)).fetchone()
    description, body = found or ("", "")
    return f"{name.replace('-', ' ')}. {description} {body}"
