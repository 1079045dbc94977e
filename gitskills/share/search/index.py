"""Full-text search over skills: which ones fit a prompt, by SQLite's FTS5 and BM25 (Robertson and Zaragoza, 2009).

Everything here is derived from git and kept in the index database, one document per different SKILL.md.
tests/benchmarks/search_quality.py measures the ranking; the parameters are the ones it names.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from gitskills.errors import GitskillsError
from gitskills.share.search.words import name_of, parts, words
from gitskills.skills.frontmatter import split, summary
from gitskills.state import database
from gitskills.state.paths import Paths

# SQLite fixes BM25's k1 at 1.2 and lets weights multiply term counts. Both their ratio matters (a word in the name or
# description counts as five in the body) and their size: a third of 5, 5, 1 makes k1 3.6, so that a skill whose
# description comes back to a word gains more from it.
WEIGHTS = (1.7, 1.7, 0.33)
TERMS = 32  # words that rank; more add noise
POSTINGS = 60_000  # occurrences walked through at about 0.5 µs each: only a huge index leaves out common words for it

_COMMON = 20_000  # counting stops here
_FEW = 4  # known words below which the unknown ones are tried as the beginning of words
_BODY = 6_000  # characters of a body that are indexed: what a skill is about stands at its start
_READ = 64 * 1024  # bytes of a SKILL.md that are looked at

# Result codes of SQLite (sqlite.org/rescode.html) that say something about the machine, not about the file's content.
_TROUBLE = {3: "PERM", 5: "BUSY", 6: "LOCKED", 7: "NOMEM", 8: "READONLY", 10: "IOERR", 13: "FULL", 14: "CANTOPEN"}

Skill = tuple[str, str, str, str]
"""A skill to index: its name, path in the library, tree oid, and the blob oid of its SKILL.md."""

Read = Callable[[list[str]], Iterable[bytes | None]]
"""Given blob oids, yields their bytes in that order; None for a blob that is not here."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Hit:
    """A skill that fits: `source` and `path` say which one; a higher `score` is better, within one search."""

    name: str
    description: str
    source: str
    score: float
    path: str


def using(paths: Paths, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """Return what `work` does with the index database; a damaged one is thrown away and `work` done once more.

    Raises GitskillsError where the file cannot be used at all: no permission, no space, locked for 30 s.
    """
    for last in (False, True):
        with contextlib.closing(database.index(paths)) as db:
            try:
                return work(db)
            except sqlite3.DatabaseError as error:
                trouble = _TROUBLE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
                if trouble or last:
                    problem = f"the index in {paths.cache} cannot be used: {error}"
                    raise GitskillsError(problem, "see its permissions and the free space") from error
        database.discard_index(paths)
    raise AssertionError("unreachable")


def fresh(db: sqlite3.Connection, source: str, tip: str) -> bool:
    """Whether the index holds `source` as it was at the commit `tip`."""
    return db.execute("SELECT 1 FROM search_source WHERE source = ? AND tip = ?", (source, tip)).fetchone() is not None


def update(db: sqlite3.Connection, source: str, skills: Iterable[Skill], read: Read, *, tip: str = "") -> None:
    """Make the index hold exactly `skills` for `source` (a key of the caller's choice, such as the library's URL).

    Only SKILL.md blobs the index has never seen are read. `tip` is remembered for `fresh`, unless a blob was missing.
    """
    wanted = {path: (name, path, tree, blob) for name, path, tree, blob in skills}
    missing = dict.fromkeys((blob, name) for name, _, _, blob in wanted.values() if _document(db, blob, name) is None)
    blobs = list(dict.fromkeys(blob for blob, _ in missing))
    data = dict(zip(blobs, read(blobs), strict=True)) if blobs else {}
    complete = None not in data.values()
    texts = [(blob, name, *_fields(name, data[blob] or b"")) for blob, name in missing if data[blob] is not None]
    # Nothing here is worth a flush to the disk: what a power cut takes is built again.
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN IMMEDIATE")
    try:
        for text in texts:
            _insert(db, *text)
        _assign(db, source, wanted)
        db.execute("INSERT OR REPLACE INTO search_source VALUES (?, ?)", (source, tip if complete else ""))
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def search(db: sqlite3.Connection, query: str, sources: Sequence[str], n: int = 10) -> list[Hit]:
    """Return at most `n` skills of `sources` that fit `query`, best first; any text is a valid query."""
    wanted = frozenset(sources)
    found = _ranked(db, _expression(db, query), wanted, n)
    # Someone who writes a skill's very name wants that skill, however common its words are.
    best = found[0].score if found else 0.0
    rows = db.execute("SELECT name, source, path, document FROM search_entry WHERE name = ?", (name_of(query),))
    named = [_hit(db, row, best + 1.0) for row in rows.fetchall() if row[1] in wanted]
    rest = [hit for hit in found if not any((hit.source, hit.path) == (one.source, one.path) for one in named)]
    return [*named, *rest][: max(n, 0)]


def _document(db: sqlite3.Connection, blob: str, name: str) -> int | None:
    row = db.execute("SELECT id FROM search_document WHERE blob = ? AND name = ?", (blob, name)).fetchone()
    return int(row[0]) if row else None


def _fields(name: str, data: bytes) -> tuple[str, str, str]:
    """The three texts that are indexed of a SKILL.md: names, description, body."""
    text = data[:_READ].decode("utf-8", "replace")
    said = summary(text)
    names = dict.fromkeys([name, said.name or name])
    joined = " ".join([*names, *(part for each in names for part in parts(each))])
    return joined, said.description, split(text).body[:_BODY]


def _insert(db: sqlite3.Connection, blob: str, name: str, names: str, description: str, body: str) -> None:
    """Add a document, unless another process just did."""
    made = db.execute("INSERT OR IGNORE INTO search_document (blob, name) VALUES (?, ?)", (blob, name))
    if made.rowcount:
        db.execute("INSERT INTO search_text (rowid, name, description, body) VALUES (?, ?, ?, ?)",
                   (made.lastrowid, names, description, body))  # fmt: skip


def _assign(db: sqlite3.Connection, source: str, wanted: Mapping[str, Skill]) -> None:
    """Replace the entries of `source`, and drop documents that no entry of any source needs any more."""
    ids = {path: _document(db, blob, name) for path, (name, _, _, blob) in wanted.items()}
    after = {(p, name, tree, ids[p]) for p, (name, _, tree, _) in wanted.items() if ids[p] is not None}
    rows = db.execute("SELECT path, name, tree, document FROM search_entry WHERE source = ?", (source,))
    before = {(str(path), str(name), str(tree), int(document)) for path, name, tree, document in rows}
    db.executemany(
        "DELETE FROM search_entry WHERE source = ? AND path = ?", [(source, row[0]) for row in before - after]
    )
    db.executemany("INSERT INTO search_entry (source, path, name, tree, document) VALUES (?, ?, ?, ?, ?)",
                   [(source, *row) for row in after - before])  # fmt: skip
    for document in {row[3] for row in before} - {row[3] for row in after}:
        if not db.execute("SELECT 1 FROM search_entry WHERE document = ?", (document,)).fetchone():
            db.execute("DELETE FROM search_document WHERE id = ?", (document,))
            db.execute("DELETE FROM search_text WHERE rowid = ?", (document,))


def _expression(db: sqlite3.Connection, query: str) -> str:
    """Write the query for FTS5: the rarest words, each once whatever its ending, joined by OR; "" for no words."""
    counts: dict[str, int] = {}
    for word in words(query):
        key = word.lower()
        counts[key] = _count(db, key)
        pieces = parts(word)
        # Two parts are mostly one name (GitHub, JavaScript), unless nobody knows it; three are an identifier.
        if len(pieces) > 2 or (pieces and not counts[key]):
            counts.update((piece, _count(db, piece)) for piece in pieces if piece not in counts)
    stems = _stems(db, list(counts))
    chosen: dict[str, str] = {}
    spent = 0
    for word in sorted((word for word in counts if counts[word]), key=lambda word: counts[word]):
        if stems[word] in chosen:
            continue
        if len(chosen) == TERMS or (chosen and spent + counts[word] > POSTINGS):
            break
        chosen[stems[word]] = f'"{word}"'
        spent += counts[word]
    starts = [f'"{word}"*' for word in counts if not counts[word] and len(word.encode()) > 2]
    return " OR ".join([*chosen.values(), *(starts if len(chosen) < _FEW else [])[:_FEW]])


def _count(db: sqlite3.Connection, word: str) -> int:
    """In how many documents a word occurs in any form, at most `_COMMON`."""
    bounded = "SELECT count(*) FROM (SELECT 1 FROM search_text WHERE search_text MATCH ? LIMIT ?)"
    return int(db.execute(bounded, (f'"{word}"', _COMMON)).fetchone()[0])


def _stems(db: sqlite3.Connection, of: Sequence[str]) -> dict[str, str]:
    """What FTS5 makes of each word; a word it cuts differently stands for itself."""
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_word USING fts5 (word, tokenize = 'porter unicode61')")
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_stem USING fts5vocab (temp, search_word, instance)")
    db.execute("DELETE FROM temp.search_word")
    db.executemany("INSERT INTO temp.search_word (rowid, word) VALUES (?, ?)", enumerate(of))
    return {word: word for word in of} | {
        of[row]: str(stem) for row, stem in db.execute("SELECT doc, term FROM temp.search_stem")
    }


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
