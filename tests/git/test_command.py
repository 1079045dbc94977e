"""git/command.py: the environment git sees, what failures become, and that no process outlives its use."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gitskills.errors import GitskillsError
from gitskills.git import command
from gitskills.process import kill


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty bare repository."""
    git_dir = tmp_path / "r.git"
    command.run("init", "-q", "--bare", "--", str(git_dir))
    return git_dir


def commits(repository: Path, count: int) -> None:
    """Give the repository's `main` that many empty commits."""
    identity = "A U Thor <author@example.com>"
    lines = "".join(
        f"commit refs/heads/main\ncommitter {identity} {1700000000 + n} +0000\ndata 3\nc{n % 10}\n\n"
        for n in range(count)
    )
    command.run("fast-import", "--quiet", git_dir=repository, input=lines.encode())


def test_environment_drops_what_points_git_at_another_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """A git hook's GIT_DIR and friends never reach our git; the user's credentials and identity do."""
    foreign = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_CONFIG_PARAMETERS", "GIT_TRACE")
    own = (
        "GIT_SSH_COMMAND",
        "GIT_ASKPASS",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_KEY_0",
        "GIT_AUTHOR_NAME",
        "GIT_SSL_CAINFO",
    )
    for key in (*foreign, *own):
        monkeypatch.setenv(key, "1")
    found = command.environment({"GIT_INDEX_FILE": "mine"})
    assert not [key for key in foreign if key in found and key != "GIT_INDEX_FILE"]
    assert [found[key] for key in own] == ["1"] * len(own)
    assert found["GIT_INDEX_FILE"] == "mine"


def test_environment_is_machine_readable_and_never_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are English, only five protocols run, and nothing prompts where nobody looks."""
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    found = command.environment()
    assert (found["LC_ALL"], found["GIT_TERMINAL_PROMPT"]) == ("C", "0")
    assert found["GIT_ALLOW_PROTOCOL"] == "file:git:http:https:ssh"


def test_a_users_narrower_protocol_list_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """GIT_ALLOW_PROTOCOL may take protocols away but never add one."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "https:ext")
    assert command.environment()["GIT_ALLOW_PROTOCOL"] == "https"


def test_run_returns_output_and_feeds_input(repository: Path) -> None:
    """Bytes go in and come out unchanged."""
    oid = command.run("hash-object", "-w", "--stdin", git_dir=repository, input=b"\0\r\nx").decode().strip()
    assert command.run("cat-file", "blob", oid, git_dir=repository) == b"\0\r\nx"


def test_failure_carries_exit_code_and_no_password(repository: Path) -> None:
    """A failed command tells its code and last line; credentials in URLs are gone."""
    with pytest.raises(command.GitFailed) as failure:
        command.run("-c", "a.b=c", "rev-parse", "--verify", "https://me:secret@host/x", git_dir=repository)
    assert failure.value.returncode == 128
    assert "git rev-parse failed (128)" in failure.value.message
    assert "secret" not in failure.value.message + failure.value.stderr


def test_expected_exit_codes_are_no_failure(repository: Path) -> None:
    """`ok` lists the exit codes that are answers."""
    assert command.run("rev-parse", "--verify", "-q", "nothing", git_dir=repository, ok=(0, 1)) == b""


def test_missing_git_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without git on PATH the user is told to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitskillsError, match="git is not installed"):
        command.run("version")


def test_old_git_is_named_when_it_fails(monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    """A git below the oldest we support is blamed for not knowing an option."""
    monkeypatch.setattr(command, "version", lambda: (2, 20))
    with pytest.raises(GitskillsError, match=r"git 2\.20 is too old"):
        command.run("log", "--no-such-option", git_dir=repository)


def test_version_is_two_numbers() -> None:
    """The installed git tells its version."""
    assert command.version() >= command.OLDEST_GIT


def test_missing_folder_is_not_taken_for_missing_git(tmp_path: Path) -> None:
    """A `cwd` that does not exist is named as such."""
    with pytest.raises(GitskillsError, match="no such folder"):
        command.run("version", cwd=tmp_path / "gone")


def test_timeout_kills_git(repository: Path) -> None:
    """A git that waits for ever is ended in time."""
    read, write = os.pipe()
    try:
        with command.start("cat-file", "--batch", git_dir=repository, stdin=read) as process:
            start = time.monotonic()
            kill(process)
        assert process.returncode is not None and time.monotonic() - start < 5
    finally:
        os.close(read)
        os.close(write)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell alias sleeps")
def test_timeout_ends_the_children_too(repository: Path, tmp_path: Path) -> None:
    """What git itself started dies with it when the time is up."""
    mark = tmp_path / "mark"
    script = f"!echo $$ > '{mark}'; sleep 60; :"
    with pytest.raises(command.GitTimeout, match="longer than"):
        command.run("-c", f"alias.nap={script}", "nap", git_dir=repository, timeout=0.5)
    pid = int(mark.read_text())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and subprocess.run(
        ["ps", "-p", str(pid), "-o", "stat="], capture_output=True
    ).stdout.strip()[:1] not in (b"", b"Z"):
        time.sleep(0.02)
    assert time.monotonic() < deadline


def test_stream_yields_each_record(repository: Path) -> None:
    """Records that span read blocks come whole, in order, newest first."""
    commits(repository, 3000)
    assert [r.strip() for r in command.stream("log", "-z", "--format=%s", "main", git_dir=repository)] == [
        b"c%d" % (n % 10) for n in reversed(range(3000))
    ]


def test_stream_reads_input(repository: Path) -> None:
    """Revisions may come on standard input."""
    commits(repository, 2)
    found = command.stream("log", "--stdin", "--format=%s", git_dir=repository, input=b"main\n", separator=b"\n")
    assert list(found) == [b"c1", b"c0"]


def test_stream_closed_early_reaps_git(repository: Path) -> None:
    """A reader who stops leaves no process and gets no error."""
    commits(repository, 3000)
    records = command.stream("log", "-z", "--format=%H", "main", git_dir=repository)
    assert len(next(records)) == 40
    records.close()


def test_stream_raises_when_git_fails(repository: Path) -> None:
    """A failure comes after the records."""
    with pytest.raises(command.GitFailed, match="git log failed"):
        list(command.stream("log", "nothing", "--", git_dir=repository))


def test_what_is_begun_runs_beside_us(repository: Path) -> None:
    """A long answer waits for nobody to read it, and is given as often as it is asked for."""
    commits(repository, 3000)
    with command.begun("log", "--stdin", "--format=%H %s", git_dir=repository, input=b"main\n") as answer:
        found = answer()
        assert len(found) > 1 << 16 and answer() == found
    assert found == command.run("log", "--format=%H %s", "main", git_dir=repository)


def test_what_is_begun_raises_when_asked(repository: Path) -> None:
    """A failure is told to whoever waits for the answer, and to nobody who does not."""
    with command.begun("log", "--stdin", git_dir=repository, input=b"nothing\n"):
        pass
    with (
        command.begun("log", "--stdin", git_dir=repository, input=b"nothing\n") as answer,
        pytest.raises(command.GitFailed, match="git log failed"),
    ):
        answer()


def test_what_is_begun_ends_with_its_block(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that nobody waits for is ended when the block is left, also by an error."""
    started: list[subprocess.Popen[bytes]] = []
    real = command.start

    def note(*args: str, **options: Any) -> subprocess.Popen[bytes]:
        started.append(real(*args, **options))
        return started[-1]

    monkeypatch.setattr(command, "start", note)
    waits = ("-c", "alias.waits=!sleep 60", "waits")
    with pytest.raises(ZeroDivisionError), command.begun(*waits, git_dir=repository, input=b""):
        1 / 0  # noqa: B018
    assert started[0].returncode is not None
