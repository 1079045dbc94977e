"""Two machines at one skill: what one publishes while the other's models think is neither lost nor published again."""

import json
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from gitskills.commands.installed import Installed
from gitskills.improve import gate, suggestions
from gitskills.improve.accept import accept
from gitskills.improve.case import Models
from gitskills.state import database
from tests.answers import Answers
from tests.conftest import SkillRepo
from tests.people import Person, commit, log, person, remote_text
from tests.processes import crowd
from tests.stories import BODY, EDIT, FAILED, PROPOSAL, Scripted, Talk, branches, case
from tests.transcripts import transcript

RELEASE = PROPOSAL | {"edits": [EDIT | {"target": "2. Release.\n", "content": "   Tell the team.\n"}]}
BOTH = ("a", "b")  # sessions: what a direct publication takes


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library with one skill."""
    return skill_repo({"skills/deploy/SKILL.md": BODY})


@pytest.fixture
def ben(tmp_path: Path, library: Path, ada: Person) -> Person:
    """Ben, on another machine, who has the skill too."""
    someone = person(tmp_path, library, "ben", agents="[claude-code]")
    someone.pull()
    return someone


def improved(library: Path) -> list[str]:
    """The improvements on the default branch, newest first."""
    return log(library, "--grep=Skill-Op: improve", "--format=%H")


class Meanwhile:
    """Lets something happen once: while the proposer thinks, or between the gate's decision and the push."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, moment: str, happens: Callable[[], object]) -> None:
        self.moment, self.happens = moment, happens
        plain = gate.decide

        def decide(facts: gate.Facts) -> gate.Decision:
            decision = plain(facts)
            self.now("pushes")
            return decision

        monkeypatch.setattr(gate, "decide", decide)

    def now(self, moment: str) -> object:
        """It is this moment; returns what the proposer answers."""
        if moment == self.moment:
            self.moment = "over"
            self.happens()
        return PROPOSAL


@pytest.mark.parametrize("moment", ["thinks", "pushes"])
@pytest.mark.parametrize("policy", ["review", "direct"])
def test_the_same_edit_from_two_machines_is_one_commit(
    ada: Person, ben: Person, library: Path, monkeypatch: pytest.MonkeyPatch, policy: str, moment: str
) -> None:
    """While Ben's machine is at it, Ada's publishes the very same edit: his is a duplicate, and hers stands alone."""
    commit(library, {"gitskills.yaml": f"library:\n  improve: {policy}\n"})

    def first() -> None:
        found = case(ada, Scripted(judge=FAILED, proposer=PROPOSAL), sessions=BOTH).run()
        assert found.decision == "improved"

    meanwhile = Meanwhile(monkeypatch, moment, first)
    model = Scripted(judge=FAILED, proposer=lambda: meanwhile.now("thinks"))
    second = case(ben, model, session="5e55-2", sessions=BOTH).run()
    assert (second.decision, model.asked) == ("duplicate", ["judge", "proposer"]), second.reason
    counts = (0, 1) if policy == "direct" else (1, 0)
    assert (len(branches(library)), len(improved(library))) == counts
    newest = remote_text(library, "skills/deploy/SKILL.md", branches(library)[0] if policy == "review" else "main")
    assert newest.count("Not on a Friday.") == 1


@pytest.mark.parametrize("moment", ["thinks", "pushes"])
@pytest.mark.parametrize("policy", ["review", "direct"])
def test_different_edits_from_two_machines_are_both_gated_and_none_is_lost(
    ada: Person, ben: Person, library: Path, monkeypatch: pytest.MonkeyPatch, policy: str, moment: str
) -> None:
    """While Ben's machine is at it, Ada's publishes another edit: both arrive, each with every check passed."""
    commit(library, {"gitskills.yaml": f"library:\n  improve: {policy}\n"})
    found = []

    def first() -> None:
        found.append(case(ada, Scripted(judge=FAILED, proposer=RELEASE), sessions=BOTH).run())

    meanwhile = Meanwhile(monkeypatch, moment, first)
    model = Scripted(judge=FAILED, proposer=lambda: meanwhile.now("thinks"))
    found.append(case(ben, model, session="5e55-2", sessions=BOTH).run())
    assert [one.decision for one in found] == ["improved"] * 2 and model.asked == ["judge", "proposer"]
    assert all(check.ok for one in found for check in one.checks) and all(one.checks for one in found)
    if policy == "review":
        assert sorted(one.branch for one in found) == branches(library)
        return
    assert [one.commit for one in reversed(found)] == improved(library)
    text = remote_text(library, "skills/deploy/SKILL.md")
    assert "Not on a Friday." in text and "Tell the team." in text


@pytest.mark.parametrize(("policy", "decision"), [("review", "improved"), ("off", "no-change")])
def test_a_team_that_changes_its_mind_meanwhile_is_heeded(
    ada: Person, library: Path, monkeypatch: pytest.MonkeyPatch, policy: str, decision: str
) -> None:
    """A policy of `direct` that is taken back while the proposer thinks publishes nothing directly any more."""
    commit(library, {"gitskills.yaml": "library:\n  improve: direct\n"})
    change = {"gitskills.yaml": f"library:\n  improve: {policy}\n"}
    meanwhile = Meanwhile(monkeypatch, "thinks", lambda: commit(library, change))
    model = Scripted(judge=FAILED, proposer=lambda: meanwhile.now("thinks"))
    found = case(ada, model, sessions=BOTH).run()
    assert (found.decision, improved(library)) == (decision, [])
    assert len(branches(library)) == (decision == "improved")


UPDATE = {"section": "Ship", "change": "Ask for the environment first.", "reason": "the user wants it"}


@pytest.mark.parametrize(
    ("policy", "fate"), [("direct", ""), ("review", ""), ("review", "accept"), ("review", "reject")]
)
def test_the_same_suggestion_accepted_on_two_machines_is_one_commit(
    ada: Person, ben: Person, library: Path, answers: Answers, policy: str, fate: str
) -> None:
    """While Ben's editor weaves it in, Ada's has done so, and a reviewer perhaps decided: his brings nothing more."""
    commit(library, {"gitskills.yaml": f"library:\n  improve: {policy}\n"})
    woven = BODY.replace("2. Release.", "2. Ask for the environment first.\n3. Release.")
    editor = f"<updated_file>\n{woven}</updated_file>"
    env = answers(suggester=f"<updates>{json.dumps([UPDATE])}</updates>", editor=editor)
    for who in (ada, ben):
        file = transcript(who.root.parent / f"{who.name}.jsonl", "deploy", session=who.name)
        assert who.run("suggest", "deploy", "--session", file, env=env).code == 0

    def meanwhile() -> object:
        [one] = ada.run("suggest", "list", "--json").json()
        assert ada.run("suggest", "accept", one["id"], env=env).code == 0
        if fate:
            [id] = [branch.removeprefix("gitskills/improve/") for branch in branches(library)]
            assert ada.run("review", fate, id, *(["--why", "no"] if fate == "reject" else [])).code == 0
        return editor.replace("Ask for the environment first.", "Ask for the environment before all.")

    class Machine(Installed):
        def models(self, cwd: str, agent: str) -> Models:
            return lambda role: Scripted(editor=meanwhile)

    with closing(database.state(ben.paths)) as db:
        found = accept(Machine(ben.paths), suggestions.listed(db))
    assert found.decision == ("rejected" if fate == "reject" else "duplicate"), found.message
    waits = policy == "review" and not fate
    assert len(branches(library)) == waits and len(improved(library)) == (not waits and fate != "reject")


@pytest.mark.parametrize("fate", ["accept", "reject"])
def test_an_edit_that_was_decided_on_meanwhile_is_not_proposed_again(
    ada: Person, ben: Person, library: Path, fate: str
) -> None:
    """Ada's candidate is accepted, or rejected, while Ben's proposer thinks of the same edit: his is a duplicate."""

    def meanwhile() -> object:
        first = case(ada, Scripted(judge=FAILED, proposer=PROPOSAL)).run()
        words = ("accept",) if fate == "accept" else ("reject", "--why", "too strict")
        assert ada.run("review", words[0], first.fingerprint[:8], *words[1:]).code == 0
        return PROPOSAL

    second = case(ben, Scripted(judge=FAILED, proposer=meanwhile), session="5e55-2").run()
    assert second.decision == "duplicate" and branches(library) == []
    assert len(improved(library)) == (fate == "accept")


@pytest.mark.parametrize("policy", ["review", "direct"])
def test_workers_of_three_machines_at_once_make_one_commit(
    ada: Person, ben: Person, library: Path, tmp_path: Path, home: Path, answers: Answers, policy: str
) -> None:
    """Real processes that begin together with the same edit in mind: one commit, which the others call a duplicate."""
    commit(library, {"gitskills.yaml": f"library:\n  improve: {policy}\n  need: {2 if policy == 'direct' else 1}\n"})
    cleo = person(tmp_path, library, "cleo", agents="[claude-code]")
    cleo.pull()
    env = answers(judge=FAILED, proposer=PROPOSAL)
    for who in (ada, ben, cleo):
        for number in range(2 if policy == "direct" else 1):
            talk = Talk(who, home, f"{who.name}-{number}")
            talk.use()
            talk.say()
    done = crowd([partial(who.run, "work", "--json", env=env) for who in (ada, ben, cleo)])
    assert [one.code for one in done] == [0] * 3, done
    assert sorted(one.json()[-1]["decision"] for one in done) == ["duplicate", "duplicate", "improved"]
    assert (len(branches(library)), len(improved(library))) == ((0, 1) if policy == "direct" else (1, 0))
