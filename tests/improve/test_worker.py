"""The worker where time and failures matter: transcripts that lag, jobs that break it, skills of the same name."""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.git.commit import Identity
from gitskills.improve import windows
from gitskills.improve.case import Models, Target
from gitskills.improve.intake import Intake
from gitskills.improve.site import Placed
from gitskills.improve.worker import LAG, TRIES, Worker
from gitskills.state import database, inbox
from gitskills.state.paths import Paths, paths
from tests.transcripts import NEVER, transcript


class Reached(GitskillsError):
    """The job came as far as its library."""


@dataclass
class Site:
    """A machine with one skill, whose library cannot be had: `fault` is what happens then."""

    folder: Path
    fault: Exception = field(default_factory=lambda: Reached("reached the library"))
    salt: str = "salt"

    def placed(self, cwd: str) -> Sequence[Placed]:
        """The one skill."""
        name = "deploy"
        return (Placed(name, (name,), "team", "url", "skills/deploy", "0" * 40, (str(self.folder),)),)

    def wanted(self, cwd: str, name: str) -> bool:
        """Its library wants improvements."""
        return True

    def target(self, cwd: str, name: str) -> Target:
        """Fail."""
        raise self.fault

    def text(self, cwd: str, name: str) -> str:
        """A text."""
        return "# Deploy\n"

    def models(self, cwd: str, agent: str) -> Models:
        """None: nobody comes as far."""
        raise AssertionError

    def who(self, cwd: str) -> Identity:
        """Nobody: nobody comes as far."""
        raise AssertionError


@pytest.fixture
def where() -> Paths:
    """The folders of this test's user."""
    return paths(os.environ)


@pytest.fixture
def db(where: Paths) -> Iterator[sqlite3.Connection]:
    """Their state database."""
    with closing(database.state(where)) as opened:
        yield opened


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A machine with the skill `deploy`."""
    folder = tmp_path / "deploy"
    folder.mkdir()
    return Site(folder)


@pytest.fixture
def file(home: Path) -> Path:
    """Where the transcript is to be."""
    path = home / ".claude" / "projects" / "shop" / "5e55-1.jsonl"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture(autouse=True)
def told(where: Paths, file: Path) -> None:
    """The skill was used, and the user reacted."""
    common = {"session_id": "5e55-1", "transcript_path": str(file), "cwd": str(where.home)}
    tool = {"tool_name": "Skill", "tool_input": {"skill": "deploy"}, "tool_use_id": "toolu_1"}
    for event, more in (
        ("skill", {"hook_event_name": "PreToolUse", **tool}),
        ("prompt", {"hook_event_name": "UserPromptSubmit", "prompt": NEVER}),
    ):
        inbox.write(str(where.inbox), event, "claude-code", json.dumps(common | more).encode())


def test_a_transcript_that_lags_is_waited_for(where: Paths, db: sqlite3.Connection, site: Site, file: Path) -> None:
    """It may not be there yet, then not hold the use yet: looked at again, for a bounded time."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            transcript(file, "something-else", use="toolu_0")
        elif len(slept) == 3:
            transcript(file, "deploy")

    worker = Worker(where, db, site, sleep=sleep)
    worker.run()
    assert slept == list(LAG[:3]) and [row.reason for row in worker.rows] == ["reached the library"]


def test_a_transcript_that_never_comes_is_passed_over(where: Paths, db: sqlite3.Connection, site: Site) -> None:
    """After the last look the job is done, told, and never tried again."""
    slept: list[float] = []
    worker = Worker(where, db, site, sleep=slept.append)
    worker.run()
    assert slept == list(LAG) and [row.decision for row in worker.rows] == ["unclear"]
    assert "transcript is not there" in worker.passed[0]
    again = Worker(where, db, site, sleep=slept.append)
    again.run()
    assert again.rows == [] and again.passed == [] and len(slept) == len(LAG)


def test_a_job_that_breaks_the_worker_is_given_up(where: Paths, db: sqlite3.Connection, site: Site, file: Path) -> None:
    """A bug that one session meets ends the worker a few times, then that job is left and the rest goes on."""
    transcript(file, "deploy")
    site.fault = ZeroDivisionError("a bug")
    for _ in range(TRIES):
        with pytest.raises(ZeroDivisionError):
            Worker(where, db, site).run()
    worker = Worker(where, db, site)
    worker.run()
    assert [row.decision for row in worker.rows] == ["unclear"] and "given up" in worker.passed[0]


@pytest.mark.parametrize("ours", [True, False])
def test_another_skill_of_that_name_is_not_ours(
    where: Paths, db: sqlite3.Connection, site: Site, file: Path, tmp_path: Path, ours: bool
) -> None:
    """Where the transcript says from which folder the skill came, that folder decides, not the name."""
    transcript(file, "deploy")
    folder = site.folder if ours else tmp_path / "another"
    body = [{"type": "text", "text": f"Base directory for this skill: {folder}\n\n# Deploy\n"}]
    row = {"type": "user", "isMeta": True, "sourceToolUseID": "toolu_1", "uuid": "m1", "parentUuid": "u2"}
    row |= {"sessionId": "5e55-1", "isSidechain": False, "message": {"role": "user", "content": body}}
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(row) + "\n")
    worker = Worker(where, db, site)
    worker.run()
    [found] = worker.rows
    assert ("reached the library" in found.reason) == ours and ("another of that name" in found.reason) != ours


@pytest.mark.parametrize(
    ("agent", "event", "payload", "opens"),
    [
        ("claude-code", "skill", {"hook_event_name": "UserPromptExpansion", "command_name": "deploy"}, True),
        ("claude-code", "prompt", {"hook_event_name": "UserPromptSubmit", "prompt": "/deploy now"}, True),
        ("claude-code", "prompt", {"hook_event_name": "UserPromptSubmit", "prompt": "/clear"}, False),
        ("codex", "skill", {"tool_name": "Bash", "tool_input": {"command": "cat FOLDER/SKILL.md"}}, True),
        ("codex", "skill", {"tool_name": "Bash", "tool_input": {"command": "cat /elsewhere/deploy/SKILL.md"}}, False),
        ("codex", "prompt", {"prompt": "use $deploy on the shop"}, True),
        ("claude-code", "stop", {"hook_event_name": "Stop"}, False),
    ],
    ids=["expansion", "typed", "a command", "read", "read of another", "mention", "stop"],
)
def test_what_opens_a_window(
    where: Paths, db: sqlite3.Connection, site: Site, agent: str, event: str, payload: dict[str, object], opens: bool
) -> None:
    """A skill of ours that is called, typed, mentioned, or read from its own folder; nothing else."""
    text = json.dumps({"session_id": "s2", "cwd": str(where.home)} | payload).replace("FOLDER", str(site.folder))
    inbox.write(str(where.inbox), event, agent, text.encode())
    Intake(where, db, site).run(now=1.0)
    assert ("s2" in windows.sessions(db)) == opens
    assert (b"s2".hex() in os.listdir(where.inbox / "windows")) == opens
