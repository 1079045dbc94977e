"""Skill folders built aside, then swapped in whole; whatever a crash leaves behind is sorted out by the next run.

The stage is a folder beside the skills folder, on its file system, where no agent looks for skills:
`build` holds what may be half-written, `ready` what is about to be swapped in, `aside` what was swapped out.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.skills.tree import tree_oid
from gitskills.state import exchange, files

NAME = ".gitskills-stage"
Content = Iterable[tuple[str, int, bytes]]
"""A folder's files: path with `/`, git mode, bytes."""


class Changed(GitskillsError):
    """A folder was edited by someone else while it was being replaced; it stands as they left it."""


class Stage:
    """The place beside one skills folder where its new content is prepared; use it under the project's lock."""

    def __init__(self, skills: Path) -> None:
        self.skills = skills
        self._live = str(skills)
        self._folder: Path | None = None
        self._building = ""
        self._built: set[str] = set()
        self._arrived: set[str] = set()
        self._home = False  # whether the skills folder is sure to be there

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._folder is not None:
            for part in ("build", "ready", "aside", ""):
                with contextlib.suppress(OSError):  # what is not empty is left for `recover`
                    os.rmdir(self._folder / part)

    def fill(self, names: Iterable[str], write: Callable[[Path], None]) -> None:
        """Let `write` build the folders `names` all at once; `put` then takes each as it is.

        What `write` raises comes through; nothing counts as built then.
        """
        for name in names:
            if os.path.lexists(left := self._part("build") / name):
                files.remove_tree(left)
        write(self._part("build"))
        self._built.update(names)

    def appear(self) -> bool:
        """Make all that `fill` built the skills folder itself, by one rename; False where there is one already.

        `put` of these folders then has nothing to do. An empty folder that appears just now is replaced, as `rename`
        does; one that holds anything, a file or a link is not.
        """
        build = self._part("build")
        if not self._built or os.path.lexists(self.skills) or set(os.listdir(build)) != self._built:
            return False
        try:
            os.rename(build, self.skills)
        except OSError:
            return False
        build.mkdir()
        self._arrived, self._built = self._built, set()
        return True

    def drop(self) -> None:
        """Remove what `fill` built and nobody took."""
        if self._folder is not None:
            self._built.clear()
            files.remove_tree(self._part("build"))
            self._part("build").mkdir()

    def put(self, name: str, content: Content, *, old: str | None, known: Mapping[str, int] | None = None) -> None:
        """Make `content` the skill folder `name`, which must now have the tree `old` (None: not exist).

        By-products that `known` (path → mode of tracked files) does not name are carried over.
        Raises Changed, and leaves the folder as it is, where it turns out to hold something else.
        """
        if name in self._arrived and old is None:
            self._arrived.discard(name)
            return
        if name in self._built:
            self._built.discard(name)
            base = str(self._part("build") / name)
        else:
            base = self._build(name)
            for path, mode, data in content:
                files.write(base, path, mode, data)
        if old is None:
            self._arrive(base, f"{self._live}/{name}")
            return
        live, built = self.skills / name, Path(base)
        ready, aside = self._part("ready") / name, self._part("aside") / name
        try:
            _carry(live, built, known or {})
            os.rename(built, ready)
            exchange.replace(ready, live, aside)
        except FileNotFoundError as error:
            for left in (built, ready):
                if left.is_dir():
                    files.remove_tree(left)
            raise Changed(f"{live} was removed while it was being replaced", "run again") from error
        if _tree(aside, known) != old:
            exchange.replace(aside, live, ready)
            self._drop(ready)
            raise Changed(f"{live} was edited while it was being replaced", "it was left as it is; run again")
        self._drop(aside)

    def take_away(self, name: str, *, old: str, known: Mapping[str, int] | None = None) -> None:
        """Remove the skill folder `name`, which must have the tree `old`; raises Changed where it does not."""
        live, aside = self.skills / name, self._part("aside") / name
        try:
            os.rename(live, aside)
        except FileNotFoundError as error:
            raise Changed(f"{live} was removed by somebody else", "run again") from error
        if _tree(aside, known) != old:
            os.rename(aside, live)
            raise Changed(f"{live} was edited while it was being removed", "it was left as it is; run again")
        self._drop(aside)

    def _drop(self, folder: Path) -> None:
        """Remove a folder that was swapped out."""
        _drop(folder, self._part("build"))

    def _part(self, part: str) -> Path:
        if self._folder is None:
            if os.path.lexists(self.skills):  # else it may appear whole
                self.skills.mkdir(exist_ok=True)  # raises for what is no folder
            self._folder = _folder(self.skills)
            for one in ("build", "ready", "aside"):
                (self._folder / one).mkdir(parents=True, exist_ok=True)
        return self._folder / part

    def _build(self, name: str) -> str:
        """Make an empty folder to build the skill in; hundreds are made at once, so paths are plain text here."""
        self._building = self._building or str(self._part("build"))
        base = f"{self._building}/{name}"
        try:
            os.mkdir(base)
        except FileExistsError:
            files.remove_tree(Path(base))
            os.mkdir(base)
        return base

    def _arrive(self, built: str, live: str) -> None:
        try:
            if not self._home:
                self.skills.mkdir(parents=True, exist_ok=True)
                self._home = True
            os.rename(built, live)
        except OSError as error:
            files.remove_tree(Path(built))
            if os.path.lexists(live):
                raise Changed(f"{live} appeared while the skill was being installed", "run again") from error
            raise


def recover(skills: Path, in_git: Callable[[str], bool], keep: Path) -> list[Path]:
    """Clear what a killed run left beside the folder `skills`; use it under the project's lock.

    A folder swapped out whose place is empty goes back. Other leftovers are removed when git has
    their tree (`in_git`), else moved below `keep`. Returns where those went.
    """
    kept: list[Path] = []
    stage = _folder(skills)
    if not stage.is_dir():
        return kept
    for part in ("aside", "ready"):
        for folder in sorted((stage / part).iterdir()) if (stage / part).is_dir() else ():
            live = skills / folder.name
            if part == "aside" and not os.path.lexists(live):
                os.rename(folder, live)
            elif in_git(_tree(folder, None) or ""):
                _drop(folder, stage / "build")
            else:
                kept.append(_keep(folder, keep))
    files.remove_tree(stage)
    return kept


def _drop(folder: Path, build: Path) -> None:
    """Remove a folder from the place where `build` is: what a crash leaves of it there goes, and is never put back."""
    build.mkdir(exist_ok=True)
    gone = build / folder.name
    if os.path.lexists(gone):
        files.remove_tree(gone)
    os.rename(folder, gone)
    files.remove_tree(gone)


def _folder(skills: Path) -> Path:
    """The stage of a skills folder: beside it, or inside where its parent lies on another file system."""
    real = Path(os.path.realpath(skills))
    with contextlib.suppress(OSError):
        if real.stat().st_dev != real.parent.stat().st_dev:
            return real / NAME
    return real.parent / NAME


def _carry(live: Path, built: Path, known: Mapping[str, int]) -> None:
    """Bring the by-products in `live` (a virtual environment, caches) into `built`, leaving them in both."""
    for path in files.by_products(live, known):
        source, target = live / path, built / path
        if os.path.lexists(target) or not _free(built, path):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, target, symlinks=True, copy_function=_link_or_copy)
        else:
            _link_or_copy(str(source), str(target))


def _free(built: Path, path: str) -> bool:
    """Whether nothing but folders is on the way to `path`: where upstream put a file, no folder can be made."""
    parents = [built.joinpath(*path.split("/")[:count]) for count in range(1, path.count("/") + 1)]
    return all(one.is_dir() and not one.is_symlink() for one in parents if os.path.lexists(one))


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, target, follow_symlinks=False)


def _keep(folder: Path, keep: Path) -> Path:
    keep.mkdir(parents=True, exist_ok=True)
    number, target = 1, keep / folder.name
    while target.exists():
        number += 1
        target = keep / f"{folder.name}-{number}"
    shutil.move(str(folder), str(target))
    return target


def _tree(folder: Path, known: Mapping[str, int] | None) -> str | None:
    try:
        return tree_oid(files.entries(folder, known))
    except (OSError, GitskillsError):
        return None
