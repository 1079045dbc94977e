"""Skills that moved in their library are followed: with what was edited here, and in gitskills.yaml."""

import os
from pathlib import Path

import pytest

from tests.conftest import SkillRepo
from tests.people import Person, commit, folder, numbered, person, skill, untouched
from tests.repositories import git


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of three skills."""
    return skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in ("old", "b", "c")})


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Ada, who has pulled everything."""
    someone = person(tmp_path, library)
    someone.pull()
    return someone


def rename(library: Path, old: str, new: str, text: str = "") -> None:
    """Rename a skill's folder upstream, by default with its name in SKILL.md."""
    name = new.rpartition("/")[2]
    content = text or numbered(old.rpartition("/")[2]).replace(f"name: {old.rpartition('/')[2]}", f"name: {name}")
    commit(library, {f"{old}/SKILL.md": None, f"{new}/SKILL.md": content}, "rename")


def test_an_untouched_skill_moves(ada: Person, library: Path) -> None:
    """A skill renamed upstream has its new name here, and the old folder, link and lock line are gone."""
    rename(library, "skills/old", "skills/new")
    done = ada.pull()
    assert done["new"].action in ("installed", "updated") and "b" in done
    assert {path.name for path in ada.skills.iterdir()} == {"new", "b", "c"}
    assert {path.name for path in (ada.root / ".claude/skills").iterdir()} == {"new", "b", "c"}
    assert (ada.root / ".claude/skills/new/SKILL.md").exists()
    assert ada.lock().keys() == {"new", "b", "c"} and ada.lock()["new"].path == "skills/new"
    assert set(ada.status().values()) == {"up-to-date"} and not ada.stages
    with untouched(ada.root):
        assert {one.action for one in ada.pull().values()} == {"unchanged"}


def test_local_edits_move_along(ada: Person, library: Path) -> None:
    """Edits made here are merged into the skill under its new name, by-products included."""
    ada.edit("old", "line 1\n", "line one\n")
    ada.write("old", "made here", "__pycache__/x.pyc")
    rename(library, "skills/old", "skills/new")
    done = ada.pull()
    assert done["new"].action == "merged"
    wanted = numbered("old").replace("name: old", "name: new").replace("line 1\n", "line one\n")
    assert ada.read("new") == wanted and ada.read("new", "__pycache__/x.pyc") == "made here"
    assert not (ada.skills / "old").exists() and not os.path.lexists(ada.root / ".claude/skills/old")
    assert ada.push()["new"].action == "pushed"
    assert git("show", "main:skills/new/SKILL.md", cwd=library).decode() == wanted


def test_copies_move_along(tmp_path: Path, library: Path) -> None:
    """Where agents have copies, these are renamed too, and what was edited in one is merged like any other edit."""
    ada = person(tmp_path, library, more="placement: copy\n")
    ada.pull()
    copies = ada.root / ".claude/skills"
    rename(library, "skills/old", "skills/new")
    ada.pull()
    assert {path.name for path in copies.iterdir()} == {"new", "b", "c"}
    (copies / "new/SKILL.md").write_text(ada.read("new").replace("line 1\n", "line one\n"))
    rename(library, "skills/new", "skills/newer", ada.read("new").replace("name: new", "name: newer"))
    assert ada.pull()["newer"].action == "merged"
    assert {path.name for path in copies.iterdir()} == {"newer", "b", "c"}
    assert "line one" in ada.read("newer") and "name: newer" in ada.read("newer")
    assert (copies / "newer/SKILL.md").read_text() == ada.read("newer")


def test_naming_a_skill_follows_its_rename_alone(ada: Person, library: Path) -> None:
    """A pull of another skill leaves a renamed one as it is; a pull by its old or its new name follows it whole."""
    rename(library, "skills/old", "skills/new")
    with untouched(ada.root):
        ada.pull("b")
    assert {name: one.action for name, one in ada.pull("old").items()} == {"old": "removed", "new": "updated"}
    assert ada.lock().keys() == {"new", "b", "c"}
    rename(library, "skills/new", "skills/newer", ada.read("new").replace("name: new", "name: newer"))
    ada.pull("newer")
    assert ada.lock().keys() == {"newer", "b", "c"} and set(ada.status().values()) == {"up-to-date"}


def test_a_clash_after_a_rename_loses_nothing(ada: Person, library: Path) -> None:
    """Renamed and edited upstream on the line that was edited here: the folder moves, its content stays as it is."""
    ada.edit("old", "line 1\n", "mine\n")
    mine = ada.read("old")
    rename(library, "skills/old", "skills/new", numbered("old").replace("line 1\n", "theirs\n"))
    assert ada.pull()["new"].action == "conflict"
    assert ada.read("new") == mine and not (ada.skills / "old").exists()
    assert ada.pull("new", favor="ours")["new"].action == "merged"
    assert "mine" in ada.read("new")


def test_the_name_in_gitskills_yaml_follows(tmp_path: Path, library: Path) -> None:
    """Where the file names the skill, the name is changed there; the comment beside it, and all else, stays."""
    ada = person(tmp_path, library, more="    skills:\n      - b\n      - old  # we need this one\n# the end\n")
    ada.pull()
    before = ada.config.read_text()
    rename(library, "skills/old", "skills/new")
    ada.pull()
    assert ada.config.read_text() == before.replace("- old  # we", "- new  # we")
    assert {path.name for path in ada.skills.iterdir()} == {"b", "new"}


def test_a_path_in_gitskills_yaml_follows(tmp_path: Path, library: Path) -> None:
    """Where the file names a skill by its path, the new path is written."""
    ada = person(tmp_path, library, more="    skills: [skills/old]\n")
    ada.pull()
    rename(library, "skills/old", "tools/old", numbered("old"))
    ada.pull()
    assert "skills: [tools/old]" in ada.config.read_text() and ada.lock()["old"].path == "tools/old"


def test_a_name_of_the_users_own_stays(tmp_path: Path, library: Path) -> None:
    """A skill installed `as:` keeps that name when its library renames it."""
    ada = person(tmp_path, library, more="    skills: [{name: old, as: mine}]\n")
    ada.pull()
    ada.edit("mine", "line 1\n", "line one\n")
    rename(library, "skills/old", "skills/new")
    assert ada.pull()["mine"].action == "merged"
    assert "{name: new, as: mine}" in ada.config.read_text() and "line one" in ada.read("mine")


def test_a_move_to_another_folder_is_no_change(ada: Person, library: Path) -> None:
    """A skill that only moved to another folder of its library stays as it is here; the lock learns its path."""
    ada.edit("old", "line 1\n", "line one\n")
    before = folder(ada.skills)
    rename(library, "skills/old", "plugins/p/skills/old", numbered("old"))
    done = ada.pull()
    assert done["old"].action == "kept" and folder(ada.skills) == before
    assert ada.lock()["old"].path == "plugins/p/skills/old"
    ada.push()
    assert "line one" in git("show", "main:plugins/p/skills/old/SKILL.md", cwd=library).decode()


def test_a_rename_onto_a_folder_of_others(ada: Person, library: Path) -> None:
    """Where somebody's own folder has the new name it stays, and so do the edits under the old one."""
    ada.write("new", "somebody's own\n")
    ada.edit("old", "line 1\n", "line one\n")
    rename(library, "skills/old", "skills/new")
    done = ada.pull()
    assert done["new"].action == "refused"
    assert ada.read("new") == "somebody's own\n" and "line one" in ada.read("old")


def test_two_skills_swap_their_names(ada: Person, library: Path) -> None:
    """Two skills whose folders were swapped upstream are swapped here, edits of neither lost."""
    ada.edit("b", "line 1\n", "line one\n")
    texts = {"b": numbered("c"), "c": numbered("b")}
    commit(library, {f"skills/{name}/SKILL.md": text for name, text in texts.items()})
    done = ada.pull()
    assert done["c"].action == "updated"
    assert any("line one" in ada.read(name) for name in "bc")


def test_a_chain_of_renames(ada: Person, library: Path) -> None:
    """Renamed twice between two pulls is renamed once here."""
    ada.edit("old", "line 1\n", "line one\n")
    rename(library, "skills/old", "skills/between")
    text = numbered("old").replace("name: old", "name: new")
    commit(library, {"skills/between/SKILL.md": None, "skills/new/SKILL.md": text})
    assert ada.pull()["new"].action == "merged"
    assert "line one" in ada.read("new") and not (ada.skills / "between").exists()


def test_a_skill_gone_beside_a_stranger_is_no_rename(ada: Person, library: Path) -> None:
    """A skill that was deleted while an unlike one arrived is deleted here, and the other installed."""
    commit(library, {"skills/old/SKILL.md": None, "skills/new/SKILL.md": skill("new", "nothing alike\n" * 30)})
    done = ada.pull()
    assert (done["old"].action, done["new"].action) == ("removed", "installed")


def test_a_dry_run_renames_nothing(ada: Person, library: Path) -> None:
    """`--dry-run` of a rename changes neither the folder nor gitskills.yaml nor the lock."""
    rename(library, "skills/old", "skills/new")
    with untouched(ada.root):
        ada.pull(dry_run=True)


@pytest.mark.parametrize("edited", [False, True])
def test_a_dry_run_foretells_the_rename(ada: Person, library: Path, edited: bool) -> None:
    """What `pull --dry-run` says of each skill after a rename upstream is what `pull` then does."""
    if edited:
        ada.edit("old", "line 1\n", "line one\n")
        ada.edit("b", "line 1\n", "mine\n")
    rename(library, "skills/old", "skills/new")
    with untouched(ada.root):
        told = ada.pull(dry_run=True)
    done = ada.pull()
    assert {name: one.action for name, one in told.items()} == {name: one.action for name, one in done.items()}
    kept = [name for name, one in done.items() if one.action != "merged"]
    assert {name: told[name].after for name in kept} == {name: done[name].after for name in kept}
