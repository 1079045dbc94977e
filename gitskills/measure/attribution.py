"""Attribution: which versions of which skills of ours were in a session's context, and in which half of a comparison.

What helped is only ever seen against sessions that had something else; so every session of every skill falls into one
of two buckets, by nothing but their names, before anybody knows what came of it.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from gitskills.state import ledger
from gitskills.state.transaction import transaction

Bucket = Literal["A", "B"]


@dataclass(frozen=True, slots=True)
class InContext:
    """A skill of ours that an agent finds: the library and path it is from, and what is on disk.

    `commit` is the one it was installed from, `tree` that of the folder now; `modified` where it was edited since.
    """

    skill: str
    source: str
    url: str
    path: str
    commit: str
    tree: str
    modified: bool


def bucket(session: str, skill: str) -> Bucket:
    """Return the half that a session (its salted hash) is in for a skill; the same whenever it is asked."""
    return "B" if sha256(f"{session}\0{skill}".encode()).digest()[0] & 1 else "A"


def record(db: sqlite3.Connection, session: str, agent: str, skills: Iterable[InContext], *, at: float) -> int:
    """Keep what a session (its salted hash) had in context, once per session, and a row of it for the ledger.

    `at` is in seconds since the epoch. Returns how many skills were kept: none where the session is known.
    """
    found = sorted(skills, key=lambda one: (one.skill, one.url, one.path))
    with transaction(db):
        if db.execute("SELECT 1 FROM attribution WHERE session = ?", (session,)).fetchone():
            found = []
        for one in found:
            half = bucket(session, one.skill)
            row = (one.skill, one.source, one.url, one.path, one.commit, one.tree, one.modified, half, at)
            db.execute("INSERT INTO attribution VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (session, agent, *row))
            facts: dict[str, ledger.Value] = {
                "session": session, "agent": agent, "skill": one.skill, "path": one.path, "commit": one.commit,
                "tree": one.tree, "modified": one.modified, "bucket": half,
            }  # fmt: skip
            ledger.append(db, one.url, "session", facts, at=at)
    return len(found)
