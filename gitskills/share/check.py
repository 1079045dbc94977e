"""What `gitskills validate` does: find the skills below a path on disk, and check each as a push would."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.skills import frontmatter
from gitskills.skills.diagnostic import Diagnostic
from gitskills.skills.refuse import unsafe_names
from gitskills.skills.scan import scan
from gitskills.skills.validate import SKILL_FILE, validate
from gitskills.state.files import ignored, read

_HEAD = 1 << 16  # bytes of a SKILL.md in which its frontmatter ends


def skill_folders(path: Path) -> list[Path]:
    """Return the skill folders that a path names: a SKILL.md's, the folder itself, or the outermost ones below it.

    The cards below a card are skills, too: a node of the tree of cards holds its leaves. Links are not followed below
    `path`. Raises GitskillsError where there is none.
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
    """Yield the outermost folders with an entry SKILL.md, whatever that entry is, and what a node of cards holds."""
    with os.scandir(folder) as listing:
        below = sorted(listing, key=lambda entry: entry.name)
    if any(entry.name == SKILL_FILE for entry in below):
        yield Path(folder)
        if not _is_node(Path(folder) / SKILL_FILE):
            return
    for entry in below:
        if entry.is_dir(follow_symlinks=False) and not ignored(entry.name):
            yield from _below(os.path.normpath(entry.path))


def _is_node(file: Path) -> bool:
    """Whether a SKILL.md says that it is a node of the tree of cards; not where it cannot be read."""
    if file.is_symlink() or not file.is_file():
        return False
    try:
        with file.open("rb") as opened:
            text = opened.read(_HEAD).decode("utf-8", "replace")
        metadata = frontmatter.keys(frontmatter.split(text), lenient=True).get("metadata")
    except (OSError, GitskillsError):
        return False
    return isinstance(metadata, dict) and metadata.get("gitskills-kind") == "node"
