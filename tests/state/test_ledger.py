"""The ledger in the state database: rows of facts that wait until they are shared."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from gitskills.state import database, ledger
from gitskills.state.paths import paths

URL = "https://example.com/skills"


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """This test's state database."""
    with closing(database.state(paths(os.environ))) as opened:
        yield opened


def test_a_row_is_kept_once_in_its_documented_form(db: sqlite3.Connection) -> None:
    """A row says id, time, event and facts; a second one of that id changes nothing."""
    for outcome in ("ok", "failed"):
        ledger.append(db, URL, "outcome", {"skill": "a", "outcome": outcome}, id="1", at=1e9)
    [row] = ledger.waiting(db, URL)
    told = {"id": "1", "at": "2001-09-09T01:46:40Z", "event": "outcome", "skill": "a", "outcome": "ok"}
    assert json.loads(row.text) == told and row.day == "2001/09/09"


def test_rows_wait_by_library_until_settled_and_are_forgotten_only_then(db: sqlite3.Connection) -> None:
    """What waits is never forgotten; what was settled goes when it is old."""
    ids = [ledger.append(db, url, "session", {"skill": "a"}, at=1e9) for url in (URL, URL, "other")]
    ledger.settle(db, ids[:1])
    ledger.sweep(db, now=2e9)
    assert [row.id for row in ledger.waiting(db, URL)] == ids[1:2] and ledger.libraries(db) == [URL, "other"]
    assert db.execute("SELECT count(*) FROM ledger").fetchone() == (2,)


def test_this_machine_keeps_its_random_name(db: sqlite3.Connection) -> None:
    """The writer is the same in every process, and says nothing of the user."""
    with closing(database.state(paths(os.environ))) as again:
        assert ledger.writer(again) == ledger.writer(db)
    assert len(ledger.writer(db)) == 16 and set(ledger.writer(db)) <= set("0123456789abcdef")


@pytest.mark.parametrize(("event", "facts"), [("else", {}), ("session", {"id": "x"}), ("session", {"at": 1})])
def test_what_is_no_row_is_refused(db: sqlite3.Connection, event: str, facts: dict[str, ledger.Value]) -> None:
    """An unknown event, and facts under our own keys, are a mistake of the caller."""
    with pytest.raises(ValueError, match="not a row"):
        ledger.append(db, URL, event, facts)


def test_of_too_many_rows_the_oldest_go_shared_ones_first(db: sqlite3.Connection) -> None:
    """The table is bounded, and whoever asks is told how many rows nobody will ever be given."""
    ids = [ledger.append(db, URL, "session", {"skill": "a"}, at=1e9 + number) for number in range(6)]
    ledger.settle(db, ids[4:])
    assert ledger.sweep(db, now=1e9, most=6) == 0
    assert ledger.sweep(db, now=1e9, most=3) == 1
    assert [row.id for row in ledger.waiting(db, URL)] == ids[1:4]
    assert db.execute("SELECT count(*) FROM ledger").fetchone() == (3,)


def test_a_library_that_refuses_is_left_alone_longer_each_time(db: sqlite3.Connection) -> None:
    """A minute at first, a day at most, less up to half at random; a success, or a clock set back, ends it."""
    now, waits = 1e9, []
    for _ in range(14):
        ledger.pause(db, URL, now=now, part=0.5)
        waits.append(db.execute("SELECT until FROM ledger_pause").fetchone()[0] - now)
    assert waits[:3] == [45, 90, 180] and waits[-1] == 64_800
    assert ledger.paused(db, URL, now=now) and not ledger.paused(db, URL, now=now + waits[-1])
    assert not ledger.paused(db, URL, now=now - 90_000)
    ledger.resume(db, URL)
    assert not ledger.paused(db, URL, now=now)
