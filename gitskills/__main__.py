"""The fork at the front door: what must be instant is answered here, all else by `cli`."""

import atexit
import os
import sys


def main() -> None:
    """Run gitskills with the process's arguments and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from gitskills import __version__

        sys.stdout.write(f"gitskills {__version__}\n")
        return
    if sys.argv[1:2] == ["hook"] and not {"-h", "--help"} & set(sys.argv):
        from gitskills.hook import main as hook

        sys.exit(hook(sys.argv[2:]))
    from gitskills.cli import main as cli

    _leave(cli())


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
