"""Events in the state database: the inbox's files, each taken exactly once, until a worker has dealt with them."""

import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice

from gitskills.state import inbox
from gitskills.state.inbox import Message
from gitskills.state.paths import Paths
from gitskills.state.transaction import transaction

KEPT = 30 * 86400  # seconds for which a handled event's name is remembered
TWICE = 2.0  # seconds within which the same words of the same agent are one event, told by two registrations
_BATCH = 64


def absorb(where: Paths, db: sqlite3.Connection, *, now: float) -> int:
    """Move the inbox into the table `event` and return how many events came in; `now` is in seconds.

    A file is removed only after its row is committed and its name is the row's key: killed anywhere, this loses no
    event and doubles none. Raises Busy where another process reads the inbox, and OSError.
    """
    messages = inbox.take(where.inbox, now=now)
    new = 0
    while batch := list(islice(messages, _BATCH)):
        with transaction(db):
            new += sum(_insert(db, message) for message in batch)
        for message in batch:
            inbox.done(where.inbox, message.name)
    db.execute("DELETE FROM event WHERE handled AND at < ?", (now - KEPT,))
    return new


def pending(db: sqlite3.Connection, *, most: int = -1) -> Iterator[Message]:
    """Yield the events nobody has handled, oldest first, at most so many (-1: all)."""
    rows = db.execute(
        "SELECT name, event, agent, at, payload FROM event WHERE NOT handled ORDER BY name LIMIT ?", (most,)
    )
    for name, event, agent, at, payload in rows.fetchall():
        yield Message(name, event, agent, at, payload)


def handle(db: sqlite3.Connection, names: Iterable[str]) -> None:
    """Mark events as dealt with and forget what they said; inside the caller's transaction, if there is one."""
    db.executemany("UPDATE event SET handled = 1, payload = x'' WHERE name = ?", [(name,) for name in names])


def _insert(db: sqlite3.Connection, message: Message) -> int:
    digest = sha256(message.payload).digest()
    cursor = db.execute(
        "INSERT OR IGNORE INTO event (name, event, agent, at, payload, digest) SELECT ?, ?, ?, ?, ?, ? "
        "WHERE NOT EXISTS (SELECT 1 FROM event WHERE digest = ? AND event = ? AND agent = ? AND abs(at - ?) < ?)",
        (
            *(message.name, message.event, message.agent, message.at, message.payload, digest),
            *(digest, message.event, message.agent, message.at, TWICE),
        ),
    )
    return cursor.rowcount
