"""Once a week, where the user asks for it, a session that starts also starts a sweep: exactly one of many."""

import subprocess
import sys
from collections.abc import Mapping

from gitskills.state.files import write_atomic
from gitskills.state.inbox import heeded
from gitskills.state.lock import Busy, locked
from gitskills.state.paths import Paths

WEEK = 7 * 86400.0  # seconds


def start(paths: Paths, *, now: float) -> bool:
    """Start a sweep in the background if one is due; `now` in seconds. Returns whether it did.

    Where the state folder cannot be written, or no process be started, there is none this time.
    """
    try:
        if not due(paths, now=now):
            return False
        spawn(paths)
    except OSError:
        return False
    return True


def due(paths: Paths, *, now: float) -> bool:
    """Whether the caller is to start a sweep: GITSKILLS_SWEEP=weekly, and nobody did for a week.

    It is noted before this returns, under a lock: whoever asks next is told no, even if the caller dies. Raises
    OSError.
    """
    if not asked(paths.environ) or _fresh(paths, now):
        return False
    try:
        with locked(paths.state / "locks" / "sweep.lock", timeout=5.0, what="the weekly sweep"):
            if _fresh(paths, now):
                return False
            write_atomic(paths.state / "sweep", f"{now:.0f}\n".encode())
    except Busy:  # whoever holds it starts one
        return False
    return True


def asked(environ: Mapping[str, str]) -> bool:
    """Whether the user wants sweeps, and this is no process that gitskills itself started for a model."""
    return environ.get("GITSKILLS_SWEEP") == "weekly" and heeded(environ)


def spawn(paths: Paths) -> None:
    """Start `gitskills improve --all` as nobody's child, without a terminal, in a folder of ours."""
    words = [sys.executable, "-m", "gitskills", "improve", "--all"]
    null = subprocess.DEVNULL
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        subprocess.Popen(words, cwd=paths.state, stdin=null, stdout=null, stderr=null, creationflags=flags)
    else:
        subprocess.Popen(words, cwd=paths.state, stdin=null, stdout=null, stderr=null, start_new_session=True)


def _fresh(paths: Paths, now: float) -> bool:
    """Whether a sweep was started less than a week ago; a note from the future is of a clock that was wrong."""
    try:
        return 0 <= now - float((paths.state / "sweep").read_bytes()) < WEEK
    except (OSError, ValueError):
        return False
