"""What `gitskills validate` does: find the skills below a path on disk, and check each as a push would."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.skills.diagnostic import Diagnostic
from gitskills.skills.refuse import unsafe_names
from gitskills.skills.scan import scan
from gitskills.skills.validate import SKILL_FILE, validate
from gitskills.state.files import ignored, read


def skill_folders(path: Path) -> list[Path]:
    """Return the skill folders that a path names: a SKILL.md's, the folder itself, or the outermost ones below it.

    Links are not followed below `path`. Raises GitskillsError where there is none.
    """
    if path.name == SKILL_FILE:
        return [path.parent]
    if not path.is_dir():
        raise GitskillsError(
            f"{path} is neither a SKILL.md nor a folder", "name a skill's folder, or a folder of skills"
        )
    found = list(_below(str(path)))
    if not found:
        if any(name.lower() == SKILL_FILE.lower() for name in os.listdir(path)):
            return [path]  # skill.md: validation tells
        raise GitskillsError(f"there is no {SKILL_FILE} in {path} or below it", "`gitskills new NAME` starts a skill")
    return found


def check(folder: Path, *, lenient: bool = False) -> list[Diagnostic]:
    """Return what is wrong with the skill in a folder; paths begin with `folder` and use `/`.

    Strict, all is checked that stops a push: specification, safe names, hidden text, links, credentials. `lenient`
    is for skills of others: what some agent accepts is a warning, and credentials are not looked for.
    """
    try:
        files = read(folder)
    except (OSError, GitskillsError) as error:
        told = error.message if isinstance(error, GitskillsError) else (error.strerror or str(error))
        return [Diagnostic(folder.as_posix(), 1, "unreadable", "error", told)]
    name = Path(os.path.abspath(folder)).name
    found = [*validate(files, name, lenient=lenient), *scan(files, secrets=not lenient), *unsafe_names(files)]
    found.sort(key=lambda each: (each.path, each.line))
    return [replace(each, path=(folder / each.path).as_posix()) for each in found]


def _below(folder: str) -> Iterator[Path]:
    """Yield the outermost folders with an entry SKILL.md, whatever that entry is."""
    with os.scandir(folder) as listing:
        below = sorted(listing, key=lambda entry: entry.name)
    if any(entry.name == SKILL_FILE for entry in below):
        yield Path(folder)
        return
    for entry in below:
        if entry.is_dir(follow_symlinks=False) and not ignored(entry.name):
            yield from _below(os.path.normpath(entry.path))
