"""Read what agents keep on disk: which files may be read, and their records, tolerant of all that is in them.

A hook's payload names its transcript, and a payload is only as trustworthy as whoever called the hook. What is read
for a payload must therefore lie, links resolved, below the folders where its agent keeps sessions, and be a plain
file. A file that the user names on the command line may lie anywhere.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitskills.errors import GitskillsError
from gitskills.sessions.values import parsed

MOST = 64 * 1024 * 1024  # bytes of a transcript that are read: its end, where the present is
LINE = 16 * 1024 * 1024  # bytes of a record


class TranscriptError(GitskillsError):
    """A transcript that is not there, may not be read, or cannot be."""


@dataclass(frozen=True, slots=True)
class Records:
    """The JSON objects of a file in order, how many lines were none, and whether the last line was whole."""

    items: tuple[dict[str, Any], ...]
    skipped: int = 0
    complete: bool = True


def allowed(path: str | Path, roots: Iterable[Path]) -> Path:
    """Return the real path of a transcript that a payload names; raises TranscriptError where it may not be read."""
    try:
        real = Path(path).expanduser().resolve()
        inside = any(real.is_relative_to(root.resolve()) for root in roots)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL
        raise TranscriptError(f"{str(path)[:200]!r} is no path", "the hook's payload named it") from error
    if not inside:
        raise TranscriptError(
            f"{str(path)[:200]} is not where its agent keeps sessions",
            "to use this file: gitskills improve NAME --session FILE",
        )
    return real


def content(path: Path, *, most: int = 0) -> tuple[bytes, bool]:
    """Return the last `MOST` bytes of a plain file, and whether that is all of it; raises TranscriptError.

    With `most` return the first so many bytes. What is written to the file meanwhile is not read.
    """
    try:
        # Opening a named pipe would wait for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise TranscriptError(f"{path} is no plain file", "a session is a file of JSON lines or a database")
            start = 0 if most else max(about.st_size - MOST, 0)
            file.seek(start)
            return file.read(most or about.st_size - start), start == 0
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no path"
        raise TranscriptError(f"cannot read {path}: {reason}", "the session may not be written yet") from error


def records(path: Path) -> Records:
    """Return the records of a file of JSON lines; raises TranscriptError where there is no such file.

    The last line may still be being written: where it is no whole record it is left out.
    """
    data, whole = content(path)
    if not whole:
        data = data[data.find(b"\n") + 1 :]
    return lines(data)


def lines(data: bytes) -> Records:
    """Return the records of JSON lines."""
    items: list[dict[str, Any]] = []
    skipped = 0
    body, _, tail = data.rpartition(b"\n")
    for line in _split(body):
        record = _record(line)
        if record is not None:
            items.append(record)
        elif line.strip():
            skipped += 1
    last = _record(tail)
    if last is not None:
        items.append(last)
    return Records(tuple(items), skipped, last is not None or not tail.strip())


def _split(body: bytes) -> Iterator[bytes]:
    """Yield the lines; a transcript can be large, so they are not all held twice."""
    start = 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        yield body[start:end]
        start = end + 1


def _record(line: bytes) -> dict[str, Any] | None:
    if not line.strip() or len(line) > LINE:
        return None
    value = parsed(line.decode("utf-8", "replace").removeprefix("\ufeff"))
    return value if isinstance(value, dict) else None


def by_name(folder: Path, pattern: str, id: str) -> Path | None:
    """Return the newest file below `folder` that fits a glob pattern, in which `{}` stands for a session's id."""
    if not id or not all(character.isalnum() or character in "-_." for character in id) or ".." in id:
        return None  # an id of another shape could lead elsewhere
    try:
        found = [(each.stat().st_mtime, str(each)) for each in folder.glob(pattern.format(id))]
    except OSError:
        return None
    return Path(max(found)[1]) if found else None
