"""Blobs that somebody's own partial clone has been promised: brought on purpose, in one batch, and never on the way.

Everything else here runs git with lazy fetching off, since one connection for each missing object takes hours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import changes, command, transport
from gitskills.git.command import GitFailed, GitTimeout
from gitskills.git.failures import failure

_TIMEOUT = 1800.0  # seconds for one batch: years of a large history may be asked for at once
_PROMISOR = re.compile(r"remote\.(.+)\.promisor\Z", re.IGNORECASE)

# As git's own lazy fetch (promisor-remote.c), and nothing else of the user's is touched: no ref, FETCH_HEAD, tag or
# submodule, no hook is run, and no maintenance begins.
_FETCH = (
    *(*command.QUIET, "-c", "fetch.negotiationAlgorithm=noop", "-c", "fetch.writeCommitGraph=false"),
    *("fetch", "--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--refmap=", "--recurse-submodules=no"),
    *("--filter=blob:none", "--stdin", "--"),
)


class Withheld(GitskillsError):
    """A partial clone lacks what is wanted of it, and cannot get it now."""

    def __init__(self, why: str, remedy: str) -> None:
        """Take the reason and the command that helps."""
        super().__init__(f"the clone of the code is a partial one, and {why}", f"run in it: {remedy}")


def remote(git_dir: Path) -> str:
    """Return the remote that promised a clone what it lacks; "" where no remote did."""
    said = command.run("config", "-z", "--bool", "--get-regexp", r"\.promisor$", git_dir=git_dir, ok=(0, 1))
    rows = dict(row.split("\n", 1) for row in said.decode("utf-8", "replace").split("\0") if "\n" in row)
    held = [found[1] for key, value in rows.items() if value == "true" and (found := _PROMISOR.match(key))]
    return "origin" if "origin" in held else next(iter(held), "")


def bring(git_dir: Path, commits: Collection[str]) -> int:
    """Fetch what the changes of some commits need and a partial clone lacks; return how many blobs came.

    Nothing is asked of a clone that no remote promised anything. Raises Withheld.
    """
    name = remote(git_dir) if commits else ""
    if not name:
        return 0
    try:
        wanted = {oid for one in changes.blobs(git_dir, commits) for oid in (one.old, one.new) if oid}
    except GitFailed as failed:  # at a folder: what the files were cannot even be asked
        raise Withheld("it lacks folders, too", "git fetch --refetch --filter=blob:none") from failed
    lacking = wanted - _here(git_dir, wanted)
    if lacking:
        _fetch(git_dir, name, lacking)
    return len(lacking)


def _here(git_dir: Path, oids: Collection[str]) -> set[str]:
    """Return those of some objects that are here; asked about a missing one, git would want to fetch it, or die."""
    listing = ("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)")
    return {oid for one in command.stream(*listing, git_dir=git_dir, separator=b"\n") if (oid := one.decode()) in oids}


def _fetch(git_dir: Path, name: str, oids: Iterable[str]) -> None:
    given = "".join(f"{oid}\n" for oid in sorted(oids)).encode()
    url = command.run("remote", "get-url", "--", name, git_dir=git_dir).decode("utf-8", "replace").strip()
    env = _environment(git_dir, url)
    try:
        command.run(*_FETCH, name, git_dir=git_dir, input=given, timeout=_TIMEOUT, env=env)
    except (GitFailed, GitTimeout) as failed:
        said = failure(failed.stderr if isinstance(failed, GitFailed) else failed.message, url)
        why = f"what these changes did could not be fetched: {said.message}"
        raise Withheld(why, "git fetch --refetch --no-filter (or give --code a whole clone)") from failed


def _environment(git_dir: Path, url: str) -> dict[str, str]:
    """Return what git needs to give up on a silent server; an SSH command that the clone itself names is kept."""
    found = transport.environment(url)
    named = command.run("config", "--get", "core.sshCommand", git_dir=git_dir, ok=(0, 1))
    return {key: value for key, value in found.items() if key != "GIT_SSH_COMMAND" or not named}
