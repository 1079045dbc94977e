"""Register our hook with agents, take it back, and say how things stand: the files on disk."""

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gitskills.agents import hooks, hooktext
from gitskills.agents.hooks import Registration
from gitskills.agents.hooktext import State
from gitskills.agents.table import Scope
from gitskills.agents.trust import FIX, Trust, trust
from gitskills.errors import GitskillsError
from gitskills.state import database, registrations
from gitskills.state.files import write_atomic
from gitskills.state.lock import locked
from gitskills.state.paths import Paths
from gitskills.state.registrations import Written
from gitskills.state.templates import templates

Action = Literal["installed", "updated", "uninstalled", "unchanged", "refused"]

WINDOWS = sys.platform == "win32"
WORDS = {
    "untrusted": "waits for your approval: until then the agent skips our hooks",
    "unknown": "could not be asked whether you approved our hooks",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One agent's hook file in one scope."""

    registration: Registration
    path: Path

    @property
    def plugin(self) -> str:
        """What the file holds where all of it is ours; "" where it is not."""
        if self.registration.form != "plugin":
            return ""
        return templates("agents")[self.registration.agent + self.path.suffix].decode("utf-8")

    def text(self) -> str | None:
        """The file's text, None where there is no file; raises GitskillsError where it cannot be read as UTF-8."""
        try:
            return self.path.read_bytes().decode("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise GitskillsError(f"{self.path} cannot be read: {error}", "it must be a UTF-8 text file") from error


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done about one agent."""

    agent: str
    action: Action
    path: Path
    message: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one agent is registered with; `message` says what is not as it should be."""

    agent: str
    state: State | Literal["broken"]
    path: Path
    message: str = ""
    trust: Trust = ""


def places(paths: Paths, root: Path, scope: Scope, agents: tuple[str, ...], *, named: bool) -> list[Place]:
    """Return the hook files of the agents; those `named` by the user must have one in this scope, others may not."""
    found = []
    for agent in agents:
        if agent not in hooks.REGISTRATIONS and not named:
            continue
        registration = hooks.look_up(agent)
        path = hooks.place(registration, scope, root, paths.home, paths.environ)
        if path is not None:
            found.append(Place(registration, path))
        elif named:
            raise GitskillsError(f"{agent} has no hooks of a project", "use --global")
    return found


def install(paths: Paths, where: list[Place], *, dry_run: bool = False) -> list[Outcome]:
    """Put our entries into each file; a file that cannot be read or written is refused and left, the others go on."""
    if where and not dry_run and not WINDOWS:
        _write_launcher(paths)
    return [_one(paths, place, _install, dry_run) for place in where]


def uninstall(paths: Paths, where: list[Place], *, dry_run: bool = False) -> list[Outcome]:
    """Take our entries out of each file; one that we made and that says nothing else goes."""
    return [_one(paths, place, _uninstall, dry_run) for place in where]


def status(paths: Paths, where: list[Place], cwd: Path) -> list[Standing]:
    """Tell how each agent is registered with, and whether one that asks its user was told to run our hooks.

    `cwd` is the project that agents would work in.
    """
    idle = launcher_problem(paths)
    return [_standing(paths, place, cwd, idle) for place in where]


def _standing(paths: Paths, place: Place, cwd: Path, idle: str) -> Standing:
    agent, path = place.registration.agent, place.path
    try:
        state = hooktext.state(place.text(), place.registration, plugin=place.plugin, where=str(path))
    except GitskillsError as error:
        return Standing(agent, "broken", path, error.message)
    if state == "absent":
        return Standing(agent, state, path)
    if state == "stale" or idle:
        return Standing(agent, "stale", path, idle or "written by another version of gitskills, or changed")
    told = trust(agent, path, cwd, paths.environ)
    return Standing(agent, state, path, WORDS.get(told, ""), told)


def troubles(standings: Iterable[Standing]) -> list[tuple[str, bool | None, str, str]]:
    """Tell for `doctor` how each registered agent stands: agent, whether all is well (None: unknown), why, the fix."""
    found: list[tuple[str, bool | None, str, str]] = []
    for one in standings:
        if one.state == "absent":
            continue
        scoped = f"{one.path}: {one.message or 'installed'}"
        if one.state != "installed":
            fix = "`gitskills hooks install` writes them anew" if one.state == "stale" else "correct the file"
            found.append((one.agent, False, scoped, fix))
        else:
            well = {"untrusted": False, "unknown": None}.get(one.trust, True)
            found.append((one.agent, well, scoped, "" if well else FIX.get(one.agent, "")))
    return found


def launcher_problem(paths: Paths) -> str:
    """Why the registered command would do nothing, or nothing that is found again; "" where it works."""
    if WINDOWS:
        return ""
    path = hooks.launcher_path(paths.home, paths.environ)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return f"{path} is missing, so the hooks do nothing"
    gone = [file for file in hooks.launched(lines) if not file.exists()]
    if gone:
        return f"{gone[0]} is gone, so the hooks do nothing"
    theirs, ours = hooks.launched_with(lines), {"inbox": str(paths.inbox), **_folders(paths)}
    moved = [name for name in ours if theirs.get(name) != ours[name]]
    return f"the hooks tell {theirs.get(moved[0])!r}, gitskills looks in {ours[moved[0]]!r}" if moved else ""


@dataclass(frozen=True, slots=True)
class _Step:
    """What is to be done: the file's new text (None: no file), and what to remember of it (None: nothing)."""

    action: Action
    text: str | None
    written: Written | None


def _one(paths: Paths, place: Place, plan: "_Plan", dry_run: bool) -> Outcome:
    """Plan and do what is to be done about one file; what is remembered is written first, so that no kill loses it."""
    agent = place.registration.agent
    try:
        if dry_run:
            return Outcome(agent, plan(place, place.text(), None).action, place.path)
        with locked(paths.lock_for(place.path), what=str(place.path)), contextlib.closing(database.state(paths)) as db:
            known, before = registrations.read(db, place.path), place.text()
            step = plan(place, before, known)
            _remember(db, place.path, step.written)
            try:
                _write(place.path, before, step, known)
            except OSError:
                _remember(db, place.path, known)
                raise
            if registrations.none(db):
                hooks.launcher_path(paths.home, paths.environ).unlink(missing_ok=True)
    except GitskillsError as error:
        return Outcome(agent, "refused", place.path, error.message)
    except OSError as error:
        return Outcome(agent, "refused", place.path, f"{error.strerror or error} ({error.filename or place.path})")
    return Outcome(agent, step.action, place.path)


_Plan = Callable[[Place, str | None, Written | None], _Step]


def _install(place: Place, before: str | None, known: Written | None) -> _Step:
    """Plan to put our entries into a file."""
    where, plugin = str(place.path), place.plugin
    state = hooktext.state(before, place.registration, plugin=plugin, where=where)
    if state == "installed":
        return _Step("unchanged", before, known or Written(False, (), ()))
    earlier = known if state == "stale" else None
    edits = earlier.edits if earlier else ()
    change = hooktext.install(before, place.registration, edits, plugin=plugin, where=where)
    made = before is None or (earlier is not None and earlier.made)
    folders = earlier.folders if earlier else tuple(_missing(place.path.parent))
    return _Step("updated" if state == "stale" else "installed", change.text, Written(made, folders, change.edits))


def _uninstall(place: Place, before: str | None, known: Written | None) -> _Step:
    """Plan to take our entries out of a file."""
    where, plugin = str(place.path), place.plugin
    if before is None or hooktext.state(before, place.registration, plugin=plugin, where=where) == "absent":
        return _Step("unchanged", before, None)
    after = hooktext.uninstall(before, place.registration, known.edits if known else (), where=where)
    ours = plugin or (known is not None and known.made)
    gone = bool(ours) and hooktext.hollow(after, place.registration)
    return _Step("uninstalled", None if gone else after, None)


def _remember(db: sqlite3.Connection, path: Path, written: Written | None) -> None:
    if written:
        registrations.record(db, path, written)
    else:
        registrations.forget(db, path)


def _write(path: Path, before: str | None, step: _Step, known: Written | None) -> None:
    """Bring a file to its new text, or remove it with the folders that were made for it and hold nothing else."""
    if step.text == before:
        return
    if step.text is not None:
        write_atomic(path, step.text.encode("utf-8"))
        return
    path.unlink()
    for folder in reversed(known.folders if known else ()):
        try:
            folder.rmdir()
        except OSError:  # somebody else's files are in it
            break


def _missing(folder: Path) -> Iterator[Path]:
    """Yield the folders that have to be made for `folder` to exist, outermost first."""
    if not folder.exists():
        yield from _missing(folder.parent)
        yield folder


def _folders(paths: Paths) -> dict[str, str]:
    """The XDG folders as they are now: agents do not all pass these variables on, and the worker would look elsewhere.

    None where GITSKILLS_HOME names one for all (the launcher is found by it), or where the system has its own places.
    """
    if paths.environ.get("GITSKILLS_HOME") or sys.platform in ("win32", "darwin"):
        return {}
    at = {"XDG_CONFIG_HOME": paths.config, "XDG_CACHE_HOME": paths.cache, "XDG_STATE_HOME": paths.state}
    return {name: str(folder.parent) for name, folder in at.items()}


def _write_launcher(paths: Paths) -> None:
    """Write the script that the registered command runs, for the Python and the gitskills that run now."""
    program = Path(__file__).resolve().parents[1] / "hook.py"
    text = hooks.launcher(sys.executable, program, paths.inbox, _folders(paths)).encode()
    path = hooks.launcher_path(paths.home, paths.environ)
    try:
        if path.read_bytes() == text:
            return
    except OSError:
        pass
    write_atomic(path, text)
