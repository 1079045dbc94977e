"""The program on a terminal of its own, and somebody there who answers what is asked."""

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

_PROMPT = re.compile(r"(Username|Password) for '([^']*)': ")


def on_terminal(
    *args: str, cwd: Path, env: Mapping[str, str], answers: Mapping[str, str], timeout: float = 60
) -> tuple[int, str, list[tuple[str, str]]]:
    """Run `gitskills` and answer git's questions by their first word; returns its exit code, all that was shown, and
    the questions (word, URL) in order. Each is answered only after a moment, in which another would show."""
    master, slave = os.openpty()
    words = [sys.executable, "-m", "gitskills", *args]
    # Whoever leads a session and opens a terminal has it for their own: that is where git asks.
    script = 'exec "$@" <"$TTY_OF_TEST" >"$TTY_OF_TEST" 2>&1'
    process = subprocess.Popen(
        ["sh", "-c", script, "sh", *words],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "100", **env, "TTY_OF_TEST": os.ttyname(slave), "TERM": "xterm"},
        start_new_session=True,
    )
    seen, asked, end = "", list[tuple[str, str]](), time.monotonic() + timeout
    try:
        while process.poll() is None or select.select([master], [], [], 0)[0]:
            assert time.monotonic() < end, seen
            if select.select([master], [], [], 0.15)[0]:
                seen += os.read(master, 65536).decode("utf-8", "replace")
            elif len(found := _PROMPT.findall(seen)) > len(asked):
                asked.append(found[len(asked)])
                os.write(master, answers[asked[-1][0]].encode() + b"\n")
    finally:
        process.kill()
        process.wait()
        os.close(slave)
        os.close(master)
    return process.returncode, seen, asked
