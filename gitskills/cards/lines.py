"""The lines a card's proof wrote, and how many of them no longer stand in their files.

A line counts as kept while its text, whatever its indentation, stands anywhere in the file: moved code is not
rewritten code. What a commit wrote never changes, so it is remembered in the derived index.
"""

from __future__ import annotations

import sqlite3
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gitskills.git import files, objects
from gitskills.state.transaction import transaction

LARGEST = 1 << 20  # bytes of a file whose lines are looked at
SHORTEST = 3  # characters of a line that says something: brackets stand everywhere
_CODE = "I"  # array's code of a line's checksum
_AT_ONCE = 500  # parameters of one query
_HELD = 1000  # files whose lines are in memory at once

Place = tuple[str, str]
"""A commit and a path in it."""


class Lines(NamedTuple):
    """The lines a commit wrote in one file, as checksums."""

    commit: str
    path: str
    sums: array[int]


def rewritten(
    git_dir: Path, db: sqlite3.Connection, tip: str, cards: Mapping[str, Sequence[Place]]
) -> dict[str, float]:
    """Return, for each card that has lines, the share of them (0 to 1) that no longer stands in its files at `tip`.

    `cards` gives, by a key of the caller's, what each cites: commits that are all here, with the paths they touched.
    """
    places = list(dict.fromkeys(place for cited in cards.values() for place in cited))
    wrote = _written(git_dir, db, places)
    now = _now(git_dir, tip, dict.fromkeys(path for (_, path), sums in wrote.items() if sums))
    shares = {}
    for key, cited in cards.items():
        lines = [(wrote[place], now[place[1]]) for place in cited if wrote[place] and place[1] in now]
        total = sum(len(sums) for sums, _ in lines)
        if total:
            shares[key] = sum(one not in there for sums, there in lines for one in sums) / total
    return shares


def _written(git_dir: Path, db: sqlite3.Connection, places: Sequence[Place]) -> dict[Place, array[int]]:
    """Return the lines each commit wrote at each path: remembered, or the difference from its first parent."""
    found = dict(_remembered(db, {commit for commit, _ in places}))
    new = [place for place in places if place not in found]
    if new:
        made = dict(_differences(git_dir, new))
        with transaction(db):
            rows = [(commit, path, sums.tobytes()) for (commit, path), sums in made.items()]
            db.executemany("INSERT OR REPLACE INTO card_lines (proof, path, lines) VALUES (?, ?, ?)", rows)
        found |= made
    return found


def _remembered(db: sqlite3.Connection, commits: Iterable[str]) -> Iterator[tuple[Place, array[int]]]:
    wanted = list(commits)
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        query = f"SELECT proof, path, lines FROM card_lines WHERE proof IN ({','.join('?' * len(part))})"
        for proof, path, data in db.execute(query, part):
            yield (proof, path), array(_CODE, data)


def _differences(git_dir: Path, places: Sequence[Place]) -> Iterator[tuple[Place, array[int]]]:
    """Yield the lines of each file that its commit has and the first parent has not."""
    # Next to each other, git reads what the two have in common once.
    asked = files.at(git_dir, [(rev, path) for commit, path in places for rev in (commit, f"{commit}^")])
    rows = list(zip(places, asked[1::2], asked[::2], strict=True))
    for start in range(0, len(rows), _HELD):
        part = rows[start : start + _HELD]
        blobs = _texts(git_dir, (one for _, *pair in part for one in pair))
        for place, old, new in part:
            same = old is not None and new is not None and old.oid == new.oid
            was, now = (blobs.get(one.oid, _NONE) if one else _NONE for one in (old, new))
            yield place, array(_CODE, map(zlib.crc32, _NONE if same else now - was))


def _now(git_dir: Path, tip: str, paths: Iterable[str]) -> dict[str, frozenset[int]]:
    """Return the lines of each file as it is at `tip`: none for one that is gone, nothing for one too large to say."""
    asked = list(paths)
    there = dict(zip(asked, files.at(git_dir, [(tip, path) for path in asked]), strict=True))
    blobs = {oid: frozenset(map(zlib.crc32, lines)) for oid, lines in _texts(git_dir, there.values()).items()}
    none: frozenset[int] = frozenset()
    return {path: blobs.get(one.oid, none) if one else none for path, one in there.items() if not _large(one)}


_NONE: frozenset[bytes] = frozenset()


def _texts(git_dir: Path, entries: Iterable[files.Entry | None]) -> dict[str, frozenset[bytes]]:
    """Return the lines of each different text among the entries, by its oid; nothing of what is large or binary."""
    wanted = {one.oid for one in entries if one and one.kind == "blob" and not _large(one)}
    return {oid: _lines(data) for oid, data in objects.blobs(git_dir, sorted(wanted))}


def _large(one: files.Entry | None) -> bool:
    return one is not None and one.size > LARGEST


def _lines(data: bytes) -> frozenset[bytes]:
    if b"\0" in data[:8192]:
        return _NONE
    return frozenset(line for line in map(bytes.strip, data.split(b"\n")) if len(line) >= SHORTEST)
