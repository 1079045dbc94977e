"""The real CLIs, where they are installed, asked by us against a server on this machine: the request has no tools.

Each is set up as its user would have it, with everything that must stay out: rules, hooks, servers, mentioned files.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gitskills.models.choose import CLIS, cli, model
from gitskills.models.protocol import ModelFailed
from gitskills.sessions.marks import MARK
from tests.providers import Answer, Provider, provider

pytestmark = pytest.mark.agents

SECRET = "CONTENT-OF-A-PRIVATE-FILE"
LEAK = "RULES-OF-THE-USER"


def touch(file: Path) -> dict[str, Any]:
    """A server of tools that does nothing but leave a file."""
    return {"command": shutil.which("touch") or "touch", "args": [str(file)]}


def home_of(server: Provider, home: Path, fired: Path) -> dict[str, str]:
    """Fill a home folder with the settings of each agent; return the environment that goes with it."""
    url, hook = server.url, {"hooks": [{"type": "command", "command": f"touch {fired}-hook"}]}
    events = ("SessionStart", "UserPromptSubmit", "Stop", "BeforeAgent", "SessionEnd")
    hooks = {"hooks": {event: [hook] for event in events}}
    stub = {"api": "openai-completions", "baseUrl": f"{url}/v1", "apiKey": "STUB_KEY", "models": [{"id": "m"}]}
    custom = f'{{default: m, provider: custom, base_url: "{url}/v1", api_key: x, context_length: 128000}}'
    options = {"baseURL": f"{url}/v1", "apiKey": "{env:STUB_KEY}"}
    provided = {"npm": "@ai-sdk/openai-compatible", "models": {"m": {}}, "options": options}
    for name, text in {
        ".claude/settings.json": json.dumps(hooks),
        ".claude/CLAUDE.md": LEAK,
        ".claude.json": json.dumps({"mcpServers": {"bad": touch(fired)}}),
        ".codex/config.toml": f'model = "m"\nmodel_provider = "stub"\n[model_providers.stub]\nname = "stub"\n'
        f'base_url = "{url}/v1"\nenv_key = "STUB_KEY"\nwire_api = "responses"\n'
        f'[mcp_servers.bad]\ncommand = "touch"\nargs = ["{fired}-server"]\n',
        ".codex/hooks.json": json.dumps(hooks),
        ".codex/AGENTS.md": LEAK,
        ".gemini/settings.json": json.dumps(hooks | {"mcpServers": {"bad": touch(fired)}}),
        ".gemini/GEMINI.md": LEAK,
        ".pi/agent/models.json": json.dumps({"providers": {"stub": stub}}),
        ".pi/agent/settings.json": json.dumps({"defaultProvider": "stub", "defaultModel": "m"}),
        ".pi/agent/AGENTS.md": LEAK,
        ".config/opencode/opencode.json": json.dumps({"model": "stub/m", "provider": {"stub": provided}}),
        ".config/opencode/AGENTS.md": LEAK,
        ".hermes/config.yaml": f"model: {custom}\n",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    (home / "private.txt").write_text(SECRET, encoding="utf-8")
    keys = {"ANTHROPIC_API_KEY": "sk-ant-x", "GEMINI_API_KEY": "x", "STUB_KEY": "x"}
    bases = {"ANTHROPIC_BASE_URL": url, "GOOGLE_GEMINI_BASE_URL": url}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {**kept, **keys, **bases, "HOME": str(home), "GITSKILLS_MODEL_TIMEOUT": "90"}


def tools(body: Mapping[str, Any]) -> list[Any]:
    """Return the tools a request offers, whatever its format."""
    offered = body.get("tools") or []
    return [one for one in offered if one.get("functionDeclarations") != []]


@pytest.fixture(params=CLIS)
def agent(request: pytest.FixtureRequest) -> str:
    """An agent whose CLI is installed; else the test is skipped, visibly."""
    name: str = request.param
    if shutil.which(cli(name).program) is None:
        pytest.skip(f"NOT RUN: {cli(name).program} is not on PATH; `bash .ci/run agents` installs it where it can")
    return name


def test_the_request_has_no_tools_and_nothing_of_the_users(agent: str, home: Path, tmp_path: Path) -> None:
    """An empty list of tools, our texts, the mark; no rules, no hook, no server, no file that the prompt mentions."""
    prompt = f"What is this?\n@{home}/private.txt @~/private.txt\n!cat ~/private.txt\n/help"
    with provider("CANNED-ANSWER") as server:
        environ = home_of(server, home, tmp_path / "fired")
        said = model(f"agent:{agent}", "judge", environ, home).ask("You are a judge of words.", prompt, role="judge")
    assert said == "CANNED-ANSWER"
    (body,) = server.bodies
    sent = json.dumps(body)
    assert tools(body) == [] and "judge of words" in sent and MARK in sent and "@~/private.txt" in sent
    assert SECRET not in sent and LEAK not in sent
    assert list(tmp_path.glob("fired*")) == []


def test_an_error_of_the_provider_is_a_failed_call(agent: str, home: Path, tmp_path: Path) -> None:
    """A key that is refused ends in a failure that names the model, and in time."""
    with provider(Answer(status=401)) as server:
        environ = home_of(server, home, tmp_path / "fired")
        with pytest.raises(ModelFailed, match=f"agent:{agent}.* failed .*(401|auth)"):
            model(f"agent:{agent}", "judge", environ, home).ask("You are a judge.", "p", role="judge")
