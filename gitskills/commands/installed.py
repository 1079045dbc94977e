"""The skills of this machine as the worker sees them: where the wing that shares meets the wing that improves."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitskills.commands import targets
from gitskills.errors import GitskillsError
from gitskills.improve.site import Placed

if TYPE_CHECKING:
    from gitskills.git.commit import Identity
    from gitskills.improve.case import Models, Target
    from gitskills.share.project import Project
    from gitskills.state.paths import Paths


@dataclass(frozen=True, slots=True)
class Installed:
    """What the locks and the records of placements say; a folder's name alone says nothing."""

    paths: "Paths"

    @property
    def salt(self) -> str:
        """This machine's secret for hashing ids of sessions."""
        return targets.salt(self._global)

    def placed(self, cwd: str) -> Sequence[Placed]:
        """Return the skills of the project at `cwd`, then the user's own; see `Site.placed`."""
        found: dict[str, Placed] = {}
        for project in self.projects(cwd):
            for one in _placed(project):
                found.setdefault(one.name, one)
        return tuple(found.values())

    def wanted(self, cwd: str, name: str) -> bool:
        """Say whether a skill's library wants improvements, as last fetched; one never fetched here may."""
        from gitskills.share import lockfile
        from gitskills.share.policy import policy

        project = self._project(cwd, name)
        source = project.source(lockfile.read(project.lock_path)[name].source)
        cache = project.cache(source)
        return not cache.exists or policy(cache, cache.resolve(source.ref)).improve != "off"

    def target(self, cwd: str, name: str) -> "Target":
        """Return a skill in its library as it is now."""
        return targets.target(self._project(cwd, name), name)

    def text(self, cwd: str, name: str) -> str:
        """Return a skill's SKILL.md as it is on disk."""
        return targets.skill_text(self._project(cwd, name), name)

    def models(self, cwd: str, agent: str) -> "Models":
        """Return the models by environment, project and user."""
        return targets.models(self.projects(cwd)[0], agent)

    def who(self, cwd: str) -> "Identity":
        """Return who commits there, by git's configuration."""
        from gitskills.git.commit import identity

        return identity(Path(cwd) if os.path.isdir(cwd) else self.paths.home)

    @property
    def _global(self) -> "Project":
        from gitskills.share.project import load

        return load(self.paths, self.paths.home, glob=True)

    def projects(self, cwd: str) -> "list[Project]":
        """Return the project at `cwd` and the user's own; none where the project wants no improvements."""
        from gitskills.share.project import load

        if not os.path.isabs(cwd):
            return [self._global]
        here = load(self.paths, Path(cwd))
        # A project that wants none of its sessions judged means all that is used in them.
        return [here, self._global] if here.config.improve else []

    def _project(self, cwd: str, name: str) -> "Project":
        for project in self.projects(cwd):
            if any(one.name == name for one in _placed(project)):
                return project
        raise GitskillsError(f"gitskills has not installed {name!r} there")


def _placed(project: "Project") -> list[Placed]:
    """The skills of one project that its lock names and that a placement is recorded of."""
    from gitskills.share import lockfile
    from gitskills.state import database

    if not project.config.improve:
        return []
    installs = lockfile.read(project.lock_path)
    if not installs:
        return []
    folders: dict[str, set[str]] = {}
    with contextlib.closing(database.state(project.paths)) as db:
        for skill, folder in db.execute("SELECT skill, folder FROM placement WHERE root = ?", (project.key,)):
            for one in (folder, os.path.realpath(folder)):
                folders.setdefault(skill, set()).add(os.path.join(one, skill))
    found = []
    for name, one in installs.items():
        if name in folders and one.source in project.config.sources:
            # An agent may call it by the name in its frontmatter, which a renamed skill keeps.
            names = tuple(dict.fromkeys((name, one.path.rpartition("/")[2] or name)))
            places = folders[name] | {os.path.realpath(each) for each in folders[name]}
            url = targets.located(project, one.url)
            found.append(Placed(name, names, one.source, url, one.path, one.tree, tuple(sorted(places))))
    return found
