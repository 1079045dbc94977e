"""Up to where proofs were verified: what was true of an older tip stays true while history only grows."""

from __future__ import annotations

import sqlite3
from collections.abc import Set
from dataclasses import dataclass

_NOTHING: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verified:
    """What holds at the commit `tip`: the proofs its history has, those it has not, and those it has a copy of only.

    A proof of which nothing could be known is in none. Who has the tip has what was reached, but perhaps not the rest.
    """

    tip: str
    reached: Set[str] = _NOTHING
    lost: Set[str] = _NOTHING
    copied: Set[str] = _NOTHING


def recall(db: sqlite3.Connection, code: str, ref: str) -> Verified:
    """Return what was remembered of a code repository's ref; one never seen has the tip ""."""
    known = "SELECT tip, reached, lost, copied FROM card_tip WHERE code = ? AND ref = ?"
    row = db.execute(known, (code, ref)).fetchone()
    return Verified(row[0], *(frozenset(oids.decode("ascii").split()) for oids in row[1:])) if row else Verified("")


def remember(db: sqlite3.Connection, code: str, ref: str, found: Verified) -> None:
    """Keep what was verified, in place of what was kept before."""
    oids = (" ".join(sorted(each)).encode("ascii") for each in (found.reached, found.lost, found.copied))
    into = "INSERT OR REPLACE INTO card_tip (code, ref, tip, reached, lost, copied) VALUES (?, ?, ?, ?, ?, ?)"
    db.execute(into, (code, ref, found.tip, *oids))
