"""Child processes: run one to its end with bounds on time and output, and end one with all it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, Timer
from typing import IO

from gitskills.errors import GitskillsError

_CHUNK = 1 << 16
_DRAIN = 1.0  # seconds for what is still in the pipes once the process itself has ended


class Late(GitskillsError):
    """A process ran longer than it was given; it and its children are dead."""


class Flood(GitskillsError):
    """A process wrote more than anybody wants to read; it and its children are dead."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended by itself: its exit code (negative: killed by that signal) and its two outputs."""

    returncode: int
    out: bytes
    err: bytes


def run(
    args: Sequence[str], *, cwd: Path, env: Mapping[str, str], input: bytes, timeout: float, limit: int = 8 << 20
) -> Ended:
    """Run a program with `input` on its standard input and nothing else of ours; return once it has ended.

    `env` is its whole environment, `timeout` is in seconds, `limit` the bytes each output may have. The program is
    in a session of its own: it can neither read our terminal nor outlive this call, and what it leaves running in
    its group is ended. Raises Late, Flood, or the OSError of a program that cannot be started.
    """
    with tempfile.TemporaryFile() as given:  # a file, not a pipe: nobody has to keep feeding it
        given.write(input)
        given.seek(0)
        process = _start(args, cwd, env, given)
    full = Event()
    # The readers own the pipes: what a runaway grandchild holds open is left to them, never waited for.
    assert process.stdout is not None and process.stderr is not None
    readers = [_Reader(pipe, process, limit, full) for pipe in (process.stdout, process.stderr)]
    end = time.monotonic() + timeout
    try:
        process.wait(timeout)
        for reader in readers:
            reader.join(min(_DRAIN, max(0.0, end - time.monotonic())))
    except subprocess.TimeoutExpired:
        raise Late(f"{Path(args[0]).name} took longer than {timeout:g} seconds") from None
    finally:
        kill(process)
        _sweep(process)
    for reader in readers:
        reader.join(_DRAIN)
    if full.is_set():
        raise Flood(f"{Path(args[0]).name} wrote more than {limit >> 20} MB")
    return Ended(process.returncode, *(bytes(reader.data) for reader in readers))


def _start(args: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: IO[bytes]) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(
        list(args),
        cwd=cwd,
        env=dict(env),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        creationflags=flags,
    )


class _Reader(Thread):
    """Collects what comes through a pipe; ends the process when it is more than `limit` bytes."""

    def __init__(self, pipe: IO[bytes], process: subprocess.Popen[bytes], limit: int, full: Event) -> None:
        super().__init__(daemon=True)
        self.data = bytearray()
        self._pipe, self._process, self._limit, self._full = pipe, process, limit, full
        self.start()

    def run(self) -> None:
        """Read until the pipe ends or holds too much."""
        with self._pipe as pipe:
            while chunk := pipe.read(_CHUNK):
                if len(self.data) + len(chunk) > self._limit:
                    self._full.set()
                    kill(self._process)
                    return
                self.data += chunk


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children where it still runs; return when it is reaped."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):  # reaped meanwhile by another thread
            leads = os.getpgid(process.pid) == process.pid
            process.terminate()  # it may clean up: lock files, half-written packs, its own children
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
            if leads:
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()


def _sweep(process: subprocess.Popen[bytes]) -> None:
    """End what an ended leader left behind in its group. Its number is not given out anew while a member lives."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def ending(process: subprocess.Popen[bytes], timeout: float | None) -> Iterator[Event]:
    """Kill the process when the block is left, and after `timeout` seconds; the event tells that time ran out."""
    late = Event()

    def expire() -> None:
        late.set()
        kill(process)

    clock = Timer(threading.TIMEOUT_MAX if timeout is None else timeout, expire)
    clock.daemon = True
    clock.start()
    try:
        yield late
    finally:
        clock.cancel()
        kill(process)
