"""The real `gitskills` process, as a user's shell starts it; where it can be, forked from one that has it loaded."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tests import forked


class Result(NamedTuple):
    """What a finished process left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return standard output read as the one JSON document that the contract promises."""
        return json.loads(self.out)


def gitskills(
    *args: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout: float = 60,
) -> Result:
    """Run `gitskills ARGS` with `env` on top of this process's environment, at most `timeout` seconds."""
    words, environ = [*map(str, args)], {**os.environ, **(env or {})}
    if forked.fits(environ):
        ended = forked.run(words, environ, str(cwd or os.getcwd()), stdin.encode(), timeout)
        return Result(ended.returncode, _text(ended.stdout), _text(ended.stderr))
    done = subprocess.run(
        [sys.executable, "-m", "gitskills", *words],
        cwd=cwd,
        env=environ,
        input=stdin.encode(),
        capture_output=True,
        timeout=timeout,
    )
    return Result(done.returncode, _text(done.stdout), _text(done.stderr))


def crowd(runs: Sequence[Callable[[], Result]]) -> list[Result]:
    """Let runs begin at the same moment; return what each left, in their order."""
    with ThreadPoolExecutor(len(runs)) as pool:
        return [done.result() for done in [pool.submit(run) for run in runs]]


def _text(data: bytes) -> str:
    return data.decode().replace("\r\n", "\n")
