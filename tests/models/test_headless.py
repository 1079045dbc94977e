"""headless: agents' CLIs are called without tools, without what is the user's, and read for what they mean.

The programs here stand in for the CLIs: real executables under their names that note how they were called. What the
real ones make of these calls, test_real_agents.py shows where they are installed.
"""

import json
import os
import sys
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gitskills.models.answer import LIMIT
from gitskills.models.choose import CLIS, cli, model
from gitskills.models.protocol import ModelFailed
from gitskills.sessions.marks import is_own
from tests.programs import recorded, recording
from tests.test_process import CHILD, POSIX, gone

PROMPT = "What do you say?\n\n- @/etc/passwd\n- $(touch PWNED) 'ü'"
SAY = {
    "claude-code": "print(json.dumps({'type': 'result', 'subtype': 'success', 'is_error': False, 'result': ANSWER}))",
    "codex": "Path(argv[argv.index('-o') + 1]).write_text(ANSWER, 'utf-8'); print('{\"type\": \"turn.completed\"}')",
    "gemini-cli": "print('warning'); print(json.dumps({'session_id': 'x', 'response': ANSWER, 'stats': {}}, indent=2))",
    "opencode": "print(json.dumps({'type': 'step_start'})); print('noise')\n"
    "for part in (ANSWER[:3], ANSWER[3:]): print(json.dumps({'type': 'text', 'part': {'type': 'text', 'text': part}}))",
    "pi": "sys.stdout.buffer.write(ANSWER.encode())",
    "hermes-agent": "print('Warning: Unknown toolsets: none')\nprint('  ⚠ tirith is not available')\nprint(ANSWER)",
}
WORDS = """\
def say(**event): print(json.dumps(event))
def complain(text): print(text, file=sys.stderr)
def write(data): Path(argv[argv.index("-o") + 1]).write_bytes(data)
"""
NAMED = {agent: "" if agent in ("claude-code", "codex", "gemini-cli") else "acme/" for agent in CLIS}
SECRETS = {
    "GITHUB_TOKEN": "ghp-of-the-user", "AWS_SECRET_ACCESS_KEY": "aws-of-the-user", "DATABASE_URL": "postgres://u:p@h",
    "CLAUDECODE": "1", "NODE_OPTIONS": "--require /evil.js", "PYTHONPATH": "/evil", "LD_PRELOAD": "",
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment with a folder of programs in front, secrets that are nobody's business, and proxies."""
    own = {"PATH": os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]), "HOME": str(tmp_path / "home")}
    (tmp_path / "home").mkdir()
    (tmp_path / "temporary").mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    proxies = {"HTTPS_PROXY": "http://proxy:1", "NODE_EXTRA_CA_CERTS": "/ca.pem"}
    return {**os.environ, **SECRETS, **own, **proxies}


def ask(
    agent: str, world: Mapping[str, str], tmp_path: Path, code: str = "", answer: str = "An answer.", name: str = "m-1"
) -> tuple[str, list[dict[str, Any]]]:
    """Ask an agent whose program is this code; return the answer and what the program noted."""
    program = cli(agent).program
    log = tmp_path / "bin" / f"{program}.jsonl"
    prelude = f"sys.stdout.reconfigure(encoding='utf-8')\n{WORDS}ANSWER = {answer!r}\n"
    recording(tmp_path / "bin", program, prelude + (code or SAY[agent]))
    spec = f"agent:{agent}/{NAMED[agent]}{name}" if name else f"agent:{agent}"
    said = model(spec, "judge", world, tmp_path / "home").ask("Be a judge. ü", PROMPT, role="judge")
    return said, recorded(log)


def after(argv: list[str], option: str) -> str:
    """Return the word after an option."""
    return str(argv[argv.index(option) + 1])


@pytest.mark.parametrize("agent", CLIS)
def test_it_answers(agent: str, world: dict[str, str], tmp_path: Path) -> None:
    """One run of the program gives the answer; it is in an empty folder, without a terminal, and nothing stays."""
    said, (seen,) = ask(agent, {**world, "GEMINI_API_KEY": "k"}, tmp_path)
    assert said == "An answer."
    assert seen["inside"] == [] and seen["session"]
    assert Path(seen["cwd"]).name.startswith("gitskills-") and not Path(seen["cwd"]).exists()
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("agent", CLIS)
def test_the_environment_is_an_allowlist(agent: str, world: dict[str, str], tmp_path: Path) -> None:
    """Path, home, proxies, certificates and the marks of our own calls; no secret, no nesting, no injected code."""
    _, (seen,) = ask(agent, world, tmp_path)
    env = seen["env"]
    assert (env["GITSKILLS_WORKER"], env["GITSKILLS_ROLE"]) == ("1", "judge")
    assert env["HTTPS_PROXY"] == "http://proxy:1" and env["NODE_EXTRA_CA_CERTS"] == "/ca.pem"
    assert env["HOME"] == world["HOME"] and Path(env["TMPDIR"]).parent == Path(seen["cwd"]).parent
    assert [name for name in SECRETS if name in env] == []


@pytest.mark.parametrize("agent", [agent for agent in CLIS if agent != "hermes-agent"])
def test_the_prompt_comes_on_standard_input_and_is_marked(agent: str, world: dict[str, str], tmp_path: Path) -> None:
    """Not in the arguments, where every user of the machine could read it; the first line says that it is ours."""
    _, (seen,) = ask(agent, world, tmp_path)
    line, blank, *rest = seen["stdin"].split("\n")
    assert is_own(line) and blank == "" and "\n".join(rest) == PROMPT
    assert not [word for word in seen["argv"] if "/etc/passwd" in word]


def test_claude_has_no_tools_settings_hooks_or_files(world: dict[str, str], tmp_path: Path) -> None:
    """The options that were seen to empty its request; files that a prompt mentions are locked twice."""
    _, (seen,) = ask("claude-code", {**world, "ANTHROPIC_API_KEY": "k"}, tmp_path)
    argv, env = seen["argv"], seen["env"]
    assert argv[0] == "-p" and after(argv, "--model") == "m-1" and after(argv, "--output-format") == "json"
    assert after(argv, "--tools") == "" and after(argv, "--setting-sources") == "" and after(argv, "--max-turns") == "1"
    assert argv[argv.index("--tools") + 2].startswith("--")  # or it would swallow what follows
    assert {"--strict-mcp-config", "--no-session-persistence", "--disable-slash-commands"} <= set(argv)
    assert seen["files"][after(argv, "--system-prompt-file")] == "Be a judge. ü"
    settings = json.loads(seen["files"][after(argv, "--settings")])
    assert settings["disableAllHooks"] is True and "Read" in settings["permissions"]["deny"]
    assert env["CLAUDE_CODE_DISABLE_ATTACHMENTS"] == "1" and env["CLAUDE_CODE_MAX_RETRIES"] == "0"
    assert env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] == "1" and env["ANTHROPIC_API_KEY"] == "k"


def test_claude_on_a_cloud_gets_that_clouds_keys(world: dict[str, str], tmp_path: Path) -> None:
    """AWS keys go along where the user said that claude runs on Bedrock, and else never."""
    _, (seen,) = ask("claude-code", {**world, "CLAUDE_CODE_USE_BEDROCK": "1"}, tmp_path)
    assert seen["env"]["AWS_SECRET_ACCESS_KEY"] == "aws-of-the-user" and "GITHUB_TOKEN" not in seen["env"]


def test_codex_has_no_tools_and_keeps_its_login(world: dict[str, str], tmp_path: Path) -> None:
    """With a login in the user's folder its configuration stays unread but for what says which model answers."""
    (tmp_path / "home" / ".codex").mkdir()
    config = 'model = "gpt-x"\nnotify = ["evil"]\n[mcp_servers.bad]\ncommand = "evil"\n'
    (tmp_path / "home" / ".codex" / "config.toml").write_text(config, encoding="utf-8")
    _, (seen,) = ask("codex", world, tmp_path, name="")
    argv = seen["argv"]
    settings = [argv[at + 1] for at, word in enumerate(argv) if word == "-c"]
    assert argv[:2] == ["exec", "--skip-git-repo-check"] and argv[-1] == "-" and after(argv, "-s") == "read-only"
    assert {"--ephemeral", "--ignore-user-config", "--ignore-rules", "--json"} <= set(argv)
    off = ("shell_tool", "unified_exec", "view_image", "multi_agent", "goals", "hooks", "plugins", "apps")
    assert {f"features.{name}=false" for name in off} <= set(settings)
    assert {"tools.experimental_request_user_input.enabled=false", 'web_search="disabled"'} <= set(settings)
    assert {"project_doc_max_bytes=0", "skills.include_instructions=false", 'model="gpt-x"'} <= set(settings)
    assert "evil" not in str(argv) and seen["env"]["CODEX_HOME"] == str(tmp_path / "home" / ".codex")


PROVIDER = """\
model = "gpt-x"
model_provider = "my.own"
[model_providers."my.own"]
name = "Mine \\"quoted\\" ü"
base_url = "http://127.0.0.1:1/v1"
env_key = "MY_OWN_KEY"
wire_api = "responses"
http_headers = {X-Team = "a"}
query_params = {list = ["1", "2"], on = true, n = 3}
env_http_headers = {X-Key = "MY_HEADER"}
[model_providers.other]
experimental_bearer_token = "secret"
[mcp_servers.bad]
command = "evil"
"""


def test_codex_with_a_provider_of_the_users_runs_alone(world: dict[str, str], tmp_path: Path) -> None:
    """A provider with its own key needs no login: a folder of this call's own holds that provider and nothing else."""
    home = tmp_path / "codex"
    home.mkdir()
    (home / "config.toml").write_text(PROVIDER, encoding="utf-8")
    keys = {"CODEX_HOME": str(home), "MY_OWN_KEY": "k", "MY_HEADER": "h"}
    code = "write(Path(os.environ['CODEX_HOME'], 'config.toml').read_bytes())"
    said, (seen,) = ask("codex", {**world, **keys}, tmp_path, code)
    config = tomllib.loads(said)
    wanted = tomllib.loads(PROVIDER)["model_providers"]["my.own"]
    assert config["model_providers"]["my.own"] == {**wanted, "request_max_retries": 1, "stream_max_retries": 1}
    assert (config["model"], config["model_provider"]) == ("m-1", "my.own")
    assert set(config) == {"model", "model_provider", "model_providers"} and "secret" not in said
    assert seen["env"]["CODEX_HOME"] != str(home) and "--ignore-user-config" not in seen["argv"]
    assert (seen["env"]["MY_OWN_KEY"], seen["env"]["MY_HEADER"]) == ("k", "h")


def test_gemini_with_a_key_has_a_home_of_its_own(world: dict[str, str], tmp_path: Path) -> None:
    """No tool is declared, no extension, server or hook runs, and nothing is kept in the user's home."""
    code = "settings = Path(os.environ['GEMINI_CLI_HOME'], '.gemini', 'settings.json').read_text()\n"
    code += "print(json.dumps({'response': settings}))"
    said, (seen,) = ask("gemini-cli", {**world, "GEMINI_API_KEY": "k"}, tmp_path, code)
    settings, argv = json.loads(said), seen["argv"]
    assert settings["security"]["auth"]["selectedType"] == "gemini-api-key"
    assert settings["hooksConfig"] == {"enabled": False} and settings["general"]["maxAttempts"] == 2
    assert after(argv, "-m") == "m-1" and after(argv, "-o") == "json" and after(argv, "-e") == "none"
    assert tomllib.loads(seen["files"][after(argv, "--policy")]) == {
        "rule": [{"toolName": "*", "decision": "deny", "priority": 999}]
    }
    assert seen["files"][seen["env"]["GEMINI_SYSTEM_MD"]] == "Be a judge. ü"
    assert Path(seen["env"]["GEMINI_CLI_HOME"]).parent == Path(seen["cwd"]).parent


def test_gemini_with_a_login_leaves_no_conversation(world: dict[str, str], tmp_path: Path) -> None:
    """The user's home is used for the login alone: hooks and servers are off, and what it kept is removed."""
    kept = tmp_path / "home" / ".gemini" / "tmp"
    (kept / "work").mkdir(parents=True)
    code = "kept = Path(os.environ['HOME'], '.gemini', 'tmp', Path.cwd().name, 'chats')\nkept.mkdir(parents=True)\n"
    code += "print(json.dumps({'response': Path('.gemini/settings.json').read_text()}))"
    said, (seen,) = ask("gemini-cli", world, tmp_path, code)
    assert json.loads(said)["hooksConfig"] == {"enabled": False} and "GEMINI_CLI_HOME" not in seen["env"]
    assert [one.name for one in kept.iterdir()] == ["work"]


OPENCODE = """{
  // the user's own "provider": {}
  "provider": {"acme": {"options": {"baseURL": "https://acme.example//v1", "apiKey": "{env:SECRET_OF_ACME}",},}},
  "model": "acme/default", /* a remark, } */
  "mcp": {"bad": {"command": ["evil"]}}, "plugin": ["evil"], "instructions": ["evil.md"],
}"""


def test_opencode_gets_our_agent_and_the_users_provider(world: dict[str, str], tmp_path: Path) -> None:
    """Its configuration is ours: an agent without tools, and of the user's file only who answers."""
    folder = tmp_path / "home" / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.jsonc").write_text(OPENCODE, encoding="utf-8")
    world = {name: value for name, value in world.items() if name != "XDG_CONFIG_HOME"}
    _, (seen,) = ask("opencode", {**world, "SECRET_OF_ACME": "k", "OTHER_API_KEY": "no"}, tmp_path)
    argv, env = seen["argv"], seen["env"]
    config = json.loads(env["OPENCODE_CONFIG_CONTENT"])
    agent = config["agent"][after(argv, "--agent")]
    assert (
        agent["tools"] == {"*": False} and agent["permission"] == {"*": "deny"} and agent["prompt"] == "Be a judge. ü"
    )
    assert config["provider"]["acme"]["options"]["baseURL"] == "https://acme.example//v1"
    assert "evil" not in json.dumps(config) and (config["share"], config["snapshot"]) == ("disabled", False)
    assert after(argv, "--model") == "acme/m-1" and {"run", "--pure", "--title"} <= set(argv)
    assert env["OPENCODE_DB"] == ":memory:" and env["OPENCODE_DISABLE_PROJECT_CONFIG"] == "1"
    assert Path(env["XDG_CONFIG_HOME"]).parent == Path(seen["cwd"]).parent
    assert env["SECRET_OF_ACME"] == "k" and "OTHER_API_KEY" not in env


def test_pi_has_nothing_but_the_prompt(world: dict[str, str], tmp_path: Path) -> None:
    """Every kind of thing it could load is off; the key is its provider's or what models.json names."""
    folder = tmp_path / "home" / ".pi" / "agent"
    folder.mkdir(parents=True)
    (folder / "models.json").write_text('{"providers": {"acme": {"apiKey": "KEY_FOR_PI"}}}', encoding="utf-8")
    _, (seen,) = ask("pi", {**world, "KEY_FOR_PI": "k", "ACME_API_KEY": "a", "OTHER_API_KEY": "no"}, tmp_path)
    argv, env = seen["argv"], seen["env"]
    off = {"--no-session", "--no-tools", "--no-extensions", "--no-skills", "--no-prompt-templates", "--no-themes"}
    assert off | {"--no-context-files", "--offline", "-p"} <= set(argv) and env["PI_OFFLINE"] == "1"
    assert (after(argv, "--provider"), after(argv, "--model")) == ("acme", "m-1")
    assert seen["files"][after(argv, "--system-prompt")] == "Be a judge. ü"
    assert (env["KEY_FOR_PI"], env["ACME_API_KEY"]) == ("k", "a") and "OTHER_API_KEY" not in env


def test_hermes_has_no_tools_rules_or_plugins(world: dict[str, str], tmp_path: Path) -> None:
    """An unknown set of tools leaves none; safe mode as a variable keeps the provider and drops hooks and servers."""
    _, (seen,) = ask("hermes-agent", world, tmp_path)
    argv, env = seen["argv"], seen["env"]
    assert argv[:3] == ["chat", "-Q", "--ignore-rules"] and after(argv, "-t") == "none" and "--yolo" not in argv
    assert after(argv, "--source") == "tool" and after(argv, "--max-turns") == "1"
    assert (after(argv, "--provider"), after(argv, "-m")) == ("acme", "m-1")
    assert after(argv, "-q").endswith(PROMPT) and is_own(after(argv, "-q").split("\n")[0])
    assert env["HERMES_SAFE_MODE"] == "1" and env["HERMES_EPHEMERAL_SYSTEM_PROMPT"].startswith("Be a judge. ü\n")


def test_hermes_answer_between_tags_is_taken_from_any_noise(world: dict[str, str], tmp_path: Path) -> None:
    """What hermes says of itself, before or after, is no part of an answer."""
    answer = 'new: a warning {"outcome": "ok"}\n<gitskills-answer>\n{"outcome": "failed"}\n</gitskills-answer>\nbye'
    said, _ = ask("hermes-agent", world, tmp_path, answer=answer)
    assert said == '{"outcome": "failed"}'


def test_hermes_refuses_a_prompt_that_no_argument_holds(world: dict[str, str], tmp_path: Path) -> None:
    """Too long a prompt is a failed call that says so, before anything runs."""
    log = recording(tmp_path / "bin", "hermes", SAY["pi"])
    with pytest.raises(ModelFailed, match="at most 30000 bytes"):
        model("agent:hermes-agent", "judge", world, tmp_path).ask("s", "x" * 40_000, role="judge")
    assert recorded(log) == []


CLAUDE = "say(type='result', subtype='success', "
FAILURES = {
    "claude-code": [
        (f"{CLAUDE} is_error=True, result='API Error: 529'); sys.exit(1)", r"exit code 1\): API Error: 529"),
        (f"{CLAUDE} is_error=True, result='Not logged in')", "Not logged in"),
        ("say(type='result', subtype='error_max_turns', is_error=False); sys.exit(1)", "error_max_turns"),
        ("say(type='result', result='no word of error')", "failed"),
        ("print('An answer.')", "failed"),
        ("print('[]')", "failed"),
        ("complain('error: unknown option'); sys.exit(1)", "unknown option"),
    ],
    "codex": [
        (
            "say(type='error', message='again'); say(type='turn.failed', error={'message': '401 stub'}); sys.exit(1)",
            "401",
        ),
        ("write(b'half'); sys.exit(1)", r"exit code 1"),
        ("say(type='turn.completed')", "no answer"),
        ("write(b'\\xff\\xfe')", "not UTF-8"),
        ("write(b'')", "no answer"),
    ],
    "gemini-cli": [
        (
            "complain('Error at x.js:1\\n' + json.dumps({'error': {'message': 'quota'}}, indent=2)); sys.exit(145)",
            "quota",
        ),
        ("complain(json.dumps({'error': {'message': 'quota'}}, indent=2)); sys.exit(44)", r"exit code 44\): quota"),
        ("say(error={'message': 'odd'})", "odd"),
        ("say(response='')", "no answer"),
        ("print('An answer.')", "no answer"),
    ],
    "opencode": [
        ("say(type='text', part={'text': 'half'}); say(type='error', error={'data': {'message': 'gone'}})", "gone"),
        ("say(type='error', error={'name': 'UnknownError'})", "UnknownError"),
        ("say(type='step_finish')", "no answer"),
    ],
    "pi": [("print('half an'); complain('401 stub'); sys.exit(1)", "401 stub"), ("pass", "no answer")],
    "hermes-agent": [
        ("print('Warning: Unknown toolsets: none'); print('HTTP 401'); sys.exit(1)", r"exit code 1\): HTTP 401"),
        ("print('Warning: Unknown toolsets: none')", "no answer"),
    ],
}


@pytest.mark.parametrize(
    ("agent", "code", "said"), [(agent, *one) for agent, found in FAILURES.items() for one in found]
)
def test_what_is_no_answer_is_a_failed_call(
    agent: str, code: str, said: str, world: dict[str, str], tmp_path: Path
) -> None:
    """Errors in each CLI's own way, an exit code, silence, half an answer: a failure with the reason in one line."""
    with pytest.raises(ModelFailed, match=said) as failure:
        ask(agent, world, tmp_path, code)
    assert failure.value.message.startswith(f"agent:{agent}") and len(failure.value.message) < 500


@pytest.mark.parametrize("agent", CLIS)
def test_a_login_that_is_missing_is_told_with_the_way_to_it(agent: str, world: dict[str, str], tmp_path: Path) -> None:
    """Where the CLI speaks of a key or a login, the hint says what to do."""
    code = "complain('invalid API key'); print('invalid API key'); sys.exit(1)"
    with pytest.raises(ModelFailed, match="invalid API key") as failure:
        ask(agent, world, tmp_path, code)
    assert failure.value.hint == cli(agent).login


@pytest.mark.parametrize("agent", CLIS)
def test_it_never_hangs(agent: str, world: dict[str, str], tmp_path: Path) -> None:
    """A CLI that retries for ever is ended when its time is up."""
    start = time.monotonic()
    with pytest.raises(ModelFailed, match=r"gave no answer in 0\.3 seconds"):
        ask(agent, {**world, "GITSKILLS_MODEL_TIMEOUT": "0.3"}, tmp_path, "import time; time.sleep(60)")
    assert time.monotonic() - start < 10


@POSIX
def test_a_late_cli_takes_its_children_along(world: dict[str, str], tmp_path: Path) -> None:
    """Agents start servers and shells; none is left behind."""
    mark = tmp_path / "mark"
    inner = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(ModelFailed, match="no answer"):
        ask("pi", {**world, "GITSKILLS_MODEL_TIMEOUT": "3"}, tmp_path, CHILD.format(inner) + ".wait()")
    assert gone(mark)


@pytest.mark.parametrize("agent", CLIS)
def test_a_megabyte_is_an_answer_and_more_is_not(agent: str, world: dict[str, str], tmp_path: Path) -> None:
    """The limit is on the answer, whatever the CLI writes around it."""
    said, _ = ask(agent, world, tmp_path, f"ANSWER = 'x' * {LIMIT}\n{SAY[agent]}")
    assert len(said) == LIMIT
    with pytest.raises(ModelFailed, match="more than 1 MB"):
        ask(agent, world, tmp_path, f"ANSWER = 'x' * {LIMIT + 1}\n{SAY[agent]}")


def test_a_cli_off_the_path_brings_its_node(world: dict[str, str], tmp_path: Path) -> None:
    """One that a version manager has is found, and what stands beside it comes first on its path."""
    place = tmp_path / "home" / ".nvm" / "versions" / "node" / "v22.1.0" / "bin"
    log = recording(place, "pi", "print('from nvm')")
    environ = {**world, "PATH": str(tmp_path / "empty")}
    assert model("agent:pi", "judge", environ, tmp_path / "home").ask("s", "p", role="judge") == "from nvm"
    assert recorded(log)[0]["env"]["PATH"].split(os.pathsep)[0] == str(place)


def test_a_cli_that_is_not_there(world: dict[str, str], tmp_path: Path) -> None:
    """The user is told which program is missing, and which variable chooses another model."""
    with pytest.raises(ModelFailed, match="no program gemini") as failure:
        model("agent:gemini-cli", "judge", {**world, "PATH": str(tmp_path)}, tmp_path).ask("s", "p", role="judge")
    assert "GITSKILLS_MODEL_JUDGE" in failure.value.hint


@pytest.mark.parametrize("agent", CLIS)
def test_a_prompt_full_of_odd_characters_is_no_crash(agent: str, world: dict[str, str], tmp_path: Path) -> None:
    """NUL, half a surrogate pair, a leading dash or slash: asked and answered like anything else."""
    recording(tmp_path / "bin", cli(agent).program, f"ANSWER = 'ok'\n{SAY[agent]}")
    asked = model(f"agent:{agent}", "judge", world, tmp_path / "home")
    for prompt in ("\0 \ud800", "--help", "/clear \u202e", ""):
        assert asked.ask("s\0\udfff", prompt, role="judge") == "ok"


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits are POSIX's")
def test_files_of_a_call_are_the_users_alone(world: dict[str, str], tmp_path: Path) -> None:
    """Nobody else on the machine reads what is asked."""
    code = "for place in (argv[argv.index('--system-prompt') + 1], '..'): print(oct(os.stat(place).st_mode & 0o777))"
    said, _ = ask("pi", world, tmp_path, code)
    assert said == "0o600\n0o700"
