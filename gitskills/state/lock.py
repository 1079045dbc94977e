"""A lock between processes that the operating system drops when its holder dies."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from gitskills.errors import GitskillsError


class Busy(GitskillsError):
    """Another process kept a lock for longer than we were willing to wait."""


@contextlib.contextmanager
def locked(path: Path, *, timeout: float = 120.0, what: str = "this") -> Iterator[None]:
    """Hold the lock file `path`, waiting up to `timeout` seconds for another process to let go of it.

    `what` names the thing guarded in the error. The file stays behind empty: removing it would let
    two processes lock two different files of one name. Raises Busy.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        deadline = time.monotonic() + timeout
        pause = 0.002
        while not _try(descriptor):
            if time.monotonic() >= deadline:
                raise Busy(
                    f"another gitskills process has been working on {what} for {timeout:.0f} s",
                    f"wait for it, or end it; the lock is {path}",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        yield
    finally:
        os.close(descriptor)  # lets the lock go as well


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
