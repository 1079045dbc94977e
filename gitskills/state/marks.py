"""Where skills of ours are placed, as the hook can read it: one mark a line, no database.

A mark is a piece that the path of every folder below such a project has. What has one may be a project of ours: a
worker finds out, which costs one process; what has none is not.
"""

import os
import re
import sqlite3
from pathlib import Path

from gitskills.state.files import write_atomic
from gitskills.state.inbox import MARKS
from gitskills.state.lock import locked
from gitskills.state.paths import Paths

EVERYWHERE = "*"  # the user's own skills are in every session


def note(where: Paths, db: sqlite3.Connection) -> None:
    """Write the marks of all projects with a skill of ours, by the placements recorded. Raises Busy, OSError."""
    file = where.state / MARKS
    with locked(where.lock_for(file), timeout=30, what=str(file)):
        folders = db.execute("SELECT DISTINCT folder FROM placement WHERE mode = 'real'").fetchall()
        own = os.path.join(where.home, ".agents", "skills")
        marks = {EVERYWHERE if os.path.realpath(one) == os.path.realpath(own) else mark(one) for (one,) in folders}
        text = "".join(f"{one}\n" for one in sorted(marks)).encode()
        try:
            there = file.read_bytes()
        except FileNotFoundError:
            there = None
        if text != there:
            write_atomic(file, text)


def mark(folder: str) -> str:
    """Return the mark of the project whose skills are in `folder`; `EVERYWHERE` where its name gives none.

    Letters beyond ASCII are written in more than one way by those who tell of a path, and so are no part of a mark.
    """
    name = Path(os.path.realpath(folder)).parent.parent.name.lower()
    pieces = re.findall(r"[a-z0-9 ._+@-]+", name)
    if pieces == [name]:
        return f"/{name}"
    return max(pieces, key=len, default="") or EVERYWHERE
