"""What registering with agents wrote: so that it can be taken back byte for byte."""

import json
import sqlite3
from dataclasses import astuple, dataclass
from pathlib import Path

from gitskills.jsontext import Edit


@dataclass(frozen=True, slots=True)
class Written:
    """The edits made to one file; `made` where there was no file before; `folders` were made for it, outermost first.

    What the edits took away is white space or comments around the place, no setting.
    """

    made: bool
    folders: tuple[Path, ...]
    edits: tuple[Edit, ...]


def read(db: sqlite3.Connection, path: Path) -> Written | None:
    """Return what was written to the file `path`, None where nothing is known."""
    row = db.execute("SELECT made, folders, edits FROM registration WHERE path = ?", (str(path),)).fetchone()
    if row is None:
        return None
    made, folders, edits = row
    return Written(bool(made), tuple(map(Path, json.loads(folders))), tuple(Edit(*one) for one in json.loads(edits)))


def record(db: sqlite3.Connection, path: Path, written: Written) -> None:
    """Remember what was written to the file `path`, in place of what was remembered before."""
    folders = json.dumps([str(folder) for folder in written.folders])
    edits = json.dumps([astuple(edit) for edit in written.edits])
    db.execute("INSERT OR REPLACE INTO registration VALUES (?, ?, ?, ?)", (str(path), written.made, folders, edits))


def forget(db: sqlite3.Connection, path: Path) -> None:
    """Forget the file `path`."""
    db.execute("DELETE FROM registration WHERE path = ?", (str(path),))


def none(db: sqlite3.Connection) -> bool:
    """Whether nothing is registered any more."""
    return db.execute("SELECT 1 FROM registration LIMIT 1").fetchone() is None
