"""This machine's ledger: rows of what happened with skills, kept until they are shared where a library wants that.

A row is one JSON object of facts, never of anything said in a session: `id`, `at` (UTC), `event`, and what that event
tells. Sessions are salted hashes. Which rows leave the machine is decided by measure/ledger.py.
"""

import json
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Value = str | int | float | bool | None

EVENTS = ("session", "outcome", "injection", "decision")
KEPT = 90 * 86400  # seconds for which a row is kept that was shared, or is to stay here
MOST = 100_000  # rows kept at most: of more, the oldest go, shared ones first
PAUSE = (60.0, 86400.0)  # seconds before a library that refused is asked again: at first, and at most
LATE = 3600.0  # seconds after which a row that still waits is worth a word
_OWN = ("id", "at", "event")


@dataclass(frozen=True, slots=True)
class Row:
    """A row that waits: its `id`, the `day` it belongs to (2026/11/21), and its JSON, one line without its end."""

    id: str
    day: str
    text: str


def append(
    db: sqlite3.Connection,
    source_url: str,
    event: str,
    facts: Mapping[str, Value],
    *,
    id: str = "",
    at: float | None = None,
) -> str:
    """Keep one row about the library `source_url` (as the lock has it) and return its id.

    It becomes part of the caller's transaction, if there is one. `event` is one of `EVENTS`; `at` is in seconds since
    the epoch (None: now). A given `id` of which there is a row already changes nothing. Raises ValueError for another
    event, and for facts that use the names of our own keys.
    """
    if event not in EVENTS or not facts.keys().isdisjoint(_OWN):
        raise ValueError(f"not a row of the ledger: {event} {sorted(facts)}")
    when = time.time() if at is None else at
    id = id or secrets.token_hex(16)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
    text = json.dumps({"id": id, "at": stamp, "event": event, **facts}, ensure_ascii=True)
    db.execute("INSERT OR IGNORE INTO ledger (id, url, at, text) VALUES (?, ?, ?, ?)", (id, source_url, when, text))
    return id


def writer(db: sqlite3.Connection) -> str:
    """The name of this machine in ledgers: random, made with its database."""
    return str(db.execute("SELECT name FROM ledger_writer").fetchone()[0])


def libraries(db: sqlite3.Connection) -> list[str]:
    """The libraries that rows wait for."""
    return [url for (url,) in db.execute("SELECT DISTINCT url FROM ledger WHERE waits ORDER BY url")]


def waiting(db: sqlite3.Connection, source_url: str, *, most: int = 10_000) -> list[Row]:
    """The rows about a library that nobody has shared, oldest first, at most so many."""
    rows = db.execute(
        "SELECT id, at, text FROM ledger WHERE waits AND url = ? ORDER BY at, id LIMIT ?", (source_url, most)
    )
    return [Row(id, time.strftime("%Y/%m/%d", time.gmtime(at)), text) for id, at, text in rows]


def late(db: sqlite3.Connection, *, now: float) -> list[tuple[str, int, float]]:
    """Return the libraries with rows that have waited for `LATE` seconds or more, their number, and since when."""
    query = "SELECT url, count(*), min(at) FROM ledger WHERE waits GROUP BY url HAVING min(at) <= ? ORDER BY url"
    return [(str(url), int(count), float(since)) for url, count, since in db.execute(query, (now - LATE,))]


def latest(db: sqlite3.Connection, source_url: str, event: str, key: str) -> dict[str, float]:
    """Return when the last row of an event was written, in seconds, by the value that `key` has in the row."""
    of_event = "url = ? AND json_extract(text, '$.event') = ?"
    query = f"SELECT json_extract(text, ?), max(at) FROM ledger WHERE {of_event} GROUP BY 1"
    return {str(value): at for value, at in db.execute(query, (f"$.{key}", source_url, event)) if value is not None}


def told(db: sqlite3.Connection, source_url: str, event: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of an event about a library that are still here, shared or not, newest first."""
    query = "SELECT text FROM ledger WHERE url = ? AND json_extract(text, '$.event') = ? ORDER BY at DESC, id"
    yield from (json.loads(text) for (text,) in db.execute(query, (source_url, event)))


def settle(db: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Note that rows need not wait any more: they were shared, or are to stay here."""
    db.executemany("UPDATE ledger SET waits = 0 WHERE id = ?", [(id,) for id in ids])


def sweep(db: sqlite3.Connection, *, now: float, most: int = MOST) -> int:
    """Forget old rows that do not wait, and of more than `most` the oldest; `now` is in seconds.

    Returns how many rows were given up that still waited.
    """
    db.execute("DELETE FROM ledger WHERE NOT waits AND at < ?", (now - KEPT,))
    if db.execute("SELECT count(*) FROM ledger").fetchone()[0] <= most:
        return 0
    kept = "SELECT id FROM ledger ORDER BY waits DESC, at DESC, id LIMIT -1 OFFSET ?"
    gone = db.execute(f"DELETE FROM ledger WHERE id IN ({kept}) RETURNING waits", (most,)).fetchall()
    return sum(waits for (waits,) in gone)


def pause(db: sqlite3.Connection, source_url: str, *, now: float, part: float) -> None:
    """Leave a library alone that refused: twice as long each time, less up to half by `part` (0 to 1, at random)."""
    row = db.execute("SELECT refusals FROM ledger_pause WHERE url = ?", (source_url,)).fetchone()
    refusals = row[0] if row else 0
    first, most = PAUSE
    until = now + min(first * 2.0 ** min(refusals, 20), most) * (1 - part / 2)
    db.execute("INSERT OR REPLACE INTO ledger_pause VALUES (?, ?, ?)", (source_url, refusals + 1, until))


def paused(db: sqlite3.Connection, source_url: str, *, now: float) -> bool:
    """Whether a library is to be left alone still; a clock that was set back ends it."""
    row = db.execute("SELECT until FROM ledger_pause WHERE url = ?", (source_url,)).fetchone()
    return row is not None and now < row[0] <= now + PAUSE[1]


def resume(db: sqlite3.Connection, source_url: str) -> None:
    """Forget that a library refused."""
    db.execute("DELETE FROM ledger_pause WHERE url = ?", (source_url,))
