"""Which changes a librarian made no card of, or a refused one: what a model was paid for is not asked of it again."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping


def recall(db: sqlite3.Connection, code: str, model: str) -> Mapping[str, str]:
    """Return why, by its commit, each change of a code repository was passed over by a model (name and prompt)."""
    known = "SELECT oid, reason FROM card_passed WHERE code = ? AND model = ?"
    return dict(db.execute(known, (code, model)).fetchall())


def remember(db: sqlite3.Connection, code: str, model: str, oid: str, reason: str) -> None:
    """Keep that a model made no card of the change `oid`, at once: a run that is killed has paid for it, too."""
    db.execute("INSERT OR REPLACE INTO card_passed VALUES (?, ?, ?, ?)", (code, model, oid, reason))
