"""Expired cards are history: `pull` places none, takes away those it placed, and `search` finds none."""

from pathlib import Path

import pytest

from tests.conftest import SkillRepo
from tests.people import Person, commit, person, remote_text, skill
from tests.repositories import git

CARD = "cards/api/add-endpoint"
REASON = "its proof is no longer part of main"


def card(expired: str = "", text: str = "") -> str:
    """The text of a leaf card."""
    mark = f"  gitskills-expired: {expired}\n" if expired else ""
    head = (
        f"---\nname: add-endpoint\ndescription: Use to add an endpoint.\nmetadata:\n  gitskills-kind: leaf\n{mark}---\n"
    )
    return head + "# Procedure\n" + "".join(f"\nstep {number}\n" for number in range(9)) + text


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library with a skill, a live card, and one skill that only talks of expiry."""
    talk = skill("talker", "gitskills-expired: is the mark of an expired card.\n")
    return skill_repo({"skills/a/SKILL.md": skill("a"), f"{CARD}/SKILL.md": card(), "cards/api/talker/SKILL.md": talk})


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Somebody who has pulled all of it."""
    ada = person(tmp_path, library)
    assert ada.pull().keys() == {"a", "add-endpoint", "talker"}
    return ada


def test_a_card_that_expires_is_taken_away(ada: Person, library: Path) -> None:
    """The next pull removes it, status agrees, search does not find it, and a card that returns is back."""
    commit(library, {f"{CARD}/SKILL.md": card(REASON)})
    assert {name: one.action for name, one in ada.pull().items() if one.action != "unchanged"} == {
        "add-endpoint": "removed"
    }
    assert not (ada.skills / "add-endpoint").exists() and not (ada.root / ".claude/skills/add-endpoint").is_symlink()
    assert ada.status() == {"a": "up-to-date", "talker": "up-to-date"}
    assert "add-endpoint" not in ada.run("search", "add an endpoint").out
    assert set(one.action for one in ada.pull().values()) == {"unchanged"}
    commit(library, {f"{CARD}/SKILL.md": card()})
    assert ada.pull()["add-endpoint"].action == "installed"
    assert "add-endpoint" in ada.run("search", "add an endpoint").out


def test_an_edited_card_that_expires_is_kept(ada: Person, library: Path) -> None:
    """Nobody's edit goes with it, and it can be published on the expired card, which stays expired."""
    ada.edit("add-endpoint", "step 3\n", "step 3, carefully\n")
    commit(library, {f"{CARD}/SKILL.md": card(REASON)})
    assert ada.pull()["add-endpoint"].action == "kept"
    assert "step 3, carefully" in ada.read("add-endpoint")
    assert ada.push("add-endpoint", to="team")["add-endpoint"].action == "pushed"
    text = remote_text(library, f"{CARD}/SKILL.md")
    assert "step 3, carefully" in text and REASON in text


def test_an_expired_card_is_not_placed_at_all(tmp_path: Path, library: Path) -> None:
    """Somebody who comes later never gets it, from a cache without blobs either."""
    commit(library, {f"{CARD}/SKILL.md": card(REASON)})
    git("config", "uploadpack.allowFilter", "true", cwd=library)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=library)
    bob = person(tmp_path, library, "bob")
    assert bob.pull().keys() == {"a", "talker"}
    done = bob.run("add", library, CARD, "--source", "again")
    assert done.code == 1 and "add-endpoint" in done.err


def test_the_users_own_settings_of_git_change_nothing(ada: Person, library: Path, home: Path) -> None:
    """Colours and line numbers, asked for always, do not hide what git found."""
    for key, value in (("color.ui", "always"), ("grep.lineNumber", "true"), ("grep.fullName", "true")):
        git("config", "--global", key, value)
    commit(library, {f"{CARD}/SKILL.md": card(REASON)})
    assert ada.pull()["add-endpoint"].action == "removed"
