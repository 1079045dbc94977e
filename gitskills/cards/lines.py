"""The lines a card's proof wrote, and how many of them no longer stand in their files.

A line counts as kept while its text, whatever its indentation, stands anywhere in the file: moved code is not
rewritten code. What a commit wrote never changes, so it is remembered in the derived index.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import zlib
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path

from gitskills.git import changes, files, objects
from gitskills.git.changes import Blobs
from gitskills.state.transaction import transaction

LARGEST = 1 << 20  # bytes of a file whose lines are looked at
SHORTEST = 3  # characters of a line that says something: brackets stand everywhere
_CODE = "I"  # array's code of a line's checksum
_AT_ONCE = 500  # parameters of one query
_HELD = 1000  # files whose lines are in memory at once

Place = tuple[str, str]
"""A commit and a path in it."""


@contextlib.contextmanager
def writing(
    git_dir: Path, db: sqlite3.Connection, commits: Set[str]
) -> Iterator[Callable[[Collection[Place]], dict[Place, array[int]]]]:
    """Begin to look what `commits` wrote, those that are here; what is yielded waits for the lines of some places.

    Their commits are all here, and best among `commits`.
    """
    known = dict(_remembered(db, commits))
    asked = commits - {commit for commit, _ in known}
    with changes.comparing(git_dir, asked) as changed:

        def wrote(places: Collection[Place]) -> dict[Place, array[int]]:
            new = [place for place in places if place not in known]
            late = {commit for commit, _ in new} - asked
            made = dict.fromkeys(new, _NOTHING)
            made |= _differences(git_dir, [*changed(), *changes.blobs(git_dir, late)], made.keys())
            _remember(db, made)
            return known | made

        yield wrote


def rewritten(
    git_dir: Path, tip: str, cards: Mapping[str, Sequence[Place]], wrote: Mapping[Place, array[int]]
) -> dict[str, float]:
    """Return, for each card that has lines, the share of them (0 to 1) that no longer stands in its files at `tip`.

    `cards` gives, by a key of the caller's, what each cites: commits with the paths they touched; `wrote` what these
    wrote there.
    """
    now = _now(git_dir, tip, {path for cited in cards.values() for commit, path in cited if wrote[commit, path]})
    shares = {}
    for key, cited in cards.items():
        lines = [(wrote[place], now[place[1]]) for place in cited if wrote[place] and place[1] in now]
        total = sum(len(sums) for sums, _ in lines)
        if total:
            shares[key] = sum(one not in there for sums, there in lines for one in sums) / total
    return shares


def _remember(db: sqlite3.Connection, made: Mapping[Place, array[int]]) -> None:
    if made:
        with transaction(db):
            rows = [(*place, sums.tobytes()) for place, sums in made.items()]
            db.executemany("INSERT OR REPLACE INTO card_lines (proof, path, lines) VALUES (?, ?, ?)", rows)


def _remembered(db: sqlite3.Connection, commits: Iterable[str]) -> Iterator[tuple[Place, array[int]]]:
    wanted = list(commits)
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        query = f"SELECT proof, path, lines FROM card_lines WHERE proof IN ({','.join('?' * len(part))})"
        for proof, path, data in db.execute(query, part):
            yield (proof, path), array(_CODE, data)


def _differences(git_dir: Path, changed: Iterable[Blobs], wanted: Set[Place]) -> Iterator[tuple[Place, array[int]]]:
    """Yield the lines of each file that its commit has and the first parent has not."""
    rows = iter([one for one in changed if one.new and (one.commit, one.path) in wanted])
    # In parts, for not all files are in memory at once; one git reads for all of them, ahead of us.
    parts = list(iter(lambda: [*itertools.islice(rows, _HELD)], []))
    needed = [sorted({oid for one in part for oid in (one.old, one.new) if oid}) for part in parts]
    with contextlib.closing(objects.blobs(git_dir, itertools.chain(*needed), largest=LARGEST)) as stream:
        for part, oids in zip(parts, needed, strict=True):
            texts = {oid: _lines(data) for oid, data in itertools.islice(stream, len(oids))}
            for one in part:
                wrote = texts[one.new] - texts.get(one.old, _NONE)
                yield (one.commit, one.path), array(_CODE, map(zlib.crc32, wrote))
        next(stream, None)  # git ends by itself


def _now(git_dir: Path, tip: str, paths: Iterable[str]) -> dict[str, frozenset[int]]:
    """Return the lines of each file as it is at `tip`: none for one that is gone, nothing for one too large to say."""
    asked = list(paths)
    there = dict(zip(asked, files.at(git_dir, [(tip, path) for path in asked]), strict=True))
    blobs = {oid: frozenset(map(zlib.crc32, lines)) for oid, lines in _texts(git_dir, there.values()).items()}
    none: frozenset[int] = frozenset()
    return {path: blobs.get(one.oid, none) if one else none for path, one in there.items() if not _large(one)}


_NONE: frozenset[bytes] = frozenset()
_NOTHING = array(_CODE)


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
