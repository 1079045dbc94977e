"""A session that starts: skills are pulled in the background, and what it has in context is recorded, once."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from gitskills.commands import starting
from gitskills.commands.installed import Installed
from gitskills.improve.worker import Worker
from gitskills.measure.attribution import bucket
from gitskills.measure.ledger import REF
from gitskills.state import database, inbox
from tests.conftest import SkillRepo
from tests.people import Person, commit, numbered, person
from tests.processes import crowd
from tests.programs import executable
from tests.repositories import git


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of two skills that wants ledgers."""
    files = {f"skills/{name}/SKILL.md": numbered(name) for name in "ab"}
    return skill_repo({**files, "gitskills.yaml": "library:\n  ledger: on\n"})


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Ada, who has both."""
    someone = person(tmp_path, library)
    someone.pull()
    return someone


def start(ada: Person, session: str = "5e55", agent: str = "claude-code", cwd: Path | None = None) -> None:
    """Tell that a session starts, without the hook that would start a worker."""
    told = {"session_id": session, "cwd": str(cwd or ada.root), "hook_event_name": "SessionStart", "source": "startup"}
    inbox.write(str(ada.paths.inbox), "session-start", agent, json.dumps({**told, "n": os.urandom(4).hex()}).encode())


def rows(ada: Person) -> list[tuple[object, ...]]:
    with closing(database.state(ada.paths)) as db:
        return db.execute("SELECT agent, skill, made_by, tree, modified, bucket, session FROM attribution").fetchall()


def test_what_is_in_context_is_recorded_once(ada: Person, library: Path) -> None:
    """Each skill of ours with commit, tree and bucket, edited ones marked, strangers' left out; resuming adds none."""
    ada.edit("b", "line 1\n", "mine\n")
    ada.write("stranger", numbered("stranger"))
    for _ in range(2):
        start(ada)
        assert ada.run("work").code == 0
    lock = ada.lock()
    found = {str(row[1]): row for row in rows(ada)}
    assert found.keys() == {"a", "b"}
    for name, (agent, _, made_by, tree, modified, half, session) in found.items():
        assert (agent, made_by, tree) == ("claude-code", lock[name].commit, ada.tree(name))
        assert bool(modified) == (name == "b") and half == bucket(str(session), name)
        assert "5e55" not in str(session)
    ref = git("for-each-ref", "--format=%(refname)", REF, cwd=library).decode().strip()
    [day] = git("ls-tree", "-r", "--name-only", ref, cwd=library).decode().split()
    shared = [json.loads(line) for line in git("show", f"{ref}:{day}", cwd=library).decode().splitlines()]
    assert sorted((row["event"], row["skill"]) for row in shared) == [("session", "a"), ("session", "b")]
    assert str(ada.root) not in json.dumps(shared) and "5e55" not in json.dumps(shared)


def test_skills_are_pulled_first(ada: Person, library: Path) -> None:
    """What the library has by now is what the session has, and what is recorded."""
    commit(library, {"skills/a/SKILL.md": numbered("a", 14)})
    start(ada)
    ada.run("work")
    assert ada.read("a") == numbered("a", 14)
    assert {row[1]: row[3] for row in rows(ada)}["a"] == ada.tree("a") == ada.lock()["a"].tree


@pytest.mark.parametrize(
    ("variable", "pulled", "recorded"),
    [("GITSKILLS_AUTOPULL", False, True), ("GITSKILLS_ATTRIBUTION", True, False)],
)
def test_each_can_be_turned_off(ada: Person, library: Path, variable: str, pulled: bool, recorded: bool) -> None:
    """GITSKILLS_AUTOPULL=0 pulls nothing, GITSKILLS_ATTRIBUTION=0 records nothing; the other goes on."""
    commit(library, {"skills/a/SKILL.md": numbered("a", 14)})
    start(ada)
    assert ada.run("work", env={variable: "0"}).code == 0
    assert (ada.read("a") == numbered("a", 14)) == pulled and bool(rows(ada)) == recorded


def test_a_project_that_wants_none_has_none(ada: Person) -> None:
    """`improve: off` in a project's gitskills.yaml leaves its sessions alone."""
    ada.config.write_text(ada.config.read_text() + "improve: off\n")
    start(ada)
    ada.run("work")
    assert rows(ada) == []


def test_a_clone_nobody_pulled_in_is_not_pulled(ada: Person, tmp_path: Path, library: Path) -> None:
    """What a stranger's repository configures is fetched by nobody: only places where gitskills placed skills count."""
    evil = tmp_path / "evil"
    evil.mkdir()
    (evil / "gitskills.yaml").write_text(f"sources: {{x: {{url: '{library.as_uri()}'}}}}\nagents: [claude-code]\n")
    start(ada, cwd=evil)
    ada.run("work")
    assert [path.name for path in evil.iterdir()] == ["gitskills.yaml"] and rows(ada) == []


def test_only_what_the_agent_reads(ada: Person) -> None:
    """An agent without a link to our skills has none of them in context; one we do not know neither."""
    shutil.rmtree(ada.root / ".claude")
    for session, agent in (("1", "claude-code"), ("2", "codex")):
        start(ada, session, agent)
    ada.run("work", env={"GITSKILLS_AUTOPULL": "0"})
    assert {row[0] for row in rows(ada)} == {"codex"}


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for git")
def test_a_slow_remote_holds_nobody_up(
    ada: Person, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull that lasts is ended when its five seconds are over (one here), which the worker and `doctor` tell, and
    the session is recorded.
    """
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(
        f'#!/bin/sh\nfor one; do [ "$one" = ls-remote ] && exec sleep 60; done\nexec {shutil.which("git")} "$@"\n'
    )
    fake.chmod(0o755)
    start(ada)
    assert starting.PATIENCE == 5.0
    monkeypatch.setattr(starting, "PATIENCE", 1.0)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    where = ada.paths
    begun = time.monotonic()
    with closing(database.state(where)) as db:
        site = Installed(where)
        worker = Worker(where, db, site, begin=lambda: starting.begin(where, db, site))
        worker.run()
    assert time.monotonic() - begun < 15 and "longer than 1 seconds" in worker.passed[0]
    assert {row[1] for row in rows(ada)} == {"a", "b"}
    assert "longer than 1 seconds" in ada.run("doctor", "--offline").out


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for git")
def test_ten_workers_pull_for_one_session_and_record_it_once(ada: Person, tmp_path: Path) -> None:
    """Workers that meet at one session ask the library once, and leave one record."""
    git_itself = shutil.which("git")
    program = executable(tmp_path / "bin", "git", "")
    program.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/git.log"\nexec "{git_itself}" "$@"\n')
    environ = {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    start(ada)
    assert [done.code for done in crowd([lambda: ada.run("work", env=environ)] * 10)] == [0] * 10
    assert (tmp_path / "git.log").read_text().count("ls-remote") == 1
    assert sorted(str(row[1]) for row in rows(ada)) == ["a", "b"]
    with closing(database.state(ada.paths)) as db:
        count = db.execute("SELECT count(*) FROM ledger WHERE json_extract(text, '$.event') = 'session'").fetchone()
    assert count == (2,)


def test_the_hook_starts_a_worker(ada: Person) -> None:
    """From the agent's own event on, all of it happens in the background, and the hook says nothing."""
    told = json.dumps({"session_id": "77", "cwd": str(ada.root), "hook_event_name": "SessionStart"})
    environment = dict(os.environ, GITSKILLS_HOME=str(ada.store))
    words = [sys.executable, "-m", "gitskills", "hook", "session-start", "--agent", "claude-code"]
    done = subprocess.run(words, input=told.encode(), env=environment, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    end = time.monotonic() + 30
    while not rows(ada) and time.monotonic() < end:
        time.sleep(0.1)
    assert {row[1] for row in rows(ada)} == {"a", "b"}


def test_buckets_are_even(tmp_path: Path) -> None:
    """Over many sessions about half fall into each bucket, and skills do not move together."""
    names = [("A", "B")[bucket(f"s{n}", "deploy") == "B"] for n in range(2000)]
    assert 900 < names.count("A") < 1100
    together = sum(bucket(f"s{n}", "deploy") == bucket(f"s{n}", "review") for n in range(2000))
    assert 900 < together < 1100
