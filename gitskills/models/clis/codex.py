"""Codex's CLI, as seen with 0.169.0: `codex exec`."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gitskills.models.clis.events import events, text_at
from gitskills.models.headless import Call, Cli, Question
from gitskills.process import Ended

# Each takes tools or context of the user's out of the request; an unknown name is ignored, so a newer CLI still runs.
_OFF = (
    "tools.experimental_request_user_input.enabled=false",
    'web_search="disabled"',
    *(
        f"features.{name}=false"
        for name in ("shell_tool", "unified_exec", "view_image", "multi_agent", "goals", "hooks", "plugins", "apps")
    ),
    "features.shell_snapshot=false",
    "project_doc_max_bytes=0",
    "skills.include_instructions=false",
    "include_environment_context=false",
    "include_permissions_instructions=false",
    "check_for_update_on_startup=false",
    "analytics.enabled=false",
)
_OWN = ("CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORGANIZATION", "OPENAI_PROJECT")

# Of the user's configuration only what says which model answers, and where it is.
_KEPT = (
    *("model", "model_provider", "model_reasoning_effort", "openai_base_url", "chatgpt_base_url"),
    *("cli_auth_credentials_store", "forced_login_method", "forced_chatgpt_workspace_id"),
)


def _prepare(question: Question) -> Call:
    home = Path(question.environ.get("CODEX_HOME") or question.home / ".codex")
    kept = _kept(_config(home))
    if question.model:
        kept["model"] = question.model
    if _alone(kept, question.environ):
        # What no login is needed for gets a folder of its own: nothing of the user's is read, nothing is kept.
        question.file("codex/config.toml", "".join(f"{key} = {_toml(value)}\n" for key, value in kept.items()))
        home, settings = question.folder / "codex", []
    else:
        settings = ["--ignore-user-config", *_options(f"{key}={_toml(value)}" for key, value in kept.items())]
    args = [
        *("exec", "--skip-git-repo-check", "-s", "read-only", "--ephemeral", "--ignore-rules", "--color", "never"),
        *settings,
        *_options(_OFF),
        *_options([f"model_instructions_file={_toml(question.file('system.md', question.system))}"]),
        *("--json", "-o", str(question.folder / "answer.txt"), "-"),
    ]
    return Call(args, question.prompt, (*_OWN, *_variables(_provider(kept))), {"CODEX_HOME": str(home)})


def _config(home: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((home / "config.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return {}  # codex itself goes without one, and says what is wrong with a broken one


def _kept(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that say who answers, with the table of the provider alone that is asked."""
    kept = {key: config[key] for key in _KEPT if isinstance(config.get(key), str)}
    tables = config.get("model_providers")
    chosen = tables.get(kept.get("model_provider")) if isinstance(tables, dict) else None
    if isinstance(chosen, dict):
        table = chosen | {"request_max_retries": 1, "stream_max_retries": 1}
        kept["model_providers"] = {kept["model_provider"]: table}
    return kept


def _provider(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The one provider's table; empty for one that codex knows by itself."""
    return next(iter(kept.get("model_providers", {}).values()), {})


def _alone(kept: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Whether codex needs no login of its own. A table that needs none may hold a key: never on a command line."""
    provider = _provider(kept)
    return bool(environ.get("CODEX_API_KEY")) or bool(provider and not provider.get("requires_openai_auth"))


def _variables(provider: Mapping[str, Any]) -> list[str]:
    """The environment variables a provider's table names."""
    headers = provider.get("env_http_headers")
    named = [provider.get("env_key"), *(headers.values() if isinstance(headers, dict) else ())]
    return [name for name in named if isinstance(name, str)]


def _options(settings: Iterable[str]) -> list[str]:
    return [word for setting in settings for word in ("-c", setting)]


def _toml(value: Any) -> str:
    """Write a value that TOML has and JSON nearly writes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(str(key))} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(ended: Ended, folder: Path) -> tuple[str, str]:
    said = ""
    for event in events(ended.out):
        if event.get("type") in ("turn.failed", "error"):
            said = text_at(event, "error", "message") or text_at(event, "message") or said
        elif event.get("type") == "turn.completed":
            said = ""
    if ended.returncode or said:
        return "", said
    try:
        return (folder / "answer.txt").read_bytes().decode("utf-8", "surrogateescape"), ""
    except OSError:
        return "", ""


CLI = Cli(
    "codex",
    "codex",
    _prepare,
    _read,
    login="`codex login` logs in on this machine; or CODEX_API_KEY",
)
