"""The begin of a pull: its sources are being fetched while the rest of the program is still being loaded."""

import os
from collections.abc import Container, Mapping
from dataclasses import dataclass

from gitskills.git.cache import Cache
from gitskills.share.fetching import Fetching
from gitskills.share.project import Project


@dataclass(frozen=True, slots=True)
class Begun:
    """A pull whose sources are being fetched."""

    project: Project
    caches: Mapping[str, Cache]
    fetching: Fetching


def begin(project: Project, *, offline: bool = False, watched: bool = False, fetched: Container[str] = ()) -> Begun:
    """Start fetching the project's sources but those just `fetched`; `watched` where their progress will be shown.

    Raises GitskillsError where nothing can be done at all: no source, or a broken lock.
    """
    if not project.config.sources:
        raise project.no_sources()
    if os.path.lexists(project.lock_path):  # a broken one stops us before the network
        from gitskills.share import lockfile

        lockfile.read(project.lock_path)
    caches = {name: project.cache(source) for name, source in project.config.sources.items()}
    wanted = {name: cache for name, cache in caches.items() if not offline and name not in fetched}
    return Begun(project, caches, Fetching(wanted, watched=watched))
