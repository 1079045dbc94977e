"""Candidates on their way to remotes that take only some of what they are given, or nothing for now."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from gitskills.commands.installed import Installed
from gitskills.improve import deliver, windows
from gitskills.improve.candidate import waiting
from gitskills.improve.worker import TRIES, Worker
from gitskills.models.fence import sections
from gitskills.state import database
from tests.answers import Answers
from tests.conftest import SkillRepo
from tests.people import Person, commit, person, remote_text
from tests.remotes import Web, protect, refuse
from tests.stories import BODY, FAILED, OTHER, PROPOSAL, Scripted, Talk, branches, case


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library with one skill."""
    return skill_repo({"skills/deploy/SKILL.md": BODY})


def test_a_protected_default_branch_leaves_it_to_people(ada: Person, library: Path) -> None:
    """Where the library says `direct` and its host wants reviews, its branch waits, and that is told."""
    commit(library, {"gitskills.yaml": "library:\n  improve: direct\n"})
    protect(library, "main")
    done = case(ada, Scripted(judge=FAILED, proposer=PROPOSAL), sessions=("a", "b")).run()
    assert (done.decision, [done.branch]) == ("improved", branches(library)), done
    assert "main takes no push" in done.reason
    refused = ada.run("review", "accept", "--all")
    assert refused.code == 1 and f"pull request: {done.branch}" in refused.err and branches(library) == [done.branch]
    assert remote_text(library, "skills/deploy/SKILL.md") == BODY


def test_who_may_only_read_keeps_the_candidate(tmp_path: Path, library: Path, web: Web) -> None:
    """A public library that wants a login for pushes costs nobody's candidate: it waits here until it is taken."""
    ada = person(tmp_path, web.behaving("public", library), agents="[claude-code]")
    ada.pull()
    done = case(ada, Scripted(judge=FAILED, proposer=PROPOSAL)).run()
    assert (done.decision, branches(library)) == ("improved", []) and "this machine only" in done.reason


def test_what_was_refused_is_pushed_when_it_may_be(
    ada: Person, home: Path, library: Path, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A candidate that only this machine has goes to its branch the next time the worker is at that library."""
    refuse(library, "not yet")
    assert "this machine only" in case(ada, Scripted(judge=FAILED, proposer=PROPOSAL)).run().reason
    cache = ada.project.cache(ada.project.config.sources["team"])
    assert deliver.again("team", cache) == 0 and [one.local for one in waiting("team", cache)] == [True]
    shutil.rmtree(library / "hooks")
    for name, value in answers(judge={"outcome": "ok", "evidence": []}).items():
        monkeypatch.setenv(name, value)
    talk = Talk(ada, home, "5e55-2")
    talk.use()
    talk.say()
    with closing(database.state(ada.paths)) as db:
        Worker(ada.paths, db, Installed(ada.paths)).run()
    assert [one.branch for one in waiting("team", cache)] == branches(library) != []
    assert not any(one.local for one in waiting("team", cache))


def test_a_week_without_the_remote_costs_no_job(ada: Person, home: Path, library: Path, tmp_path: Path) -> None:
    """Jobs wait for their remote however often a worker starts meanwhile, one attempt per run; not for ever."""
    for number in (1, 2):
        talk = Talk(ada, home, f"5e55-{number}")
        talk.use()
        talk.say()
    library.rename(tmp_path / "away.git")
    with closing(database.state(ada.paths)) as db:
        for _ in range(TRIES + 2):
            worker = Worker(ada.paths, db, Installed(ada.paths))
            worker.run()
            assert worker.rows == [] and len(worker.passed) == 1 and "put off" in worker.passed[0], worker.passed
        assert len(list(windows.jobs(db))) == 2
        now = max(at for (at,) in db.execute("SELECT at FROM job")) + windows.WAITS
        late = Worker(ada.paths, db, Installed(ada.paths), clock=lambda: now)
        late.run()
        assert [row.decision for row in late.rows] == ["unclear", "unclear"] and list(windows.jobs(db)) == []


def test_a_proposer_is_told_what_was_tried_and_why_it_failed(ada: Person, library: Path) -> None:
    """What waits and what a reviewer rejected, newest first, each with its lines and the reviewer's own reason."""
    model = Scripted(judge=FAILED | {"reason": "The skill does not say when. " * 12}, proposer=PROPOSAL)
    first = case(ada, model).run()
    [one] = ada.run("review", "--json").json()
    assert ada.run("review", "reject", one["id"], "--why", "Fridays are fine here").code == 0
    assert case(ada, Scripted(judge=FAILED, proposer=OTHER), session="5e55-2").run().decision == "improved"
    again = Scripted(judge=FAILED, proposer=PROPOSAL)
    done = case(ada, again, session="5e55-3").run()
    assert (done.decision, done.fingerprint) == ("duplicate", first.fingerprint)
    told = sections(again.prompts["proposer"])["tried"].splitlines()
    assert sorted(told) == sorted(
        [
            "- rejected (Fridays are fine here): It does not say when not to deploy",
            "  + Not on a Friday.",
            f'- proposed ({FAILED["reason"]} The user: "Never deploy on a Friday."): {PROPOSAL["weakness"]}',
            "  + Never at the end of the week.",
        ]
    )
