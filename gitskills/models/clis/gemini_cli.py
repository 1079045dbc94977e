"""Gemini CLI, as seen with 0.61.0: `gemini -o json`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitskills.models.clis.events import parsed, text_at
from gitskills.models.headless import Call, Cli, Question
from gitskills.process import Ended

_NOBODY = "gitskills-none"
_DENY = '[[rule]]\ntoolName = "*"\ndecision = "deny"\npriority = 999\n'  # takes the declarations out of the request
_SETTINGS: Mapping[str, Any] = {
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False, "maxAttempts": 2},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "hooksConfig": {"enabled": False},
    "mcp": {"allowed": [_NOBODY]},
    "context": {"fileName": f"{_NOBODY}.md"},
}
_OWN = (
    *("GEMINI_API_KEY", "GEMINI_API_KEY_AUTH_MECHANISM", "GEMINI_CLI_HOME", "GEMINI_CLI_USE_COMPUTE_ADC"),
    *("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL", "GOOGLE_GENAI_*", "GOOGLE_CLOUD_*"),
    "GOOGLE_APPLICATION_CREDENTIALS",
)


def _prepare(question: Question) -> Call:
    environ = question.environ
    env = {
        "GEMINI_SYSTEM_MD": question.file("system.md", question.system),
        "GEMINI_CLI_TRUST_WORKSPACE": "true",  # else it refuses, and no settings of the folder's are read
        "GEMINI_CLI_NO_RELAUNCH": "true",
    }
    vertex = environ.get("GOOGLE_GENAI_USE_VERTEXAI") == "true"
    leftovers: tuple[Path, ...] = ()
    if vertex or environ.get("GEMINI_API_KEY"):
        # A key needs nothing of the user's home, so it gets one of its own.
        auth = {"selectedType": "vertex-ai" if vertex else "gemini-api-key"}
        settings = {**_SETTINGS, "security": {"auth": auth, "folderTrust": {"enabled": False}}}
        question.file("home/.gemini/settings.json", json.dumps(settings))
        env["GEMINI_CLI_HOME"] = str(question.folder / "home")
    else:
        # A login is in the user's home: settings of the working directory turn hooks and MCP servers off, and the
        # conversation, which is kept under this folder's name, is removed afterwards.
        question.file(f"{question.work.name}/.gemini/settings.json", json.dumps(_SETTINGS))
        home = Path(environ.get("GEMINI_CLI_HOME") or question.home) / ".gemini"
        leftovers = tuple(home / kind / question.work.name for kind in ("tmp", "history"))
    args = [
        *("-m", question.model, "-o", "json", "--policy", question.file("deny.toml", _DENY), "-e", "none"),
        *("--allowed-mcp-server-names", _NOBODY),
    ]
    return Call(args, question.prompt, _OWN, env, leftovers)


def _read(ended: Ended, folder: Path) -> tuple[str, str]:
    """Take the answer from standard output; an error is a JSON object on standard error, among warnings."""
    result = parsed(ended.out[max(ended.out.find(b"{"), 0) :])
    error = text_at(result, "error", "message") or _error(ended.err) if ended.returncode or "error" in result else ""
    return ("" if error else text_at(result, "response")), error


def _error(err: bytes) -> str:
    """The message of the object at the end, after warnings and a stack trace."""
    text = err.decode("utf-8", "replace")
    start = text.rfind("\n{\n") + 1
    return text_at(parsed(text[start:]), "error", "message") if start or text.startswith("{") else ""


CLI = Cli(
    "gemini-cli",
    "gemini",
    _prepare,
    _read,
    models={"": "gemini-2.5-flash"},  # without a name it asks another model first which one to take
    login="`gemini` must be logged in on this machine (run it once), or GEMINI_API_KEY be set",
)
