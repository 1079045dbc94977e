"""The agents' door: whatever is pushed through it, one file or none, exit 0, and nothing said."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.agents import hooks
from gitskills.state import database, events, inbox
from gitskills.state.paths import paths
from tests.conftest import ROOT, Run

HOOK = ROOT / "gitskills" / "hook.py"
PAYLOAD = b'{"session_id": "s", "prompt": "again, please"}'
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the guarded command is for POSIX shells")


def hook(
    *words: str | Path, stdin: bytes = PAYLOAD, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[bytes]":
    """Run hook.py as the launcher does; it must end with 0 and say nothing on stderr."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(HOOK), *map(str, words)],
        input=stdin,
        env={**os.environ, **(env or {})},
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done


def found(folder: Path) -> list[tuple[str, str, bytes]]:
    """What lies in an inbox."""
    return [(one.event, one.agent, one.payload) for one in inbox.take(folder, now=time.time())]


def test_one_event_is_one_file_as_it_came(tmp_path: Path) -> None:
    """Bytes that are not even JSON, or text, arrive as they were; nothing is printed."""
    for payload in (PAYLOAD, b"not json", b"\xff\xfe\x00{"):
        assert hook("prompt", "claude-code", tmp_path / "inbox", stdin=payload).stdout == b""
    assert [payload for _, _, payload in found(tmp_path / "inbox")] == [PAYLOAD, b"not json", b"\xff\xfe\x00{"]


def test_without_a_folder_it_is_the_users_inbox() -> None:
    """By itself it finds the inbox that gitskills reads."""
    hook("stop", "codex")
    assert found(paths(os.environ).inbox) == [("stop", "codex", PAYLOAD)]


def test_large_payloads() -> None:
    """10 MB are kept whole; more than the limit is read to its end, lest the agent's pipe break, and dropped."""
    folder = paths(os.environ).inbox
    large = b"x" * (10 << 20)
    hook("prompt", "pi", folder, stdin=large)
    hook("prompt", "pi", folder, stdin=b"y" * (inbox.LIMIT + 1))
    assert [len(payload) for _, _, payload in found(folder)] == [len(large)]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["prompt"],
        ["nonsense", "codex"],
        ["prompt", "../../evil"],
        ["prompt", "Codex"],
        ["prompt", "c" * 41],
        ["prompt", ""],
        ["--agent"],
        ["--agent", "codex"],
    ],
)
def test_what_it_does_not_know_it_leaves(words: list[str], run: Run) -> None:
    """Unknown events, names that could be paths, or no names at all leave nothing and fail nobody."""
    hook(*words)
    done = run("hook", *words, stdin=PAYLOAD.decode())
    assert (done.code, done.out, done.err) == (0, "", "")
    assert inbox.waiting(paths(os.environ).inbox) == 0


@pytest.mark.parametrize("name", ["GITSKILLS_DISABLED", "GITSKILLS_WORKER"])
def test_it_can_be_off(name: str, run: Run) -> None:
    """Switched off, or inside a model call of our own, it reads what it is given and leaves nothing."""
    hook("prompt", "codex", stdin=b"x" * (1 << 20), env={name: "1"})
    assert run("hook", "prompt", "--agent", "codex", stdin="{}", env={name: "1"}).code == 0
    assert run("-C", ".", "hook", "prompt", "--agent", "codex", stdin="{}", env={name: "1"}).code == 0
    assert inbox.waiting(paths(os.environ).inbox) == 0


def test_only_reads_of_a_skill_count_for_agents_without_a_tool_for_skills() -> None:
    """codex, cursor and pi tell of every tool call: only those that name a SKILL.md are kept."""
    for agent in ("codex", "cursor", "pi", "claude-code"):
        hook("skill", agent, stdin=b'{"command": "ls"}')
        hook("skill", agent, stdin=b'{"command": "cat a/SKILL.md"}')
    kept = [(agent, b"SKILL" in payload) for _, agent, payload in found(paths(os.environ).inbox)]
    assert kept == [("codex", True), ("cursor", True), ("pi", True), ("claude-code", False), ("claude-code", True)]


def test_cursor_gets_the_json_it_wants() -> None:
    """Cursor reads an answer of JSON on every event; no other agent is told anything."""
    assert hook("prompt", "cursor").stdout == b"{}\n"


@pytest.mark.parametrize("closed", ["stdin", "all"])
@POSIX
def test_closed_streams(closed: str) -> None:
    """With stdin, or every stream, closed by the agent, it ends with 0 and leaves nothing."""
    script = f'exec "{sys.executable}" -I -S "{HOOK}" prompt cursor <&-' + (" >&- 2>&-" if closed == "all" else "")
    assert subprocess.run(["sh", "-c", script], timeout=60).returncode == 0
    assert inbox.waiting(paths(os.environ).inbox) == 0


@POSIX
def test_no_home_and_no_way_to_write(tmp_path: Path) -> None:
    """Without HOME, or with an inbox that cannot be made, nothing is raised and nothing is said."""
    bare = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": str(tmp_path / "state")}
    words = [sys.executable, "-I", "-S", str(HOOK), "prompt", "pi"]
    done = subprocess.run(words, input=b"{}", env=bare, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    hook("prompt", "pi", blocked / "inbox")
    hook("prompt", "pi", "/proc/nowhere")


@POSIX
def test_a_full_disk(tmp_path: Path) -> None:
    """Where not a byte can be written the event is lost, the agent hears nothing of it, and no half file stays."""
    import resource

    words = [sys.executable, "-I", "-S", str(HOOK), "prompt", "codex", str(tmp_path / "inbox")]
    full = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (0, 0))
    done = subprocess.run(words, input=PAYLOAD, capture_output=True, timeout=60, preexec_fn=full)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert [path for path in (tmp_path / "inbox").rglob("*") if path.is_file()] == []
    hook("prompt", "codex", tmp_path / "inbox")
    assert len(found(tmp_path / "inbox")) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_for_its_answer() -> None:
    """Even the one answer it gives may fail; the event is kept all the same."""
    words = [sys.executable, "-I", "-S", str(HOOK), "stop", "cursor"]
    with open("/dev/full", "wb") as full:
        assert subprocess.run(words, input=b"{}", stdout=full, timeout=60).returncode == 0
    assert found(paths(os.environ).inbox) == [("stop", "cursor", b"{}")]


def test_through_the_command(run: Run) -> None:
    """`gitskills hook EVENT --agent A` does the same, also behind -C, and has help."""
    for words in (["hook", "prompt", "--agent", "codex"], ["hook", "--agent=codex", "prompt"]):
        assert run(*words, stdin="{}") == (0, "", "")
    assert run("-C", ".", "hook", "stop", "--agent", "codex", stdin="{}") == (0, "", "")
    assert run("-C", ".", "hook", "stop", "--nonsense", "x", "y", stdin="{}").code == 0
    assert [event for event, _, _ in found(paths(os.environ).inbox)] == ["prompt", "prompt", "stop"]
    assert "exit code is always 0" in " ".join(run("hook", "--help").out.split())
    assert "hook " not in run("--help").out.replace("hooks ", "")


@given(st.binary(max_size=2000), st.sampled_from(inbox.EVENTS), st.sampled_from(sorted(hooks.REGISTRATIONS)))
@settings(max_examples=300)
def test_any_bytes_are_kept(payload: bytes, event: str, agent: str) -> None:
    """Whatever an agent says is wanted, but for nothing at all and for tool calls that read no skill."""
    kept = inbox.wanted(event, agent, payload)
    assert kept == (payload != b"" and (event != "skill" or agent not in inbox._READERS or b"SKILL.md" in payload))


def test_it_loads_next_to_nothing(tmp_path: Path) -> None:
    """The door opens without click, json, sqlite3, pathlib, typing or anything of ours but the inbox."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", HOOK, "prompt", "codex", tmp_path / "inbox"],
        input=PAYLOAD,
        capture_output=True,
    )
    loaded = {line.rpartition(b"|")[2].strip().decode() for line in done.stderr.splitlines()}
    assert {name for name in loaded if name.startswith("gitskills")} == {
        "gitskills",
        "gitskills.state",
        "gitskills.state.inbox",
    }
    assert not loaded & {"click", "json", "sqlite3", "pathlib", "typing", "re", "dataclasses", "collections", "site"}
    assert len(found(tmp_path / "inbox")) == 1


@pytest.fixture
def launcher(home: Path) -> Path:
    """The launcher as `hooks install` writes it, for this Python and this gitskills."""
    where = paths(os.environ)
    path = hooks.launcher_path(where.home, where.environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(hooks.launcher(sys.executable, HOOK, where.inbox))
    return path


def registered(
    event: str, agent: str, *, stdin: bytes = PAYLOAD, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[bytes]":
    """Run the command line that stands in an agent's settings, as agents do: through a shell."""
    line = hooks.command(agent, event, windows=False)
    return subprocess.run(
        ["sh", "-c", line], input=stdin, env={**os.environ, **(env or {})}, capture_output=True, timeout=60
    )


@POSIX
@pytest.mark.parametrize("agent", ["claude-code", "cursor"])
def test_the_registered_command(agent: str, launcher: Path) -> None:
    """What stands in an agent's settings delivers its event; only cursor is answered."""
    done = registered("prompt", agent)
    answer = b"{}\n" if agent == "cursor" else b""
    assert (done.returncode, done.stdout, done.stderr) == (0, answer, b"")
    assert found(paths(os.environ).inbox) == [("prompt", agent, PAYLOAD)]


@POSIX
def test_the_registered_command_where_gitskills_is_gone(launcher: Path, tmp_path: Path) -> None:
    """Uninstalled, moved, broken or switched off: the payload is read to its end, exit 0, not a word."""
    large = b"x" * (1 << 20)

    def quiet(**env: str) -> None:
        done = registered("skill", "codex", stdin=large, env={"PATH": "/usr/bin:/bin", **env})
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")

    text = launcher.read_text()
    for broken in (
        text.replace(str(HOOK), str(tmp_path / "moved" / "hook.py")),
        text.replace(sys.executable, str(tmp_path / "no" / "python")),
        "if then fi (",
        "exit 2",
    ):
        launcher.write_text(broken)
        quiet()
    launcher.unlink()
    quiet()
    quiet(GITSKILLS_HOME=str(tmp_path / "nowhere"), HOME="")
    quiet(GITSKILLS_DISABLED="1")
    assert inbox.waiting(paths(os.environ).inbox) == 0


@POSIX
def test_a_moved_environment_is_found_on_path(launcher: Path, tmp_path: Path) -> None:
    """Where the Python of the launcher is gone but gitskills is on PATH, that one gets the event."""
    launcher.write_text(launcher.read_text().replace(sys.executable, str(tmp_path / "gone")))
    program = tmp_path / "bin" / "gitskills"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gitskills "$@"\n')
    program.chmod(0o755)
    done = registered(
        "prompt", "codex", env={"PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0 and found(paths(os.environ).inbox) == [("prompt", "codex", PAYLOAD)]


@POSIX
@pytest.mark.parametrize("shell", ["dash", "bash", "zsh", "fish", "ksh", "busybox"])
def test_the_command_is_right_in_every_shell(shell: str, launcher: Path) -> None:
    """Agents start commands with the user's shell, or with none: the same words work in all."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    words = [program, "sh", "-c"] if shell == "busybox" else [program, "-c"]
    done = subprocess.run([*words, hooks.command("codex", "stop", windows=False)], input=PAYLOAD, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert found(paths(os.environ).inbox) == [("stop", "codex", PAYLOAD)]


@POSIX
def test_names_with_quotes_and_spaces(tmp_path: Path) -> None:
    """Folders with spaces and quotes in their names are no trouble."""
    odd = tmp_path / 'it\'s "odd" $HOME'
    env = {"GITSKILLS_HOME": str(odd)}
    where = paths({**os.environ, **env})
    path = hooks.launcher_path(where.home, where.environ)
    path.parent.mkdir(parents=True)
    path.write_text(hooks.launcher(sys.executable, HOOK, where.inbox))
    assert registered("stop", "pi", env=env).returncode == 0
    assert found(where.inbox) == [("stop", "pi", PAYLOAD)]


@POSIX
def test_a_hundred_at_once(launcher: Path) -> None:
    """A hundred hooks at the same moment, while the inbox is taken: each is one row of the database, none is lost."""
    line, where = hooks.command("codex", "stop", windows=False), paths(os.environ)
    running = [
        subprocess.Popen(["sh", "-c", line], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) for _ in range(100)
    ]
    taken = 0
    with closing(database.state(where)) as db:
        for number, process in enumerate(running):
            assert process.stdin is not None
            process.stdin.write(b"%d" % number)
            process.stdin.close()
        while any(process.poll() is None for process in running):
            taken += events.absorb(where, db, now=time.time())
        taken += events.absorb(where, db, now=time.time())
        rows = [int(event.payload) for event in events.pending(db)]
    assert [process.returncode for process in running] == [0] * 100
    assert sorted(rows) == list(range(100)) and taken == 100 and inbox.waiting(where.inbox) == 0


@POSIX
def test_it_costs_an_agent_next_to_nothing(launcher: Path) -> None:
    """Whole processes, shell and guard included, side by side with `python -c pass`; the bound is generous to noise.

    tests/benchmarks/hook_speed.py measures it properly: 30 pairs, at most 1.3 times.
    """
    line = hooks.command("codex", "skill", windows=False)

    def spent(*words: str) -> float:
        began = time.perf_counter()
        subprocess.run(words, input=b'{"command": "ls"}', stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - began

    pairs = [(spent("sh", "-c", line), spent(sys.executable, "-c", "pass")) for _ in range(9)]
    assert statistics.median(ours / theirs for ours, theirs in pairs) < 2.5


@pytest.mark.skipif(os.name == "nt", reason="the launcher is a shell script")
def test_a_session_that_starts_tells_what_waits(tmp_path: Path) -> None:
    """Agents that show their user an answer get the notice by the registered command; other events say nothing."""
    home = tmp_path / "told"
    state = home / "state"
    (state / "notices").mkdir(parents=True)
    python, program = sys.executable, ROOT / "gitskills" / "hook.py"
    (home / "hook").write_text(hooks.launcher(python, program, state / "inbox"))
    environment = {**os.environ, "GITSKILLS_HOME": str(home), "GITSKILLS_AUTOPULL": "0", "GITSKILLS_ATTRIBUTION": "0"}

    def said(agent: str, event: str, **more: str) -> bytes:
        line = hooks.command(agent, event, windows=False)
        env = environment | more
        done = subprocess.run(["sh", "-c", line], input=b'{"session_id": "1"}', env=env, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    assert said("claude-code", "session-start") == b""
    (state / "notices" / "notice").write_text("2 suggestions wait: gitskills suggest list\n")
    notice = {"systemMessage": "gitskills: 2 suggestions wait: gitskills suggest list"}
    for agent in ("claude-code", "codex", "gemini-cli"):
        assert json.loads(said(agent, "session-start")) == notice
    assert said("claude-code", "prompt") == said("hermes-agent", "session-start") == b""
    assert said("cursor", "session-start") == b"{}\n"
    for off in ("GITSKILLS_DISABLED", "GITSKILLS_WORKER"):
        assert said("claude-code", "session-start", **{off: "1"}) == b""
    if shutil.which("node"):
        plugin = (ROOT / "templates" / "agents" / "opencode.js").as_uri()
        script = (
            f"import {{Gitskills}} from '{plugin}';"
            "const told = [], client = {tui: {showToast: async (toast) => told.push(toast)}};"
            "await (await Gitskills({client})).event({event: {type: 'session.created'}});"
            "console.log(JSON.stringify(told))"
        )
        words = ["node", "--input-type=module", "-e", script]
        shown = subprocess.run(words, env=environment, capture_output=True, check=True).stdout
        assert json.loads(shown) == [{"body": {"message": notice["systemMessage"], "variant": "info"}}]
    (home / "hook").unlink()
    assert said("claude-code", "session-start") == b""
