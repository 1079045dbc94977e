"""What a review by fresh eyes found, each held by a test."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.conftest import Run, SkillRepo
from tests.people import Person, numbered, person, skill
from tests.repositories import git


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of two skills."""
    return skill_repo({"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")})


def test_a_password_never_gets_into_the_file(run: Run, tmp_path: Path) -> None:
    """A URL with credentials is refused before anything is written or asked, and is not repeated."""
    done = run("add", "https://ann:s3cret@example.invalid/skills.git", cwd=tmp_path)
    assert done.code == 1 and "password" in done.err and "s3cret" not in done.out + done.err
    assert not (tmp_path / "gitskills.yaml").exists()


@pytest.mark.parametrize("branch", ["master", "trunk"])
def test_the_first_push_goes_where_clones_look(tmp_path: Path, branch: str) -> None:
    """Into an empty repository the first push makes the branch its HEAD waits for, so that a clone has files."""
    remote = tmp_path / "empty.git"
    git("init", "-q", "--bare", f"--initial-branch={branch}", remote)
    ada = person(tmp_path, remote)
    ada.write("new", skill("new"))
    assert ada.push("new")["new"].branch == branch
    git("clone", "-q", remote, tmp_path / "clone")
    assert (tmp_path / "clone" / "skills" / "new" / "SKILL.md").is_file()


def test_a_skill_at_the_root_has_its_own_name(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """The folder of a library that is one skill is called as the skill calls itself, as the specification wants."""
    ada = person(tmp_path, skill_repo({"SKILL.md": skill("rooty")}, name="repository.git"))
    assert ada.pull()["rooty"].action == "installed" and ada.run("validate", ada.skills / "rooty").code == 0
    ada.edit("rooty", "name: rooty", "name: rooty  # edited")
    assert ada.push("rooty")["rooty"].action == "pushed"
    for verb in ("show rooty@v1", "log rooty", "blame rooty", "verify rooty", "list --available"):
        done = ada.run(*verb.split())
        assert done.code == 0 and ("rooty" in done.out or verb[0] in "bv"), done.err
    assert ada.run("revert", "rooty", "--to", "v1").code == 0 and not ada.pull()["rooty"].failed
    assert "edited" not in ada.read("rooty")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_one_unreadable_folder_hides_no_other(tmp_path: Path, library: Path) -> None:
    """`status` tells of every skill, though one folder holds what no file is."""
    ada = person(tmp_path, library)
    ada.pull()
    os.mkfifo(ada.skills / "a" / "pipe")
    assert ada.status() == {"a": "ahead", "b": "up-to-date"}


def test_removing_the_only_name_does_not_take_everything(tmp_path: Path, library: Path) -> None:
    """Beside an exclusion, the last name's removal leaves nothing, not all but the exclusion."""
    ada = person(tmp_path, library, more='    skills: [a, "!x"]\n')
    ada.pull()
    assert ada.run("remove", "a").code == 0
    assert ada.pull() == {} and list(ada.skills.iterdir()) == []


def test_a_refused_add_leaves_the_file(tmp_path: Path, library: Path, skill_repo: SkillRepo) -> None:
    """A source of which nothing could be installed is not left behind to trouble every later pull."""
    ada: Person = person(tmp_path, library)
    ada.pull()
    before = ada.config.read_bytes()
    other = skill_repo({"skills/a/SKILL.md": skill("a")}, name="other.git")
    done = ada.run("add", other)
    assert done.code == 1 and "as:" in done.out and ada.config.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_diff_shows_what_it_can(tmp_path: Path, library: Path) -> None:
    """`diff` shows every edit it can read, and ends with 1 for the one it cannot."""
    ada = person(tmp_path, library)
    ada.pull()
    os.mkfifo(ada.skills / "a" / "pipe")
    ada.edit("b", "line 1\n", "mine\n")
    done = ada.run("diff")
    assert done.code == 1 and "+mine" in done.out and "pipe" in done.err
    rows = {row["skill"]: row for row in json.loads(ada.run("diff", "--json").out)}
    assert "pipe" in rows["a"]["message"] and not rows["a"]["diff"]
    assert "+mine" in rows["b"]["diff"] and not rows["b"]["message"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is Unicode")
def test_diff_of_a_name_that_is_not_utf8(tmp_path: Path, library: Path) -> None:
    """A file whose name no text can hold hides no other skill's diff, and ends without a traceback."""
    ada = person(tmp_path, library)
    ada.pull()
    (ada.skills / "a" / os.fsdecode(b"\xff.txt")).write_text("odd\n")
    ada.edit("b", "line 1\n", "mine\n")
    done = ada.run("diff")
    assert done.code in (0, 1) and "+mine" in done.out and "Traceback" not in done.err
