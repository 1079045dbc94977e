"""Full-text search over skills: which ones fit a prompt, by SQLite's FTS5 and BM25 (Robertson and Zaragoza, 2009).

Everything here is derived from git and kept in the index database, one document per different SKILL.md.
tests/benchmarks/search_quality.py measures the ranking; the parameters are the ones it names.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from gitskills.skills.words import name_of, parts, words
from gitskills.state import fulltext
from gitskills.state.transaction import transaction

# SQLite fixes BM25's k1 at 1.2 and lets weights multiply term counts. Both their ratio matters (a word in the name or
# description counts as five in the body) and their size: a third of 5, 5, 1 makes k1 3.6, so that a skill whose
# description comes back to a word gains more from it.
WEIGHTS = (1.7, 1.7, 0.33)
_BODY = 6_000  # characters of a body that are indexed: what a skill is about stands at its start
_READ = 64 * 1024  # bytes of a SKILL.md that are looked at
_ROWS = 150  # in one statement; five values each is less than the 999 that every SQLite allows

Skill = tuple[str, str, str, str]
"""A skill to index: its name, path in the library, tree oid, and the blob oid of its SKILL.md."""

Pair = tuple[str, str]
"""A document is a blob under a name, since the name is searched as well."""

Text = tuple[str, str, str]
"""What is indexed of a document: names, description, body."""

Read = Callable[[list[str]], Iterable[bytes | None]]
"""Given blob oids, yields their bytes in that order; None for a blob that is not here."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A skill that fits: `source` and `path` say which one; a higher `score` is better, within one search."""

    name: str
    description: str
    source: str
    score: float
    path: str


def fresh(db: sqlite3.Connection, source: str, tip: str) -> bool:
    """Whether the index holds `source` as it was at the commit `tip`."""
    return db.execute("SELECT 1 FROM search_source WHERE source = ? AND tip = ?", (source, tip)).fetchone() is not None


def update(db: sqlite3.Connection, source: str, skills: Iterable[Skill], read: Read, *, tip: str = "") -> None:
    """Make the index hold exactly `skills` for `source` (a key of the caller's choice, such as the library's URL).

    Only SKILL.md blobs the index has never seen are read. `tip` is remembered for `fresh`, unless a blob was missing.
    """
    wanted = {path: (name, path, tree, blob) for name, path, tree, blob in skills}
    pairs = list(dict.fromkeys((blob, name) for name, _, _, blob in wanted.values()))
    known = _documents(db, pairs)
    missing = [pair for pair in pairs if pair not in known]
    blobs = list(dict.fromkeys(blob for blob, _ in missing))
    data = dict(zip(blobs, read(blobs), strict=True)) if blobs else {}
    texts = {(blob, name): _fields(name, found) for blob, name in missing if (found := data[blob]) is not None}
    # Nothing here is worth a flush to the disk: what a power cut takes is built again.
    db.execute("PRAGMA synchronous = OFF")
    with transaction(db):
        _assign(db, source, wanted, _add(db, pairs, texts))
        tip = tip if None not in data.values() else ""
        db.execute("INSERT OR REPLACE INTO search_source VALUES (?, ?)", (source, tip))


def search(db: sqlite3.Connection, query: str, sources: Sequence[str], n: int = 10) -> list[Hit]:
    """Return at most `n` skills of `sources` that fit `query`, best first; any text is a valid query."""
    wanted = frozenset(sources)
    found = _ranked(db, fulltext.expression(db, "search_text", words(query)), wanted, n)
    # Someone who writes a skill's very name wants that skill, however common its words are.
    best = found[0].score if found else 0.0
    rows = db.execute("SELECT name, source, path, document FROM search_entry WHERE name = ?", (name_of(query),))
    named = [_hit(db, row, best + 1.0) for row in rows.fetchall() if row[1] in wanted]
    rest = [hit for hit in found if not any((hit.source, hit.path) == (one.source, one.path) for one in named)]
    return [*named, *rest][: max(n, 0)]


def _documents(db: sqlite3.Connection, pairs: Sequence[Pair]) -> dict[Pair, int]:
    """The documents of these blobs under these names, as far as there are any."""
    found: dict[Pair, int] = {}
    for start in range(0, len(pairs), _ROWS):
        blobs = [blob for blob, _ in pairs[start : start + _ROWS]]
        asked = f"SELECT blob, name, id FROM search_document WHERE blob IN ({', '.join('?' * len(blobs))})"
        found.update({(str(blob), str(name)): int(number) for blob, name, number in db.execute(asked, blobs)})
    return found


def _fields(name: str, data: bytes) -> Text:
    """The three texts that are indexed of a SKILL.md: names, description, body."""
    from gitskills.skills.frontmatter import split, summarize  # and YAML with it, for who has something to index

    text = data[:_READ].decode("utf-8", "replace")
    document = split(text)
    said = summarize(document)
    names = dict.fromkeys([name, said.name or name])
    joined = " ".join([*names, *(part for each in names for part in parts(each))])
    return joined, said.description, document.body[:_BODY]


def _add(db: sqlite3.Connection, pairs: Sequence[Pair], texts: Mapping[Pair, Text]) -> dict[Pair, int]:
    """Add the documents that no other process added meanwhile; returns the documents of `pairs`."""
    known = _documents(db, pairs)
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM search_document").fetchone()
    new = {pair: int(last) + number for number, pair in enumerate((one for one in texts if one not in known), start=1)}
    _insert(db, "search_document (id, blob, name)", [(number, *pair) for pair, number in new.items()])
    _insert(
        db, "search_text (rowid, name, description, body)", [(number, *texts[pair]) for pair, number in new.items()]
    )
    return known | new


def _insert(db: sqlite3.Connection, into: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows many at a time: between two statements Python may keep this thread waiting for another one."""
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        marks = ", ".join([f"({', '.join('?' * len(some[0]))})"] * len(some))
        db.execute(f"INSERT INTO {into} VALUES {marks}", [value for row in some for value in row])


def _assign(db: sqlite3.Connection, source: str, wanted: Mapping[str, Skill], documents: Mapping[Pair, int]) -> None:
    """Replace the entries of `source`, and drop documents that no entry of any source needs any more."""
    after = {
        (path, name, tree, documents[blob, name])
        for path, (name, _, tree, blob) in wanted.items()
        if (blob, name) in documents
    }
    rows = db.execute("SELECT path, name, tree, document FROM search_entry WHERE source = ?", (source,))
    before = {(str(path), str(name), str(tree), int(document)) for path, name, tree, document in rows}
    db.executemany(
        "DELETE FROM search_entry WHERE source = ? AND path = ?", [(source, row[0]) for row in before - after]
    )
    new = [(source, *row) for row in sorted(after - before)]
    _insert(db, "search_entry (source, path, name, tree, document)", new)
    for document in {row[3] for row in before} - {row[3] for row in after}:
        if not db.execute("SELECT 1 FROM search_entry WHERE document = ?", (document,)).fetchone():
            db.execute("DELETE FROM search_document WHERE id = ?", (document,))
            db.execute("DELETE FROM search_text WHERE rowid = ?", (document,))


def _ranked(db: sqlite3.Connection, expression: str, sources: frozenset[str], n: int) -> list[Hit]:
    """The `n` skills that match best."""
    if not expression or not sources or n <= 0:
        return []
    ranking = f"SELECT rowid, bm25(search_text, {', '.join(map(str, WEIGHTS))}) AS score FROM search_text"
    hits: list[Hit] = []
    # With a limit SQLite keeps the best few instead of sorting all; other sources' skills may push ours out of them.
    for limit in (4 * n, -1):
        found = db.execute(f"{ranking} WHERE search_text MATCH ? ORDER BY score, rowid LIMIT ?", (expression, limit))
        rows = found.fetchall()
        hits = list(islice(_hits(db, rows, sources), n))
        if len(hits) == n or len(rows) != limit:
            break
    return hits


def _hits(db: sqlite3.Connection, ranked: Iterable[tuple[int, float]], sources: frozenset[str]) -> Iterator[Hit]:
    for document, score in ranked:
        found = db.execute("SELECT name, source, path, document FROM search_entry WHERE document = ?", (document,))
        for row in sorted(found.fetchall()):
            if row[1] in sources:
                yield _hit(db, row, -score)  # SQLite's is negative, so that the best comes first


def _hit(db: sqlite3.Connection, row: tuple[str, str, str, int], score: float) -> Hit:
    name, source, path, document = row
    (description,) = db.execute("SELECT description FROM search_text WHERE rowid = ?", (document,)).fetchone() or ("",)
    return Hit(name, description, source, score, path)
