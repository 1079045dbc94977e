"""The agents that the end-to-end test runs: their settings, how they are given a user's words, what their model does.

Each is set up as its user would have it, but for the server that answers: it is on this machine.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

READ = ".agents/skills/greet/SKILL.md"  # as seen from the project


@dataclass(frozen=True)
class RealAgent:
    """One agent: `first` and `again` are its command lines up to the user's words, `again` in the session of before.

    `calls` is the tool by which its model uses the skill `greet`, with its input. `settings` are files below the home
    folder and `env` variables; `{url}` in them is the server's address. `glob` is for an agent that has skills and
    hooks for its user alone, none for a project. `typed` is how its user names the skill in words given to it without
    a terminal, "" where that cannot be. `asks` says that it runs new hooks only with its user's approval.
    """

    id: str
    program: str
    first: Sequence[str]
    again: Sequence[str]
    calls: tuple[str, Mapping[str, Any]]
    settings: Mapping[str, str]
    env: Mapping[str, str] = field(default_factory=dict)
    typed: str = ""
    glob: bool = False
    asks: bool = False


_CODEX = """\
model = "m"
model_provider = "stub"
check_for_update_on_startup = false
[analytics]
enabled = false
[features]
plugins = false
[model_providers.stub]
name = "stub"
base_url = "{url}/v1"
env_key = "STUB_KEY"
wire_api = "responses"
"""
_GEMINI = {
    "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
}
_PI = {"api": "openai-completions", "baseUrl": "{url}/v1", "apiKey": "STUB_KEY", "models": [{"id": "m"}]}
_OPENCODE = {
    "npm": "@ai-sdk/openai-compatible",
    "models": {"m": {}},
    "options": {"baseURL": "{url}/v1", "apiKey": "{env:STUB_KEY}"},
}
_HERMES = 'model: {default: m, provider: custom, base_url: "{url}/v1", api_key: x, context_length: 128000}\n'

AGENTS = (
    RealAgent(
        "claude-code",
        "claude",
        ("claude", "-p", "--model", "haiku"),
        ("claude", "-p", "--model", "haiku", "--continue"),
        ("Skill", {"skill": "greet"}),
        {},
        {
            "ANTHROPIC_BASE_URL": "{url}",
            "ANTHROPIC_API_KEY": "sk-ant-x",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        },
        typed="/greet",
    ),
    RealAgent(
        "codex",
        "codex",
        ("codex", "exec", "-s", "read-only"),
        ("codex", "exec", "-s", "read-only", "resume", "--last"),
        ("exec_command", {"cmd": f"cat {READ}"}),
        {".codex/config.toml": _CODEX},
        {"STUB_KEY": "x"},
        typed="$greet",
        asks=True,
    ),
    RealAgent(
        "pi",
        "pi",
        ("pi", "-p"),
        ("pi", "-p", "--continue"),
        ("read", {"path": READ}),
        {
            ".pi/agent/models.json": json.dumps({"providers": {"stub": _PI}}),
            ".pi/agent/settings.json": json.dumps({"defaultProvider": "stub", "defaultModel": "m"}),
        },
        {"STUB_KEY": "x", "PI_OFFLINE": "1"},
        typed="/skill:greet",
    ),
    RealAgent(
        "gemini-cli",
        "gemini",
        ("gemini", "-m", "gemini-2.5-flash", "-y", "-p"),
        ("gemini", "-m", "gemini-2.5-flash", "-y", "-r", "latest", "-p"),
        ("activate_skill", {"name": "greet"}),
        {".gemini/settings.json": json.dumps(_GEMINI)},
        {"GEMINI_API_KEY": "x", "GOOGLE_GEMINI_BASE_URL": "{url}"},
    ),
    RealAgent(
        "opencode",
        "opencode",
        ("opencode", "run"),
        ("opencode", "run", "--continue"),
        ("skill", {"name": "greet"}),
        {".config/opencode/opencode.json": json.dumps({"model": "stub/m", "provider": {"stub": _OPENCODE}})},
        {"STUB_KEY": "x", "OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"},
    ),
    RealAgent(
        "hermes-agent",
        "hermes",
        ("hermes", "chat", "-Q", "--accept-hooks", "-q"),
        ("hermes", "chat", "-Q", "--continue", "-q"),
        ("skill_view", {"name": "greet"}),
        {".hermes/config.yaml": _HERMES},
        glob=True,
        asks=True,
    ),
)
