"""The fork at the front door: what must be instant is answered here, all else by `cli`."""

import atexit
import os
import sys

_PLAIN = {"--json", "--dry-run", "--ours", "--theirs"}


def main() -> None:
    """Run gitskills with the process's arguments and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from gitskills import __version__

        sys.stdout.write(f"gitskills {__version__}\n")
        return
    if sys.argv[1:2] == ["hook"] and not {"-h", "--help"} & set(sys.argv):
        from gitskills.hook import main as hook

        sys.exit(hook(sys.argv[2:]))
    begun = _begun(sys.argv[1:])
    from gitskills.cli import main as cli

    _leave(cli(begun=begun))


def _begun(words: list[str]) -> object:
    """Begin a pull whose words leave no doubt: its servers are asked while the command line's library is loaded.

    None where the command must look first; what is wrong it will find again, and say.
    """
    if words[:1] != ["pull"] or any(word.startswith("-") and word not in _PLAIN for word in words):
        return None
    from pathlib import Path

    from gitskills.errors import GitskillsError
    from gitskills.share.begin import begin
    from gitskills.share.project import load
    from gitskills.state.paths import paths

    try:
        return begin(load(paths(), Path.cwd()), watched=sys.stderr is not None and sys.stderr.isatty())
    except (GitskillsError, OSError):
        return None


def _leave(code: int) -> None:
    """End the process without taking hundreds of modules down one by one, which costs each command 15 ms."""
    if "threading" in sys.modules:
        import threading

        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # nobody reads it any more
            code = code or 1
    os._exit(code)


if __name__ == "__main__":
    main()
