"""OpenCode's CLI, as seen with 1.18.33: `opencode run`."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitskills.models.clis.events import events, parsed, text_at
from gitskills.models.clis.providers import keys, named
from gitskills.models.headless import Call, Cli, Question
from gitskills.process import Ended

_AGENT = "gitskills"
_ENV = {
    **{
        f"OPENCODE_DISABLE_{name}": "1"
        for name in (
            *("PROJECT_CONFIG", "CLAUDE_CODE", "EXTERNAL_SKILLS", "DEFAULT_PLUGINS", "AUTOUPDATE", "MODELS_FETCH"),
            "LSP_DOWNLOAD",
        )
    },
    "OPENCODE_DB": ":memory:",
}
# Of the user's configuration only what says which model answers, and where it is.
_KEPT = ("provider", "model", "enabled_providers", "disabled_providers")
_JSONC = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/|,(?=\s*(?:(?://[^\n]*\n|/\*.*?\*/)\s*)*[}\]])', re.DOTALL)


def _prepare(question: Question) -> Call:
    files = _files(question.environ, question.home)
    config: dict[str, Any] = {}
    for file in files:
        config |= {key: value for key, value in _config(file).items() if key in _KEPT}
    # No `permission` rules of the user's, no tools: the agent is ours.
    agent = {
        **{"mode": "primary", "description": "answers", "prompt": question.system},
        **{"tools": {"*": False}, "permission": {"*": "deny"}},
    }
    config |= {"share": "disabled", "autoupdate": False, "snapshot": False, "agent": {_AGENT: agent}}
    env = {
        **_ENV,
        "OPENCODE_CONFIG_CONTENT": json.dumps(config),
        # A plugin or an MCP server in the user's folder would be started, and be waited for when offline.
        "XDG_CONFIG_HOME": str(question.folder / "config"),
    }
    model = f"{question.provider}/{question.model}" if question.model else ""
    provider = question.provider or str(config.get("model", "")).partition("/")[0]
    args = [
        *("run", "--agent", _AGENT, "--title", _AGENT, "--pure", "--format", "json"),
        *(("--model", model) if model else ()),
    ]
    return Call(args, question.prompt, (*keys(provider), *named(files, question.environ)), env)


def _files(environ: Mapping[str, str], home: Path) -> list[Path]:
    folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "opencode"
    found = [folder / name for name in ("config.json", "opencode.json", "opencode.jsonc")]
    return [*found, Path(environ["OPENCODE_CONFIG"])] if environ.get("OPENCODE_CONFIG") else found


def _config(file: Path) -> dict[str, Any]:
    """Read JSON with comments and commas at the end; a file opencode cannot read says nothing to us either."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, ValueError):
        return {}
    return parsed(_JSONC.sub(lambda found: found[1] or "", text))


def _read(ended: Ended, folder: Path) -> tuple[str, str]:
    answer, said = [], ""
    for event in events(ended.out):
        if event.get("type") == "text":
            answer.append(text_at(event, "part", "text"))
        elif event.get("type") == "error":
            said = text_at(event, "error", "data", "message") or text_at(event, "error", "name") or "an error"
    return "".join(answer), said


CLI = Cli("opencode", "opencode", _prepare, _read, several=True, login="`opencode auth login` logs in on this machine")
