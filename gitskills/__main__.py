"""The front door and the back door: what must be instant is answered here, all else by `cli`; then we leave."""

import atexit
import os
import sys

_PATIENCE = 0.5  # seconds that a command waits for its child to open its files


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
    if "gitskills.later" in sys.modules:
        _put_off()
    os._exit(code)


def _put_off() -> None:
    """See to the work that nobody waits for: in a child that outlives us, or here where none can be made."""
    import threading

    from gitskills import later

    # Only Linux forks a process that has run threads without risk, and only once they have ended: a fork takes the
    # thread that forks along, and leaves what the others had locked locked.
    if later.waiting() and not (sys.platform == "linux" and threading.active_count() == 1 and _hand_over()):
        later.work(lambda: None)


if sys.platform == "linux":

    def _hand_over() -> bool:
        """Fork the child, and wait until its files are open: who removes our folders next finds them as they stay."""
        import select

        reads, writes = os.pipe()
        try:
            child = os.fork()
        except OSError:  # too many processes
            return False
        if child == 0:
            try:
                _alone(writes)
            finally:
                os._exit(0)
        os.close(writes)
        select.select([reads], [], [], _PATIENCE)  # returns at once if the child dies
        return True

    def _alone(writes: int) -> None:
        """Do the work, having let go of the terminal, the folder, and each pipe that somebody reads to its end."""
        from gitskills import later

        os.setsid()
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        os.closerange(3, writes)
        os.closerange(writes + 1, writes + 256)
        told = [writes]

        def tell() -> None:
            while told:
                os.close(told.pop())  # which is all there is to say

        later.work(tell)

else:

    def _hand_over() -> bool:
        return False


if __name__ == "__main__":
    main()
