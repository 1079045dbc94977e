"""Claude Code's CLI, as seen with 2.1.197: `claude -p`."""

import json
from pathlib import Path
from typing import Any

from gitskills.models.headless import Call, Cli, Question
from gitskills.process import Ended

# A transcript may say `@~/.ssh/id_rsa`: without tools the CLI still puts the file a prompt mentions into the request.
# Two locks: the variable turns that off, and where it is not known the permission rules do.
_SETTINGS = {"permissions": {"deny": ["Read", "Read(//**)", "Read(~/**)"]}, "disableAllHooks": True}

_ENV = {
    "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
    "CLAUDE_CODE_DISABLE_CLAUDE_MDS": "1",
    "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_MAX_RETRIES": "0",  # else minutes pass before an error shows
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
}
_OWN = (
    *("ANTHROPIC_*", "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_*", "CLAUDE_CODE_SKIP_*_AUTH"),
    *("CLAUDE_CODE_CLIENT_*", "CLAUDE_CODE_GIT_BASH_PATH", "CLAUDE_CODE_MAX_OUTPUT_TOKENS", "MAX_THINKING_TOKENS"),
)
_CLOUDS = {
    "CLAUDE_CODE_USE_BEDROCK": ("AWS_*",),
    "CLAUDE_CODE_USE_VERTEX": ("GOOGLE_*", "VERTEX_REGION_*", "CLOUD_ML_REGION", "CLOUDSDK_*"),
    "CLAUDE_CODE_USE_FOUNDRY": ("AZURE_*",),
}


def _prepare(question: Question) -> Call:
    clouds = (name for variable, names in _CLOUDS.items() if question.environ.get(variable) for name in names)
    args = [
        "-p",
        *(("--model", question.model) if question.model else ()),
        # It takes many values, so another option has to follow.
        *("--tools", ""),
        "--strict-mcp-config",
        *("--output-format", "json"),
        "--no-session-persistence",
        *("--setting-sources", ""),
        *("--settings", question.file("settings.json", json.dumps(_SETTINGS))),
        "--disable-slash-commands",
        *("--max-turns", "1"),
        *("--system-prompt-file", question.file("system.md", question.system)),
    ]
    return Call(args, question.prompt, (*_OWN, *clouds), _ENV)


def _read(ended: Ended, folder: Path) -> tuple[str, str]:
    """Go by `is_error`: `subtype` is "success" for an API error, too."""
    result = _result(ended.out)
    text = result.get("result")
    text = text if isinstance(text, str) else ""
    if result.get("is_error") is not False or ended.returncode:
        return "", text or str(result.get("subtype") or "")
    return text, ""


def _result(out: bytes) -> dict[str, Any]:
    """The result object; with `verbose` in the user's environment it is the last of a list."""
    try:
        found = json.loads(out)
    except (ValueError, RecursionError):
        return {}
    events = found if isinstance(found, list) else [found]
    return next((one for one in reversed(events) if isinstance(one, dict) and one.get("type") == "result"), {})


CLI = Cli(
    "claude-code",
    "claude",
    _prepare,
    _read,
    models={"judge": "haiku", "grader": "haiku", "": "sonnet"},
    login="`claude` must be logged in on this machine (run it once), or ANTHROPIC_API_KEY be set",
)
