"""Which commits are still part of a history: asked of git for any number of them in one walk.

None of this fetches: in somebody's partial clone an object that is missing stays missing.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from functools import cache
from pathlib import Path

from gitskills.git import command

FULL = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PLAIN = ("--no-replace-objects", "rev-list", "--missing=allow-any", "--ignore-missing", "--stdin")
_SHARED = 100  # commits from which on two gits share one walk
_BASES = 200  # points where branches left a history; with more of them none is looked for


def here(git_dir: Path, commits: Collection[str]) -> set[str]:
    """Return those of `commits` (full oids; anything else is left out) that this repository has."""
    with looking(git_dir, {*commits}) as found:
        return set(found())


@contextlib.contextmanager
def looking(git_dir: Path, commits: Set[str]) -> Iterator[Callable[[], list[str]]]:
    """Begin what `here` does; what is yielded waits for the answer, the newest first, and may be called again."""
    with _asking(git_dir, ("--no-walk=sorted",), _lines(commits)) as found:
        yield lambda: [oid for oid in found() if oid in commits]  # git gives the commit of a tag, too


def unreachable(git_dir: Path, commits: Collection[str], tip: str) -> set[str]:
    """Return those of `commits` that are not part of the history of `tip`.

    Those that are not here are left out of the answer, too. See `walking` for what it costs.
    """
    with walking(git_dir, [*commits], tip) as left:
        return left()


@contextlib.contextmanager
def walking(git_dir: Path, commits: Sequence[str], tip: str) -> Iterator[Callable[[], set[str]]]:
    """Begin what `unreachable` does; what is yielded waits for the answer, and may be called again.

    One walk is enough for all: git stops where it knows enough, and with a commit-graph file that costs what
    `rev-list --count` does. Two gits share the way where there are many, the newest first: one goes from the tip down
    to the commit in the middle, one from there on. What the second does not meet may yet be part of the history by
    another way; for that there is a last walk.
    """
    half = len(commits) // 2 if len(commits) >= _SHARED else len(commits)
    newer, older = commits[:half], commits[half:]
    with _leaving(git_dir, newer, tip) as left, _leaving(git_dir, older, newer[-1] if older else tip) as further:

        @cache
        def found() -> set[str]:
            near = left()
            far = set(older) if older and newer[-1] in near else further()
            with _leaving(git_dir, far, tip) as rest:
                return near | rest()

        yield found


@contextlib.contextmanager
def _leaving(git_dir: Path, commits: Collection[str], tip: str) -> Iterator[Callable[[], set[str]]]:
    """Begin one walk from `tip`; what is yielded waits for those of `commits` that it did not meet."""
    asked = _lines(commits)
    with _asking(git_dir, (), asked and asked + f"^{tip}\n".encode()) as found:
        yield lambda: set(commits).intersection(found())


@contextlib.contextmanager
def _asking(git_dir: Path, options: Sequence[str], asked: bytes) -> Iterator[Callable[[], list[str]]]:
    """Start `rev-list` on what is asked (nothing: no process), and yield what waits for the commits it names."""
    if not asked:
        yield list
        return
    with command.begun(*_PLAIN, *options, git_dir=git_dir, input=asked) as said:
        yield lambda: said().decode().split()


def since(git_dir: Path, commits: Collection[str], tip: str) -> str:
    """Return the newest commit that the history of `tip` shares with every one of `commits`; "" where none is found."""
    asked = _lines(commits) + f"^{tip}\n".encode()
    told = command.run(*_PLAIN, "--boundary", git_dir=git_dir, input=asked, timeout=None).decode().split()
    edges = [oid[1:] for oid in told if oid.startswith("-")]
    if not edges or len(edges) > _BASES:
        return ""
    out = command.run("merge-base", "--octopus", "--end-of-options", tip, *edges, git_dir=git_dir, ok=(0, 1))
    return out.decode().strip()


def count(git_dir: Path, base: str, tip: str, *, limit: int) -> int:
    """Return how many commits `tip` has that `base` ("": none) has not, counting at most to `limit`."""
    text = f"{tip}\n{f'^{base}' if base else ''}".strip() + "\n"
    out = command.run(*_PLAIN, "--count", f"--max-count={limit}", git_dir=git_dir, input=text.encode())
    return int(out)


def incomplete(git_dir: Path) -> str:
    """Say why this repository lacks parts of its history ("a shallow clone", "a partial clone"); "" for a whole one."""
    if command.run("rev-parse", "--is-shallow-repository", git_dir=git_dir).strip() == b"true":
        return "a shallow clone"
    keys = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"
    partial = command.run("config", "--get-regexp", keys, git_dir=git_dir, ok=(0, 1))
    return "a partial clone" if partial.strip() else ""


def _lines(commits: Collection[str]) -> bytes:
    return "\n".join([*filter(FULL.fullmatch, commits), ""]).encode()
