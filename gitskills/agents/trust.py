"""Whether an agent that asks its user before it runs a new hook was told to run ours. Nothing is approved here.

codex keeps a hash of each approved hook and skips the others without a word; `codex app-server` tells how it stands
(seen with 0.169.0: trustStatus trusted, untrusted, modified or managed). hermes keeps a list of approved commands in
`shell-hooks-allowlist.json` (NousResearch/hermes-agent, agent/shell_hooks.py).
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import which
from typing import Any, Literal

from gitskills import process, yamltext
from gitskills.agents.hooks import REGISTRATIONS, command, is_ours
from gitskills.errors import GitskillsError

Trust = Literal["trusted", "untrusted", "unknown", ""]
"""What the agent was told about our hooks; "" where it does not ask."""

PATIENCE = 5.0  # seconds; it answers in a quarter of one
FIX = {
    "codex": "start codex there, trust the project if it asks, type /hooks and approve them",
    "hermes-agent": "run hermes at a terminal and answer its question, or `hermes --accept-hooks`",
}


def trust(agent: str, path: Path, cwd: Path, environ: Mapping[str, str]) -> Trust:
    """Tell what `agent` was told about our hooks in its file `path`; `cwd` is the project it would work in."""
    if agent == "codex":
        return _codex(path, cwd, environ)
    if agent == "hermes-agent":
        return _hermes(path, environ)
    return ""


def _codex(path: Path, cwd: Path, environ: Mapping[str, str]) -> Trust:
    program = which("codex", path=environ.get("PATH", ""))
    if program is None:
        return "unknown"
    try:
        answer = _ask(program, cwd, environ)
    except OSError:
        return "unknown"
    if answer is None:
        return "unknown"
    told = list(_hooks(answer, path))  # none of a project that codex was not told to trust
    return "trusted" if told and all(one in ("trusted", "managed") for one in told) else "untrusted"


def _ask(program: str, cwd: Path, environ: Mapping[str, str]) -> Any:
    """Ask codex for its hooks in `cwd` and return its answer, None where none comes. It is kept off the network."""
    off = ("features.plugins=false", "analytics.enabled=false", "check_for_update_on_startup=false")
    words = [program, "app-server", *(word for name in off for word in ("-c", name))]
    asked = (
        {"id": 1, "method": "initialize", "params": {"clientInfo": {"name": "gitskills", "version": "1"}}},
        {"method": "initialized"},
        {"id": 2, "method": "hooks/list", "params": {"cwds": [str(cwd)]}},
    )
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    codex = subprocess.Popen(
        words,
        cwd=cwd,
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=flags,
    )
    assert codex.stdin is not None and codex.stdout is not None
    with codex.stdin, codex.stdout, process.ending(codex, PATIENCE):
        codex.stdin.write("".join(json.dumps(one) + "\n" for one in asked).encode())
        codex.stdin.flush()  # left open: it ends when its input does
        for line in codex.stdout:
            answer = _json(line)
            if isinstance(answer, dict) and answer.get("id") == 2:
                return answer.get("result")
    return None


def _hooks(result: Any, path: Path) -> Iterator[str]:
    """Yield the trust of each hook of ours in the file `path`."""
    for entry in _list(result, "data"):
        for hook in _list(entry, "hooks"):
            if is_ours(hook.get("command")) and Path(str(hook.get("sourcePath"))).resolve() == path.resolve():
                yield str(hook.get("trustStatus"))


def _hermes(path: Path, environ: Mapping[str, str]) -> Trust:
    try:
        settings = yamltext.load(path.read_text(encoding="utf-8"), where=str(path))
        accepted = settings.get("hooks_auto_accept") if isinstance(settings, dict) else None
        if accepted is True or environ.get("HERMES_ACCEPT_HOOKS", "").lower() in ("1", "true", "yes", "on"):
            return "trusted"
        approvals = _json(path.with_name("shell-hooks-allowlist.json").read_bytes())
    except FileNotFoundError:
        return "untrusted"
    except (OSError, UnicodeDecodeError, GitskillsError):
        return "unknown"
    allowed = {(str(one.get("event")), str(one.get("command"))) for one in _list(approvals, "approvals")}
    wanted = {(hook.theirs, command("hermes-agent", hook.ours)) for hook in REGISTRATIONS["hermes-agent"].hooks}
    return "trusted" if wanted <= allowed else "untrusted"


def _list(value: Any, key: str) -> list[dict[str, Any]]:
    """The mappings in the list that `value` holds under `key`; none where it is made otherwise."""
    found = value.get(key) if isinstance(value, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
