"""What the whole team's ledgers say: rows of all writers' refs of a library, kept in the index, read only where new.

Whoever may push to the library may write such a ref, so nothing in it is believed further than it can be checked: a row
that is not exactly one of ours is none, and files, lines and numbers of both are bounded.
"""

import json
import re
import sqlite3
import time
from calendar import timegm
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gitskills.git import objects, transport
from gitskills.git.cache import Cache
from gitskills.git.command import run
from gitskills.measure.ledger import PATIENCE, REF, lock_for
from gitskills.state.lock import locked
from gitskills.state.paths import Paths
from gitskills.state.transaction import transaction

WRITERS = 2_000  # refs of one library
DAYS = 400  # files of one writer, the latest
FILE = 8 << 20  # bytes of one file
LINES = 20_000  # of one file
LINE = 2_000  # bytes of one line
OUTCOMES = ("ok", "failed", "unclear")
LAYERS = ("skill_defect", "execution_lapse", "environment", "user_request", "not_used")
_DAY = re.compile(r"\d{4}/\d{2}/\d{2}\.ndjson")
_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SESSION = re.compile(r"[0-9a-f]{16,64}")


class Row(NamedTuple):
    """A session that had a skill (its path in the library) at a tree in context, or how that went.

    `outcome` is "" where it was only there; `modified` where the copy had been edited; `at` in seconds.
    """

    writer: str
    path: str
    tree: str
    session: str
    outcome: str
    layer: str
    modified: bool
    at: float


def fetch(paths: Paths, cache: Cache) -> None:
    """Bring all ledgers of a library here; raises a RemoteError, or Busy."""
    with locked(lock_for(paths, cache), timeout=60, what="the ledger"):
        transport.fetch(
            cache.git_dir, cache.url, [f"+{REF}*:{REF}*"], blobless=False, prune=True, timeout=PATIENCE, silent=True
        )


def rows(db: sqlite3.Connection, git_dir: Path, *, since: float) -> Iterator[Row]:
    """Return the rows of a library's ledgers from `since` (seconds) on, as last fetched; `db` is the index."""
    library = git_dir.name
    with transaction(db):
        _read(db, git_dir, library)
    query = (
        "SELECT substr(ref, ?), team_row.path, tree, session, outcome, layer, modified, at FROM team_file "
        "JOIN team_row ON team_row.file = team_file.id WHERE library = ? AND at >= ?"
    )
    return map(Row._make, db.execute(query, (len(REF) + 1, library, since)))


def _read(db: sqlite3.Connection, git_dir: Path, library: str) -> None:
    """Bring the index up to the refs."""
    listed = run("for-each-ref", "--format=%(objectname) %(refname)", f"--count={WRITERS}", REF, git_dir=git_dir)
    said = listed.decode("utf-8", "replace").splitlines()
    tips = {ref: tip for tip, _, ref in (line.partition(" ") for line in said)}
    known = dict(db.execute("SELECT ref, tip FROM team_ref WHERE library = ?", (library,)).fetchall())
    for ref in known.keys() - tips.keys():
        _forget(db, library, ref, ())
        db.execute("DELETE FROM team_ref WHERE library = ? AND ref = ?", (library, ref))
    for ref, tip in tips.items():
        if known.get(ref) != tip:
            _follow(db, git_dir, library, ref, tip)
            db.execute("INSERT OR REPLACE INTO team_ref VALUES (?, ?, ?)", (library, ref, tip))


def _follow(db: sqlite3.Connection, git_dir: Path, library: str, ref: str, tip: str) -> None:
    """Read the files of one ref that are not in the index as they are now."""
    there = objects.entries(git_dir, f"{tip}^{{tree}}") if objects.resolve(git_dir, f"{tip}^{{tree}}") else {}
    days = sorted((path for path in there if _DAY.fullmatch(path)), reverse=True)[:DAYS]
    files = {path: there[path][1] for path in days}
    kept = dict(db.execute("SELECT path, blob FROM team_file WHERE library = ? AND ref = ?", (library, ref)).fetchall())
    _forget(db, library, ref, [path for path, blob in kept.items() if files.get(path) == blob])
    new = {path: blob for path, blob in files.items() if kept.get(path) != blob}
    asked = "".join(f"{blob}\n" for blob in new.values()).encode()
    answers = run("cat-file", "--batch-check", git_dir=git_dir, input=asked).decode(errors="replace").splitlines()
    fit = [path for path, said in zip(new, answers, strict=True) if _fits(said.split())]
    texts = objects.blobs(git_dir, [new[path] for path in fit])
    for path, (blob, text) in zip(fit, texts, strict=True):
        file = db.execute(
            "INSERT INTO team_file (library, ref, path, blob) VALUES (?, ?, ?, ?)", (library, ref, path, blob)
        ).lastrowid
        found = enumerate(parse(text, path.removesuffix(".ndjson")))
        db.executemany("INSERT INTO team_row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ((file, n, *row) for n, row in found))


def _fits(said: list[str]) -> bool:
    """Whether git's word of an object is that of a file that is not too large."""
    return len(said) == 3 and said[1] == "blob" and int(said[2]) <= FILE


def _forget(db: sqlite3.Connection, library: str, ref: str, kept: "list[str] | tuple[()]") -> None:
    """Take the files of a ref out of the index, but for those `kept`."""
    files = db.execute("SELECT id, path FROM team_file WHERE library = ? AND ref = ?", (library, ref)).fetchall()
    gone = [(id,) for id, path in files if path not in kept]
    db.executemany("DELETE FROM team_row WHERE file = ?", gone)
    db.executemany("DELETE FROM team_file WHERE id = ?", gone)


_Facts = tuple[str, str, str, str, str, bool, float]


def parse(text: bytes, day: str) -> Iterator[_Facts]:
    """Yield path, tree, session, outcome, layer, modified and time of each row of the file of a `day` (2026/11/21).

    What is not exactly a row of ours, or is of another day, is passed over.
    """
    for line in text.split(b"\n")[:LINES]:
        if not 0 < len(line) <= LINE:
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and (found := _facts(row, day)) is not None:
            yield found


def _facts(row: dict[str, object], day: str) -> _Facts | None:
    event, path, tree, session = (row.get(key) for key in ("event", "path", "tree", "session"))
    if not (isinstance(path, str) and isinstance(tree, str) and isinstance(session, str)):
        return None
    if not (len(path) <= 400 and path.isprintable() and _OID.fullmatch(tree) and _SESSION.fullmatch(session)):
        return None
    at = _moment(row.get("at"), day)
    if at is None or event not in ("session", "outcome"):
        return None
    if event == "session":
        return path, tree, session, "", "", row.get("modified") is True, at
    outcome, layer = row.get("outcome"), row.get("layer")
    if outcome not in OUTCOMES or not (layer is None or layer in LAYERS):
        return None
    return path, tree, session, str(outcome), str(layer or ""), False, at


def _moment(said: object, day: str) -> float | None:
    """The seconds of a row's time, where it is one and of that day."""
    if not isinstance(said, str) or len(said) != 20 or said[:10].replace("-", "/") != day:
        return None
    try:
        return float(timegm(time.strptime(said, "%Y-%m-%dT%H:%M:%SZ")))
    except (ValueError, OverflowError):
        return None
