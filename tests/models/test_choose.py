"""choose: which model a role has, and where that was said."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from gitskills.models.check import at_hand
from gitskills.models.choose import choose, spec
from gitskills.models.host import host
from gitskills.models.programs import find
from gitskills.models.protocol import ROLES, ModelFailed
from tests.programs import executable


def test_who_says_it_wins_in_this_order(tmp_path: Path) -> None:
    """The role's variable, the variable for all, the project's file, the user's, the agent we work for, the rules."""
    executable(tmp_path / "bin", "claude", "")
    environ = {
        "PATH": str(tmp_path / "bin"),
        "CLAUDECODE": "1",
        "GITSKILLS_MODEL": "openai:b",
        "GITSKILLS_MODEL_JUDGE": "openai:a",
    }
    project, user = {"judge": "openai:c", "default": "openai:d"}, {"judge": "openai:e", "default": "openai:f"}

    def said(role: str) -> str:
        return spec(role, environ=environ, home=tmp_path, project=project, user=user)

    assert (said("judge"), said("proposer")) == ("openai:a", "openai:b")
    del environ["GITSKILLS_MODEL_JUDGE"]
    assert said("judge") == "openai:b"
    environ["GITSKILLS_MODEL"] = " "  # set to nothing is not set
    assert (said("judge"), said("proposer")) == ("openai:c", "openai:d")
    project.clear()
    assert (said("judge"), said("proposer")) == ("openai:e", "openai:f")
    user.clear()
    assert said("judge") == "agent:claude-code"
    assert spec("judge", environ=environ, home=tmp_path, agent="codex") == "rules"  # its CLI is not here
    del environ["CLAUDECODE"]
    assert said("judge") == "rules"


def test_a_projects_file_runs_no_command(tmp_path: Path) -> None:
    """Whoever clones a repository has not agreed to run what it says; the user's own file and environment may."""
    with pytest.raises(ModelFailed, match="wants to run a command") as failure:
        choose("judge", environ={}, home=tmp_path, project={"judge": " command:sh -c evil"})
    assert "GITSKILLS_MODEL_JUDGE" in failure.value.hint
    with pytest.raises(ModelFailed, match="wants to run a command"):
        choose("editor", environ={}, home=tmp_path, project={"default": "command:evil"})
    assert choose("judge", environ={}, home=tmp_path, user={"judge": "command:mine"}).name == "command:mine"
    environ = {"GITSKILLS_MODEL": "command:mine"}
    assert choose("judge", environ=environ, home=tmp_path, project={"judge": "command:evil"}).name == "command:mine"


@pytest.mark.parametrize(
    ("said", "role", "name"),
    [
        ("rules", "judge", "rules"),
        ("agent:claude-code", "judge", "agent:claude-code/haiku"),
        ("agent:claude-code", "proposer", "agent:claude-code/sonnet"),
        ("agent:claude-code/opus", "judge", "agent:claude-code/opus"),
        ("agent:claude-code/arn:aws:bedrock/x:0", "judge", "agent:claude-code/arn:aws:bedrock/x:0"),
        ("agent:codex", "judge", "agent:codex"),
        ("agent:gemini-cli", "editor", "agent:gemini-cli/gemini-2.5-flash"),
        ("agent:opencode/anthropic/claude-haiku-4-5", "judge", "agent:opencode/anthropic/claude-haiku-4-5"),
        ("agent:pi/openrouter/meta/llama", "judge", "agent:pi/openrouter/meta/llama"),
        ("agent:hermes-agent", "judge", "agent:hermes-agent"),
        ("anthropic:claude-haiku-4-5", "judge", "anthropic:claude-haiku-4-5"),
        ("openai:qwen3:8b", "judge", "openai:qwen3:8b"),
        ("command:./judge.sh --fast", "judge", "command:judge.sh"),
    ],
)
def test_each_form_is_a_model(said: str, role: str, name: str, tmp_path: Path) -> None:
    """Every form of the contract names a model, with the agent's default for the role where it has one."""
    assert choose(role, environ={"GITSKILLS_MODEL": said}, home=tmp_path).name == name


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("gpt-5", "no such model"),
        ("rules:", "no such model"),
        ("command:", "no such model"),
        ("agent:", "no such model"),
        ("agent:cursor", "without tools"),
        ("agent:../../evil", "without tools"),
        ("agent:claude-code/", "names no model"),
        ("anthropic:", "provider without its model"),
        ("openai: ", "provider without its model"),
        ("anthropic", "provider without its model"),
        ("agent:pi/anthropic", "provider without its model"),
        ("agent:pi/anthropic/", "provider without its model"),
        ("agent:opencode//x", "provider without its model"),
        ("agent:hermes-agent/openrouter", "provider without its model"),
    ],
)
def test_what_names_no_model_is_told(said: str, problem: str, tmp_path: Path) -> None:
    """A slip of the pen is a clear failure, never another model."""
    with pytest.raises(ModelFailed, match=problem) as failure:
        choose("judge", environ={"GITSKILLS_MODEL": said}, home=tmp_path)
    assert failure.value.hint


def test_every_role_has_a_variable(tmp_path: Path) -> None:
    """GITSKILLS_MODEL_<ROLE> works for each role of the contract."""
    for role in ROLES:
        environ = {f"GITSKILLS_MODEL_{role.upper()}": "openai:x"}
        assert [one for one in ROLES if spec(one, environ=environ, home=tmp_path) != "rules"] == [role]


@pytest.mark.parametrize(
    ("environ", "agent"),
    [
        ({}, ""),
        ({"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "x"}, "claude-code"),
        ({"CLAUDE_PROJECT_DIR": "/w"}, "claude-code"),
        ({"GEMINI_SESSION_ID": "x", "CLAUDE_PROJECT_DIR": "/w"}, "gemini-cli"),
        ({"CODEX_MANAGED_PACKAGE_ROOT": "/x", "CODEX_HOME": "/h"}, "codex"),
        ({"CODEX_HOME": "/h", "CLAUDE_CONFIG_DIR": "/c", "HERMES_HOME": "/x"}, ""),
        ({"OPENCODE": "1"}, "opencode"),
        ({"PI_CODING_AGENT": "true"}, "pi"),
        ({"GITSKILLS_AGENT": "codex", "CLAUDECODE": "1"}, "codex"),
        ({"CLAUDECODE": ""}, ""),
    ],
)
def test_the_host_is_known_by_what_it_leaves(environ: dict[str, str], agent: str) -> None:
    """What the user says, else an agent's mark; where an agent lives says nothing about who runs."""
    assert host(environ) == agent


PLACES = {
    "nvm": ".nvm/versions/node/v20.1.0/bin",
    "volta": ".volta/bin",
    "fnm": ".local/share/fnm/node-versions/v22.0.0/installation/bin",
    "fnm on macOS": "Library/Application Support/fnm/node-versions/v22.0.0/installation/bin",
    "native": ".local/bin",
    "mise": ".local/share/mise/installs/node/22.1.0/bin",
    "bun": ".bun/bin",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_program_is_found_where_managers_put_it(place: str, tmp_path: Path) -> None:
    """Off PATH, in the folders of nvm, volta, fnm and others."""
    program = executable(tmp_path / place, "claude", "")
    assert find("claude", {"PATH": str(tmp_path / "empty")}, tmp_path) == program


def test_path_and_the_newest_node_win(tmp_path: Path) -> None:
    """PATH comes first, then the newest version by number: 20 is newer than 9."""
    home = tmp_path / "home"
    old, new = (executable(home / f".nvm/versions/node/v{one}/bin", "pi", "") for one in ("9.9.0", "20.1.0"))
    assert find("pi", {}, home) == new != old
    first = executable(tmp_path / "bin", "pi", "")
    assert find("pi", {"PATH": f"{tmp_path / 'none'}{os.pathsep}{tmp_path / 'bin'}"}, home) == first
    moved = executable(tmp_path / "elsewhere" / "versions" / "node" / "v1.0.0" / "bin", "pi", "")
    assert find("pi", {"NVM_DIR": str(tmp_path / "elsewhere")}, home) == moved


def test_a_file_of_the_project_is_never_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the working directory nor a relative entry of PATH is looked in, nor what cannot be run."""
    executable(tmp_path / "project", "codex", "")
    executable(tmp_path / "project" / "node_modules" / ".bin", "codex", "")
    monkeypatch.chdir(tmp_path / "project")
    (tmp_path / "bin" / "codex").mkdir(parents=True)
    path = os.pathsep.join(["", ".", "node_modules/.bin", str(tmp_path / "bin")])
    assert find("codex", {"PATH": path}, tmp_path) is None


def test_choosing_loads_no_sdk() -> None:
    """Rules, commands and agents need neither SDK, nor git, nor the console."""
    code = (
        "import sys, pathlib; from gitskills.models.choose import choose\n"
        "for said in ('rules', 'command:x', 'agent:codex', 'anthropic:x', 'openai:x'):\n"
        "    choose('judge', environ={'GITSKILLS_MODEL': said}, home=pathlib.Path('.'))\n"
        "print(*sorted({'anthropic', 'openai', 'pygit2', 'git', 'rich', 'click', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_what_is_at_hand_is_told_without_asking(tmp_path: Path) -> None:
    """The program, the SDK with its key, or the rules; nothing is run."""
    path = {"PATH": str(tmp_path / "bin")}
    program = executable(tmp_path / "bin", "codex", "raise SystemExit('was run')")

    def told(said: str, **environ: str) -> str:
        return at_hand(said, "judge", environ={**path, **environ}, home=tmp_path)

    assert told("agent:codex") == f"agent:codex by {program}"
    assert told("command:codex exec") == f"command:codex by {program}"
    assert told("rules").startswith("the offline rules")
    for said, problem in {
        "agent:pi": "no program pi",
        "command:nothing": "no program nothing",
        "gpt": "no such",
    }.items():
        with pytest.raises(ModelFailed, match=problem):
            told(said)


@pytest.mark.parametrize("name", ["anthropic", "openai"])
def test_an_api_at_hand_has_an_sdk_and_a_key(name: str, tmp_path: Path) -> None:
    """Where the SDK is installed, the key is what is looked for; its value is not shown."""
    if find_spec(name) is None:
        pytest.skip(f"the extra gitskills[{name}] is not installed")
    key = f"{name.upper()}_API_KEY"
    assert "sk-1" not in at_hand(f"{name}:m", "judge", environ={key: "sk-1"}, home=tmp_path)
    with pytest.raises(ModelFailed, match=f"{key} is not set"):
        at_hand(f"{name}:m", "judge", environ={}, home=tmp_path)
