"""The two databases: facts that must not be lost, and an index that may be."""

import contextlib
import os
import sqlite3
import subprocess
import sys

import pytest

from gitskills.errors import GitskillsError
from gitskills.state import database
from gitskills.state.paths import Paths, paths


@pytest.fixture
def where() -> Paths:
    """This test's own folders."""
    return paths(os.environ)


def test_state_survives(where: Paths) -> None:
    """What was written is there when the database is opened again."""
    with contextlib.closing(database.state(where)) as db:
        db.execute("INSERT INTO placement VALUES ('r', 's', 'f', 'real', 't')")
    with contextlib.closing(database.state(where)) as db:
        assert db.execute("SELECT * FROM placement").fetchall() == [("r", "s", "f", "real", "t")]


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b"\0" * 5000])
def test_damaged_state_is_an_error(where: Paths, damage: bytes) -> None:
    """A state database that cannot be read is reported with what to do, and left as it is."""
    database.state(where).close()
    path = where.state / "state.sqlite3"
    path.write_bytes(damage)
    with pytest.raises(GitskillsError) as error:
        database.state(where).close()
    assert str(path) in error.value.message and error.value.hint
    assert path.read_bytes() == damage


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b"\0" * 5000, b""])
def test_a_damaged_index_is_made_again(where: Paths, damage: bytes) -> None:
    """The index holds only what can be derived: a broken one is replaced without a word."""
    database.index(where).close()
    (where.cache / "index.sqlite3").write_bytes(damage)
    with contextlib.closing(database.index(where)) as db:
        assert db.execute("SELECT count(*) FROM search_document").fetchone() == (0,)


def test_a_lock_of_a_moment_is_waited_for(where: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite gives up at once where another process just makes or closes the file; we look again, not for ever."""
    real, locked = database._connect, iter([True, True, False])

    def connect(*args: object) -> sqlite3.Connection:
        if next(locked):
            raise sqlite3.OperationalError("database is locked")
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(database, "_connect", connect)
    database.index(where).close()
    monkeypatch.setattr(database, "_PATIENCE", 0.1)
    locked = iter([True] * 1000)
    with pytest.raises(GitskillsError, match="in use"):
        database.index(where)


def test_a_newer_schema_is_not_touched(where: Paths) -> None:
    """A state database of a newer gitskills is an error that says so."""
    database.state(where).close()
    path = where.state / "state.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(GitskillsError, match="newer"):
        database.state(where).close()


@pytest.mark.parametrize("which", ["state", "index"])
def test_many_processes_open_a_new_database_at_once(where: Paths, which: str) -> None:
    """Twelve processes that all find no database make one together, and each then writes to it."""
    code = (
        "import sys; from gitskills.state import database; from gitskills.state.paths import paths\n"
        "sys.stdin.read(); "
        f"db = database.{which}(paths())\n"
        "db.execute('BEGIN IMMEDIATE'); db.execute('CREATE TABLE IF NOT EXISTS probe (n)')\n"
        "db.execute('INSERT INTO probe VALUES (1)'); db.execute('COMMIT')\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(12)
    ]
    for process in processes:  # all have imported and wait: now they start together
        assert process.stdin is not None
        process.stdin.close()
    for process in processes:
        process.stdin = None
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
    with contextlib.closing(database.state(where) if which == "state" else database.index(where)) as db:
        assert db.execute("SELECT count(*) FROM probe").fetchone() == (12,)


def test_what_cannot_be_made_again_survives_a_power_cut(home: object) -> None:
    """The state database waits for the disk where SQLite needs that to stay whole; the index, made again, does not."""
    with contextlib.closing(database.state(paths())) as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (1,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with contextlib.closing(database.index(paths())) as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (0,)
