"""Which cards of the index count for a request: those of the libraries asked, whatever else this machine looked at."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any, NamedTuple


class Scope(NamedTuple):
    """The cards of some libraries, `size` of the `whole` index; no `libraries` are named where it has no others."""

    db: sqlite3.Connection
    whole: int
    size: int
    libraries: tuple[str, ...]

    def rows(self, query: str, document: str, *args: object) -> list[tuple[Any, ...]]:
        """Return what a query finds whose one `{}` stands for: `document` (a column) is a card of the libraries."""
        if not self.libraries:
            return self.db.execute(query.format("1"), args).fetchall()
        marks = ", ".join("?" * len(self.libraries))
        mine = f"EXISTS (SELECT 1 FROM card_entry e WHERE e.document = {document} AND e.library IN ({marks}))"
        before = query[: query.index("{}")].count("?")
        return self.db.execute(query.format(mine), (*args[:before], *self.libraries, *args[before:])).fetchall()


def scope(db: sqlite3.Connection, libraries: Collection[str]) -> Scope:
    """Return the part of the index that the libraries are; where there are no others, all of it."""
    (count,) = db.execute("SELECT count(*) FROM card_text_docsize").fetchone()
    if {library for (library,) in db.execute("SELECT library FROM card_library")} <= {*libraries}:
        return Scope(db, count, count, ())
    # Expired cards are counted here, too: leaving them out would take longer than all the rest.
    held = "SELECT count(*) FROM card_entry WHERE library = ?"
    mine = sum(db.execute(held, (each,)).fetchone()[0] for each in libraries)
    return Scope(db, count, mine, tuple(sorted(libraries)))
