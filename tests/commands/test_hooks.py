"""`gitskills hooks`: registered with agents, told how it stands, and taken back to the byte."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitskills.agents import hooks as registration
from gitskills.improve import hooks
from gitskills.state import inbox
from gitskills.state.paths import paths
from tests.conftest import Run
from tests.processes import crowd
from tests.repositories import git

AGENTS = sorted(registration.REGISTRATIONS)
PROJECT = [agent for agent in AGENTS if agent != "hermes-agent"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a git repository."""
    folder = tmp_path / "project"
    folder.mkdir()
    git("init", "-q", folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but git's own, and every empty folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
        if ".git" not in path.parts and (path.is_file() or not any(path.iterdir()))
    }


def named(agents: list[str]) -> list[str]:
    return [word for agent in agents for word in ("--agent", agent)]


def test_a_round_trip_in_a_project(project: Path, run: Run) -> None:
    """Installed for every agent with files of a project, twice is once, and uninstalled nothing is left behind."""
    done = run("hooks", "install", *named(PROJECT), "--json", cwd=project)
    assert done.code == 0 and [(row["agent"], row["action"]) for row in done.json()] == [
        (agent, "installed") for agent in PROJECT
    ]
    there = files(project)
    assert len(there) == len(PROJECT)
    again = run("hooks", "install", *named(PROJECT), "--json", cwd=project)
    assert {row["action"] for row in again.json()} == {"unchanged"} and files(project) == there
    status = run("hooks", "status", "--json", cwd=project)
    assert status.code == 0
    assert [(row["agent"], row["state"]) for row in status.json()] == [
        (agent, "installed") for agent in registration.REGISTRATIONS if agent in PROJECT
    ]
    done = run("hooks", "uninstall", "--json", cwd=project)
    assert {row["action"] for row in done.json()} == {"uninstalled"} and files(project) == {}
    assert list(project.iterdir()) == [project / ".git"]
    assert not registration.launcher_path(paths(os.environ).home, os.environ).exists()


def test_a_round_trip_for_the_user(home: Path, run: Run) -> None:
    """With --global the user's own files are edited, hermes' too; settings that were there come back byte for byte."""
    mine = {
        ".claude/settings.json": '{\n\t"env": {"A": "1"},\r\n\t"hooks": {"Stop": [ ]} // mine\n}',
        ".codex/hooks.json": "{}",
        ".cursor/hooks.json": "",
        ".gemini/settings.json": '\ufeff{"hooks": {"AfterAgent": [{"hooks": [{"type": "command", "command": "x"}]}]}}',
        ".hermes/config.yaml": "model:\n  default: x # why\n",
    }
    for name, text in mine.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(text.encode())
    before = files(home)
    done = run("hooks", "install", "--global", *named(AGENTS))
    assert done.code == 0 and "approval" in done.err, done.err
    assert all(files(home)[name] != before[name] for name in mine)
    assert run("hooks", "uninstall", "--global").code == 0
    after = {name: data for name, data in files(home).items() if not name.startswith("gitskills/")}
    assert after == before


def test_only_agents_in_use_by_default(project: Path, run: Run) -> None:
    """Without --agent those found here are registered with; an agent without hooks is left out without a word."""
    (project / ".claude").mkdir()
    (project / ".windsurf").mkdir()
    done = run("hooks", "install", "--json", cwd=project)
    agents = [row["agent"] for row in done.json()]  # more where their programs are on this machine's PATH
    assert agents[0] == "claude-code" and "windsurf" not in agents
    assert run("hooks", "status", cwd=project).out.split("\t")[:2] == ["claude-code", "installed"]


def test_a_dry_run_writes_nothing(project: Path, home: Path, run: Run) -> None:
    """--dry-run says what would be done, for both ways, and touches neither the project nor our own folders."""
    before = files(project), files(home)
    done = run("hooks", "install", "--dry-run", *named(PROJECT), cwd=project)
    assert done.code == 0 and done.out.count("would be") == len(PROJECT) and "nothing was written" in done.err
    assert (files(project), files(home)) == before
    run("hooks", "install", *named(PROJECT), cwd=project)
    there = files(project)
    done = run("hooks", "uninstall", "--dry-run", cwd=project)
    assert done.out.count("would be") == len(PROJECT) and files(project) == there


def test_a_broken_file_is_refused_and_left(project: Path, run: Run) -> None:
    """A file that is not JSON, or a plugin of our name by somebody else, stays; the other agents are served."""
    broken = {".claude/settings.json": "{ not json", ".pi/extensions/gitskills.ts": "export default 1"}
    for name, text in broken.items():
        (project / name).parent.mkdir(parents=True)
        (project / name).write_text(text)
    for action, done in (("install", "installed"), ("uninstall", "uninstalled")):
        result = run("hooks", action, *named(["claude-code", "codex", "pi"]), "--json", cwd=project)
        assert result.code == 1
        assert [row["action"] for row in result.json()] == ["refused", done, "refused"]
        assert "settings.json:1: " in result.json()[0]["message"]
        assert {name: (project / name).read_text() for name in broken} == broken
    status = run("hooks", "status", "--json", cwd=project)
    assert status.code == 1 and {row["state"] for row in status.json() if row["agent"] != "codex"} == {"broken"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["install", "--agent", "nobody"], "nobody is no agent"),
        (["install", "--agent", "zed"], "zed has no hooks"),
        (["install", "--agent", "hermes-agent"], "use --global"),
    ],
)
def test_what_cannot_be_is_told(words: list[str], told: str, project: Path, run: Run) -> None:
    """An agent that was named and cannot be registered with is an error with what to do."""
    done = run("hooks", *words, cwd=project)
    assert done.code == 1 and told in done.err and files(project) == {}


def test_wrong_words_are_usage(run: Run) -> None:
    """An action there is not is wrong usage."""
    assert run("hooks", "instal").code == 2 and run("hooks").code == 2


def test_what_the_user_changes_in_the_meantime_stays(project: Path, run: Run) -> None:
    """Settings written after ours survive the uninstall, also in a file that we made."""
    run("hooks", "install", "--agent", "claude-code", cwd=project)
    path = project / ".claude" / "settings.json"
    settings = json.loads(path.read_text())
    path.write_text(json.dumps({"model": "opus", **settings}))
    assert run("hooks", "uninstall", cwd=project).code == 0
    assert json.loads(path.read_text()) == {"model": "opus"}


def test_a_file_installed_by_a_teammate(project: Path, tmp_path: Path, run: Run) -> None:
    """Committed and cloned, the entries are installed here as they stand, and can be taken out here as well."""
    run("hooks", "install", "--agent", "codex", "--agent", "pi", cwd=project)
    clone = tmp_path / "clone"
    shutil.copytree(project, clone)
    env = {"GITSKILLS_HOME": str(tmp_path / "another machine")}
    assert [row["state"] for row in run("hooks", "status", "--json", cwd=clone, env=env).json()] == ["stale", "stale"]
    done = run("hooks", "install", "--agent", "codex", "--agent", "pi", "--json", cwd=clone, env=env)
    assert {row["action"] for row in done.json()} == {"unchanged"} and files(clone) == files(project)
    assert [row["state"] for row in run("hooks", "status", "--json", cwd=clone, env=env).json()] == ["installed"] * 2
    assert run("hooks", "uninstall", cwd=clone, env=env).code == 0
    assert files(clone) == {".codex/hooks.json": b"{}\n", ".pi/extensions": b""}  # neither was made here


@pytest.mark.skipif(sys.platform == "win32", reason="Windows needs no launcher")
def test_a_launcher_that_leads_nowhere_is_stale(project: Path, run: Run) -> None:
    """When the Python or the gitskills it was written for is gone, status and doctor say so, and install mends it."""
    run("hooks", "install", "--agent", "claude-code", cwd=project)
    launcher = registration.launcher_path(paths(os.environ).home, os.environ)
    launcher.write_text(launcher.read_text().replace("hook.py", "gone.py"))
    done = run("hooks", "status", cwd=project)
    assert done.code == 1 and "gone.py is gone" in done.out
    found = {row["check"]: row for row in run("doctor", "--offline", "--json", cwd=project).json()}
    assert found["hooks claude-code"]["ok"] is False and "hooks install" in found["hooks claude-code"]["fix"]
    assert run("hooks", "install", "--agent", "claude-code", cwd=project).code == 0
    assert run("hooks", "status", cwd=project).code == 0
    launcher.unlink()
    assert "missing" in run("hooks", "status", cwd=project).out


def test_doctor_is_silent_where_nothing_is_registered(project: Path, run: Run) -> None:
    """Who does not use hooks hears nothing of them."""
    rows = run("doctor", "--offline", "--json", cwd=project).json()
    assert not [row for row in rows if row["check"].startswith("hooks")]


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a session that starts start no worker: it would take the inbox before the test looks."""
    for name in ("GITSKILLS_AUTOPULL", "GITSKILLS_ATTRIBUTION"):
        monkeypatch.setenv(name, "0")


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("sh"), reason="needs a POSIX shell")
@pytest.mark.usefixtures("no_worker")
@pytest.mark.parametrize("agent", ["claude-code", "codex", "cursor", "gemini-cli"])
def test_what_stands_in_the_file_works(agent: str, project: Path, run: Run, shell: Callable[[str], str]) -> None:
    """Every command that was written, run as the agent runs it, delivers the event it was registered for."""
    run("hooks", "install", "--agent", agent, cwd=project)
    (paths(os.environ).state / inbox.MARKS).unlink()  # else: no session here is ours
    path = registration.place(registration.REGISTRATIONS[agent], "project", project, project, {})
    assert path is not None
    lines = commands(json.loads(path.read_text()))
    answers = {shell(line) for line in lines}
    found = [(one.event, one.agent) for one in inbox.take(paths(os.environ).inbox, now=0)]
    assert found == [(hook.ours, agent) for hook in registration.REGISTRATIONS[agent].hooks]
    assert answers == ({"{}\n"} if agent == "cursor" else {""})


def commands(value: object) -> list[str]:
    """Every command in a hook file, in order."""
    if isinstance(value, dict):
        found = [value["command"]] if isinstance(value.get("command"), str) else []
        return found + [line for inner in value.values() for line in commands(inner)]
    return [line for inner in value for line in commands(inner)] if isinstance(value, list) else []


@pytest.fixture
def shell() -> Callable[[str], str]:
    """Run a line in a shell with a payload on its standard input and return what it prints."""

    def run(line: str) -> str:
        payload = b'{"tool_input": {"command": "cat .agents/skills/x/SKILL.md"}}'
        done = subprocess.run(["sh", "-c", line], input=payload, capture_output=True, timeout=60, check=True)
        assert done.stderr == b""
        return done.stdout.decode()

    return run


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.usefixtures("no_worker")
@pytest.mark.parametrize("agent", ["opencode", "pi"])
def test_plugins_hand_on_what_they_hear(agent: str, project: Path, run: Run) -> None:
    """The plugin files, loaded by node and told each event, put the right ones into the inbox."""
    run("hooks", "install", "--agent", agent, cwd=project)
    (paths(os.environ).state / inbox.MARKS).unlink()  # else: no session here is ours
    path = registration.place(registration.REGISTRATIONS[agent], "project", project, project, {})
    assert path is not None
    module = project / f"plugin-{agent}.mjs"
    text = path.read_text()
    if agent == "pi":  # node is not asked to understand types: pi's own loader is
        for types in (": string", ": any"):
            text = text.replace(types, "")
    module.write_text(text + (DRIVE_OPENCODE if agent == "opencode" else DRIVE_PI))
    done = subprocess.run(["node", module], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    found = [(one.event, json.loads(one.payload)) for one in inbox.take(paths(os.environ).inbox, now=0)]
    skills = ["skill", "skill"] if agent == "opencode" else ["skill"]
    assert [event for event, _ in found] == ["session-start", "prompt", *skills, "stop", "session-end"]
    if agent == "opencode":
        assert found[2][1]["input"]["tool"] == "skill" and found[2][1]["output"]["args"] == {"name": "demo"}
        assert {payload["directory"] for _, payload in found} == {"/work"}
    else:
        assert found[1][1]["ev"] == {"type": "input", "text": "hello"}
        assert {(payload["cwd"], payload["sessionFile"]) for _, payload in found} == {("/work", "/s.jsonl")}


DRIVE_OPENCODE = """
const hooks = await Gitskills({ directory: "/work" })
await hooks.event({ event: { type: "session.created", properties: {} } })
await hooks.event({ event: { type: "message.updated", properties: {} } })
await hooks["chat.message"]({ sessionID: "s" }, { message: {}, parts: [{ type: "text", text: "hello" }] })
await hooks["tool.execute.before"]({ tool: "bash", sessionID: "s" }, { args: { command: "ls" } })
await hooks["tool.execute.before"]({ tool: "skill", sessionID: "s" }, { args: { name: "demo" } })
await hooks["command.execute.before"]({ command: "demo", sessionID: "s" }, { parts: [] })
await hooks.event({ event: { type: "session.idle", properties: { sessionID: "s" } } })
await hooks.event({ event: { type: "session.deleted", properties: { sessionID: "s" } } })
"""

DRIVE_PI = """
const heard = {}
gitskills({ on: (name, handler) => { heard[name] = handler } })
const ctx = { cwd: "/work", sessionManager: { getSessionFile: () => "/s.jsonl" } }
await heard.session_start({ type: "session_start" }, ctx)
await heard.input({ type: "input", text: "hello", images: [] }, ctx)
await heard.tool_call({ type: "tool_call", toolName: "bash", input: { command: "ls" } }, ctx)
await heard.tool_call({ type: "tool_call", toolName: "read", input: { path: "/x/SKILL.md" } }, ctx)
await heard.agent_end({ type: "agent_end", messages: [] }, ctx)
await heard.session_shutdown({ type: "session_shutdown" }, ctx)
"""


def test_two_installs_at_once_are_one(project: Path, run: Run) -> None:
    """Ten processes that register at the same moment leave one registration, which can be taken back."""
    done = crowd([lambda: run("hooks", "install", "--agent", "claude-code", cwd=project)] * 10)
    assert [one.code for one in done] == [0] * 10
    assert (project / ".claude/settings.json").read_text().count("gitskills stop claude-code") == 1
    assert run("hooks", "uninstall", cwd=project).code == 0 and files(project) == {}


def test_a_file_that_cannot_be_written_keeps_what_is_known(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When writing fails, the outcome says so and the earlier record still restores the file."""
    path = project / ".codex" / "hooks.json"
    path.parent.mkdir()
    path.write_text('{ "hooks" : {} }')
    run("hooks", "install", "--agent", "codex", cwd=project)
    stale = path.read_text().replace('"timeout": 10', '"timeout": 99')
    path.write_text(stale)

    def fail(path: Path, data: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    where = hooks.places(paths(os.environ), project, "project", ("codex",), named=True)
    with monkeypatch.context() as patch:
        patch.setattr(hooks, "write_atomic", fail)
        patch.setattr(hooks, "_write_launcher", lambda paths: None)
        (outcome,) = hooks.install(paths(os.environ), where)
    assert outcome.action == "refused" and "Permission denied" in outcome.message and path.read_text() == stale
    path.write_text(stale.replace('"timeout": 99', '"timeout": 10'))
    assert run("hooks", "uninstall", cwd=project).code == 0 and path.read_text() == '{ "hooks" : {} }'


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the XDG folders are those of Linux")
def test_the_worker_finds_the_state_that_was_there_when_hooks_were_installed(
    project: Path, home: Path, tmp_path: Path
) -> None:
    """An agent that does not pass XDG_STATE_HOME on starts a worker that takes the very inbox the hook wrote to."""
    state = tmp_path / "elsewhere" / "gitskills"
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "GITSKILLS_"))}
    words = [sys.executable, "-m", "gitskills", "hooks", "install", "--agent", "claude-code"]
    subprocess.run(words, cwd=project, env={**bare, "XDG_STATE_HOME": str(state.parent)}, check=True)
    for event in ("skill", "prompt"):
        told = json.dumps({"session_id": "s", "cwd": str(project), "prompt": "no", "event": event}).encode()
        command = registration.command("claude-code", event, windows=False)
        subprocess.run(["sh", "-c", command], cwd=project, env=bare, input=told, check=True)
    deadline = time.monotonic() + 30
    while (inbox.waiting(state / "inbox") or not (state / "state.sqlite3").exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert inbox.waiting(state / "inbox") == 0 and (state / "state.sqlite3").exists()
    assert not (home / ".local" / "state" / "gitskills" / "state.sqlite3").exists()
    here, there = paths(bare), paths({**bare, "XDG_STATE_HOME": str(state.parent)})
    assert hooks.launcher_problem(there) == ""
    assert str(state) in (told_of := hooks.launcher_problem(here)) and str(here.state) in told_of  # a shell without it
