"""What of this machine gitskills needs: each check says what it saw and, where it fails, what to do."""

import os
import platform
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import command
from gitskills.git.commit import identity
from gitskills.git.probe import libraries, signing_problem
from gitskills.state.paths import Paths


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `ok` is None where nothing could be checked. `fix` is what to do, or a hint beside a good answer."""

    check: str
    ok: bool | None
    message: str
    fix: str = ""


def machine(paths: Paths, cwd: Path) -> list[Check]:
    """Check programs, libraries, identity and gitskills' own folders; `cwd` decides which git configuration holds."""
    return [_git(), _python(), _libraries(), _sqlite(), *_identity(cwd), *_folders(paths), _symlinks(paths)]


def _git() -> Check:
    try:
        found = command.version()
    except GitskillsError as error:
        return Check("git", False, error.message, error.hint)
    shown, oldest = (".".join(map(str, pair)) for pair in (found, command.OLDEST_GIT))
    if found < command.OLDEST_GIT:
        return Check("git", False, f"git {shown} is too old", f"install git {oldest} or newer")
    return Check("git", True, f"git {shown}")


def _python() -> Check:
    return Check("python", True, f"{platform.python_implementation()} {platform.python_version()}")


def _libraries() -> Check:
    try:
        return Check("libraries", True, libraries())
    except ImportError as error:
        return Check("libraries", False, f"a library cannot be loaded: {error}", "install gitskills again")


def _sqlite() -> Check:
    shown = f"SQLite {sqlite3.sqlite_version}"
    db = sqlite3.connect(":memory:")
    try:
        db.execute("CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = 'porter unicode61')")
    except sqlite3.OperationalError:
        return Check("sqlite", False, f"{shown} of this Python lacks FTS5, which search needs", "use another Python")
    finally:
        db.close()
    return Check("sqlite", True, f"{shown} with FTS5")


def _identity(cwd: Path) -> list[Check]:
    try:
        who = identity(cwd)
    except GitskillsError as error:
        return [Check("identity", False, error.message, error.hint)]
    found = [Check("identity", True, f"{who.name} <{who.email}>")]
    if who.signing:
        problem = signing_problem(who)
        found.append(Check("signing", False, *problem) if problem else Check("signing", True, "commits are signed"))
    else:
        found.append(Check("signing", True, "commits are not signed: git's commit.gpgsign is not set"))
    return found


def _folders(paths: Paths) -> list[Check]:
    found = []
    for name, folder in (("config", paths.config), ("cache", paths.cache), ("state", paths.state)):
        problem = unwritable(folder)
        fix = f"make {folder} writable, or set GITSKILLS_HOME to a folder of yours"
        found.append(Check(f"{name} folder", not problem, problem or str(folder), fix if problem else ""))
    return found


def unwritable(folder: Path) -> str:
    """Say why nothing can be written in `folder`, or where it would have to be made; "" where it can."""
    there = folder
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    try:
        # Tried, not asked: permission bits say little on Windows and on network drives.
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return f"{there} cannot be written: {error.strerror or error}"


def _symlinks(paths: Paths) -> Check:
    try:
        with tempfile.TemporaryDirectory(dir=paths.state if paths.state.is_dir() else None) as folder:
            os.symlink("target", os.path.join(folder, "link"), target_is_directory=True)
    except (OSError, NotImplementedError):
        message = "this system makes no links; agents get copies of the skills instead"
        return Check("links", True, message, "on Windows, developer mode allows links" if os.name == "nt" else "")
    return Check("links", True, "links can be made")
