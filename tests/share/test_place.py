"""Links and copies in the agents' folders."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from gitskills.share import spots
from gitskills.share.difference import differences
from gitskills.share.remove import remove
from tests.conftest import SkillRepo
from tests.people import Person, commit, folder, numbered, person

ALL = "[claude-code, codex, cursor, gemini-cli, github-copilot, opencode, windsurf, goose, amp, kilo, roo, cline]"


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of one skill."""
    return skill_repo({"skills/a/SKILL.md": numbered("a"), "skills/a/run": "x"})


def links(root: Path) -> dict[str, str]:
    return {path: str(what) for path, what in folder(root).items() if (root / path).is_symlink()}


def test_every_agent_finds_the_skill(tmp_path: Path, library: Path) -> None:
    """Each agent that does not read the shared folder gets one relative link that leads to the real folder."""
    ada = person(tmp_path, library, agents=ALL)
    ada.pull()
    found = links(ada.root)
    assert ".claude/skills/a" in found and len(found) == len(set(found))
    for path, text in found.items():
        assert not os.path.isabs(text)
        assert (ada.root / path).resolve() == (ada.skills / "a").resolve()
    moved = tmp_path / "elsewhere"
    ada.root.rename(moved)
    assert (moved / ".claude/skills/a/SKILL.md").read_text() == numbered("a"), "links hold when the project moves"


def test_a_link_made_by_hand_or_by_others_is_enough(tmp_path: Path, library: Path) -> None:
    """A link that leads to the real folder already, absolute even, is left as it is."""
    ada = person(tmp_path, library)
    (ada.root / ".claude/skills").mkdir(parents=True)
    (ada.root / ".claude/skills/a").symlink_to(ada.skills / "a", target_is_directory=True)
    assert not ada.pull()["a"].left.problems
    assert os.readlink(ada.root / ".claude/skills/a") == str(ada.skills / "a")


def test_one_folder_for_all(tmp_path: Path, library: Path) -> None:
    """Where an agent's skills folder is itself a link to the shared one, nothing is linked inside it."""
    ada = person(tmp_path, library)
    ada.skills.mkdir(parents=True)
    (ada.root / ".claude").mkdir()
    (ada.root / ".claude/skills").symlink_to("../.agents/skills", target_is_directory=True)
    done = ada.pull()
    assert done["a"].action == "installed" and not done["a"].left.problems
    assert sorted(path.name for path in ada.skills.iterdir()) == ["a"] and not (ada.skills / "a").is_symlink()
    assert (ada.root / ".claude/skills/a/SKILL.md").exists()


def test_an_agents_folder_that_is_a_file(tmp_path: Path, library: Path) -> None:
    """Something that is no folder in an agent's place is told, and the skill is installed for the others."""
    ada = person(tmp_path, library)
    (ada.root / ".claude").mkdir()
    (ada.root / ".claude/skills").write_text("a file")
    done = ada.run("pull")
    assert done.code == 1 and "Traceback" not in done.err and "bug" not in done.err
    assert (ada.skills / "a/SKILL.md").exists() and (ada.root / ".claude/skills").read_text() == "a file"


def test_where_links_are_not_to_be_had(tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a system that allows no links the agents get copies, which follow updates and take edits over."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("a required privilege is not held by the client")

    monkeypatch.setattr(os, "symlink", refuse)
    ada = person(tmp_path, library)
    ada.pull()
    copy = ada.root / ".claude/skills/a"
    assert not copy.is_symlink() and folder(copy) == folder(ada.skills / "a")
    (copy / "run").write_text("edited in the copy")
    assert ada.status() == {"a": "ahead"}
    commit(library, {"skills/a/SKILL.md": numbered("a", 14)})
    assert ada.pull()["a"].action == "merged"
    assert folder(copy) == folder(ada.skills / "a") and ada.read("a", "run") == "edited in the copy"


def test_an_agent_that_is_no_longer_served(tmp_path: Path, library: Path) -> None:
    """When an agent leaves gitskills.yaml and the skill goes later, its link goes as well."""
    ada = person(tmp_path, library)
    ada.pull()
    ada.config.write_text(ada.config.read_text().replace("[claude-code, codex]", "[codex]"))
    commit(library, {"skills/a/SKILL.md": None, "skills/a/run": None})
    ada.pull()
    assert not os.path.lexists(ada.root / ".claude/skills/a") and not (ada.skills / "a").exists()


def test_a_copy_that_was_edited_outlives_its_skill(tmp_path: Path, library: Path) -> None:
    """An edit in a copy keeps the whole skill when it is deleted upstream."""
    ada = person(tmp_path, library, more="placement: copy\n")
    ada.pull()
    copy = ada.root / ".claude/skills/a/run"
    copy.write_text("mine")
    (shown,) = differences(ada.project, ())
    assert "+mine" in shown.diff, "an edit in a copy is an edit"
    commit(library, {"skills/a/SKILL.md": None, "skills/a/run": None})
    assert ada.pull()["a"].action == "kept"
    assert copy.read_text() == "mine" == ada.read("a", "run")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
@pytest.mark.parametrize("mode", ["symlink", "copy"])
def test_what_agents_had_of_a_deleted_folder_goes_with_its_skill(tmp_path: Path, library: Path, mode: str) -> None:
    """Where the real folder was deleted by hand, removing the skill removes its link, or its copy unless edited."""
    ada = person(tmp_path, library, more=f"placement: {mode}\n")
    ada.pull()
    agents = ada.root / ".claude/skills/a"
    shutil.rmtree(ada.skills / "a")
    remove(ada.project, ["a"], None)
    assert not os.path.lexists(agents) and ada.lock() == {}
    ada.config.write_text(ada.config.read_text().replace("'!a'", "a").replace('"!a"', "a"))
    ada.pull()
    shutil.rmtree(ada.skills / "a")
    if mode == "copy":
        (agents / "run").write_text("mine")
    commit(library, {"skills/a/SKILL.md": None, "skills/a/run": None, "skills/b/SKILL.md": numbered("b")})
    ada.pull()
    assert os.path.lexists(agents) == (mode == "copy")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_spot_touches_only_its_own_links(tmp_path: Path) -> None:
    """A spot removes the link it would make, and nothing else of that name."""
    shared, place = tmp_path / "shared", tmp_path / "place"
    (shared / "a").mkdir(parents=True)
    place.mkdir()
    spot = spots.Spot(place, "place", shared)
    assert spot.link("a") and spot.links("a")
    assert spot.unlink("a") and not os.path.lexists(place / "a") and not spot.unlink("a")
    (place / "b").symlink_to(tmp_path / "elsewhere")
    (place / "c").mkdir()
    for name in "bc":
        assert not spot.links(name) and not spot.unlink(name) and os.path.lexists(place / name)


def test_two_agents_of_one_folder(tmp_path: Path, library: Path) -> None:
    """Agents that read the same folder share one link, and a pull for them is quiet the second time."""
    ada: Person = person(tmp_path, library, agents="[claude-code, claude-code]")
    ada.pull()
    before = folder(ada.root)
    ada.pull()
    assert folder(ada.root) == before and list(links(ada.root)) == [".claude/skills/a"]
