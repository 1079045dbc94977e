"""The two SQLite files: `state` for machine-local facts, `index` for what can be derived again."""

import contextlib
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from gitskills.errors import GitskillsError
from gitskills.state.migrations import INDEX, STATE, Migration
from gitskills.state.paths import Paths
from gitskills.state.transaction import transaction


class Newer(GitskillsError):
    """A database has a schema that this gitskills does not know yet."""


# What SQLite calls it when the disk, and not the file or our words, is to blame (sqlite.org/rescode.html).
_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_BUSY")
_PATIENCE = 30.0  # seconds that others may use a database before we give up
ROOM = "is the disk full, or the folder read-only?"


def out_of_room(error: BaseException) -> bool:
    """Say whether SQLite failed because the disk let it down: nothing is lost then, and the same may work later."""
    return isinstance(error, sqlite3.Error) and str(getattr(error, "sqlite_errorname", "")).startswith(_DISK)


def state(where: Paths) -> sqlite3.Connection:
    """Open the database of machine-local facts; a damaged one is an error, never an empty start."""
    path = where.state / "state.sqlite3"
    try:
        return _open(path, STATE, "NORMAL")
    except sqlite3.DatabaseError as error:
        if out_of_room(error):
            raise GitskillsError(f"the state database {path} cannot be used: {error}", ROOM) from error
        raise GitskillsError(
            f"the state database {path} cannot be read: {error}",
            "move it aside and run `gitskills pull`; which folders hold copies, verdicts and suggestions are forgotten",
        ) from error


def index(where: Paths) -> sqlite3.Connection:
    """Open the index of search and history; a damaged one is thrown away, since all of it is derived."""
    path = where.cache / "index.sqlite3"
    try:
        return _open(path, INDEX, "OFF")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise GitskillsError(f"the index {path} is in use by another process", "try again in a moment") from error
    except (sqlite3.DatabaseError, Newer):
        pass
    discard_index(where)
    return _open(path, INDEX, "OFF")


def discard_index(where: Paths) -> None:
    """Remove the derived index and its side files; it is built again when next asked for."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(OSError):
            (where.cache / f"index.sqlite3{suffix}").unlink()


def thrown_away(error: BaseException, where: Paths) -> bool:
    """Throw the index away where `error` came of its damage, which shows only when a page is read; say whether so."""
    if not str(getattr(error, "sqlite_errorname", "")).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return False
    try:
        with contextlib.closing(sqlite3.connect(where.cache / "index.sqlite3")) as db:
            if db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                return False
    except sqlite3.DatabaseError:
        pass
    discard_index(where)
    return True


def _open(path: Path, migrations: Sequence[Migration], waits: Literal["OFF", "NORMAL"]) -> sqlite3.Connection:
    """Open one file and bring its schema up to date.

    A killed process loses nothing either way. After a power cut NORMAL may lack the last transactions but is whole
    (sqlite.org/pragma.html, "synchronous"); OFF may be damaged, which is right for what is made again at once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return _connect(path, migrations, waits)
        except sqlite3.OperationalError as error:
            # While another process makes the file one with a log, or closes it as the last one, SQLite does not wait.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _connect(path: Path, migrations: Sequence[Migration], waits: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA synchronous={waits}")
        if version > len(migrations):
            raise Newer(
                f"{path} was written by a newer gitskills (schema {version}, this one knows {len(migrations)})",
                "upgrade gitskills",
            )
        if version < len(migrations):
            _migrate(db, migrations)
    except BaseException:
        db.close()
        raise
    return db


def _migrate(db: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Run the migrations still missing in one transaction; a second process waits, then finds none."""
    with transaction(db):
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        for migration in migrations[version:]:
            migration(db)
        db.execute(f"PRAGMA user_version = {len(migrations)}")
