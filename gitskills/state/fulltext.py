"""The words of a prompt as a query of SQLite's FTS5, and the index database that is made anew when damaged."""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from gitskills.errors import GitskillsError
from gitskills.skills.words import parts
from gitskills.state import database
from gitskills.state.paths import Paths

TERMS = 32  # words that rank; more add noise
POSTINGS = 60_000  # occurrences walked through at about 0.5 µs each: only a huge index leaves out common words for it

_COMMON = 20_000  # counting stops here
_FEW = 4  # known words below which the unknown ones are tried as the beginning of words

# Result codes of SQLite (sqlite.org/rescode.html) that say something about the machine, not about the file's content.
_TROUBLE = {3: "PERM", 5: "BUSY", 6: "LOCKED", 7: "NOMEM", 8: "READONLY", 10: "IOERR", 13: "FULL", 14: "CANTOPEN"}

Result = TypeVar("Result")


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


def expression(db: sqlite3.Connection, table: str, words: Sequence[str]) -> str:
    """Write a query for the FTS5 table: the rarest words, each once whatever its ending, joined by OR; "" for none."""
    return " OR ".join(terms(db, table, words))


def terms(db: sqlite3.Connection, table: str, words: Sequence[str], *, most: int = POSTINGS) -> dict[str, int]:
    """Return the rarest words as FTS5 writes them, each with the number of documents it is in (0: begins other words).

    At most `most` occurrences are walked through, unless a single word has more.
    """
    counts: dict[str, int] = {}
    for word in words:
        key = word.lower()
        counts[key] = _count(db, table, key, most)
        pieces = parts(word)
        # Two parts are mostly one name (GitHub, JavaScript), unless nobody knows it; three are an identifier.
        if len(pieces) > 2 or (pieces and not counts[key]):
            counts.update((piece, _count(db, table, piece, most)) for piece in pieces if piece not in counts)
    stems = _stems(db, list(counts))
    chosen: dict[str, str] = {}
    spent = 0
    for word in sorted((word for word in counts if counts[word]), key=lambda word: counts[word]):
        if stems[word] in chosen:
            continue
        if len(chosen) == TERMS or (chosen and spent + counts[word] > most):
            break
        chosen[stems[word]] = word
        spent += counts[word]
    starts = [word for word in counts if not counts[word] and len(word.encode()) > 2]
    found = {f'"{word}"': counts[word] for word in chosen.values()}
    return found | {f'"{word}"*': 0 for word in (starts if len(chosen) < _FEW else [])[:_FEW]}


def _count(db: sqlite3.Connection, table: str, word: str, most: int) -> int:
    """In how many documents a word occurs in any form, at most `most` or `_COMMON`."""
    bounded = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {table} MATCH ? LIMIT ?)"
    return int(db.execute(bounded, (f'"{word}"', min(_COMMON, most))).fetchone()[0])


def _stems(db: sqlite3.Connection, of: Sequence[str]) -> dict[str, str]:
    """What FTS5 makes of each word; a word it cuts differently stands for itself."""
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_word USING fts5 (word, tokenize = 'porter unicode61')")
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_stem USING fts5vocab (temp, search_word, instance)")
    db.execute("DELETE FROM temp.search_word")
    db.executemany("INSERT INTO temp.search_word (rowid, word) VALUES (?, ?)", enumerate(of))
    return {word: word for word in of} | {
        of[row]: str(stem) for row, stem in db.execute("SELECT doc, term FROM temp.search_stem")
    }
