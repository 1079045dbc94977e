"""Sessions that are listened to because a skill was used in them: every few messages of the user make one job.

Per session and skill the messages since the last job are counted. Of what was said only the last message is kept,
redacted, until the job is done; the others stand in the session's transcript by then. `seen` is the transcript's last
entry that a job has covered.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from gitskills.sessions.redact import redact

EVERY = 5  # messages of the user per job
REACTION = 8_000  # characters of the last one that are kept
OPEN = 7 * 86400  # seconds after which nobody goes on with a session
TRIES = 3  # of one job, over as many runs of the worker

_WISH = "SELECT id, agent, session, skill, cwd, tool_use, transcript, reaction, tries FROM wish"


@dataclass(frozen=True, slots=True)
class Wish:
    """A job: what was said in a session since the last one, about `skill` as installed at `cwd`; see `windows.Job`."""

    id: int
    agent: str
    session: str
    skill: str
    cwd: str
    tool_use: str
    transcript: str
    reaction: str
    tries: int


def use(db: sqlite3.Connection, session: tuple[str, str], skill: str, cwd: str, tool_use: str, *, at: float) -> None:
    """Listen to a session (agent and id) in which a skill was used; in the caller's transaction."""
    db.execute(
        "INSERT INTO heard VALUES (?, ?, ?, ?, ?, 0, '', ?) ON CONFLICT DO UPDATE SET "
        "cwd = excluded.cwd, tool_use = excluded.tool_use, at = excluded.at",
        (*session, skill, cwd, tool_use, at),
    )


def hear(
    db: sqlite3.Connection, session: tuple[str, str], event: str, told: tuple[str, str], *, every: int, at: float
) -> None:
    """Count a message of the user; with every `every`-th make a job of each skill used. In the caller's transaction.

    `told` is the transcript and what the user said.
    """
    where = "agent = ? AND session = ?"
    db.execute(f"UPDATE heard SET messages = messages + 1, at = ? WHERE {where}", (at, *session))
    rows = db.execute(f"SELECT skill, cwd, tool_use FROM heard WHERE {where} AND messages >= ?", (*session, every))
    for skill, cwd, tool_use in rows.fetchall():
        transcript, said = told
        db.execute(
            "INSERT OR IGNORE INTO wish (event, agent, session, skill, cwd, tool_use, transcript, reaction, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (event, *session, skill, cwd, tool_use, transcript, redact(said)[:REACTION], at),
        )
    db.execute(f"UPDATE heard SET messages = 0 WHERE {where} AND messages >= ?", (*session, every))


def sessions(db: sqlite3.Connection) -> set[str]:
    """The ids of the sessions that are listened to."""
    return {session for (session,) in db.execute("SELECT session FROM heard")}


def sweep(db: sqlite3.Connection, *, now: float, every: int) -> None:
    """Forget sessions and jobs that are long over, and all sessions where nothing is suggested (`every` 0)."""
    db.execute("DELETE FROM heard WHERE at < ? OR ?", (now - OPEN, not every))
    db.execute("DELETE FROM wish WHERE done AND at < ?", (now - OPEN,))


def jobs(db: sqlite3.Connection) -> Iterator[Wish]:
    """Yield the jobs nobody has finished, oldest first."""
    for row in db.execute(f"{_WISH} WHERE NOT done ORDER BY id").fetchall():
        yield Wish(*row)


def begin(db: sqlite3.Connection, id: int) -> Wish | None:
    """Count one more try of a job and return it; None where somebody has finished it meanwhile."""
    db.execute("UPDATE wish SET tries = tries + 1 WHERE id = ? AND NOT done", (id,))
    row = db.execute(f"{_WISH} WHERE id = ? AND NOT done", (id,)).fetchone()
    return Wish(*row) if row else None


def seen(db: sqlite3.Connection, job: Wish) -> str:
    """The transcript's last entry that earlier jobs of this session and skill have covered, "" where none did."""
    key = (job.agent, job.session, job.skill)
    row = db.execute("SELECT seen FROM heard WHERE agent = ? AND session = ? AND skill = ?", key).fetchone()
    return row[0] if row else ""


def finish(db: sqlite3.Connection, job: Wish, seen: str) -> None:
    """Forget what was said, and remember up to where the transcript was covered; in the caller's transaction."""
    key = (job.agent, job.session, job.skill)
    if seen:
        db.execute("UPDATE heard SET seen = ? WHERE agent = ? AND session = ? AND skill = ?", (seen, *key))
    db.execute("UPDATE wish SET done = 1, reaction = '', transcript = '' WHERE id = ?", (job.id,))
