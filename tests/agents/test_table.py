"""The table of agents holds what the fact sheet says, in a shape that placement can trust."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from gitskills.agents.table import AGENTS, Agent, UnknownAgent, look_up

ISSUE = (
    """claude-code codex cursor gemini-cli github-copilot opencode pi hermes-agent windsurf goose amp kilo roo cline"""
)


def test_every_agent_the_issue_names_is_there() -> None:
    """The fourteen agents of the first release have a row each."""
    assert set(ISSUE.split()) <= set(AGENTS)


@pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS)
def test_paths_stay_below_their_root(agent: Agent) -> None:
    """No row leads out of the project or the home folder, on any system, and each agent can see skills somewhere."""
    for path in (agent.project, agent.base, agent.user, *agent.project_signs, *agent.user_signs):
        assert path is None or not (PurePosixPath(path).is_absolute() or PureWindowsPath(path).drive or "\\" in path)
        assert path is None or ".." not in PurePosixPath(path).parts
    assert agent.project or agent.reads_shared("project")


def test_no_agent_claims_the_shared_folder_as_its_own() -> None:
    """`.agents/skills` is nobody's own folder: a link there would point to itself."""
    assert not [agent.id for agent in AGENTS.values() if agent.project == ".agents/skills"]
    assert not [agent.id for agent in AGENTS.values() if f"{agent.base}/{agent.user}" == ".agents/skills"]


def test_what_the_real_programs_showed() -> None:
    """Codex, Gemini, OpenCode and pi read `.agents/skills` in both scopes; Claude Code in neither."""
    for id in ("codex", "gemini-cli", "opencode", "pi"):
        assert AGENTS[id].reads_shared("project") and AGENTS[id].reads_shared("global")
    assert not AGENTS["claude-code"].shared


def test_look_up_keeps_the_order_and_drops_repeats() -> None:
    """Agents come back once each, in the order asked for."""
    assert [agent.id for agent in look_up(["pi", "codex", "pi"])] == ["pi", "codex"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("claude", "claude-code"),
        ("Claude Code", "claude-code"),
        ("gemini", "gemini-cli"),
        ("copilot", "github-copilot"),
        ("cursr", "cursor"),
        ("hermes", "hermes-agent"),
        ("github_copilot", "github-copilot"),
    ],
)
def test_an_unknown_agent_is_an_error_that_names_near_ones(written: str, meant: str) -> None:
    """What people write for an agent leads them to its id."""
    with pytest.raises(UnknownAgent) as caught:
        look_up(["codex", written])
    assert repr(written) in caught.value.message and meant in caught.value.hint


@pytest.mark.parametrize("written", ["", "-", "zzz", "\0", "é" * 1000])
def test_an_agent_like_none_lists_them_all(written: str) -> None:
    """Where nothing is near, the hint lists every id."""
    with pytest.raises(UnknownAgent) as caught:
        look_up([written])
    assert "windsurf" in caught.value.hint
