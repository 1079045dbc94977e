"""The command line: what must begin before it can be read, and the one error boundary."""

import errno
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gitskills import __version__, console
from gitskills.errors import GitskillsError

# What to do about an error of the system that nothing closer to it told better.
_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room on that disk, then run it again"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "see who owns it, and whether you may write there"),
    **dict.fromkeys((errno.ENOTDIR, errno.EEXIST), "move away what stands there: a folder is wanted"),
}

_PLAIN = {"--json", "--dry-run", "--ours", "--theirs"}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 expected failure, 2 usage, 3 a bug, 130 interrupted."""
    words = sys.argv[1:] if arguments is None else arguments
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by whoever started us (`>&-`): what we say goes nowhere
            setattr(sys, stream, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
    try:
        begun = _begun(words)
        from gitskills.commands.group import run  # and click with it: 15 ms in which servers can answer

        code = run(arguments, begun)
        sys.stdout.flush()
        _remind(words)
        return code
    except GitskillsError as error:
        console.error(error.message, error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        console.note("interrupted")
        return 130
    except BrokenPipeError:
        # The reader left (`gitskills log | head`): nothing to tell, and nothing more to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except OSError as error:
        if not _somewhere():
            console.error("the folder you are in is gone", "change to one that is there: cd ..")
            return 1
        place = f" ({error.filename})" if error.filename else ""
        todo = _REMEDIES.get(error.errno or 0, "see whether that folder is there and yours")
        console.error(f"{error.strerror or error}{place}", f"{todo}; the details are in {_write_traceback()}")
        return 1
    except Exception as error:
        if type(error).__module__ == "sqlite3" and _told(error):
            return 1
        console.error("this is a bug in gitskills", f"the details are in {_write_traceback()}; please report it")
        return 3


def _told(error: Exception) -> bool:
    """Say what a failure of SQLite's means and what to do, where it is the disk's or the index's; say whether it is."""
    from gitskills.state import database
    from gitskills.state.paths import paths

    if database.out_of_room(error):
        console.error(f"a database of gitskills cannot be written: {error}", database.ROOM)
        return True
    if database.thrown_away(error, paths()):
        console.error("the index was damaged and is thrown away: all of it is derived", "run it again")
        return True
    return False


def _begun(words: Sequence[str]) -> object:
    """Begin a pull whose words leave no doubt, before the command line's library is loaded.

    None where the command must look first; what is wrong it will find again, and say.
    """
    if not words or words[0] != "pull" or any(word.startswith("-") and word not in _PLAIN for word in words):
        return None
    from gitskills.share.begin import begin
    from gitskills.share.project import load
    from gitskills.state.paths import paths

    try:
        return begin(load(paths(), Path.cwd()), watched=sys.stderr.isatty())
    except (GitskillsError, OSError):
        return None


def _somewhere() -> bool:
    """Whether the working directory still exists."""
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _remind(words: Sequence[str]) -> None:
    """Tell a person at a terminal, once a day, that suggestions wait; not beside what is about them anyway."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()) or {"suggest", "work", "demo"} & set(words):
        return
    import time

    from gitskills.state import notice
    from gitskills.state.paths import paths

    if text := notice.due(paths(), now=time.time()):
        console.note(text)


def _write_traceback() -> str:
    """Keep the traceback in a log file and return its path, or the traceback where no file can be made."""
    import traceback

    from gitskills.state.paths import paths

    text = f"gitskills {__version__}, Python {sys.version}\n{traceback.format_exc()}"
    for folder in (paths().state / "crashes", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".log", delete=False, encoding="utf-8") as log:
                log.write(text)
            return log.name
        except OSError:
            continue
    return text
