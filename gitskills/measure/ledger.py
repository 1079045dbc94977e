"""Share this machine's ledger with the libraries that want it: in batches, never from a hook, nothing lost or twice."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.commit import Identity
from gitskills.git.url import normalise
from gitskills.state import ledger
from gitskills.state.lock import locked
from gitskills.state.paths import Paths

REF = "refs/gitskills/ledger/"
PATIENCE = 30.0  # seconds for each call of git that talks to the library


def share(
    paths: Paths, db: sqlite3.Connection, wants: Callable[[Cache], bool], *, now: float, patient: bool = False
) -> list[str]:
    """Push the rows that wait to this machine's ref of each library that `wants` them; returns what failed, as text.

    Rows about a library that wants none are settled here: turning its ledger on later shares no past. What could not
    be pushed, or is about a library never fetched, waits. A library that refused is left alone for a while, longer
    each time, by whoever is `patient`. `now` is in seconds.
    """
    failed = []
    if lost := ledger.sweep(db, now=now):
        failed.append(f"the ledger was full: {lost} rows that nobody could be given are gone")
    for url in ledger.libraries(db):
        if patient and ledger.paused(db, url, now=now):
            continue
        try:
            cache = Cache.open(normalise(url, base=paths.home).url, paths)
            if not cache.exists:
                continue
            with locked(lock_for(paths, cache), timeout=60, what="the ledger"):
                _share(db, url, cache, wants(cache))
            ledger.resume(db, url)
        except (GitskillsError, OSError) as error:
            ledger.pause(db, url, now=now, part=random.random())
            failed.append(str(error))
    return failed


def lock_for(paths: Paths, cache: Cache) -> Path:
    """The lock under which the ledger's refs of a library's cache move."""
    return paths.lock_for(paths.state / "ledger" / cache.git_dir.name)


def _share(db: sqlite3.Connection, url: str, cache: Cache, wanted: bool) -> None:
    from gitskills.git import journal  # and pygit2, which those who only read ledgers do not need

    name = ledger.writer(db)
    # Nobody's name: who works here is none of the ledger's business.
    person = ("gitskills", f"{name}@gitskills.invalid")
    while rows := ledger.waiting(db, url):
        if wanted:
            by_day: dict[str, list[tuple[str, str]]] = {}
            for row in rows:
                by_day.setdefault(f"{row.day}.ndjson", []).append((row.id, row.text))
            journal.append(cache.git_dir, cache.url, REF + name, by_day, Identity(*person, person), timeout=PATIENCE)
        ledger.settle(db, [row.id for row in rows])
