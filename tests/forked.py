"""A process that has gitskills loaded and forks for every run: the program without the cost of its imports.

Run as `python -m tests.forked DESCRIPTOR`, the descriptor being its end of a socket. A run gets what the shell would
give it (arguments, environment, folder, three streams) and is a process of its own, from its first line in `main` to
its exit code or the signal that killed it. It exists once per test process and ends with it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, NoReturn

POSSIBLE = hasattr(os, "fork") and sys.platform != "darwin"  # whose frameworks do not survive a fork
_ONE = threading.Lock()  # of the threads of a crowd one prepares


class Ended(NamedTuple):
    """How a run ended: its exit code (negative: the signal), and what it wrote."""

    returncode: int
    stdout: bytes
    stderr: bytes


def fits(environ: Mapping[str, str]) -> bool:
    """Whether a run with this environment may be forked: what Python and C read of it at their start is as here."""
    with _ONE:
        return POSSIBLE and _at_start(environ) == _prepared()[1]


def run(words: Sequence[str], environ: Mapping[str, str], cwd: str, input: bytes, timeout: float) -> Ended:
    """Run `gitskills WORDS` and return how it ended; raises `subprocess.TimeoutExpired`, having killed it."""
    asked = json.dumps({"words": list(words), "environ": dict(environ), "cwd": cwd}).encode()
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(2)]
        for file, data in zip(files, (asked, input), strict=True):
            file.write(data)
            file.seek(0)
        pipes = [os.pipe() for _ in range(3)]
        socket.send_fds(_prepared()[0], [b"x"], [file.fileno() for file in files] + [write for _, write in pipes])
        for _, write in pipes:
            os.close(write)
        try:
            out, err, told = _read([read for read, _ in pipes], timeout)
        except _Late as late:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(late.told.split()[0]), signal.SIGKILL)
            raise subprocess.TimeoutExpired(["gitskills", *words], timeout) from None
        finally:
            for read, _ in pipes:
                os.close(read)
    return Ended(int(told.split()[1]), out, err)


class _Late(Exception):
    def __init__(self, told: bytes) -> None:
        self.told = told


def _read(pipes: list[int], timeout: float) -> list[bytes]:
    """Read pipes to their ends."""
    found: dict[int, bytearray] = {pipe: bytearray() for pipe in pipes}
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as waiting:
        for pipe in pipes:
            waiting.register(pipe, selectors.EVENT_READ)
        while waiting.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise _Late(bytes(found[pipes[-1]]))
            for key, _ in waiting.select(left):
                if data := os.read(key.fd, 1 << 16):
                    found[key.fd] += data
                else:
                    waiting.unregister(key.fd)
    return [bytes(found[pipe]) for pipe in pipes]


def _at_start(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(("PYTHON", "LC_", "LANG"))}


@cache
def _prepared() -> tuple[socket.socket, dict[str, str]]:
    """Start the process that forks; returns our end of its socket, and what it read of its environment."""
    ours, its = socket.socketpair()
    with its:
        words = [sys.executable, "-m", "tests.forked", str(its.fileno())]
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        null = subprocess.DEVNULL
        process = subprocess.Popen(words, cwd=root, stdin=null, stdout=null, pass_fds=[its.fileno()])

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours, _at_start(os.environ)


def main(descriptor: int) -> None:
    """Load everything, then fork for whatever is asked until the other end is closed."""
    import detect_secrets.settings  # noqa: F401
    import git as _git  # noqa: F401
    import ruamel.yaml  # noqa: F401

    import gitskills
    from gitskills.skills import secrets

    for module in pkgutil.walk_packages(gitskills.__path__, "gitskills."):
        importlib.import_module(module.name)
    list(secrets.find("", "SKILL.md"))  # it loads a plugin per provider when first used
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those in between
    asked = socket.socket(fileno=descriptor)
    while True:
        word, fds, _, _ = socket.recv_fds(asked, 1, 5)
        if not word:
            return
        if os.fork() == 0:
            asked.close()
            _between(*fds)
        for fd in fds:
            os.close(fd)


def _between(request: int, stdin: int, stdout: int, stderr: int, told: int) -> NoReturn:
    """Stand between: start the run and tell its id, then how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        os.close(told)
        _play(request, (stdin, stdout, stderr))
    for fd in (stdin, stdout, stderr):
        os.close(fd)
    os.write(told, b"%d " % child)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(BrokenPipeError):  # who asked waits no longer
        os.write(told, b"%d" % ended)
    os._exit(0)


def _play(request: int, streams: tuple[int, int, int]) -> NoReturn:
    """Be the program."""
    code = 1
    try:
        with open(request, "rb") as file:
            asked: dict[str, Any] = json.load(file)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, max(streams) + 1)
        os.environ.clear()
        os.environ.update(asked["environ"])
        os.chdir(asked["cwd"])
        sys.argv[1:] = asked["words"]
        code = _program()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for out in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                out.flush()
        os._exit(code)


def _program() -> int:
    """Run `python -m gitskills` and return its exit code; what its modules read when loaded is read again."""
    import random

    import pygit2
    from pygit2.enums import ConfigLevel

    from gitskills.__main__ import main as program

    random.seed()
    home = os.environ.get("HOME", "")
    pygit2.settings.search_path[ConfigLevel.GLOBAL] = home
    xdg = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    pygit2.settings.search_path[ConfigLevel.XDG] = os.path.join(xdg, "git")
    try:
        program()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    main(int(sys.argv[1]))
