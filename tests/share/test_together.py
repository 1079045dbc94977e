"""Many new skills at once: they and the agents' links appear together, and never in the place of what is there."""

import os
import sys
from pathlib import Path

import pytest

from gitskills.share import together
from gitskills.state.stage import NAME
from tests.conftest import SkillRepo
from tests.people import Person, person, skill

NAMES = [f"s{number:02}" for number in range(25)]  # more than are written one by one

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="git does not write a skill's folder there")


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of many skills."""
    return skill_repo({f"skills/{name}/SKILL.md": skill(name) for name in NAMES})


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Somebody who has pulled nothing yet, for two agents with a folder of their own and one that shares."""
    return person(tmp_path, library, agents="[claude-code, windsurf, codex]")


def placed(someone: Person) -> dict[str, list[str]]:
    """What stands in each agent's folder, where every name must lead to the skill."""
    found = {}
    for place in (".agents", ".claude", ".windsurf"):
        folder = someone.root / place / "skills"
        found[place] = sorted(os.listdir(folder))
        assert all((folder / name / "SKILL.md").read_text() == skill(name) for name in NAMES)
        assert [one.name for one in folder.parent.iterdir()] == ["skills"], "no staging folder stays"
    return found


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[str, ...]]:
    """Record the calls of a function of `os` from here on."""
    calls: list[tuple[str, ...]] = []
    real = getattr(os, name)

    def call(*args: str, **named: object) -> object:
        calls.append(tuple(map(str, args)))
        return real(*args, **named)

    monkeypatch.setattr(os, name, call)
    return calls


def test_one_rename_for_each_folder(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that do not exist yet appear whole, the skills before the links to them."""
    renames = counted(monkeypatch, "rename")
    assert {one.action for one in ada.pull().values()} == {"installed"}
    moved = [Path(to).relative_to(ada.root).as_posix() for _, to in renames if to.startswith(f"{ada.root}{os.sep}")]
    assert moved == [".agents/skills", ".claude/skills", ".windsurf/skills"]
    assert placed(ada) == dict.fromkeys((".agents", ".claude", ".windsurf"), NAMES)
    assert set(ada.status().values()) == {"up-to-date"} and {one.action for one in ada.pull().values()} == {"unchanged"}


@pytest.mark.parametrize("place", [".agents", ".claude"])
def test_a_folder_with_something_in_it_keeps_it(ada: Person, place: str) -> None:
    """The user's own skill and settings stand beside what is installed."""
    own = ada.root / place / "skills" / "mine"
    own.mkdir(parents=True)
    (own / "SKILL.md").write_text("mine")
    ada.pull()
    assert (own / "SKILL.md").read_text() == "mine"
    assert placed(ada)[place] == sorted(["mine", *NAMES])


@pytest.mark.parametrize("place", [".agents", ".claude"])
def test_a_folder_that_is_a_link_is_followed(ada: Person, tmp_path: Path, place: str) -> None:
    """Who keeps the folder elsewhere finds the skills there, and the link still a link."""
    (tmp_path / "elsewhere" / "skills").mkdir(parents=True)
    (ada.root / place).mkdir()
    (ada.root / place / "skills").symlink_to(tmp_path / "elsewhere" / "skills")
    ada.pull()
    assert (ada.root / place / "skills").is_symlink()
    assert placed(ada)[place] == NAMES


@pytest.mark.parametrize("place", [".agents", ".claude"])
def test_a_folder_that_appears_meanwhile_is_kept(ada: Person, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Somebody who makes the folder while git writes loses nothing, and has all skills in the end."""
    real = together.fill

    def fill(stage: object, spots: object, names: object, write: object) -> None:
        (ada.root / place / "skills" / "mine").mkdir(parents=True)
        real(stage, spots, names, write)  # type: ignore[arg-type]

    monkeypatch.setattr(together, "fill", fill)
    ada.pull()
    assert placed(ada)[place] == sorted(["mine", *NAMES])


def test_where_no_links_can_be_made_copies_are(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that refuses links gets copies, as it does for few skills."""

    def refuse(*args: object, **named: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "symlink", refuse)
    ada.pull()
    assert placed(ada)[".claude"] == NAMES and not (ada.root / ".claude" / "skills" / NAMES[0]).is_symlink()


def test_copies_are_made_where_they_are_asked_for(tmp_path: Path, library: Path) -> None:
    """With `placement: copy` no link is made on the way."""
    ada = person(tmp_path, library, agents="[claude-code, windsurf, codex]", more="placement: copy\n")
    ada.pull()
    assert placed(ada)[".claude"] == NAMES and not (ada.root / ".claude" / "skills" / NAMES[0]).is_symlink()


def test_a_skill_that_is_refused_does_not_come_along(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Among many skills one that no disk should hold is left out, with its links."""
    files = {f"skills/{name}/SKILL.md": skill(name) for name in NAMES} | {"skills/bad/SKILL.md": skill("bad")}
    ada = person(tmp_path, skill_repo({**files, "skills/bad/con": "x"}), agents="[claude-code, windsurf, codex]")
    assert {name for name, one in ada.pull().items() if one.action == "refused"} == {"bad"}
    assert placed(ada)[".claude"] == NAMES and NAME not in os.listdir(ada.root)
