"""The worker is killed at every kind of moment, by whatever it changes: it repeats or finishes, and publishes once."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.answers import Answers
from tests.conftest import SkillRepo
from tests.killing import rounds
from tests.people import Person, commit, person
from tests.stories import BODY, EDIT, FAILED, PROPOSAL, Talk, judged
from tests.transcripts import transcript

if sys.platform == "win32":
    pytest.skip("the crash program forks, which Windows cannot", allow_module_level=True)

# Asked again it answers otherwise, so that a second publication would be another commit.
MODEL = """\
cat > /dev/null
cd '{folder}'
echo $GITSKILLS_ROLE >> calls
sed "s/FRIDAY/a Friday, said call $(wc -l < calls | tr -d ' ')/" $GITSKILLS_ROLE.json
"""


@pytest.fixture
def library(skill_repo: SkillRepo, work: Path) -> Path:
    """A library with one skill."""
    return skill_repo({"skills/deploy/SKILL.md": BODY}, name="work/library.git")


def killed_rounds(
    work: Path, who: Person, verb: list[str], times: int, *, by: str = "calls"
) -> Iterator[dict[str, Any]]:
    """Kill `gitskills VERB`, with models that answer, at `times` moments; see `tests.killing.rounds`."""
    edits = [EDIT | {"content": "   Not on FRIDAY.\n"}]
    woven = BODY.replace("2. Release.", "2. Ask for the environment, not on FRIDAY.\n3. Release.")
    answers = {"judge": json.dumps(FAILED), "proposer": json.dumps(PROPOSAL | {"edits": edits})}
    for role, answer in (answers | {"editor": f"<updated_file>\n{woven}</updated_file>"}).items():
        (work / f"{role}.json").write_text(answer)
    (work / "model.sh").write_text(MODEL.format(folder=work))
    environ = {"GITSKILLS_MODEL": f"command:sh {work / 'model.sh'}"}
    beyond = 3.0  # on a loaded machine, too, some moments are to fall behind the push
    return rounds(work, who, verb, times, seed=7, by=by, environ=environ, statements=True, beyond=beyond)


@pytest.mark.parametrize(
    ("policy", "times", "by"),
    [
        ("review", 3, "calls"),
        pytest.param("review", 40, "calls", marks=pytest.mark.slow),
        pytest.param("direct", 40, "calls", marks=pytest.mark.slow),
        pytest.param("review", 10, "time", marks=pytest.mark.slow),
        pytest.param("direct", 10, "time", marks=pytest.mark.slow),
    ],
)
def test_a_worker_killed_at_any_point_publishes_once(
    work: Path, library: Path, home: Path, policy: str, times: int, by: str
) -> None:
    """Before and after each change it makes, on disk, in its database, to the remote: one commit, and nothing left."""
    commit(library, {"gitskills.yaml": f"library:\n  improve: {policy}\n  need: {2 if policy == 'direct' else 1}\n"})
    ada = person(work, library, agents="[claude-code]")
    ada.pull()
    sessions = 2 if policy == "direct" else 1
    for number in range(sessions):
        talk = Talk(ada, home, f"5e55-{number}")
        talk.use()
        talk.say()
    killed, before = 0, 0
    for row in killed_rounds(work, ada, ["work"], times, by=by):
        end = row["end"]
        assert set(row["codes"]) == {0}, row["said"]
        branches = [ref for ref in end["refs"] if ref.startswith("refs/heads/gitskills/")]
        improved = [subject for subject in end["log"] if subject.startswith("deploy: It does not say")]
        assert (len(branches), len(improved)) == ((0, 1) if policy == "direct" else (1, 1)), row
        assert not [ref for ref in end["refs"] if "rejected" in ref], row
        assert end["kept"] == {"jobs": [1] * sessions, "verdicts": ["failed"] * sessions}, row
        killed += row["killed"]
        before += len(row["crashed"]["refs"]) == 1
    assert by == "time" or killed == times
    assert policy == "direct" or 0 < before < times, "killed before and after the push"


@pytest.mark.slow
@pytest.mark.parametrize("what", ["a sweep", "a suggestion"])
def test_what_else_publishes_is_killed_and_publishes_once(
    work: Path, library: Path, home: Path, answers: Answers, what: str
) -> None:
    """A sweep, and a suggestion that is accepted, end as one commit too, wherever they were killed."""
    ada = person(work, library, agents="[claude-code]")
    ada.pull()
    if what == "a sweep":
        sessions = {f"s-{number}": "failed" for number in range(3)}
        for id in sessions:
            Talk(ada, home, id)
        judged(ada, sessions)
        verb = ["improve", "--all"]
    else:
        wish = {"section": "Ship", "change": "Ask for the environment, not on a Friday.", "reason": "it is wanted"}
        env = answers(suggester=f"<updates>{json.dumps([wish])}</updates>")
        file = transcript(work.parent / "session.jsonl", "deploy")
        [suggestion] = ada.run("suggest", "deploy", "--session", file, "--json", env=env).json()
        verb = ["suggest", "accept", suggestion["id"]]
    published = 0
    for row in killed_rounds(work, ada, verb, 30):
        branches = [ref for ref in row["end"]["refs"] if ref.startswith("refs/heads/gitskills/")]
        assert len(branches) == 1 and len(row["end"]["log"]) == 2, row
        published += len(row["crashed"]["refs"]) > 1
    assert 0 < published < 30, "killed before and after the push"
