"""Sessions that have started and were not looked at yet: what agents told, kept until a worker deals with it."""

import sqlite3
from dataclasses import dataclass

KEPT = 30 * 86400.0  # seconds for which a start is remembered


@dataclass(frozen=True, slots=True)
class Start:
    """A session of an agent that started, or was resumed, in the folder `cwd` at `at` (seconds since the epoch)."""

    agent: str
    session: str
    cwd: str
    at: float


def note(db: sqlite3.Connection, start: Start) -> None:
    """Keep a start to be dealt with; one of a session that is known (resumed, compacted) is dealt with again."""
    db.execute(
        "INSERT INTO session_start (agent, session, cwd, at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (agent, session) DO UPDATE SET cwd = excluded.cwd, at = excluded.at, done = 0",
        (start.agent, start.session, start.cwd, start.at),
    )


def pending(db: sqlite3.Connection) -> list[Start]:
    """Return the starts that nobody has dealt with, oldest first."""
    rows = db.execute("SELECT agent, session, cwd, at FROM session_start WHERE NOT done ORDER BY at, session")
    return [Start(*row) for row in rows.fetchall()]


def settle(db: sqlite3.Connection, start: Start, problem: str = "") -> None:
    """Note that a start was dealt with; `problem` is what did not work, one line."""
    db.execute(
        "UPDATE session_start SET done = 1, problem = ? WHERE agent = ? AND session = ? AND at = ?",
        (problem, start.agent, start.session, start.at),
    )


def problem(db: sqlite3.Connection) -> tuple[float, str] | None:
    """Return when the latest start was, in seconds, and what did not work then; None where all of it worked."""
    row = db.execute("SELECT at, problem FROM session_start WHERE done ORDER BY at DESC LIMIT 1").fetchone()
    return (float(row[0]), str(row[1])) if row and row[1] else None


def sweep(db: sqlite3.Connection, *, now: float) -> None:
    """Forget old starts; `now` is in seconds."""
    db.execute("DELETE FROM session_start WHERE done AND at < ?", (now - KEPT,))
