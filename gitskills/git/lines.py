"""Where each line of a file comes from, by git's own blame; renames are the caller's to follow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from gitskills.git import changes, command


class Origin(NamedTuple):
    """A line: its text without the line end, the commit that wrote it, and its number (from 1) there."""

    text: str
    commit: str
    number: int
    author: str
    """`Name <email>`."""
    date: str


def origins(git_dir: Path, rev: str, path: str) -> list[Origin]:
    """Return the lines of `path` at `rev`, each with the commit since which it stands at that very path.

    The file's blobs must be here: see `versions`. Raises GitFailed where there is no such file.
    """
    # Whole-file renames would be looked for among all files of a commit, whose blobs a blobless clone lacks.
    options = ("--line-porcelain", "--no-follow", "--no-textconv", "--encoding=UTF-8")
    quiet = ("--no-replace-objects", "-c", "blame.ignoreRevsFile=", "-c", "log.mailmap=false")
    out = command.run(*quiet, "blame", *options, rev, "--", path, git_dir=git_dir)
    found, head, told = [], ["", "0"], {"author": "", "author-mail": "", "author-time": "0", "author-tz": "+0000"}
    for line in out.decode("utf-8", "replace").split("\n")[:-1]:
        if line.startswith("\t"):
            author = f"{told['author']} {told['author-mail']}"
            date = _date(told["author-time"], told["author-tz"])
            found.append(Origin(line[1:], head[0], int(head[1]), author, date))
            head = []
        elif not head or not head[0]:
            head = line.split(" ")
        else:
            key, _, value = line.partition(" ")
            if key in told:
                told[key] = value
    return found


def _date(seconds: str, zone: str) -> str:
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    offset = timedelta(minutes=-minutes if zone.startswith("-") else minutes)
    try:
        return datetime.fromtimestamp(int(seconds), timezone(offset)).isoformat()
    except (OverflowError, ValueError, OSError):  # a forged date
        return ""


def kept(git_dir: Path, old: str, new: str) -> dict[int, int]:
    """Map the line numbers of blob `new` that stood in blob `old` to their numbers there (from 1), as git diff does."""
    options = ("-U0", "--no-ext-diff", "--no-textconv", "--no-color", "--text", "--diff-algorithm=myers")
    out = command.run("--no-replace-objects", "diff", *options, "--end-of-options", old, new, git_dir=git_dir)
    size = command.run("cat-file", "blob", new, git_dir=git_dir)
    last = size.count(b"\n") + (not size.endswith(b"\n") and size != b"")
    same: dict[int, int] = {}
    before = after = 1
    hunks = [tuple(int(number or b"1") for number in hunk) for hunk in _HUNK.findall(out)]
    for start, gone, at, came in [*hunks, (0, 0, 0, 0)]:
        # A hunk that only removes or only adds names the line before it.
        until = at + (came == 0) if (gone or came) else last + 1
        same |= dict(zip(range(after, until), range(before, before + until - after), strict=True))
        before, after = start + (gone == 0) + gone, until + came
    return same


_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


def versions(git_dir: Path, commits: Iterable[str], paths: Iterable[str]) -> set[str]:
    """Return the blob oids that files at `paths` had before and after each of `commits`."""
    return {oid for one in changes.blobs(git_dir, commits, paths) for oid in (one.old, one.new) if oid}
