"""Work that nobody waits for: a pull answers first, and what fills the search index lives on beside nobody's way."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitskills import __main__ as front
from gitskills import later
from tests.conftest import SkillRepo
from tests.people import Person, person, skill


@pytest.fixture
def ada(tmp_path: Path, skill_repo: SkillRepo) -> Person:
    """Somebody who has pulled nothing yet."""
    return person(tmp_path, skill_repo({f"skills/{name}/SKILL.md": skill(name) for name in "abc"}))


def pull(someone: Person) -> str:
    """Run a real pull and return what it printed, once nobody holds its outputs open any more."""
    words = [sys.executable, "-m", "gitskills", "pull"]
    env = {**os.environ, "GITSKILLS_HOME": str(someone.store)}
    done = subprocess.run(words, cwd=someone.root, env=env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout


def indexed(someone: Person) -> int:
    """How many documents the index holds."""
    with contextlib.closing(sqlite3.connect(someone.paths.cache / "index.sqlite3", timeout=20)) as db:
        return int(db.execute("SELECT count(*) FROM search_text").fetchone()[0])


def eventually(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def work() -> Iterator[list[int]]:
    """One piece of work put off, which notes the process that does it."""
    done: list[int] = []

    def one(begun: Callable[[], None]) -> None:
        begun()
        done.append(os.getpid())

    later.later(one)
    yield done
    later.work(lambda: None)


def test_a_pull_fills_the_index(ada: Person) -> None:
    """What was pulled is in the index a moment after the command, without anybody having searched."""
    assert "installed" in pull(ada)
    eventually(lambda: indexed(ada) == 3)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the command fills the index itself")
def test_a_pull_waits_for_no_index(ada: Person) -> None:
    """While the index is in use the command ends all the same, its outputs are let go, and the index comes later."""
    pull(ada)
    eventually(lambda: indexed(ada) == 3)
    with contextlib.closing(sqlite3.connect(ada.paths.cache / "index.sqlite3", isolation_level=None)) as db:
        db.execute("DELETE FROM search_source")  # so that there is something to do
        db.execute("DELETE FROM search_entry")
        db.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert "unchanged" in pull(ada)
        assert time.monotonic() - begun < 10, "SQLite would wait for 30 seconds"
        db.execute("ROLLBACK")
        eventually(lambda: db.execute("SELECT count(*) FROM search_entry").fetchone() == (3,))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the command fills the index itself")
def test_no_file_appears_once_the_command_is_over(ada: Person) -> None:
    """Who removes the folders right after the command meets nobody who makes new ones."""
    pull(ada)
    files = {path for path in ada.store.rglob("*") if path.exists()}
    eventually(lambda: indexed(ada) == 3)
    time.sleep(0.1)
    grown = {path for path in ada.store.rglob("*") if path.exists()} - files
    assert {path.name for path in grown} <= {"index.sqlite3-wal", "index.sqlite3-shm"}, "of our own look at it"


def test_with_threads_it_is_done_at_once(work: list[int]) -> None:
    """A process with another thread is not forked: the work is done before it ends."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        front._put_off()
    finally:
        over.set()
        thread.join()
    assert work == [os.getpid()]


def test_where_no_child_can_be_made_it_is_done_at_once(work: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that does not fork, or has no process left, gets the work done all the same."""
    monkeypatch.setattr(front, "_hand_over", lambda: False)
    front._put_off()
    assert work == [os.getpid()] and not later.waiting()
