"""What GitPython does for us: read a running git to its end, and understand the progress it reports."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import IO, cast

from git import RemoteProgress
from git.cmd import handle_process_output

from gitskills.git.failures import PROGRESS

_PHASES = {
    RemoteProgress.COUNTING: "counting",
    RemoteProgress.COMPRESSING: "compressing",
    RemoteProgress.WRITING: "writing",
    RemoteProgress.RECEIVING: "receiving",
    RemoteProgress.RESOLVING: "resolving",
    RemoteProgress.FINDING_SOURCES: "finding",
}


class _Reports(RemoteProgress):
    """Hands each report of git's on, under the name git gives the phase."""

    def __init__(self, report: Callable[[str, int, int | None], None]) -> None:
        super().__init__()
        self._report = report

    def update(
        self, op_code: int, cur_count: str | float, max_count: str | float | None = None, message: str = ""
    ) -> None:
        """Take one report, as GitPython read it."""
        if phase := _PHASES.get(op_code & self.OP_MASK):
            self._report(phase, int(cur_count or 0), int(max_count) if max_count else None)


def pump(
    process: subprocess.Popen[bytes], report: Callable[[str, int, int | None], None], timeout: float | None
) -> tuple[str, str]:
    """Read both outputs of a running git until they end; return them as text, progress left out.

    After `timeout` seconds what holds the outputs open is left behind: a grandchild that survived git.
    """
    out: list[str] = []
    err: list[str] = []
    parse = _Reports(report).new_message_handler()

    def read(line: str) -> None:
        if not PROGRESS.match(line):
            err.append(line)
        else:
            parse(line)

    # As text, because there the carriage return after each report ends a line: bytes come once the phase is over.
    process.stdout, process.stderr = _text(process.stdout), _text(process.stderr)
    with suppress(RuntimeError):  # GitPython's word for the time-out
        handle_process_output(process, out.append, read, decode_streams=False, kill_after_timeout=timeout)
    return "".join(out), "".join(err)


def _text(pipe: IO[bytes] | None) -> IO[bytes]:
    """Wrap a pipe for reading text; Popen's types have no word for that."""
    return cast(IO[bytes], io.TextIOWrapper(cast(io.BufferedReader, pipe), "utf-8", "replace"))
