"""The audit trail of a library: kept in the index, read from git only where it is new."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import NamedTuple

from gitskills.errors import GitskillsError
from gitskills.git import history
from gitskills.git.folders import above
from gitskills.git.renames import follow
from gitskills.memory import uncollected
from gitskills.share.trail.rows import Row, Skill, Trail, say
from gitskills.state.transaction import transaction

KEPT = 8  # trails per repository: branches and tags in use at the same time
_COLUMNS = "skill, oid, date, author, email, path, op, version, base, tree, origin, summary, trailers"

Want = Callable[[Iterable[str]], object]
"""Brings missing blobs into the repository, in one batch (`Cache.want`); a GitskillsError means they stay missing."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The trail of a repository up to one tip, in the index `db`."""

    db: sqlite3.Connection
    key: int

    def rows(self, name: str | None = None, *, op: str | None = None, limit: int | None = None) -> Iterator[Row]:
        """Yield changes, newest first: of all skills, or of the one called `name` (or at that path) in all its names.

        Raises GitskillsError when there never was such a skill.
        """
        clauses: list[str] = ["trail = ?"]
        values: list[str | int] = [self.key]
        if name is not None:
            numbers = self.find(name)
            clauses.append(f"skill IN ({', '.join('?' * len(numbers))})")
            values += numbers
        if op is not None:
            clauses.append("op = ?")
            values.append(op)
        values.append(-1 if limit is None else limit)
        query = f"SELECT {_COLUMNS} FROM trail_row WHERE {' AND '.join(clauses)} ORDER BY number DESC LIMIT ?"
        return map(Row._make, self.db.execute(query, values))

    def skills(self, *, gone: bool = False) -> dict[str, Skill]:
        """Return the skills at the tip by path: versions, creators, who landed last; with `gone` the removed as well.

        A folder inside another skill's folder is part of that skill.
        """
        query = "SELECT path, tree, version, landed, creator FROM trail_skill WHERE trail = ? ORDER BY tree <> '', path"
        found = {skill.path: skill for skill in (Skill(*row) for row in self.db.execute(query, [self.key]))}
        here = {path for path, skill in found.items() if skill.tree}
        return {
            path: skill
            for path, skill in found.items()
            if (path in here and here.isdisjoint(above(path))) or (gone and path not in here)
        }

    def creators(self) -> dict[str, str]:
        """Return the email address of who created each skill, by every path it ever had; of a path, by the latest."""
        query = (
            "SELECT trail_path.path, creator FROM trail_path JOIN trail_skill USING (trail, skill)"
            " WHERE trail_path.trail = ?"
        )
        return dict(self.db.execute(query, [self.key]))

    def root(self) -> str:
        """Return the tree of the skill at the library's root; "" where there is none at the tip."""
        found = self.db.execute("SELECT tree FROM trail_skill WHERE trail = ? AND path = ''", [self.key]).fetchone()
        return str(found[0]) if found else ""

    def find(self, name: str) -> list[int]:
        """Return the numbers of the skills called `name` or standing at that path.

        Skills that are there win over removed ones, those over skills that only once had the name.
        """
        ever: list[list[int]] = [[], [], []]
        query = "SELECT skill, path, tree FROM trail_skill WHERE trail = ?"
        for skill, path, tree in self.db.execute(query, [self.key]):
            if name in (path, path.rpartition("/")[2]):
                ever[0 if tree else 1].append(skill)
        for path, skill in self.db.execute("SELECT path, skill FROM trail_path WHERE trail = ?", [self.key]):
            if name in (path, path.rpartition("/")[2]):
                ever[2].append(skill)
        found = next((skills for skills in ever if skills), None)
        if found is None:
            raise GitskillsError(f"no skill {name!r} in this history", "`gitskills list` shows the skills there are")
        return sorted(set(found))

    def at(self, name: str, version: str) -> Row:
        """Return the change that made a skill what it was at `version`: v3, 3, or the start of a tree or commit oid.

        Raises GitskillsError when the skill or the version is not in the history, or the oid fits several.
        """
        wanted = version.removeprefix("v")
        # An inner commit of a merge may share the number; the last row of a version has the tree that landed.
        rows = [row for row in self.rows(name) if row.version is not None]
        if wanted.isdigit() and len(wanted) < 7:
            found = [row for row in rows if row.version == int(wanted)][:1]
        else:
            found = [
                row
                for row in rows
                if len(version) >= 4 and version in (row.tree[: len(version)], row.commit[: len(version)])
            ]
        if not found or len({row.tree for row in found}) > 1:
            last = rows[0].version if rows else 0
            what = f"{version} fits several versions of" if found else f"no version {version} of"
            shown = name or "the skill at the root"
            raise GitskillsError(f"{what} {shown}", f"it has v1 to v{last}, as `gitskills log` shows")
        return found[0]

    def with_tree(self, tree: str) -> list[Row]:
        """Return the changes that left a skill with exactly this tree, newest first."""
        query = f"SELECT {_COLUMNS} FROM trail_row WHERE trail = ? AND tree = ? ORDER BY number DESC"
        return [Row._make(row) for row in self.db.execute(query, [self.key, tree])]


def as_json(row: Row, name: str, source: str) -> str:
    """Return a row as the JSON object of `gitskills log --json`; its trailers are JSON already.

    Put together by hand: `json.dumps` of a dict per row takes three times as long, and a history has many.
    """
    text = json.dumps
    version = "null" if row.version is None else str(row.version)
    renamed = "" if row.origin is None else f', "renamed_from": {text(row.origin)}'
    return (
        f'{{"commit": "{row.commit}", "date": {text(row.date)}, "author": {text(f"{row.author} <{row.email}>")}, '
        f'"skill": {text(name)}, "op": "{row.op}", "version": {version}, "tree": "{row.tree}", '
        f'"summary": {text(row.summary)}, "trailers": {row.trailers}, "source": {text(source)}, '
        f'"path": {text(row.path)}, "base": "{row.base}"{renamed}}}'
    )


def read(db: sqlite3.Connection, git_dir: Path, tip: str, *, want: Want | None = None) -> Audit:
    """Return the trail of `git_dir` up to the commit `tip`, reading from git what the index does not have yet.

    `want` brings the SKILL.md of renamed folders where the repository lacks them; without it a folder that was renamed
    and rewritten in one commit may count as a new skill until the tip moves.
    """
    where = _identity(git_dir)
    while True:
        known = _known(db, where)
        if tip in known and (known[tip].looked != _NOT_ASKED or want is None):
            return Audit(db, known[tip].key)
        since = _nearest(git_dir, tip, {old for old, kept in known.items() if kept.looked == _WHOLE})
        trail = Trail() if since is None else _load(db, known[since].key)
        with uncollected():
            rows, looked = _extend(trail, git_dir, tip, since, want)
            with transaction(db):
                if _known(db, where) == known:  # else another process was here meanwhile: look again
                    key = _open_trail(db, where, tip, since, known, looked)
                    _write(db, key, trail, rows)


class _Kept(NamedTuple):
    """A trail in the index: its key, and whether the contents that decide renames were all there."""

    key: int
    looked: int


_NOT_ASKED, _WHOLE, _IN_VAIN = 0, 1, 2


def _known(db: sqlite3.Connection, where: str) -> dict[str, _Kept]:
    query = "SELECT tip, id, looked FROM trail WHERE repository = ? ORDER BY id"
    return {tip: _Kept(key, looked) for tip, key, looked in db.execute(query, [where])}


def _identity(git_dir: Path) -> str:
    """Name a repository in the index; a shallow one is another as soon as its edge moves."""
    shallow = git_dir / "shallow"
    edge = shallow.stat().st_mtime_ns if shallow.exists() else ""
    return f"{git_dir.resolve()}#{edge}"


def _nearest(git_dir: Path, tip: str, known: set[str]) -> str | None:
    """Return the nearest known tip on the first-parent chain of `tip`: versions count along that chain."""
    if not known:
        return None
    chain = history.first_parents(git_dir, tip)
    return next((commit for commit in chain if commit in known), None)


def _extend(trail: Trail, git_dir: Path, tip: str, since: str | None, want: Want | None) -> tuple[list[Row], int]:
    """Read the new commits; return their rows, and whether every rename could be looked into."""
    changes, said = [], {}
    for change in history.changes(git_dir, tip, since=since):
        changes.append(change)
        said[change.commit] = say(change.message)  # here, while git works on the next one

    def contents(oids: Iterable[str]) -> Mapping[str, bytes]:
        wanted = set(oids)
        found = history.objects_here(git_dir, wanted)
        missing = wanted - found.keys()
        if not missing or want is None:
            return found
        try:
            want(missing)
        except GitskillsError:
            return found
        return found | history.objects_here(git_dir, missing)

    looked = _WHOLE if follow(changes, contents) else _NOT_ASKED if want is None else _IN_VAIN
    return list(trail.extend(changes, tip, said)), looked


def _load(db: sqlite3.Connection, key: int) -> Trail:
    query = "SELECT path, tree, version, landed, creator FROM trail_skill WHERE trail = ? ORDER BY skill"
    return Trail(
        {number: Skill(*row) for number, row in enumerate(db.execute(query, [key]))},
        dict(db.execute("SELECT path, skill FROM trail_path WHERE trail = ?", [key])),
        set(db.execute("SELECT DISTINCT skill, tree FROM trail_row WHERE trail = ?", [key])),
    )


def _open_trail(
    db: sqlite3.Connection, where: str, tip: str, since: str | None, known: Mapping[str, _Kept], looked: int
) -> int:
    """Move the trail at `since` on to `tip`, or make a new one in place of what is too old or was read in part."""
    stale = [known[tip]] if tip in known else [] if since else list(known.values())[: -KEPT + 1]
    for kept in stale:
        for table, column in _TABLES:
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", [kept.key])
    if since is not None:
        db.execute("UPDATE trail SET tip = ?, looked = ? WHERE id = ?", [tip, looked, known[since].key])
        return known[since].key
    return db.execute("INSERT INTO trail VALUES (NULL, ?, ?, ?)", [where, tip, looked]).lastrowid or 0


_TABLES = (("trail", "id"), ("trail_skill", "trail"), ("trail_path", "trail"), ("trail_row", "trail"))


def _write(db: sqlite3.Connection, key: int, trail: Trail, rows: list[Row]) -> None:
    count = db.execute("SELECT max(number) FROM trail_row WHERE trail = ?", [key]).fetchone()[0] or 0
    marks = ", ".join("?" * (len(Row._fields) + 2))
    db.executemany(
        f"INSERT INTO trail_row VALUES ({marks})", ((key, count + number, *row) for number, row in enumerate(rows, 1))
    )
    skills = ((key, number, *astuple(skill)) for number, skill in trail.skills.items())
    db.executemany("INSERT OR REPLACE INTO trail_skill VALUES (?, ?, ?, ?, ?, ?, ?)", skills)
    paths = ((key, path, skill) for path, skill in trail.paths.items())
    db.executemany("INSERT OR REPLACE INTO trail_path VALUES (?, ?, ?)", paths)
