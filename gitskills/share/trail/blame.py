"""`blame`: which commit, person and session wrote each line of a skill, across its renames."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import lines, objects
from gitskills.git.lines import Origin
from gitskills.share.trail.audit import Audit, Want
from gitskills.share.trail.rows import Row


@dataclass(frozen=True, slots=True)
class Line:
    """A line, from 1, and the change it comes from; `op` and `evidence` are empty where its commit has none."""

    line: int
    text: str
    commit: str
    author: str
    date: str
    op: str
    evidence: tuple[str, ...]


def blame(
    audit: Audit, git_dir: Path, tip: str, name: str, file: str = objects.MANIFEST, *, want: Want | None = None
) -> list[Line]:
    """Return each line of a skill's file at `tip` with the change it comes from.

    `want` brings the file's versions that are missing, in one batch. Raises GitskillsError where the skill or the file
    is not there.
    """
    numbers = audit.find(name)
    here = sorted(path for path, skill in audit.skills().items() if name in (path, skill.name))
    if not here:
        raise GitskillsError(f"{name} was removed from the library", f"`gitskills log {name}` says when")
    if len(here) > 1:
        raise GitskillsError(f"several skills are called {name}: {', '.join(here)}", "name one by its path")
    rows = [row for row in audit.rows(here[0]) if row.skill in numbers]
    _check(git_dir, tip, here[0], file)
    paths = {_join(path, file) for row in rows for path in (row.path, row.origin) if path is not None}
    wanted = lines.versions(git_dir, {row.commit for row in rows}, sorted(paths))
    if want is not None:
        want(sorted(wanted))
    renames = {(row.commit, row.path): row.origin for row in rows if row.origin is not None}
    told = {row.commit: row for row in rows}
    return [
        _line(number, origin, told.get(origin.commit))
        for number, origin in enumerate(_origins(git_dir, tip, here[0], file, renames), 1)
    ]


def _origins(git_dir: Path, rev: str, folder: str, file: str, renames: dict[tuple[str, str], str]) -> list[Origin]:
    """Blame a file, and go on in the folder it was renamed from for the lines that came from there unchanged."""
    found = lines.origins(git_dir, rev, _join(folder, file))
    for commit in {origin.commit for origin in found if (origin.commit, folder) in renames}:
        before = f"{commit}^1:{_join(renames[commit, folder], file)}"
        old, new = (objects.resolve(git_dir, name) for name in (before, f"{commit}:{_join(folder, file)}"))
        if old is None or new is None:
            continue
        older = _origins(git_dir, f"{commit}^1", renames[commit, folder], file, renames)
        same = lines.kept(git_dir, old, new)
        for position, origin in enumerate(found):
            if origin.commit == commit and origin.number in same:
                found[position] = older[same[origin.number] - 1]
    return found


def _line(number: int, origin: Origin, row: Row | None) -> Line:
    said = json.loads(row.trailers) if row is not None else {}
    return Line(
        number,
        origin.text,
        origin.commit,
        origin.author if row is None else f"{row.author} <{row.email}>",
        origin.date if row is None else row.date,
        "" if row is None else row.op,
        tuple(said.get("Skill-Evidence", ())),
    )


def _check(git_dir: Path, tip: str, folder: str, file: str) -> None:
    """Raise unless the skill has this file; files are named as git lists them, with `/`."""
    entries = objects.entries(git_dir, f"{tip}:{folder}")
    if file not in entries:
        from difflib import get_close_matches  # only on the way out with an error

        near = get_close_matches(file, entries, n=3) or sorted(entries)[:5]
        raise GitskillsError(f"{folder or 'the skill'} has no file {file}", f"it has {', '.join(near)}")


def _join(folder: str, file: str) -> str:
    return f"{folder}/{file}" if folder else file
