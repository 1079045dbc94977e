"""Who created which skill, by the history of each library: for `--author EMAIL`."""

import contextlib

from gitskills.config import Pattern, Source
from gitskills.git.objects import skills
from gitskills.share import lockfile
from gitskills.share.project import Project
from gitskills.share.select import Upstream, skill_name
from gitskills.share.trail import audit
from gitskills.state import database


def created_by(project: Project, email: str) -> set[tuple[str, str]]:
    """The skills (source, name in its library) that the person with this address created; case does not matter."""
    found = set()
    with contextlib.closing(database.index(project.paths)) as db:
        for library in project.libraries():
            if library.tip is None:
                continue
            probe = Upstream(Source(library.source, library.url, None, (Pattern("*"),)), library.url, library.tip, {})
            listing = skills(library.git_dir, library.tip)
            for path, one in audit.read(db, library.git_dir, library.tip).skills().items():
                if one.creator.casefold() == email.casefold() and path in listing:
                    found.add((library.source, skill_name(listing[path], probe)))
    return found


def installed_by(project: Project, email: str) -> list[str]:
    """The installed skills, by their names here, that the person with this address created."""
    created = created_by(project, email)
    lock = lockfile.read(project.lock_path)
    return [name for name, one in lock.items() if (one.source, one.path.rpartition("/")[2] or name) in created]
