"""What is kept of sessions: a window of messages after a skill was used, the jobs it leads to, and the verdicts.

One window per session: another use of a skill moves it. Each message of the user that says something spends one of
its messages and becomes a job; the reaction is redacted before it is stored, and forgotten when the job is done.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from gitskills.improve.weakness import Sighting
from gitskills.sessions.redact import redact
from gitskills.state import ledger
from gitskills.state.transaction import transaction

MESSAGES = 3  # of the user, after a skill was used, that are judged
REACTION = 8_000  # characters of one that are kept
KEPT = 30 * 86400  # seconds for which a job that is done is remembered
OPEN = 7 * 86400  # seconds after which nobody goes on with a session
WAITS = 7 * 86400  # seconds for which a job waits for its remote

_JOB = "SELECT id, agent, session, skill, cwd, tool_use, transcript, reaction, tries FROM job"


@dataclass(frozen=True, slots=True)
class Job:
    """A reaction to judge: what the user said after `skill` (as installed at `cwd`) was used by `tool_use`.

    `tries` counts how often somebody began with it.
    """

    id: int
    agent: str
    session: str
    skill: str
    cwd: str
    tool_use: str
    transcript: str
    reaction: str
    tries: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict as it is kept: which skill at which tree, in which session (salted hash), and what came of it."""

    url: str
    skill: str
    tree: str
    session: str
    source: str
    outcome: str
    layer: str | None
    reason: str
    weakness: str = ""


def digest(salt: str, session: str) -> str:
    """The name of a session that does not tell it, the same as in the trailer Skill-Evidence."""
    return sha256(f"{salt}:{session}".encode()).hexdigest()[:16]


def open_(
    db: sqlite3.Connection, session: tuple[str, str], skill: str, cwd: str, tool_use: str, *, messages: int, at: float
) -> None:
    """Open the window of a session (agent and id), or move it to this use of a skill; in the caller's transaction."""
    row = (*session, skill, cwd, tool_use, messages, at)
    db.execute("INSERT OR REPLACE INTO window VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def spend(
    db: sqlite3.Connection, session: tuple[str, str], event: str, transcript: str, reaction: str, *, at: float
) -> bool:
    """Make a message of the user a job if the session has an open window; in the caller's transaction."""
    found = db.execute("SELECT skill, cwd, tool_use FROM window WHERE agent = ? AND session = ?", session).fetchone()
    if found is None:
        return False
    db.execute(
        "INSERT OR IGNORE INTO job (event, agent, session, skill, cwd, tool_use, transcript, reaction, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (event, *session, *found, transcript, redact(reaction)[:REACTION], at),
    )
    db.execute("UPDATE window SET messages = messages - 1 WHERE agent = ? AND session = ?", session)
    db.execute("DELETE FROM window WHERE messages <= 0")
    return True


def sessions(db: sqlite3.Connection) -> set[str]:
    """The ids of the sessions with an open window."""
    return {session for (session,) in db.execute("SELECT session FROM window")}


def sweep(db: sqlite3.Connection, *, now: float) -> None:
    """Forget what is long over; `now` is in seconds."""
    db.execute("DELETE FROM window WHERE at < ?", (now - OPEN,))
    db.execute("DELETE FROM job WHERE done AND at < ?", (now - KEPT,))


def jobs(db: sqlite3.Connection) -> Iterator[Job]:
    """Yield the jobs nobody has finished, oldest first."""
    for row in db.execute(f"{_JOB} WHERE NOT done ORDER BY id").fetchall():
        yield Job(*row)


def begin(db: sqlite3.Connection, id: int) -> Job | None:
    """Count one more try of a job and return it; None where somebody has finished it meanwhile."""
    db.execute("UPDATE job SET tries = tries + 1 WHERE id = ? AND NOT done", (id,))
    row = db.execute(f"{_JOB} WHERE id = ? AND NOT done", (id,)).fetchone()
    return Job(*row) if row else None


def put_off(db: sqlite3.Connection, id: int, *, now: float) -> bool:
    """Leave a job whose remote is away to another run; False where it has waited long enough, `now` in seconds.

    The try does not count, but that there was one does: it may have published without being told.
    """
    row = (id, now - WAITS)
    return db.execute("UPDATE job SET tries = max(tries - 1, 1) WHERE id = ? AND at > ?", row).rowcount > 0


def finish(db: sqlite3.Connection, job: Job, verdict: Judged | None, *, at: float, decision: str = "") -> None:
    """Keep the verdict, forget what was said, and after a failure close the window; all of it or none."""
    with transaction(db):
        if verdict is not None:
            _keep(db, verdict, at)
            _tell(db, job, verdict, decision, at)
        if verdict is not None and verdict.outcome == "failed":
            db.execute(
                "DELETE FROM window WHERE agent = ? AND session = ? AND skill = ? AND tool_use = ?",
                (job.agent, job.session, job.skill, job.tool_use),
            )
        db.execute("UPDATE job SET done = 1, reaction = '', transcript = '' WHERE id = ?", (job.id,))


def failed(db: sqlite3.Connection, url: str, skill: str, tree: str, session: str) -> bool:
    """Whether this session has counted as a failure of the skill at this tree already."""
    row = db.execute(
        "SELECT 1 FROM verdict WHERE url = ? AND skill = ? AND tree = ? AND session = ? AND outcome = 'failed'",
        (url, skill, tree, session),
    )
    return row.fetchone() is not None


def sightings(db: sqlite3.Connection, url: str, skill: str, tree: str) -> tuple[list[Sighting], list[Sighting]]:
    """What sessions showed of the skill's defects at this tree: by the judge's reasons, and by the weaknesses named."""
    rows = db.execute(
        "SELECT session, reason, weakness FROM verdict WHERE url = ? AND skill = ? AND tree = ? "
        "AND outcome = 'failed' AND layer = 'skill_defect'",
        (url, skill, tree),
    ).fetchall()
    return [Sighting(who, reason) for who, reason, _ in rows], [Sighting(who, named) for who, _, named in rows if named]


def _tell(db: sqlite3.Connection, job: Job, one: Judged, decision: str, at: float) -> None:
    """Leave the verdict and what came of it in the ledger: no reason and no weakness, which hold a session's words."""
    what = {"session": one.session, "agent": job.agent, "skill": job.skill, "path": one.skill, "tree": one.tree}
    skill: dict[str, ledger.Value] = {**what}
    ledger.append(db, one.url, "outcome", {**skill, "outcome": one.outcome, "layer": one.layer}, at=at)
    if decision:
        ledger.append(db, one.url, "decision", {**skill, "decision": decision}, at=at)


def _keep(db: sqlite3.Connection, one: Judged, at: float) -> None:
    """One verdict counts per session and tree: a failure stays one, and what is unclear takes nothing back."""
    db.execute(
        "INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "outcome = excluded.outcome, layer = excluded.layer, reason = excluded.reason, weakness = excluded.weakness, "
        "at = excluded.at WHERE verdict.outcome <> 'failed' AND excluded.outcome <> 'unclear'",
        (
            *(one.url, one.skill, one.tree, one.session, one.source, one.outcome, one.layer),
            *(one.reason, one.weakness, at),
        ),
    )
