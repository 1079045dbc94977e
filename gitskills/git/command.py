"""Runs git: one scrubbed environment, no shell, bytes in and out, every process reaped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Container, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

from gitskills.errors import GitskillsError
from gitskills.git.url import PROTOCOLS, redact
from gitskills.process import kill

OLDEST_GIT = (2, 34)  # Ubuntu 22.04's; it has all we use: fetch --stdin, --no-write-fetch-head, --end-of-options

# For commands that write to a repository of ours: nothing of the user's runs there, nothing goes on behind our back.
QUIET = (
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
)

# What carries the user's own credentials, proxies, configuration and identity; all other GIT_* describe some
# repository that happens to be around us (we may be run from a hook) and would point git at the wrong one.
_KEPT = re.compile(
    r"GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|EXEC_PATH|SSL_\w+|HTTP_\w+|PROXY_\w+|TERMINAL_PROMPT"
    r"|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|(AUTHOR|COMMITTER)_\w+)"
)


class GitFailed(GitskillsError):
    """Git ended with an exit code nobody expected; `stderr` is what it said, without credentials."""

    def __init__(self, verb: str, returncode: int, stderr: str) -> None:
        """Take git's verb ("log"), its exit code (negative: killed by that signal) and its standard error."""
        self.returncode = returncode
        self.stderr = redact(stderr)
        said = self.stderr.strip().splitlines()
        super().__init__(
            f"git {verb} failed ({returncode}): {said[-1] if said else 'it said nothing'}",
            "`gitskills doctor` looks for what is wrong; `gitskills pull` fetches a damaged cache again",
        )


class GitTimeout(GitskillsError):
    """Git ran longer than it was given; it and its children are dead."""


def on_terminal() -> bool:
    """Tell whether a person can be asked something: both standard input and standard error are terminals."""
    return all(stream is not None and not stream.closed and stream.isatty() for stream in (sys.stdin, sys.stderr))


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment every git runs in: ours without strange GIT_*, plus `extra`."""
    found = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or _keep(key, value)}
    # A user who allows less than we do keeps that.
    allowed = os.environ.get("GIT_ALLOW_PROTOCOL", ":".join(PROTOCOLS)).split(":")
    found |= {
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": ":".join(name for name in PROTOCOLS if name in allowed),
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
    }
    if not on_terminal():
        found["GIT_TERMINAL_PROMPT"] = "0"
    return found | dict(extra or {})


def _keep(key: str, value: str) -> bool:
    """Keep a trace only where it goes to a file: on standard error it would mix with the messages we read."""
    return bool(_KEPT.fullmatch(key)) or (key.startswith("GIT_TRACE") and os.path.isabs(value))


def run(
    *args: str,
    git_dir: Path | None = None,
    cwd: Path | None = None,
    input: bytes | None = None,
    timeout: float | None = 120,
    env: Mapping[str, str] | None = None,
    ok: Container[int] = (0,),
) -> bytes:
    """Run git and return its standard output.

    `env` is added to `environment()`; `timeout` is in seconds; `ok` holds the exit codes that are no failure.
    Raises GitFailed, GitTimeout, or GitskillsError where git is missing or too old.
    """
    stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
    with start(*args, git_dir=git_dir, cwd=cwd, stdin=stdin, stderr=subprocess.PIPE, env=env) as process:
        try:
            out, err = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            raise GitTimeout(f"git {verb(args)} took longer than {timeout:g} seconds") from None
        finally:
            kill(process)
    check(args, process.returncode, err, ok)
    return out


def stream(
    *args: str,
    git_dir: Path | None = None,
    cwd: Path | None = None,
    input: bytes | None = None,
    separator: bytes = b"\0",
    env: Mapping[str, str] | None = None,
    ok: Container[int] = (0,),
) -> Generator[bytes, None, None]:
    """Run git and yield its output record by record, without the separator and as it comes.

    Closing the generator early ends git, quietly. The last record may lack its separator; an empty one is no record.
    Raises as `run`, once the output is read.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as given:
        given.write(input or b"")
        given.seek(0)
        process = start(*args, git_dir=git_dir, cwd=cwd, stdin=given, stderr=said, env=env)
        try:
            assert process.stdout is not None
            yield from _records(process.stdout, separator)
            process.wait()
        finally:
            kill(process)
            process.__exit__(None, None, None)
        said.seek(0)
        check(args, process.returncode, said.read(), ok)


def _records(pipe: IO[bytes], separator: bytes) -> Iterator[bytes]:
    """Cut what comes through the pipe at each separator."""
    rest = b""
    while chunk := os.read(pipe.fileno(), 1 << 16):
        *whole, rest = (rest + chunk).split(separator)
        yield from whole
    if rest:
        yield rest


@contextmanager
def begun(*args: str, git_dir: Path, input: bytes) -> Iterator[Callable[[], bytes]]:
    """Start git and go on; what is yielded waits for its output, and may be called again.

    Both what goes in and what comes out are files, so git never waits for us. Leaving the block ends git. Raises as
    `run`, once the output is asked for.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        given.write(input)
        given.seek(0)
        process = start(*args, git_dir=git_dir, stdin=given, stdout=out, stderr=said)

        @cache
        def output() -> bytes:
            process.wait()
            for file in (said, out):
                file.seek(0)
            check(args, process.returncode, said.read())
            return out.read()

        try:
            yield output
        finally:
            kill(process)


def start(
    *args: str,
    git_dir: Path | None = None,
    cwd: Path | None = None,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start git, with its standard output piped unless told otherwise; whoever calls this ends it with `kill`."""
    where = () if git_dir is None else (f"--git-dir={git_dir}",)
    try:
        return subprocess.Popen(
            ["git", *where, *args],
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=environment(env),
            # A group of its own lets `kill` reach git's children. Not on a terminal: a background group could
            # neither ask for a password nor show gpg's prompt.
            process_group=None if on_terminal() else 0,
        )
    except FileNotFoundError:
        if cwd is not None and not cwd.is_dir():
            raise GitskillsError(f"no such folder: {cwd}") from None
        raise GitskillsError("git is not installed", "Install git 2.34 or newer; it must be on PATH.") from None


def check(args: Sequence[str], returncode: int, stderr: bytes, ok: Container[int] = (0,)) -> None:
    """Raise GitFailed unless the exit code is expected."""
    if returncode not in ok:
        blame_version(returncode)
        raise GitFailed(verb(args), returncode, stderr.decode(errors="replace"))


def blame_version(returncode: int) -> None:
    """Raise where a failure may come from a git that does not know our options; asks its version only then."""
    if returncode in (128, 129) and version() < OLDEST_GIT:
        found, oldest = (".".join(map(str, pair)) for pair in (version(), OLDEST_GIT))
        raise GitskillsError(f"git {found} is too old", f"Install git {oldest} or newer.")


def verb(args: Sequence[str]) -> str:
    """Return git's subcommand among its arguments: the first that is neither an option nor `-c`'s value."""
    words = iter(args)
    for word in words:
        if word == "-c":
            next(words, "")
        elif not word.startswith("-"):
            return word
    return ""


def own_ssh() -> bool:
    """Tell whether the user's configuration names an SSH command; connections that start together ask git once."""
    return _own_ssh(frozenset(os.environ.items()))


@cache
def _own_ssh(environment: frozenset[tuple[str, str]]) -> bool:
    """Ask git, which finds the user's configuration by this environment."""
    return bool(run("config", "--get", "core.sshCommand", ok=(0, 1)))


@cache
def version() -> tuple[int, int]:
    """Return git's major and minor version, asked once per process; (0, 0) when it gives none."""
    with start("--version") as process:
        said = process.communicate()[0]
    numbers = re.search(rb"(\d+)\.(\d+)", said)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
