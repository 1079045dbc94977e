"""The real `gitskills` process, as a user's shell starts it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


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
    done = subprocess.run(
        [sys.executable, "-m", "gitskills", *map(str, args)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=stdin.encode(),
        capture_output=True,
        timeout=timeout,
    )
    return Result(done.returncode, _text(done.stdout), _text(done.stderr))


def _text(data: bytes) -> str:
    return data.decode().replace("\r\n", "\n")
