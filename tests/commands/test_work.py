"""From what an agent tells its hooks to a commit on a branch, with real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from gitskills.commands.installed import Installed
from gitskills.improve.worker import Worker
from gitskills.sessions.marks import mark
from gitskills.state import database, inbox
from tests.answers import DIES, Answers, called
from tests.conftest import SkillRepo
from tests.people import Person, commit, remote_text
from tests.processes import Result, crowd, gitskills
from tests.repositories import git
from tests.stories import BODY, EDIT, FAILED, OK, PROPOSAL, Talk, branches, tell
from tests.transcripts import NEVER, transcript

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks are POSIX")


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library with one skill."""
    return skill_repo({"skills/deploy/SKILL.md": BODY})


@pytest.fixture
def talk(ada: Person, home: Path) -> Talk:
    """A session that failed the user."""
    return Talk(ada, home)


def work(ada: Person, env: dict[str, str], *options: str) -> Result:
    done = ada.run("work", "--json", *options, env=env)
    assert done.code == 0, done.err
    return done


def test_a_session_becomes_a_commit_and_closes(
    ada: Person, talk: Talk, library: Path, tmp_path: Path, answers: Answers
) -> None:
    """Use and reaction lead to one commit; after the failure the window is closed, and nothing is left to do."""
    env = answers(judge=FAILED, proposer=PROPOSAL)
    talk.use()
    talk.say()
    [row] = work(ada, env).json()
    assert set(row) == {"job", "skill", "session", "outcome", "decision", "branch", "reason"}
    assert (row["skill"], row["outcome"], row["decision"]) == ("deploy", "failed", "improved")
    assert len(row["session"]) == 16 and talk.id not in json.dumps(row)
    assert branches(library) == [row["branch"]]
    assert "Not on a Friday." in remote_text(library, "skills/deploy/SKILL.md", row["branch"])
    assert (
        f"Skill-Evidence: claude-code:{row['session']}#toolu_1"
        in git("log", "--format=%B", "--all", cwd=library).decode()
    )
    talk.say("and another thing")
    assert work(ada, env).json() == [] and called(tmp_path) == ["judge", "proposer"]
    talk.use()  # the same version has counted once for this session
    talk.say()
    [row] = work(ada, env).json()
    assert row["decision"] == "duplicate" and called(tmp_path) == ["judge", "proposer"]


def test_a_window_is_three_messages_that_say_something(
    ada: Person, talk: Talk, tmp_path: Path, answers: Answers
) -> None:
    """Empty messages and commands cost nothing; the fourth message after the use is not judged."""
    env = answers(judge=OK)
    talk.use()
    for text in ("  ", "thanks", "/clear", "now the next", "and that", "and this"):
        talk.say(text)
    rows = work(ada, env).json()
    assert [row["decision"] for row in rows] == ["ok"] * 3 and called(tmp_path) == ["judge"] * 3
    talk.use()
    talk.say("one")
    talk.say("two")
    assert len(work(ada, env | {"GITSKILLS_WINDOW": "1"}).json()) == 1


@pytest.mark.parametrize("how", ["project", "library", "GITSKILLS_DISABLED", "GITSKILLS_WORKER", "own"])
def test_it_can_be_off(ada: Person, talk: Talk, library: Path, tmp_path: Path, answers: Answers, how: str) -> None:
    """A project, a library, a user and our own calls can say no: no call, no row."""
    env = answers(judge=FAILED, proposer=PROPOSAL)
    if how == "project":
        ada.config.write_text(f"improve: off\n{ada.config.read_text()}")
    elif how == "library":
        commit(library, {"gitskills.yaml": "library:\n  improve: off\n"})
        ada.pull()
    elif how != "own":
        env[how] = "1"
    talk.use()
    if how == "own":
        talk.say(f"{mark('abc')}\n{NEVER}")
    else:
        talk.say()
    assert work(ada, env).json() == [] and called(tmp_path) == [] and branches(library) == []


def test_what_cannot_be_read_stops_nothing(
    ada: Person, home: Path, library: Path, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken payloads, strange agents, vanished and forbidden transcripts are told; what comes after them is done."""
    gone = Talk(ada, home, "5e55-0")
    gone.use()
    gone.say()
    gone.file.unlink()
    tell(ada, "prompt", "not json")
    tell(ada, "skill", '{"hook_event_name": 7, "tool_input": [1]}')
    tell(ada, "prompt", '["a list"]')
    inbox.write(str(ada.paths.inbox), "prompt", "unheard-of", b"{}")
    elsewhere = Talk(ada, home, "5e55-2")
    elsewhere.file = transcript(ada.root / "elsewhere.jsonl", "deploy")
    elsewhere.use()
    elsewhere.say()
    good = Talk(ada, home, "5e55-3")
    good.use()
    good.say()
    for name, value in answers(judge=FAILED, proposer=PROPOSAL).items():
        monkeypatch.setenv(name, value)
    where = ada.paths
    with closing(database.state(where)) as db:  # in this process: nobody waits here for a transcript to come after all
        worker = Worker(where, db, Installed(where), sleep=lambda seconds: None)
        worker.run()
    assert [row.decision for row in worker.rows] == ["unclear", "unclear", "improved"]
    assert len(worker.passed) >= 5 and any("transcript is not there" in text for text in worker.passed)
    assert len(branches(library)) == 1
    again = work(ada, {})
    assert (again.json(), again.err) == ([], "")


@POSIX
def test_killed_between_take_and_publish(
    ada: Person, talk: Talk, library: Path, tmp_path: Path, answers: Answers
) -> None:
    """A worker killed before it published leaves its job; the next one finishes it, and there is one commit."""
    env = answers(DIES, judge=FAILED, proposer=PROPOSAL)
    talk.use()
    talk.say()
    assert ada.run("work", env=env).code == -signal.SIGKILL
    assert branches(library) == [] and inbox.waiting(ada.paths.inbox) == 0
    [row] = work(ada, env).json()
    assert row["decision"] == "improved" and branches(library) == [row["branch"]]


def test_killed_after_it_published(ada: Person, talk: Talk, library: Path, tmp_path: Path, answers: Answers) -> None:
    """A worker killed after the push and before it wrote that down is found out, even if models would now differ."""
    talk.use()
    talk.say()
    [row] = work(ada, answers(judge=FAILED, proposer=PROPOSAL)).json()
    with closing(database.state(ada.paths)) as db:  # as if the last transaction had not been
        db.execute("DELETE FROM verdict")
        db.execute("UPDATE job SET done = 0, transcript = ?, reaction = ?", (str(talk.file), NEVER))
    other = PROPOSAL | {"edits": [EDIT | {"content": "   Never at the end of the week.\n"}]}
    [again] = work(ada, answers(judge=FAILED, proposer=other)).json()
    assert (again["decision"], again["branch"]) == ("improved", row["branch"])
    assert branches(library) == [row["branch"]] and called(tmp_path) == ["judge", "proposer"]


@POSIX
@pytest.mark.parametrize("room", [4_000, 40_000], ids=["from the start", "meanwhile"])
def test_a_disk_that_is_full_loses_nothing(ada: Person, talk: Talk, library: Path, answers: Answers, room: int) -> None:
    """A worker that cannot write says so, with exit 1 and no traceback; what waits is dealt with by the next one."""
    import resource

    talk.use()
    talk.say(NEVER + " really" * 20_000)
    env = os.environ | {"GITSKILLS_HOME": str(ada.store)} | answers(judge=FAILED, proposer=PROPOSAL)
    words, limit = [sys.executable, "-m", "gitskills", "work"], (room, room)  # bytes of any one file
    done = subprocess.run(
        words,
        cwd=ada.root,
        env=env,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    assert done.returncode == 1 and "is the disk full" in done.stderr and "bug" not in done.stderr, done.stderr
    assert inbox.waiting(ada.paths.inbox) == 2
    assert [row["decision"] for row in work(ada, env).json()] == ["improved"] and len(branches(library)) == 1


def test_a_remote_that_is_away_puts_the_job_off(
    ada: Person, talk: Talk, library: Path, tmp_path: Path, answers: Answers
) -> None:
    """Without the network nothing is lost and no model is asked; with it the job is done."""
    env = answers(judge=FAILED, proposer=PROPOSAL)
    talk.use()
    talk.say()
    library.rename(tmp_path / "away.git")
    done = work(ada, env)
    assert done.json() == [] and "put off" in done.err and called(tmp_path) == []
    (tmp_path / "away.git").rename(library)
    assert [row["decision"] for row in work(ada, env).json()] == ["improved"]


def test_ten_workers_make_one_commit(ada: Person, talk: Talk, library: Path, tmp_path: Path, answers: Answers) -> None:
    """Ten at once share the inbox and the skill: one verdict, one commit, no failure."""
    talk.use()
    talk.say()
    env = answers(judge=FAILED, proposer=PROPOSAL)
    done = crowd([lambda: ada.run("work", "--json", env=env)] * 10)
    assert [one.code for one in done] == [0] * 10, done
    assert sum(len(one.json()) for one in done) == 1
    assert len(branches(library)) == 1 and called(tmp_path) == ["judge", "proposer"]


def test_direct_waits_for_a_second_session(ada: Person, home: Path, library: Path, answers: Answers) -> None:
    """Where a team wants two sessions, the first verdict is kept and the second leads to the commit."""
    commit(library, {"gitskills.yaml": "library:\n  improve: direct\n  need: 2\n"})
    ada.pull()
    env = answers(judge=FAILED, proposer=PROPOSAL)
    for number, decision in ((1, "no-change"), (2, "improved")):
        one = Talk(ada, home, f"5e55-{number}")
        one.use()
        one.say()
        [row] = work(ada, env, "--once").json()
        assert row["decision"] == decision, row
    assert branches(library) == [] and "Not on a Friday." in remote_text(library, "skills/deploy/SKILL.md")


@POSIX
def test_a_hook_starts_the_worker(ada: Person, talk: Talk, library: Path, answers: Answers) -> None:
    """The prompt after a use starts a worker that holds none of the hook's descriptors; no other event does."""
    env = {"GITSKILLS_HOME": str(ada.store), **answers(judge=FAILED, proposer=PROPOSAL)}

    def tell(event: str, payload: dict[str, object]) -> None:
        began = time.monotonic()
        done = gitskills("hook", event, "--agent", "claude-code", stdin=json.dumps(payload), cwd=ada.root, env=env)
        assert (done.code, done.out, done.err) == (0, "", "") and time.monotonic() - began < 5

    tool: dict[str, object] = {"tool_name": "Skill", "tool_input": {"skill": "deploy"}, "tool_use_id": "toolu_1"}
    tell("skill", talk.told("PreToolUse", **tool))
    tell("stop", talk.told("Stop"))
    assert inbox.waiting(ada.paths.inbox) == 2
    tell("prompt", talk.told("UserPromptSubmit", prompt=NEVER))
    assert branches(library) == []  # whoever waits for the hook, or for its output to end, does not wait for the worker
    until = time.monotonic() + 60
    while not branches(library) and time.monotonic() < until:
        time.sleep(0.1)
    assert len(branches(library)) == 1 and inbox.waiting(ada.paths.inbox) == 0
