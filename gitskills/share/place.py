"""Skills on disk: the real folder below `.agents/skills`, and each other agent's link or copy of it."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType

from gitskills.share import together
from gitskills.share.foreign.claims import Claims
from gitskills.share.outcome import Left
from gitskills.share.project import Project
from gitskills.share.spots import Spot, spots
from gitskills.skills.tree import files_oid, tree_oid
from gitskills.state import files, marks
from gitskills.state.lock import Busy
from gitskills.state.stage import Changed, Content, Stage, recover
from gitskills.state.transaction import transaction


class Disk:
    """What stands on disk for one project, and the writer of it; used under the project's lock to write."""

    def __init__(self, project: Project, db: sqlite3.Connection) -> None:
        self.project = project
        self.claims = Claims(project)
        self._db = db
        self._real = str(project.skills_folder)
        self._stages: dict[str, Stage] = {}
        self._foreseen: dict[str, str] = {}
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

    @cached_property
    def spots(self) -> list[Spot]:
        """The agents' folders that need a link or copy; found once."""
        return spots(self.project)

    def live(self, name: str) -> Path:
        """The real folder of a skill."""
        return Path(self._real, name)

    def now(self, name: str) -> Path:
        """Where the real folder of a skill stands now, be a rename of it only foreseen."""
        return self.live(self._foreseen.get(name, name))

    def tree(self, name: str, known: Mapping[str, int] | None = None) -> str | None:
        """The tree of the real folder now, None where there is none; a link or file of others is not a folder of ours.

        Raises GitskillsError where it cannot be read.
        """
        return _tree(f"{self._real}/{self._foreseen.get(name, name)}", known) if name in self._present else None

    @cached_property
    def _present(self) -> set[str]:
        """What stands in the skills folder; one listing serves hundreds of skills."""
        try:
            return set(os.listdir(self._real))
        except OSError:
            return set()

    def tree_at(self, folder: Path) -> str | None:
        """The tree of any folder now, None where there is none."""
        return _tree(str(folder), None)

    def foreign(self, name: str) -> bool:
        """Whether a link or a file, which gitskills never makes there, stands in the real folder's place."""
        live = f"{self._real}/{name}"
        return name in self._present and (os.path.islink(live) or (os.path.exists(live) and not os.path.isdir(live)))

    def placed(self, name: str) -> str | None:
        """The tree gitskills last meant to put into the real folder, noted before it did."""
        row = self._rows.get(name, {}).get(self._real)
        return row[1] if row else None

    def intend(self, trees: Mapping[str, str]) -> None:
        """Note which trees are about to be placed: after a crash this tells our folder from a stranger's."""
        for name, tree in trees.items():
            self._note(name, self._real, "real", tree)
        self.record()

    def put(self, name: str, tree: str, content: Content, *, old: str | None, known: Mapping[str, int]) -> None:
        """Make `content` (whose tree is `tree`) the real folder, which now has the tree `old` (None: absent)."""
        self.take_over(name, content, old=old, known=known)
        self._note(name, self._real, "real", tree)

    def fill(self, names: Sequence[str], write: Callable[[Path], None]) -> None:
        """Let `write` build these skills' folders, all at once; `put` then needs no content for them."""
        by_link = self.project.config.placement == "symlink"
        new = {spot: self._stage(spot.place) for spot in self.spots if by_link and spot.absent}
        together.fill(self._stage(self._real), new, names, write)

    def take_over(self, name: str, content: Content, *, old: str | None, known: Mapping[str, int]) -> None:
        """As `put`, of content that may not be in git: it is not noted as placed, which would make it a base."""
        self._stage(self._real).put(name, content, old=old, known=known)
        self._present.add(name)

    def fetch_in(self, name: str, folder: Path) -> bool:
        """Move a folder out of an agent's own place to be the real one; False where it has to be copied."""
        here = next((spot for spot in self.spots if spot.folder == folder.parent), None)
        moved = here is not None and here.give(name, self.live(name))
        if moved:
            self._present.add(name)
        return moved

    def spread(self, name: str, tree: str) -> Left:
        """Give every agent's own folder its link to, or copy of, the real folder; returns what stood in the way."""
        problems, notes = [], []
        for spot in self.spots:
            row = self._rows.get(name, {}).get(spot.place)
            try:
                mode = self._one(spot, name, tree, row)
            except Changed as error:
                problems.append(error.message)
                continue
            if mode is None:
                problems.append(f"{self._whose(spot, name)} and was left alone: move it away, then pull again")
            elif mode == "alike":
                notes.append(f"{self._whose(spot, name)} and was left alone; `gitskills adopt {name}` takes it over")
            elif mode == "copy" or row is None or row[0] != mode:
                self._keep(name, spot.place, mode, tree if mode == "link" else self.tree(name) or tree)
        return Left(tuple(problems), tuple(notes))

    def strangers(self, name: str) -> list[Path]:
        """The folders of this name in agents' own places that gitskills did not put there."""
        found = [spot.folder for spot in self.spots if spot.holds(name) and not spot.links(name)]
        copied = {place for place, (mode, _) in self._rows.get(name, {}).items() if mode == "copy"}
        return [place / name for place in found if str(place) not in copied]

    def _whose(self, spot: Spot, name: str) -> str:
        tool = self.claims.tool(spot.folder / name)
        return f"{spot.shown}/{name} is {f'from {tool}' if tool else 'not from gitskills'}"

    def take_away(self, name: str, tree: str | None, known: Mapping[str, int]) -> list[str]:
        """Remove the real folder, which has the tree `tree` (None: it is gone already), with its links and copies.

        Returns what was left.
        """
        left = []
        for place, (mode, there) in list(self._rows.get(name, {}).items()):
            copy = os.path.join(place, name)
            if mode == "copy" and _tree(copy, None) == there:
                self._stage(place).take_away(name, old=there)
            elif mode == "copy" and os.path.exists(copy):
                left.append(f"{copy} was edited and is kept")
            if mode == "copy":
                self._note(name, place, None, "")
        linked = {spot.place: spot for spot in self.spots}
        for place, (mode, _) in self._rows.get(name, {}).items():  # also of agents no longer served
            if mode == "link":
                linked.setdefault(place, Spot(Path(place), place, self.project.skills_folder))
        for spot in linked.values():
            spot.unlink(name)
        if tree is not None and self.live(name).exists():
            self._stage(self._real).take_away(name, old=tree, known=known)
            self._present.discard(name)
        self.forget(name)
        return left

    def rename(self, old: str, new: str) -> None:
        """Give the real folder and its copies another name, and take away the links of the old one."""
        copies = [spot for spot in self.spots if self._rows.get(old, {}).get(spot.place, ("",))[0] == "copy"]
        moved = [spot for spot in copies if spot.holds(old) and not spot.holds(new)]
        for spot in moved:
            self._note(new, spot.place, *self._rows[old][spot.place])
        self.record()  # or a run killed from here on would take a copy under its new name for somebody else's
        for spot in self.spots:
            spot.unlink(old)
        for spot in moved:
            spot.give(old, spot.folder / new)
        os.rename(self.live(old), self.live(new))
        self._present.discard(old)
        self._present.add(new)

    def foresee(self, old: str, new: str) -> None:
        """Take the real folder for renamed without touching it: what follows shows what `rename` would lead to."""
        self._foreseen[new] = old
        self._present.discard(old)
        self._present.add(new)

    def claim(self, name: str, folder: Path, tree: str) -> None:
        """Take a skill folder in an agent's own place for a copy of ours: its user has just published this tree."""
        self._note(name, os.path.realpath(folder), "copy", tree)

    def forget(self, name: str) -> None:
        """Drop what is recorded of a skill, leaving whatever is on disk."""
        for place in list(self._rows.get(name, {})):
            self._note(name, place, None, "")

    def edited_copies(self, name: str) -> list[Path]:
        """The copies in agents' folders that somebody edited since they were made, one for each different content."""
        found: dict[str, Path] = {}
        for place, (mode, tree) in self._rows.get(name, {}).items():
            if mode == "copy":
                now = _tree(os.path.join(place, name), None)
                if now not in (None, tree):
                    found.setdefault(now or "", Path(place) / name)
        return [path for now, path in found.items() if now != self.tree(name)]

    def gather(self, name: str, known: Callable[[], Mapping[str, int]]) -> str | None:
        """Take an edit made in an agent's copy over into the real folder; returns why that cannot be, or None.

        Copies hold no by-products, not even those that git tracks, which `known` is asked for.
        """
        made = [(place, tree) for place, (mode, tree) in self._rows.get(name, {}).items() if mode == "copy"]
        if not made:
            return None
        plain = self.tree(name)
        for place, tree in made:
            if tree != plain and _tree(os.path.join(place, name), None) == plain is not None:
                self._note(name, place, "copy", plain)  # made equal by a run that was killed, or by hand
        copies = self.edited_copies(name)
        if not copies:
            return None
        tracked = known()
        real = self.tree(name, tracked)
        # A library's own writing of a tree may have another name than the folder's: then the copy's record decides.
        apart = real != self.placed(name) and plain != self._rows[name][str(copies[0].parent)][1]
        if len(copies) > 1 or apart:
            shown = " and ".join(map(str, [self.live(name), *copies] if apart else copies))
            return f"was edited differently in {shown}; make them equal, then run again"
        edited = files.read(copies[0])
        here = files.read(self.live(name), tracked) if real else {}
        hidden = {path: one for path, one in here.items() if any(map(files.ignored, path.split("/")))}
        content = [(path, one.mode, one.data) for path, one in (hidden | edited).items()]
        self.put(name, files_oid(hidden | edited), content, old=real, known=tracked)
        self._note(name, str(copies[0].parent), "copy", files_oid(edited))
        self.record()  # or a run killed from here on would leave two folders that seem edited differently
        return None

    def record(self) -> None:
        """Write what has changed since the last call to the state database, in one transaction."""
        if not self._written:
            return
        key = self.project.key
        gone = [(key, skill, place) for (skill, place), row in self._written.items() if row is None]
        new = [(key, skill, place, *row) for (skill, place), row in self._written.items() if row is not None]
        with transaction(self._db):
            self._db.executemany("DELETE FROM placement WHERE root = ? AND skill = ? AND folder = ?", gone)
            self._db.executemany("INSERT OR REPLACE INTO placement VALUES (?, ?, ?, ?, ?)", new)
        with contextlib.suppress(Busy, OSError):  # a worker writes them again
            marks.note(self.project.paths, self._db)
        self._written.clear()

    def recover(self, git_dirs: Iterable[Path]) -> list[Path]:
        """Sort out what a killed run left beside the skills folders; returns folders it had to save elsewhere."""
        from gitskills.git.objects import resolve

        dirs = list(git_dirs)
        keep = self.project.paths.state / "recovered"
        kept = []
        for file in (self.project.file, self.project.lock_path):
            files.sweep(file)
        for place in (self.project.skills_folder, *(spot.folder for spot in self.spots)):
            kept += recover(place, lambda tree: any(resolve(one, tree) for one in dirs), keep)
        return kept

    def _one(self, spot: Spot, name: str, tree: str, row: tuple[str, str] | None) -> str | None:
        """Make one agent's link or copy right; returns its mode, or None where something foreign stands.

        "alike" is a stranger's folder where a link would be, with the very content: no folder of ours can be that.
        """
        by_link = self.project.config.placement == "symlink"
        now = None
        if spot.holds(name):
            if spot.links(name):
                if by_link:
                    return "link"
                spot.unlink(name)
            else:
                now = _tree(os.path.join(spot.place, name), None)
                if now is None or (now != tree and row != ("copy", now) and now != self.tree(name)):
                    return None
                by_link = by_link and spot.can_link()
                if by_link and (row is None or row[0] != "copy"):
                    return "alike"
                if row is None and self.claims.refusal(spot.folder / name):
                    return None
                if by_link:
                    self._stage(spot.place).take_away(name, old=now)
                    now = None
        if now is None and by_link and spot.link(name):
            return "link"
        self._copy(spot, name, now)
        return "copy"

    def _copy(self, spot: Spot, name: str, now: str | None) -> None:
        if now != self.tree(name):
            content = files.read(self.live(name))
            self._stage(spot.place).put(name, [(p, f.mode, f.data) for p, f in content.items()], old=now)

    def _stage(self, place: str) -> Stage:
        if place not in self._stages:
            self._stages[place] = Stage(Path(place))
        return self._stages[place]

    def _keep(self, name: str, place: str, mode: str, tree: str) -> None:
        """Note what stands in an agent's place, if that is new."""
        if self._rows.get(name, {}).get(place) != (mode, tree):
            self._note(name, place, mode, tree)

    def _note(self, name: str, place: str, mode: str | None, tree: str) -> None:
        row = None if mode is None else (mode, tree)
        if row is None:
            self._rows.get(name, {}).pop(place, None)
        else:
            self._rows.setdefault(name, {})[place] = row
        self._written[name, place] = row


def _tree(path: str, known: Mapping[str, int] | None) -> str | None:
    if os.path.islink(path):
        return None
    try:
        return tree_oid(files.entries(path, known))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise files.Unreadable(f"{path} cannot be read: {error.strerror}", "see its permissions") from error
