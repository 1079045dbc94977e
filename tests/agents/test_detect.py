"""Agents are found by what they leave behind, and their folders follow their own variables."""

import os
import sys
from pathlib import Path

import pytest

from gitskills.agents.detect import detect
from gitskills.agents.table import AGENTS, Scope, folder, shared_folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project folder."""
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def make(root: Path, sign: str) -> None:
    """Make the file or folder `sign` below `root`."""
    path = root / sign
    if path.suffix and not path.name.startswith("."):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    else:
        path.mkdir(parents=True)


@pytest.mark.parametrize(
    ("sign", "agent"),
    [
        (".claude", "claude-code"),
        ("CLAUDE.md", "claude-code"),
        (".cursor", "cursor"),
        (".cursorrules", "cursor"),
        (".github/copilot-instructions.md", "github-copilot"),
        (".github/prompts", "github-copilot"),
        (".codex", "codex"),
        (".gemini", "gemini-cli"),
        ("GEMINI.md", "gemini-cli"),
        (".opencode", "opencode"),
        (".windsurf", "windsurf"),
        (".kiro", "kiro-cli"),
        (".roo", "roo"),
        (".pi", "pi"),
        (".goose", "goose"),
    ],
)
def test_a_sign_in_the_project(project: Path, home: Path, sign: str, agent: str) -> None:
    """One file or folder in the project gives away one agent, and only where the project is asked about."""
    make(project, sign)
    assert detect(project, home, {}) == (agent,)
    assert detect(None, home, {}) == ()


@pytest.mark.parametrize(
    ("sign", "agent"),
    [
        (".claude", "claude-code"),
        (".codex", "codex"),
        (".copilot", "github-copilot"),
        (".config/opencode", "opencode"),
        (".config/goose", "goose"),
        (".config/amp", "amp"),
        (".pi/agent", "pi"),
        (".hermes", "hermes-agent"),
        (".codeium/windsurf", "windsurf"),
        (".kilo", "kilo"),
        (".cline", "cline"),
    ],
)
def test_a_sign_in_the_home_folder(project: Path, home: Path, sign: str, agent: str) -> None:
    """One folder in the user's home gives away one agent, with or without a project."""
    make(home, sign)
    assert detect(project, home, {}) == (agent,)
    assert detect(None, home, {}) == (agent,)


def test_nothing_gives_nothing_away(project: Path, home: Path) -> None:
    """Common folders that belong to no agent, or a missing home, are no sign."""
    for common in (".github/workflows", ".git", ".agents/skills", "skills", "data/skills", "AGENTS.md"):
        make(project, common)
    make(home, ".pi")
    make(home, ".agents/skills")
    assert detect(project, home, {"PATH": ""}) == ()
    assert detect(project / "missing", home / "missing", {}) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows finds programs by PATHEXT, not by mode")
def test_a_program_on_path(project: Path, home: Path, tmp_path: Path) -> None:
    """An agent that left no folder yet is found by its program, if that can be run."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gemini").touch(0o755)
    (tmp_path / "bin" / "claude").touch(0o644)
    assert detect(project, home, {"PATH": str(tmp_path / "bin")}) == ("gemini-cli",)


@pytest.mark.parametrize(
    ("agent", "variable", "below"),
    [
        ("claude-code", "CLAUDE_CONFIG_DIR", "skills"),
        ("codex", "CODEX_HOME", "skills"),
        ("hermes-agent", "HERMES_HOME", "skills"),
        ("grok", "GROK_HOME", "skills"),
        ("mistral-vibe", "VIBE_HOME", "skills"),
        ("autohand-code", "AUTOHAND_HOME", "skills"),
        ("codewhale", "CODEWHALE_HOME", "skills"),
        ("opencode", "XDG_CONFIG_HOME", "opencode/skills"),
        ("goose", "XDG_CONFIG_HOME", "goose/skills"),
        ("amp", "XDG_CONFIG_HOME", "agents/skills"),
    ],
)
def test_a_variable_moves_the_user_folder(agent: str, variable: str, below: str, tmp_path: Path, home: Path) -> None:
    """The agents' own variables move their folders, and a moved folder counts as a sign where the default does not."""
    moved = tmp_path / "moved"
    (moved / Path(below).parent).mkdir(parents=True)
    (moved / "amp").mkdir()
    environ = {variable: str(moved)}
    assert folder(AGENTS[agent], "global", tmp_path, home, environ) == moved / below
    assert agent in detect(None, home, environ)
    default = folder(AGENTS[agent], "global", tmp_path, home, {})
    assert default is not None and default.is_relative_to(home)
    assert folder(AGENTS[agent], "global", tmp_path, home, {variable: "relative"}) == default
    assert folder(AGENTS[agent], "global", tmp_path, home, {variable: " "}) == default


def test_a_moved_folder_replaces_the_default(home: Path, tmp_path: Path) -> None:
    """What lies in the default place says nothing about an agent that was told to live elsewhere."""
    make(home, ".codex")
    assert detect(None, home, {"CODEX_HOME": str(tmp_path / "elsewhere")}) == ()
    (home / "elsewhere").mkdir()
    assert detect(None, home, {"CODEX_HOME": "~/elsewhere"}) == ("codex",)


@pytest.mark.parametrize(
    ("agent", "scope", "expected"),
    [
        ("claude-code", "project", ".claude/skills"),
        ("claude-code", "global", "~/.claude/skills"),
        ("codex", "global", "~/.codex/skills"),
        ("cursor", "project", ".cursor/skills"),
        ("gemini-cli", "global", "~/.gemini/skills"),
        ("github-copilot", "global", "~/.copilot/skills"),
        ("opencode", "global", "~/.config/opencode/skills"),
        ("pi", "global", "~/.pi/agent/skills"),
        ("hermes-agent", "global", "~/.hermes/skills"),
        ("windsurf", "global", "~/.codeium/windsurf/skills"),
        ("goose", "global", "~/.config/goose/skills"),
        ("amp", "project", None),
        ("kilo", "global", "~/.kilo/skills"),
        ("roo", "project", ".roo/skills"),
        ("cline", "global", "~/.cline/skills"),
        ("promptscript", "global", None),
        ("warp", "global", None),
    ],
)
def test_folders(agent: str, scope: Scope, expected: str | None, tmp_path: Path, home: Path) -> None:
    """Each agent's own folder, by scope."""
    found = folder(AGENTS[agent], scope, tmp_path, home, {})
    if expected is None:
        assert found is None
    else:
        assert found == (home / expected[2:] if expected.startswith("~/") else tmp_path / expected)


def test_the_shared_folder(tmp_path: Path, home: Path) -> None:
    """`.agents/skills` stands in the project or in the home folder."""
    assert shared_folder("project", tmp_path, home) == tmp_path / ".agents" / "skills"
    assert shared_folder("global", tmp_path, home) == home / ".agents" / "skills"


def test_detection_is_cheap(project: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty agents cost two folder listings, not eighty times a look at the disk."""
    looks: list[str] = []
    stat = os.stat

    def counted(path: str | bytes | os.PathLike[str] | int, **keywords: bool) -> os.stat_result:
        looks.append(str(path))
        return stat(path, **keywords)

    monkeypatch.setattr(os, "stat", counted)
    detect(project, home, {"PATH": ""})
    assert len(looks) < 10
