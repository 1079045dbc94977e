"""Suggestions as they are kept on this machine until somebody decides: each once, and a dismissed one for good."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gitskills.errors import GitskillsError
from gitskills.improve import suggest
from gitskills.improve.site import Placed
from gitskills.improve.suggest import Update
from gitskills.state.transaction import transaction

Status = Literal["waiting", "accepted", "dismissed"]

_COLUMNS = "id, url, path, skill, cwd, section, change, reason, evidence, model, status, note"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A standing wish about a skill: which skill of which library, and its name where it is installed (`cwd`).

    `evidence` names the session without telling it, `model` who suggested it; `note` is why it could not be accepted.
    """

    id: str
    url: str
    path: str
    skill: str
    cwd: str
    section: str
    change: str
    reason: str
    evidence: str
    model: str
    status: Status = "waiting"
    note: str = ""

    @property
    def update(self) -> Update:
        """The wish itself."""
        return Update(self.section, self.change, self.reason)

    def json(self) -> dict[str, object]:
        """The row as `--json` has it."""
        return {key: getattr(self, key) for key in ("id", "skill", "section", "change", "reason", "status", "note")}


def made(placed: Placed, cwd: str, found: Iterable[Update], evidence: str, model: str) -> list[Suggestion]:
    """Return wishes about an installed skill as suggestions."""
    skill = (placed.url, placed.path, placed.name, cwd)
    return [
        Suggestion(
            suggest.name(placed.url, placed.path, one), *skill, one.section, one.change, one.reason, evidence, model
        )
        for one in found
    ]


def keep(db: sqlite3.Connection, found: Iterable[Suggestion], *, at: float) -> list[Suggestion]:
    """Keep suggestions and return them as they now stand; one made before stays as it was decided.

    In the caller's transaction, if there is one. `at` is the time in seconds.
    """
    rows = []
    for one in found:
        same = suggest.plain(one.change)
        db.execute(
            f"INSERT OR IGNORE INTO suggestion ({_COLUMNS}, plain, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*(getattr(one, key) for key in _COLUMNS.split(", ")), same, at),
        )
        where = "url = ? AND path = ? AND plain = ?"
        rows += _read(db, where, (one.url, one.path, same))
    return rows


def listed(db: sqlite3.Connection, *, every: bool = False) -> list[Suggestion]:
    """The suggestions that wait, by skill, oldest first; with `every` also those that were decided."""
    return _read(db, "1" if every else "status = 'waiting'", ())


def known(db: sqlite3.Connection, url: str, path: str) -> list[str]:
    """What was suggested about a skill before, newest first."""
    rows = db.execute("SELECT change FROM suggestion WHERE url = ? AND path = ? ORDER BY at DESC", (url, path))
    return [change for (change,) in rows]


def pick(db: sqlite3.Connection, id: str) -> Suggestion:
    """Return one by its id; raises GitskillsError where there is none."""
    found = _read(db, "id = ?", (id,))
    if not found:
        raise GitskillsError(f"there is no suggestion {id!r}", "`gitskills suggest list` shows what waits")
    return found[0]


def decide(db: sqlite3.Connection, some: Iterable[Suggestion], status: Status | None, note: str = "") -> None:
    """Write down what became of suggestions, all at once; without a status they stay as they are, with a note."""
    with transaction(db):
        for one in some:
            db.execute(
                "UPDATE suggestion SET status = coalesce(?, status), note = ? WHERE id = ?", (status, note, one.id)
            )


def notice(db: sqlite3.Connection) -> str:
    """The line that tells a user how many wait, "" where none does."""
    (count,) = db.execute("SELECT count(*) FROM suggestion WHERE status = 'waiting'").fetchone()
    waits = "1 suggestion waits" if count == 1 else f"{count} suggestions wait"
    return f"{waits} for review: gitskills suggest list" if count else ""


def _read(db: sqlite3.Connection, where: str, values: tuple[str, ...]) -> list[Suggestion]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM suggestion WHERE {where} ORDER BY skill, at, id", values)
    return [Suggestion(*row) for row in rows]
