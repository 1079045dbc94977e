"""What a skill at a library's root is called: its folder there has no name to be called by."""

from collections.abc import Callable, Iterable
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.objects import MANIFEST, Entries
from gitskills.share.lockfile import safe_name

Want = Callable[[Iterable[str]], object]
"""Brings missing blobs; raises GitskillsError where they cannot be had."""


def root_name(git_dir: Path, entries: Entries, want: Want | None = None) -> str:
    """Return what a root skill with these files calls itself; "" where that is no name, or its file is out of reach."""
    from gitskills.skills.frontmatter import summary

    _, oid = entries.get(MANIFEST, (0, ""))
    try:
        if want is not None:
            want([oid])
        data = next(objects.blobs(git_dir, [oid]))[1]
    except GitskillsError:
        return ""
    name = summary(data.decode("utf-8", "replace")).name
    return name if name and safe_name(name) else ""
