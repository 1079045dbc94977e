"""Who created which skill, by the history of each library: for `--author EMAIL`."""

import contextlib

from gitskills.share import lockfile
from gitskills.share.project import Project
from gitskills.share.trail import audit
from gitskills.state import database


def created_by(project: Project, email: str) -> set[tuple[str, str]]:
    """The skills (source, path in its library) that the person with this address created; case does not matter.

    Every path that a skill ever had counts, since what is installed may have moved or left since.
    """
    found = set()
    with contextlib.closing(database.index(project.paths)) as db:
        for library in project.libraries():
            if library.tip is not None:
                creators = audit.read(db, library.git_dir, library.tip).creators()
                same = (path for path, creator in creators.items() if creator.casefold() == email.casefold())
                found |= {(library.source, path) for path in same}
    return found


def installed_by(project: Project, email: str) -> list[str]:
    """The installed skills, by their names here, that the person with this address created."""
    created = created_by(project, email)
    lock = lockfile.read(project.lock_path)
    return [name for name, one in lock.items() if (one.source, one.path) in created]
