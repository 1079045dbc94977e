"""Skills on disk: the real folder below `.agents/skills`, and each other agent's link or copy of it."""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from gitskills.agents.table import Agent, folder
from gitskills.errors import GitskillsError
from gitskills.share.project import Project
from gitskills.skills.tree import tree_oid
from gitskills.state import files
from gitskills.state.stage import Changed, Content, Stage, recover


@dataclass(frozen=True, slots=True)
class Spot:
    """A skills folder of agents that do not read the shared one; `shown` is how it is told to the user."""

    folder: Path
    shown: str


def spots(project: Project) -> list[Spot]:
    """The agents' own skills folders that need a link or copy, each once, links resolved."""
    shared = os.path.realpath(project.skills_folder)
    found: dict[str, Spot] = {}
    for agent in project.agents():
        place = _own_folder(agent, project)
        if place is not None:
            real = os.path.realpath(place)
            if real != shared:
                found.setdefault(real, Spot(Path(real), _shown(place, project)))
    return list(found.values())


def _own_folder(agent: Agent, project: Project) -> Path | None:
    if agent.reads_shared(project.scope):
        return None
    return folder(agent, project.scope, project.root, project.paths.home, project.paths.environ)


def _shown(place: Path, project: Project) -> str:
    with contextlib.suppress(ValueError):
        return place.relative_to(project.root).as_posix()
    return str(place)


class Disk:
    """What stands on disk for one project, and the writer of it; used under the project's lock to write."""

    def __init__(self, project: Project, db: sqlite3.Connection) -> None:
        self.project = project
        self._db = db
        self._stages: dict[Path, Stage] = {}
        self._spots: list[Spot] | None = None
        self._rows: dict[str, dict[str, tuple[str, str]]] = {}
        rows = db.execute("SELECT skill, folder, mode, tree FROM placement WHERE root = ?", (project.key,))
        for skill, place, mode, tree in rows:
            self._rows.setdefault(skill, {})[place] = (mode, tree)
        self._written: dict[tuple[str, str], tuple[str, str] | None] = {}

    def __enter__(self) -> "Disk":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.record()
        for stage in self._stages.values():
            stage.__exit__(kind, value, trace)

    @property
    def spots(self) -> list[Spot]:
        """The agents' folders that need a link or copy; found once."""
        if self._spots is None:
            self._spots = spots(self.project)
        return self._spots

    def live(self, name: str) -> Path:
        """The real folder of a skill."""
        return self.project.skills_folder / name

    def tree(self, name: str, known: Mapping[str, int] | None = None) -> str | None:
        """The tree of the real folder now, None where there is none; a link or file of others is not a folder of ours.

        Raises GitskillsError where it cannot be read.
        """
        return _tree(self.live(name), known)

    def tree_at(self, folder: Path) -> str | None:
        """The tree of any folder now, None where there is none."""
        return _tree(folder, None)

    def foreign(self, name: str) -> bool:
        """Whether a link or a file, which gitskills never makes there, stands in the real folder's place."""
        live = self.live(name)
        return live.is_symlink() or (live.exists() and not live.is_dir())

    def placed(self, name: str) -> str | None:
        """The tree gitskills last meant to put into the real folder, noted before it did."""
        row = self._rows.get(name, {}).get(str(self.project.skills_folder))
        return row[1] if row else None

    def intend(self, trees: Mapping[str, str]) -> None:
        """Note which trees are about to be placed: after a crash this tells our folder from a stranger's."""
        for name, tree in trees.items():
            self._note(name, self.project.skills_folder, "real", tree)
        self.record()

    def put(self, name: str, tree: str, content: Content, *, old: str | None, known: Mapping[str, int]) -> None:
        """Make `content` (whose tree is `tree`) the real folder, which now has the tree `old` (None: absent)."""
        self._stage(self.project.skills_folder).put(name, content, old=old, known=known)
        self._note(name, self.project.skills_folder, "real", tree)

    def spread(self, name: str, tree: str) -> list[str]:
        """Give every agent's own folder its link to, or copy of, the real folder; returns what stood in the way."""
        problems = []
        for spot in self.spots:
            row = self._rows.get(name, {}).get(str(spot.folder))
            try:
                mode = self._one(spot, name, tree, row)
            except Changed as error:
                problems.append(error.message)
                continue
            if mode is None:
                problems.append(f"{spot.shown}/{name} is not from gitskills and was left alone")
            elif row != (mode, tree) and (mode == "copy" or row is None or row[0] != mode):
                self._note(name, spot.folder, mode, tree)
        return problems

    def take_away(self, name: str, tree: str, known: Mapping[str, int]) -> list[str]:
        """Remove the real folder, which has the tree `tree`, with its links and copies; returns what was left."""
        left = []
        for place, (mode, there) in self._rows.get(name, {}).items():
            if mode == "real":
                continue
            folder = Path(place)
            if mode == "link":
                _unlink(folder / name, self.live(name))
            elif _tree(folder / name, None) == there:
                self._stage(folder).take_away(name, old=there)
            elif (folder / name).exists():
                left.append(f"{folder / name} was edited and is kept")
            self._note(name, folder, None, "")
        for spot in self.spots:
            _unlink(spot.folder / name, self.live(name))
        if self.live(name).exists():
            self._stage(self.project.skills_folder).take_away(name, old=tree, known=known)
        self.forget(name)
        return left

    def rename(self, old: str, new: str) -> None:
        """Give the real folder another name, and take away the links of the old one."""
        for spot in self.spots:
            _unlink(spot.folder / old, self.live(old))
        os.rename(self.live(old), self.live(new))

    def forget(self, name: str) -> None:
        """Drop what is recorded of a skill, leaving whatever is on disk."""
        for place in list(self._rows.get(name, {})):
            self._note(name, Path(place), None, "")

    def edited_copies(self, name: str) -> list[Path]:
        """The copies in agents' folders that somebody edited since they were made, one for each different content."""
        found: dict[str, Path] = {}
        for place, (mode, tree) in self._rows.get(name, {}).items():
            if mode == "copy":
                now = _tree(Path(place) / name, None)
                if now not in (None, tree):
                    found.setdefault(now or "", Path(place) / name)
        return [path for now, path in found.items() if now != self.tree(name)]

    def gather(self, name: str) -> str | None:
        """Take an edit made in an agent's copy over into the real folder; returns why that cannot be, or None."""
        copies = self.edited_copies(name)
        if not copies:
            return None
        real = self.tree(name)
        if len(copies) > 1 or real != self.placed(name):
            shown = " and ".join(map(str, [self.live(name), *copies] if real != self.placed(name) else copies))
            return f"was edited differently in {shown}; make them equal, then run again"
        content = files.read(copies[0])
        tree = tree_oid(files.entries(copies[0]))
        self.put(name, tree, [(path, f.mode, f.data) for path, f in content.items()], old=real, known={})
        return None

    def record(self) -> None:
        """Write what has changed since the last call to the state database, in one transaction."""
        if not self._written:
            return
        key = self.project.key
        gone = [(key, skill, place) for (skill, place), row in self._written.items() if row is None]
        new = [(key, skill, place, *row) for (skill, place), row in self._written.items() if row is not None]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("DELETE FROM placement WHERE root = ? AND skill = ? AND folder = ?", gone)
        self._db.executemany("INSERT OR REPLACE INTO placement VALUES (?, ?, ?, ?, ?)", new)
        self._db.execute("COMMIT")
        self._written.clear()

    def recover(self, git_dirs: Iterable[Path]) -> list[Path]:
        """Sort out what a killed run left beside the skills folders; returns folders it had to save elsewhere."""
        from gitskills.git.objects import resolve

        dirs = list(git_dirs)
        keep = self.project.paths.state / "recovered"
        kept = []
        for place in (self.project.skills_folder, *(spot.folder for spot in self.spots)):
            kept += recover(place, lambda tree: any(resolve(one, tree) for one in dirs), keep)
        return kept

    def _one(self, spot: Spot, name: str, tree: str, row: tuple[str, str] | None) -> str | None:
        """Make one agent's link or copy right; returns its mode, or None where something foreign stands."""
        target, live = spot.folder / name, self.live(name)
        if target.is_symlink():
            if os.path.realpath(target) != os.path.realpath(live):
                return None
            if self.project.config.placement == "symlink":
                return "link"
            target.unlink()
        elif target.exists():
            now = _tree(target, None)
            if now != tree and (row is None or row[0] != "copy" or row[1] != now):
                return None
            if self.project.config.placement == "copy" or not _link_instead(
                self._stage(spot.folder), target, live, now
            ):
                self._copy(spot, name, tree, now)
                return "copy"
            return "link"
        if self.project.config.placement == "symlink" and _link(target, live):
            return "link"
        self._copy(spot, name, tree, None)
        return "copy"

    def _copy(self, spot: Spot, name: str, tree: str, now: str | None) -> None:
        if now != tree:
            content = files.read(self.live(name))
            self._stage(spot.folder).put(name, [(p, f.mode, f.data) for p, f in content.items()], old=now)

    def _stage(self, place: Path) -> Stage:
        if place not in self._stages:
            self._stages[place] = Stage(place)
        return self._stages[place]

    def _note(self, name: str, place: Path, mode: str | None, tree: str) -> None:
        row = None if mode is None else (mode, tree)
        if row is None:
            self._rows.get(name, {}).pop(str(place), None)
        else:
            self._rows.setdefault(name, {})[str(place)] = row
        self._written[name, str(place)] = row


def _tree(path: Path, known: Mapping[str, int] | None) -> str | None:
    if path.is_symlink():
        return None
    try:
        return tree_oid(files.entries(path, known))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise GitskillsError(f"{path} cannot be read: {error.strerror}", "see its permissions") from error


def _link(target: Path, live: Path) -> bool:
    """Make `target` a relative link to `live`; False where the system allows none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    to = os.path.relpath(os.path.realpath(live.parent), os.path.realpath(target.parent))
    try:
        os.symlink(os.path.join(to, live.name), target, target_is_directory=True)
    except FileExistsError:
        raise Changed(f"{target} appeared while the skill was being linked", "run again") from None
    except (OSError, NotImplementedError):
        return False
    return True


def _link_instead(stage: Stage, target: Path, live: Path, now: str | None) -> bool:
    """Turn a copy of ours into a link, where the system allows one."""
    probe = target.with_name(f".{target.name}.gitskills-link")
    if not _link(probe, live):
        return False
    probe.unlink()
    stage.take_away(target.name, old=now or "")
    return _link(target, live)


def _unlink(target: Path, live: Path) -> None:
    """Remove a link of ours; anything else stays."""
    if target.is_symlink() and os.path.realpath(target) == os.path.realpath(live):
        target.unlink()
