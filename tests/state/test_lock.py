"""The lock between processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gitskills.state.lock import Busy, locked
from gitskills.state.paths import paths

HOLD = "import sys,time; from pathlib import Path; from gitskills.state.lock import locked\n"


def holder(path: Path, seconds: float = 60) -> subprocess.Popen[bytes]:
    """Start a process that holds the lock, and wait until it does."""
    code = f"{HOLD}with locked(Path(sys.argv[1])):\n print('held', flush=True)\n time.sleep({seconds})"
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline().strip() == b"held"
    return process


def test_a_second_process_waits_and_then_says_so(tmp_path: Path) -> None:
    """While another process holds the lock we wait as long as told, then raise an error that names thing and file."""
    path = tmp_path / "deep" / "one.lock"
    with holder(path) as process:
        begun = time.monotonic()
        with pytest.raises(Busy, match="the project") as error, locked(path, timeout=0.3, what="the project"):
            raise AssertionError("both hold it")
        assert 0.25 < time.monotonic() - begun < 10
        assert str(path) in error.value.hint
        process.kill()


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    """After kill -9 of the holder the lock is free at once; no stale file stands in the way."""
    path = tmp_path / "one.lock"
    with holder(path) as process:
        process.kill()
    with locked(path, timeout=5):
        pass


def test_one_at_a_time(tmp_path: Path) -> None:
    """Four processes that each add 25 times to a counter under the lock lose none of their additions."""
    counter = tmp_path / "counter"
    counter.write_text("0")
    code = (
        f"{HOLD}from pathlib import Path\nlock, counter = map(Path, sys.argv[1:])\n"
        "for _ in range(25):\n with locked(lock):\n  counter.write_text(str(int(counter.read_text()) + 1))\n"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "lock"), str(counter)]
    processes = [subprocess.Popen(words) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert counter.read_text() == "100"


def test_locks_of_our_own_threads(tmp_path: Path) -> None:
    """The lock is let go on the way out of an error, and taken again."""
    for _ in range(2):
        with pytest.raises(KeyError), locked(tmp_path / "lock", timeout=1):
            raise KeyError
    assert (tmp_path / "lock").stat().st_size == 0


def test_each_folder_has_a_lock_outside_of_it(tmp_path: Path) -> None:
    """The lock file of a project lies in our state folder, one per folder however it is written."""
    where = paths(os.environ)
    one = where.lock_for(tmp_path / "project")
    assert where.state in one.parents and tmp_path / "project" not in one.parents
    assert one != where.lock_for(tmp_path / "other")
    assert one == where.lock_for(Path(os.path.relpath(tmp_path / "project")))
