"""One call of a program that answers for a model: its end, its answer, or what it said went wrong."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitskills import process
from gitskills.models.protocol import ModelFailed
from gitskills.process import Ended

TIMEOUT = 180.0  # seconds; what a slow model needs for a long answer, and what a retrying agent is stopped at
PATIENCE = "GITSKILLS_MODEL_TIMEOUT"

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LOGIN = re.compile(r"auth|log(?:ged)? ?in|credential|key|token|\b40[13]\b|environment variable", re.IGNORECASE)
_LONGEST = 300


def run(
    who: str, args: Sequence[str], *, cwd: Path, env: Mapping[str, str], input: str, timeout: float, limit: int
) -> Ended:
    """Run a program that answers for a model; `who` names it in errors, `limit` is in bytes of each output.

    Raises ModelFailed where it cannot be started, runs longer than `timeout` seconds or writes too much.
    """
    data = input.encode("utf-8", "replace")
    try:
        return process.run(args, cwd=cwd, env=env, input=data, timeout=timeout, limit=limit)
    except process.Late:
        raise ModelFailed(f"{who} gave no answer in {timeout:g} seconds", f"{PATIENCE} sets the seconds") from None
    except process.Flood:
        raise ModelFailed(f"{who} answered with more than {limit >> 20} MB") from None
    except OSError as error:
        raise ModelFailed(f"{who} cannot be started: {error.strerror or error}") from None
    except ValueError:
        raise ModelFailed(f"{who} cannot be started: a NUL or half a character in its arguments") from None


def seconds(environ: Mapping[str, str]) -> float:
    """Return how long a call may take: GITSKILLS_MODEL_TIMEOUT, else TIMEOUT."""
    value = environ.get(PATIENCE, "")
    try:
        found = float(value) if value else TIMEOUT
    except ValueError:
        found = 0
    if not 0 < found <= 86400:
        raise ModelFailed(f"{PATIENCE}={value} is no number of seconds", "write for example 120")
    return found


def failed(who: str, ended: Ended, said: str = "", *, environ: Mapping[str, str], login: str = "") -> ModelFailed:
    """Return the error for a program that ended badly: `said`, else the last line of its standard error.

    `login` is the hint where it speaks of keys or logins.
    """
    reason = short(said or last_line(ended.err), environ)
    how = f"exit code {ended.returncode}" if ended.returncode else "no answer"
    hint = login if _LOGIN.search(reason) else ""
    return ModelFailed(f"{who} failed ({how})" + (f": {reason}" if reason else ""), hint)


def last_line(data: bytes) -> str:
    """Return the last line with anything in it, without colours."""
    lines = [_ANSI.sub("", line).strip() for line in data[-8192:].decode("utf-8", "replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")


def short(text: str, environ: Mapping[str, str]) -> str:
    """Return a message as one short line, with the values of keys taken out."""
    text = " ".join(_ANSI.sub(" ", text).split())
    for name, value in environ.items():
        if len(value) > 7 and re.search(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", name, re.IGNORECASE):
            text = text.replace(value, "***")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
