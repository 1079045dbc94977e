"""Which commits are still part of a history: asked of git for any number of them in one walk.

None of this fetches: in somebody's partial clone an object that is missing stays missing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from gitskills.git import command

FULL = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PLAIN = ("--no-replace-objects", "rev-list", "--missing=allow-any", "--ignore-missing", "--stdin")
_BASES = 200  # points where branches left a history; with more of them none is looked for


def here(git_dir: Path, commits: Collection[str]) -> set[str]:
    """Return those of `commits` (full oids; anything else is left out) that this repository has."""
    asked = _lines(commits)
    if not asked:
        return set()
    return set(command.run(*_PLAIN, "--no-walk=unsorted", git_dir=git_dir, input=asked).decode().split())


def unreachable(git_dir: Path, commits: Collection[str], tip: str) -> set[str]:
    """Return those of `commits` that are not part of the history of `tip`, from one walk for all of them.

    All must be here. Git stops where it knows enough; with a commit-graph file that costs what `rev-list --count` does.
    """
    asked = _lines(commits)
    if not asked:
        return set()
    found = command.run(*_PLAIN, git_dir=git_dir, input=asked + f"^{tip}\n".encode(), timeout=None)
    return set(found.decode().split()) & set(commits)


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
    return "".join(f"{oid}\n" for oid in commits if FULL.fullmatch(oid)).encode()
