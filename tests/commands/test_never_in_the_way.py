"""Hooks that have nothing to do: from the command in an agent's settings to the worker, nothing is asked of anybody."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from gitskills.agents import hooks
from gitskills.state import database, inbox
from tests.conftest import SkillRepo
from tests.people import Person, skill
from tests.programs import executable
from tests.stories import BODY, FAILED, Talk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the registered command is for POSIX shells")

NETWORK = {"ls-remote", "fetch", "pull", "push", "clone", "remote-https", "upload-pack", "receive-pack"}


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library with one skill."""
    return skill_repo({"skills/deploy/SKILL.md": BODY})


@pytest.fixture
def watched(ada: Person, tmp_path: Path) -> dict[str, str]:
    """Ada's environment, where git and an agent's CLI note that they were called; her hooks are registered."""
    git = shutil.which("git")
    assert git is not None
    program = executable(tmp_path / "bin", "git", "")
    program.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/git.log"\nexec "{git}" "$@"\n')
    program = executable(tmp_path / "bin", "claude", "")
    answer = json.dumps({"type": "result", "is_error": False, "result": json.dumps(FAILED | {"layer": "environment"})})
    program.write_text(f"#!/bin/sh\ncat > /dev/null\necho called >> '{tmp_path}/models.log'\necho '{answer}'\n")
    ada.run("hooks", "install", "--agent", "claude-code")
    return os.environ | {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GITSKILLS_HOME": str(ada.store),
        "GITSKILLS_MODEL": "agent:claude-code",
    }


def fire(event: str, told: Mapping[str, object], environ: Mapping[str, str]) -> None:
    """Run the command that stands in Claude Code's settings, as it does."""
    line = hooks.command("claude-code", event, windows=False)
    done = subprocess.run(["sh", "-c", line], input=json.dumps(told).encode(), env=environ, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def noted(tmp_path: Path, name: str) -> list[str]:
    """What a program noted."""
    file = tmp_path / f"{name}.log"
    return file.read_text().splitlines() if file.exists() else []


def network(tmp_path: Path) -> list[str]:
    """The calls of git that reach for another repository."""
    return [line for line in noted(tmp_path, "git") if NETWORK & set(line.split())]


def test_a_session_outside_any_project_of_ours_starts_no_process(
    ada: Person, tmp_path: Path, watched: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session elsewhere leaves nothing to do and starts no worker, pulls and weekly sweeps asked for; one in the
    project does.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    watched = watched | {"GITSKILLS_SWEEP": "weekly"}
    program = executable(tmp_path / "bin", "python-worker", "")
    program.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/worker.log"\n')
    started = "import sys; sys.path.insert(0, sys.argv[1]); sys.executable = sys.argv[2]; from gitskills import hook; "
    started += "hook.main(['session-start', 'claude-code', sys.argv[3]])"
    words = [sys.executable, "-c", started, str(Path(hooks.__file__).parents[2]), str(program), str(ada.paths.inbox)]
    for cwd, count in ((elsewhere, 0), (ada.root, 1)):
        told = json.dumps({"session_id": "1", "cwd": str(cwd), "hook_event_name": "SessionStart"})
        subprocess.run(words, input=told.encode(), env=watched, check=True)
        until = time.monotonic() + (20 if count else 0.3)
        while len(noted(tmp_path, "worker")) < max(count, 1) and time.monotonic() < until:
            time.sleep(0.02)
        assert len(noted(tmp_path, "worker")) == count == inbox.waiting(ada.paths.inbox)


def test_where_no_placed_skill_is_used_no_model_and_no_network_is_asked(
    ada: Person, home: Path, tmp_path: Path, watched: dict[str, str]
) -> None:
    """Skills of others used, much said, sessions begun and ended, in a project of ours and in one that has nothing of
    ours: no call of a model and none of git that leaves the machine, by hook or worker. Then one use of ours is both.

    What a session pulls when it begins is off here: that is its own wish, not the price of a hook.
    """
    watched = watched | {"GITSKILLS_AUTOPULL": "0"}
    (ada.root / ".claude" / "skills" / "mine").mkdir(parents=True)
    (ada.root / ".claude" / "skills" / "mine" / "SKILL.md").write_text(skill("mine"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ours, theirs = Talk(ada, home, "5e55-1"), Talk(ada, home, "5e55-2")
    for talk, more in ((ours, {}), (theirs, {"cwd": str(elsewhere)})):
        tool = {"tool_name": "Skill", "tool_input": {"skill": "mine"}, "tool_use_id": "toolu_9"}
        fire("session-start", talk.told("SessionStart", **more), watched)
        fire("skill", talk.told("PreToolUse", **tool, **more), watched)
        for text in ("No, that was wrong!", "Never do that again.", "/mine now"):
            fire("prompt", talk.told("UserPromptSubmit", prompt=text, **more), watched)
        fire("stop", talk.told("Stop", **more), watched)
        fire("session-end", talk.told("SessionEnd", **more), watched)
    done = ada.run("work", "--json", env=watched)
    assert (done.json(), done.err) == ([], "")
    until = time.monotonic() + 40  # the workers that the hooks started
    while inbox.waiting(ada.paths.inbox) and time.monotonic() < until:
        time.sleep(0.02)
    assert inbox.waiting(ada.paths.inbox) == 0
    assert (noted(tmp_path, "models"), network(tmp_path)) == ([], [])
    with closing(database.state(ada.paths)) as db:
        assert db.execute("SELECT count(*) FROM job").fetchone() == (0,)
    fire("skill", ours.told("PreToolUse", tool_name="Skill", tool_input={"skill": "deploy"}), watched)
    inbox.write(str(ada.paths.inbox), "prompt", "claude-code", json.dumps(ours.told("", prompt="wrong")).encode())
    while not noted(tmp_path, "models") and time.monotonic() < until:  # by this worker, or one that hooks started
        assert ada.run("work", env=watched).code == 0
        time.sleep(0.05)
    assert noted(tmp_path, "models") == ["called"] and network(tmp_path)
