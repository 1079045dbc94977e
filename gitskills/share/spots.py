"""The skills folders of agents that do not read the shared one: what stands there, and the links gitskills makes."""

import contextlib
import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from gitskills.agents.table import folder
from gitskills.share.project import Project
from gitskills.state.stage import Changed, Stage


class Spot:
    """One such folder, links resolved; `shown` is how it is told to the user, `shared` the real folders' parent."""

    def __init__(self, place: Path, shown: str, shared: Path) -> None:
        self.folder = place
        self.place = str(place)
        self.shown = shown
        self._shared = shared

    @cached_property
    def _prefix(self) -> str:
        """What a link's text starts with: the way from here to the real folders."""
        return os.path.relpath(os.path.realpath(self._shared), os.path.realpath(self.folder)) + os.sep

    @cached_property
    def _names(self) -> set[str]:
        """What stood here when first asked: one listing serves hundreds of skills."""
        try:
            return set(os.listdir(self.folder))
        except OSError:
            return set()

    def holds(self, name: str) -> bool:
        """Whether anything of this name stands here."""
        return name in self._names

    def links(self, name: str) -> bool:
        """Whether a link to the real folder of the skill `name` stands here, whoever made it."""
        target = f"{self.place}{os.sep}{name}"
        try:
            text = os.readlink(target)
        except OSError:
            return False
        return text == self._prefix + name or os.path.realpath(target) == os.path.realpath(self._shared / name)

    def link(self, name: str) -> bool:
        """Make the relative link for the skill `name`; False where the system allows none. Raises Changed."""
        if not self._names:
            os.makedirs(self.folder, exist_ok=True)
        try:
            os.symlink(self._prefix + name, f"{self.place}{os.sep}{name}", target_is_directory=True)
        except FileExistsError:
            raise Changed(f"{self.folder / name} appeared while it was being linked", "run again") from None
        except (OSError, NotImplementedError):
            return False
        self._names.add(name)
        return True

    @property
    def absent(self) -> bool:
        """Whether there is no such folder at all yet."""
        return not os.path.lexists(self.folder)

    def fill(self, stage: Stage, names: Iterable[str]) -> bool:
        """Make the links of all these skills aside, for `appear`; False where the system allows none."""

        def write(folder: Path) -> None:
            for name in names:
                os.symlink(self._prefix + name, f"{folder}{os.sep}{name}", target_is_directory=True)

        try:
            stage.fill(names, write)
        except (OSError, NotImplementedError):
            return False
        return True

    def appear(self, stage: Stage) -> bool:
        """Put what `fill` made in place by one rename; False where something stands there by now."""
        appeared = stage.appear()
        if appeared:
            self.__dict__.pop("_names", None)  # to be listed anew
        return appeared

    def unlink(self, name: str) -> bool:
        """Remove the link of the skill `name`; anything else stays. Returns whether there was one."""
        if not self.links(name):
            return False
        os.unlink(self.folder / name)
        self._names.discard(name)
        return True

    def give(self, name: str, to: Path) -> bool:
        """Move the folder of this name to `to`, whole; False where the system cannot in one step."""
        try:
            os.makedirs(to.parent, exist_ok=True)
            os.rename(self.folder / name, to)
        except OSError:
            return False
        self._names.discard(name)
        if to.parent == self.folder:
            self._names.add(to.name)
        return True

    def can_link(self) -> bool:
        """Whether this system lets us make links here."""
        probe = self.folder / f".gitskills-{os.getpid()}"
        try:
            os.symlink(".", probe, target_is_directory=True)
        except (OSError, NotImplementedError):
            return False
        os.unlink(probe)
        return True


def spots(project: Project) -> list[Spot]:
    """The folders that need a link or copy, each once."""
    shared = os.path.realpath(project.skills_folder)
    found: dict[str, Spot] = {}
    for agent in project.agents():
        if agent.reads_shared(project.scope):
            continue
        place = folder(agent, project.scope, project.root, project.paths.home, project.paths.environ)
        real = os.path.realpath(place) if place is not None else shared
        if place is not None and real != shared:
            found.setdefault(real, Spot(Path(real), _shown(place, project), project.skills_folder))
    return list(found.values())


def _shown(place: Path, project: Project) -> str:
    with contextlib.suppress(ValueError):
        return place.relative_to(project.root).as_posix()
    return str(place)
