"""The network: ls-remote, fetch and push by git, with the user's credentials, ssh configuration and proxies.

Git is started in our scrubbed environment (GitPython can add variables, not take them away), and where somebody watches
GitPython reads the running process: its pumps and its understanding of git's progress. Its import, 35 ms and two more
processes, is left out where nobody does.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gitskills.git import command
from gitskills.git.failures import PROGRESS, NetworkFailed, failure, rejection, said
from gitskills.process import ending

Progress = Callable[[str, int, int | None], None]
"""Called from another thread with a phase in git's words, the objects done, and how many there are if known.

An empty phase says that what was told is over, and that the terminal may be wanted for a question.
"""

# The name of the remote on git's command line. Not `origin`: users configure that one for all their repositories.
_REMOTE = "gitskills"
PROMISE = ("-c", f"remote.{_REMOTE}.promisor=true", "-c", f"remote.{_REMOTE}.partialclonefilter=blob:none")
_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15"


@dataclass(frozen=True, slots=True)
class RemoteRefs:
    """What a remote has: the branch its HEAD names ("refs/heads/main"), HEAD's oid, and oids of branches and tags."""

    head: str | None
    head_oid: str | None
    refs: Mapping[str, str]

    @property
    def default_branch(self) -> str | None:
        """The branch that a clone would check out; where HEAD names none that exists, the likeliest, or None."""
        branches = [ref for ref in self.refs if ref.startswith("refs/heads/")]
        if self.head in branches:
            return self.head
        for some in ([ref for ref in branches if self.refs[ref] == self.head_oid], branches):  # first: detached HEAD
            usual = [ref for ref in ("refs/heads/main", "refs/heads/master") if ref in some]
            if usual or len(some) == 1:
                return [*usual, *some][0]
        return None


class _Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def ls_remote(url: str, *, timeout: float = 60) -> RemoteRefs:
    """Ask a remote for its branches and tags; `timeout` in seconds. Raises a RemoteError."""
    with listing(url, timeout=timeout) as finish:
        return finish()


@contextmanager
def listing(url: str, *, timeout: float = 60, silent: bool = False) -> Iterator[Callable[[], RemoteRefs]]:
    """Start `ls_remote` and yield the function that waits for its answer, so that other work may go on meanwhile.

    A `silent` one, which runs beside another connection, asks the person at the terminal nothing and fails instead.
    """
    args = (*_settings(url, silent), "ls-remote", "--symref", "--", url, "HEAD", "refs/heads/*", "refs/tags/*")
    process = command.start(*args, stderr=subprocess.PIPE, env=environment(url, silent))
    with process, ending(process, timeout) as late:

        def finish() -> RemoteRefs:
            out, err = process.communicate()
            if late.is_set():
                raise _silence(url, timeout)
            if process.returncode:
                command.blame_version(process.returncode)
                raise failure(err.decode(errors="replace"), url)
            return _refs(out.decode(errors="surrogateescape"))

        yield finish


def _refs(text: str) -> RemoteRefs:
    """Read `ls-remote --symref`; peeled tags (`^{}`) repeat what the tags say."""
    rows = [line.split("\t", 1) for line in text.splitlines() if "\t" in line]
    symbolic = [left[5:] for left, name in rows if name == "HEAD" and left.startswith("ref: ")]
    oids = {name: left for left, name in rows if not left.startswith("ref: ") and not name.endswith("^{}")}
    refs = {name: oid for name, oid in oids.items() if name.startswith(("refs/heads/", "refs/tags/"))}
    return RemoteRefs(symbolic[0] if symbolic else None, oids.get("HEAD"), refs)


def fetch(
    git_dir: Path,
    url: str,
    refspecs: Sequence[str] = (),
    *,
    blobless: bool = True,
    prune: bool = False,
    stdin_oids: Sequence[str] = (),
    progress: Progress | None = None,
    timeout: float | None = 600,
    silent: bool = False,
    first: bool = False,
) -> None:
    """Bring objects and refs from `url` into the bare repository `git_dir`.

    `blobless` leaves blobs out where the server can; `stdin_oids` are objects wanted as such, and then nothing else is
    negotiated. The promise that blobs can be had later is told to git here only and never stored, so that no later
    command goes to the network on its own. A `silent` one asks nobody at the terminal. The `first` one of all from a
    git daemon is told its refs at once, as protocol 0 does, which saves a way there and back; hosts' lists are long.
    Raises a RemoteError.
    """
    args = [
        *(("-c", "protocol.version=0") if first and url.startswith("git:") else ()),
        *("-c", "core.fsync=none"),  # a cache that a power cut breaks is fetched again
        *("-c", "fetch.writeCommitGraph=false"),
        *(PROMISE if blobless else ()),
        *(("-c", "fetch.negotiationAlgorithm=noop") if stdin_oids else ()),
        # A remote that is itself a shallow clone makes the cache one too.
        *("fetch", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--update-shallow"),
        *(("--filter=blob:none",) if blobless else ()),
        *(("--prune",) if prune else ()),
        *(("--stdin",) if stdin_oids else ()),
        *(("--progress",) if progress else ("--quiet",)),
        *("--", _REMOTE, *refspecs),
    ]
    given = "".join(f"{oid}\n" for oid in stdin_oids)
    ended = _talk(args, git_dir, url, given=given, progress=progress, timeout=timeout, silent=silent)
    if ended.returncode:
        raise failure(ended.stderr, url)


@contextmanager
def tip(git_dir: Path, url: str, limit: str, *, timeout: float = 600) -> Iterator[subprocess.Popen[bytes]]:
    """Start fetching the tip of the remote's HEAD without its history, and files only up to `limit` ("512k").

    The process ends with 0 once one pack is in `git_dir`; it asks the user for nothing, and is ended with the block.
    """
    args = [
        *(*_settings(url, True), *PROMISE, "-c", f"remote.{_REMOTE}.url={url}"),
        *("-c", "core.fsync=none", "-c", "fetch.unpackLimit=1", "-c", "fetch.writeCommitGraph=false"),
        *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no"),
        *("--depth=1", f"--filter=blob:limit={limit}", "--", _REMOTE, "HEAD"),
    ]
    process = command.start(*args, git_dir=git_dir, env=environment(url, True))
    with process, ending(process, timeout):
        yield process


def can_be_silent(url: str) -> bool:
    """Whether a connection to `url` can be kept from asking the user: an SSH command of theirs may do as it likes."""
    if not command.on_terminal() or url.startswith(("file:", "git:", "http:", "https:")):
        return True
    return not {"GIT_SSH", "GIT_SSH_COMMAND"} & os.environ.keys() and not command.own_ssh()


def unborn(folder: Path, url: str, *, timeout: float = 60) -> str | None:
    """Clone an empty remote bare into the new `folder` to learn the branch its HEAD names; None where that fails."""
    args = (*_settings(url), "-c", "init.defaultBranch=main", "clone", "--quiet", "--bare", "--", url, str(folder))
    try:
        command.run(*args, timeout=timeout, env=environment(url))
        named = command.run("symbolic-ref", "HEAD", git_dir=folder).decode("utf-8", "replace").strip()
    except (command.GitFailed, command.GitTimeout):
        return None
    return named.removeprefix("refs/heads/") or None


def push(
    git_dir: Path,
    url: str,
    updates: Sequence[tuple[str, str]],
    *,
    expect: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    timeout: float | None = 600,
) -> list[str]:
    """Move refs of `url` forward, never by force: each update is (commit's oid, full name of the ref).

    An empty oid deletes the ref, which only branches below gitskills/ may be; `expect` says by ref what is deleted, so
    that what somebody pushed there since is not lost. Several refs move all or none where the server can do that.
    Returns what the server said, line by line. Raises NonFastForward when the remote has moved, PushRefused when the
    server will not, or another RemoteError.
    """
    for oid, ref in updates:
        fits = _OID.fullmatch(oid) or (not oid and ref.startswith("refs/heads/gitskills/"))
        if not fits or not re.fullmatch(r"refs/[^\s:*?\[\\^~]+", ref):
            raise ValueError(f"not an update of a ref: {oid} {ref}")
    specs = [f"--force-with-lease={ref}:{oid}" for ref, oid in (expect or {}).items() if ("", ref) in updates]
    specs += ["--", _REMOTE, *(f"{oid}:{ref}" for oid, ref in updates)]
    lines = _push(git_dir, url, specs, len(updates) > 1, progress, timeout)
    return lines if lines is not None else _push(git_dir, url, specs, False, progress, timeout) or []


def _push(
    git_dir: Path,
    url: str,
    specs: Sequence[str],
    atomic: bool,
    progress: Progress | None,
    timeout: float | None,
) -> list[str] | None:
    """Push once what `specs` say, and return what the server said; None where it knows no atomic push."""
    args = [
        *("push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"),
        *(("--atomic",) if atomic else ()),
        "--progress" if progress else "--no-progress",
        *specs,
    ]
    ended = _talk(args, git_dir, url, progress=progress, timeout=timeout)
    if ended.returncode == 0:
        return said(ended.stderr)
    if atomic and "does not support --atomic" in ended.stderr:
        return None
    if reasons := [line.split("\t")[-1] for line in ended.stdout.splitlines() if line.startswith("!\t")]:
        raise rejection(reasons, ended.stderr, url)
    raise failure(ended.stderr, url, pushing=True)


def _talk(
    args: Sequence[str],
    git_dir: Path,
    url: str,
    *,
    given: str = "",
    progress: Progress | None,
    timeout: float | None,
    silent: bool = False,
) -> _Ended:
    """Run one git command that talks to `url`, reporting progress; end it with all its children when time is up."""
    whole = (*_settings(url, silent), "-c", f"remote.{_REMOTE}.url={url}", *args)
    with tempfile.TemporaryFile() as stdin:
        stdin.write(given.encode())
        stdin.seek(0)
        env = environment(url, silent)
        process = command.start(*whole, git_dir=git_dir, stdin=stdin, stderr=subprocess.PIPE, env=env)
    with ending(process, timeout) as late:
        out, err = _heard(process, progress, None if timeout is None else timeout + 5)
        if not late.is_set():
            process.wait()
    if progress:
        progress("", 0, None)  # what comes next may ask for a password, over which no bar must be drawn
    if late.is_set():
        raise _silence(url, timeout)
    command.blame_version(process.returncode)
    return _Ended(process.returncode, out, err)


def _heard(process: subprocess.Popen[bytes], progress: Progress | None, timeout: float | None) -> tuple[str, str]:
    """Read both outputs of a running git to their end, as text and without the progress in them.

    After `timeout` seconds what holds the outputs open is left behind: a grandchild that survived git.
    """
    if progress is None:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            out, err = error.stdout or b"", error.stderr or b""
        lines = re.split(r"(?<=[\r\n])", err.decode(errors="replace"))
        return out.decode(errors="replace"), "".join(line for line in lines if not PROGRESS.match(line))
    from gitskills.git.pump import pump  # GitPython: imported while git works

    return pump(process, progress, timeout)


def _settings(url: str, silent: bool = False) -> tuple[str, ...]:
    """Return the `-c` options of every command that talks to a remote."""
    asks = command.on_terminal() and not silent
    settings = command.QUIET if asks else (*command.QUIET, "-c", "credential.interactive=false")
    if command.on_terminal():
        from gitskills.git.passwords import kept

        return (*settings, *kept(url))
    return settings


def environment(url: str, silent: bool = False) -> dict[str, str]:
    """Return what git needs in its environment to give up on a silent server, and to ask nobody who is not there."""
    found: dict[str, str] = {}
    if "GIT_HTTP_LOW_SPEED_LIMIT" not in os.environ:
        found |= {"GIT_HTTP_LOW_SPEED_LIMIT": "100", "GIT_HTTP_LOW_SPEED_TIME": "60"}
    if silent and command.on_terminal():
        found |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never"}
    # The user's configuration may turn most URLs into ones of ssh; those of files and daemons are not worth a look.
    theirs = {"GIT_SSH", "GIT_SSH_COMMAND"} & os.environ.keys() or url.startswith(("file:", "git:"))
    asks = command.on_terminal() and not silent
    if theirs or asks or command.own_ssh():
        return found
    return found | {"GIT_SSH_COMMAND": _SSH}


def _silence(url: str, timeout: float | None) -> NetworkFailed:
    return NetworkFailed(f"no answer within {timeout:g} seconds", "Check the network, or wait longer.", url=url)
