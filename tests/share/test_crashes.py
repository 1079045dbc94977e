"""kill -9 at any moment of pull and push, 240 times: every folder whole, nothing lost, healed by the next run."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SkillRepo
from tests.killing import rounds
from tests.people import commit, folder, numbered, person, remote_text, skill
from tests.repositories import Files

if sys.platform == "win32":
    pytest.skip("the crash program forks, which Windows cannot", allow_module_level=True)

Row = dict[str, Any]

pytestmark = pytest.mark.slow


VERSIONS = [
    {"SKILL.md": numbered("a"), "scripts/run.sh": "one\n", "old": "goes\n"},
    {"SKILL.md": numbered("a", 14), "scripts/run.sh": "two\n", "new/deep": "comes\n"},
]


def library(skill_repo: SkillRepo, names: Sequence[str] = "abc") -> Path:
    """A library of skills that all have the first version, named relative to the project."""
    files: Files = {f"skills/{name}/{path}": text for name in names for path, text in VERSIONS[0].items()}
    return skill_repo(files, name="work/library.git")


def second(repository: Path, names: str = "abc") -> None:
    """Give every skill its second version upstream."""
    files: dict[str, str | None] = {f"skills/{n}/{path}": text for n in names for path, text in VERSIONS[1].items()}
    commit(repository, {**files, **{f"skills/{n}/old": None for n in names}})


def whole(row: Row, allowed: list[dict[str, str]]) -> None:
    """Assert that each skill folder, at the moment of death and in the end, is one whole version."""
    for when in ("crashed", "end"):
        for name, files in row[when]["skills"].items():
            assert files in allowed, (when, name, row)


def healed(row: Row, names: Sequence[str], final: list[dict[str, str]]) -> None:
    """Assert that the next run finished the job and left nothing behind."""
    end = row["end"]
    assert set(row["codes"]) == {0}, row["said"]
    assert sorted(end["skills"]) == sorted(names) and all(files in final for files in end["skills"].values()), row
    assert sorted(end["links"]) == sorted(names) and all(isinstance(link, str) for link in end["links"].values())
    assert not end["stages"] and not end["temporary"], end
    assert end["lock"] and sorted(json.loads(end["lock"])["skills"]) == sorted(names), row


def test_a_first_pull(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 30 moments of a first pull: no half skill is ever seen, and the next pull installs the rest."""
    library(skill_repo)
    ada = person(work, "../library.git")
    killed = 0
    for row in rounds(work, ada, ["pull"], 30):
        whole(row, VERSIONS[:1])
        healed(row, "abc", VERSIONS[:1])
        assert not row["end"]["saved"]
        killed += row["killed"]
    assert killed >= 28


def test_a_first_pull_of_many(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 40 moments where git writes all skills and they appear together: none or all, and then all."""
    names = [f"s{number:02}" for number in range(22)]
    library(skill_repo, names)
    ada = person(work, "../library.git")
    seen = set()
    for row in rounds(work, ada, ["pull"], 40):
        whole(row, VERSIONS[:1])
        healed(row, names, VERSIONS[:1])
        assert not row["end"]["saved"] and len(row["crashed"]["skills"]) in (0, len(names))
        seen.add((len(row["crashed"]["skills"]), len(row["crashed"]["links"])))
    assert {(0, 0), (len(names), len(names))} <= seen


def test_an_update(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 30 moments of an update: each folder is the old version or the new one, never a mixture or absent."""
    repository = library(skill_repo)
    ada = person(work, "../library.git")
    ada.pull()
    second(repository)
    for row in rounds(work, ada, ["pull"], 30):
        assert sorted(row["crashed"]["skills"]) == ["a", "b", "c"], "an agent always finds the skill"
        whole(row, VERSIONS)
        healed(row, "abc", VERSIONS[1:])
        assert not row["end"]["saved"]


EDIT = ("line 1\n", "edited here\n")


def edited(version: int) -> dict[str, str]:
    """A version of a skill with the user's edit in it."""
    return {**VERSIONS[version], "SKILL.md": VERSIONS[version]["SKILL.md"].replace(*EDIT)}


def test_a_merge(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 30 moments of a merge: the edit is in the folder at every one of them, alone or with upstream's."""
    repository = library(skill_repo, "ab")
    ada = person(work, "../library.git")
    ada.pull()
    for name in "ab":
        ada.edit(name, *EDIT)
    second(repository, "ab")
    for row in rounds(work, ada, ["pull"], 30):
        assert sorted(row["crashed"]["skills"]) == ["a", "b"]
        whole(row, [edited(0), edited(1)])
        healed(row, "ab", [edited(1)])


def test_a_removal(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 20 moments of following a deletion: untouched skills go or stay whole, the edited one stays."""
    repository = library(skill_repo)
    ada = person(work, "../library.git")
    ada.pull()
    ada.edit("b", *EDIT)
    commit(repository, {f"skills/{name}/{path}": None for name in "ab" for path in VERSIONS[0]})
    for row in rounds(work, ada, ["pull"], 20):
        whole(row, [VERSIONS[0], edited(0)])
        assert row["crashed"]["skills"]["b"] == edited(0)
        healed(row, "bc", [VERSIONS[0], edited(0)])


def test_a_rename(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 20 moments of following a rename with local edits: the edit is under one of the names, then the new."""
    repository = library(skill_repo, "ab")
    ada = person(work, "../library.git", more="    skills: [a, b]  # both\n")
    ada.pull()
    ada.edit("a", *EDIT)
    commit(repository, {f"skills/z/{path}": text for path, text in VERSIONS[0].items()})
    commit(repository, {f"skills/a/{path}": None for path in VERSIONS[0]})
    for row in rounds(work, ada, ["pull"], 20):
        whole(row, [VERSIONS[0], edited(0)])
        assert edited(0) in row["crashed"]["skills"].values()
        assert row["end"]["skills"].get("z") == edited(0), row
        healed(row, "bz", [VERSIONS[0], edited(0)])


def pushed_once(row: Row, names: str) -> None:
    """Assert that after the runs each edit is on the branch exactly once, as one commit."""
    subjects = [subject.partition(":")[0] for subject in row["end"]["log"][:-2]]
    assert sorted(subjects) == sorted(names), row
    for name in names:
        assert row["end"]["published"][f"skills/{name}/SKILL.md"] == edited(1)["SKILL.md"]


def test_a_push(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 30 moments of a push that merges: nothing is lost, and the edits are on the branch once, not twice."""
    repository = library(skill_repo, "ab")
    ada = person(work, "../library.git")
    ada.pull()
    for name in "ab":
        ada.edit(name, *EDIT)
    second(repository, "ab")
    for row in rounds(work, ada, ["push"], 30):
        assert sorted(row["crashed"]["skills"]) == ["a", "b"]
        whole(row, [edited(0), edited(1)])
        healed(row, "ab", [edited(1)])
        pushed_once(row, "ab")


def test_a_first_push_of_a_new_skill(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 20 moments of publishing a new skill into an empty repository: the next push publishes it, once."""
    skill_repo(name="work/library.git")
    ada = person(work, "../library.git")
    ada.write("new", skill("new"))
    for row in rounds(work, ada, ["push", "new"], 20):
        assert row["crashed"]["skills"] == {"new": {"SKILL.md": skill("new")}}
        healed(row, ["new"], [{"SKILL.md": skill("new")}])
        assert row["end"]["log"] == ["new: new skill"]


def test_copies(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 30 moments of an update with copies: an edit made in a copy is in some folder at every moment."""
    repository = library(skill_repo, "a")
    ada = person(work, "../library.git", more="placement: copy\n")
    ada.pull()
    copy = ada.root / ".claude/skills/a/SKILL.md"
    copy.write_text(copy.read_text().replace(*EDIT))
    second(repository, "a")
    for row in rounds(work, ada, ["pull"], 30):
        whole(row, [VERSIONS[0], edited(0), edited(1)])
        crashed = row["crashed"]
        assert {EDIT[1]} & {*crashed["skills"]["a"]["SKILL.md"].splitlines(True)} or (
            EDIT[1] in crashed["links"]["a"]["SKILL.md"]
        )
        assert set(row["codes"]) == {0}, row["said"]
        assert row["end"]["skills"]["a"] == row["end"]["links"]["a"] == edited(1), row
        assert not row["end"]["stages"]


def test_a_rename_with_copies(work: Path, skill_repo: SkillRepo) -> None:
    """Killed at 30 moments of following a rename where agents have copies: the edit made in a copy is always in some
    folder, and in the end the skill has its new name alone, in both places, with the edit."""
    repository = library(skill_repo, "a")
    ada = person(work, "../library.git", more="placement: copy\n")
    ada.pull()
    copy = ada.root / ".claude/skills/a/SKILL.md"
    copy.write_text(copy.read_text().replace(*EDIT))
    gone: dict[str, str | None] = {f"skills/a/{path}": None for path in VERSIONS[0]}
    commit(repository, {**gone, **{f"skills/z/{path}": text for path, text in VERSIONS[1].items()}})
    for row in rounds(work, ada, ["pull"], 30):
        whole(row, [VERSIONS[0], edited(0), edited(1)])
        there = [*row["crashed"]["skills"].values(), *row["crashed"]["links"].values()]
        assert any(EDIT[1] in files["SKILL.md"] for files in there), row
        assert set(row["codes"]) == {0}, row["said"]
        assert row["end"]["skills"] == row["end"]["links"] == {"z": edited(1)}, row
        assert not row["end"]["stages"]


@pytest.mark.parametrize("verb", ["pull", "push"])
def test_at_random_moments(work: Path, skill_repo: SkillRepo, verb: str) -> None:
    """Killed 20 times after a random time, git's own processes wherever they are: whole, and healed by the next run."""
    repository = library(skill_repo, "ab")
    ada = person(work, "../library.git")
    ada.pull()
    for name in "ab":
        ada.edit(name, *EDIT)
    second(repository, "ab")
    for row in rounds(work, ada, [verb], 20, seed=3, by="time"):
        whole(row, [edited(0), edited(1)])
        healed(row, "ab", [edited(1)])


def _commit_meanwhile(repository: Path, content: dict[str, str]) -> None:
    """Commit, though git of a killed push, in a process group of its own, may still be moving the branch."""
    for attempt in range(10):
        try:
            commit(repository, content)
            return
        except subprocess.CalledProcessError:
            if attempt == 9:
                raise
            time.sleep(0.2)


def test_the_real_program(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """The program as users start it, killed with all its children 12 times in one project that goes on and on."""
    repository = skill_repo({"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")})
    ada = person(tmp_path, repository)
    ada.pull()
    for number in range(12):
        _commit_meanwhile(repository, {"skills/a/SKILL.md": numbered("a", 13 + number)})
        ada.write("b", numbered("b").replace("line 5\n", f"line 5, {number}\n"))
        process = subprocess.Popen(
            [sys.executable, "-m", "gitskills", "pull" if number % 2 else "push"],
            cwd=ada.root,
            env={**os.environ, "GITSKILLS_HOME": str(ada.store)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(0.12 + number * 0.015)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert f"line 5, {number}\n" in ada.read("b")
        assert ada.read("a") in [numbered("a", 12 + n) for n in range(number + 2)]
    assert ada.run("pull").code == 0 and ada.run("push").code == 0
    assert ada.read("a") == numbered("a", 24)
    assert "line 5, 11\n" in remote_text(repository, "skills/b/SKILL.md")
    assert not ada.stages and set(ada.status().values()) == {"up-to-date"}
    assert folder(ada.skills / "a") == {"SKILL.md": numbered("a", 24).encode()}
