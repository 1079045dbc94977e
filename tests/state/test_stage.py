"""Skill folders built aside and swapped in; what a crash leaves is sorted out by the next run."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitskills.skills.file import EXECUTABLE, LINK, PLAIN, File
from gitskills.skills.tree import files_oid
from gitskills.state import exchange, files
from gitskills.state.stage import NAME, Changed, Content, Stage, recover

ONE = {"SKILL.md": File(b"one\n"), "scripts/run": File(b"1", EXECUTABLE), "old": File(b"gone later")}
TWO = {"SKILL.md": File(b"two\n"), "scripts/run": File(b"2", EXECUTABLE), "new": File(b"new")}


def content(skill: dict[str, File]) -> Content:
    return [(path, file.mode, file.data) for path, file in skill.items()]


@pytest.fixture
def skills(tmp_path: Path) -> Path:
    """The skills folder, not made yet."""
    return tmp_path / ".agents" / "skills"


@pytest.fixture(params=["swap", "renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to put a folder in place: the atomic swap, and the two renames where a system has none."""
    if request.param == "renames":
        monkeypatch.setattr(exchange, "_swapper", lambda: None)
    return str(request.param)


def put(skills: Path, new: dict[str, File], old: dict[str, File] | None = None, name: str = "a") -> None:
    with Stage(skills) as one:
        one.put(name, content(new), old=files_oid(old) if old else None)


def test_install_update_and_removal(skills: Path, way: str) -> None:
    """A skill arrives whole, is replaced whole and leaves whole, and no staging folder stays."""
    put(skills, ONE)
    assert files.read(skills / "a") == ONE
    put(skills, TWO, ONE)
    assert files.read(skills / "a") == TWO
    with Stage(skills) as one:
        one.take_away("a", old=files_oid(TWO))
    assert [path.name for path in skills.parent.rglob("*")] == ["skills"]


def written(skills: dict[str, dict[str, File]]) -> Callable[[Path], None]:
    """What `fill` lets build these skills."""

    def write(folder: Path) -> None:
        for name, one in skills.items():
            (folder / name).mkdir()
            for path, file in one.items():
                files.write(str(folder / name), path, file.mode, file.data)

    return write


def test_many_appear_at_once(skills: Path) -> None:
    """Where there is no skills folder yet, what was built becomes it, and `put` finds its work done."""
    with Stage(skills) as one:
        one.fill(["a", "b"], written({"a": ONE, "b": TWO}))
        assert not skills.exists()
        assert one.appear()
        assert files.read(skills / "a") == ONE and files.read(skills / "b") == TWO
        one.put("a", [], old=None)
        one.put("b", [], old=None)
        one.put("c", content(ONE), old=None)
        one.put("a", content(TWO), old=files_oid(ONE))
    assert {name: files.read(skills / name) for name in "abc"} == {"a": TWO, "b": TWO, "c": ONE}
    assert [path.name for path in skills.parent.iterdir()] == ["skills"]


@pytest.mark.parametrize("there", ["folder", "mine", "file", "link"])
def test_what_stands_there_is_not_replaced(skills: Path, tmp_path: Path, there: str) -> None:
    """A skills folder, even an empty one, a file and a link stay what they are; a folder takes skills one by one."""
    with Stage(skills) as one:
        one.fill(["a"], written({"a": ONE}))
        skills.parent.mkdir(exist_ok=True)
        if there in ("folder", "mine"):
            skills.mkdir(mode=0o700)
        if there == "mine":
            (skills / "mine").mkdir()
        if there == "file":
            skills.write_text("mine")
        if there == "link":
            (tmp_path / "far").mkdir()
            skills.symlink_to(tmp_path / "far")
        before = skills.lstat()
        assert not one.appear()
        if there != "file":
            one.put("a", [], old=None)
            assert files.read(skills / "a") == ONE
        one.drop()
    assert skills.lstat().st_ino == before.st_ino and skills.lstat().st_mode == before.st_mode
    assert (skills / "mine").is_dir() == (there == "mine")
    assert not (skills.parent / NAME).exists()


def test_what_appears_is_just_what_was_built(skills: Path) -> None:
    """Anything else in the place of building, a killed run's half skill, does not come along."""
    with Stage(skills) as one:
        one.fill(["a"], written({"a": ONE, "half": {"SKILL.md": File(b"ha")}}))
        assert not one.appear()
        one.put("a", [], old=None)
        one.drop()
    assert [path.name for path in skills.iterdir()] == ["a"]


def test_a_folder_that_is_there_is_not_installed_over(skills: Path) -> None:
    """What stands where a new skill should go stays, and nothing is left beside it."""
    (skills / "a").mkdir(parents=True)
    (skills / "a" / "mine").write_text("mine")
    with pytest.raises(Changed):
        put(skills, ONE)
    assert files.read(skills / "a") == {"mine": File(b"mine")}
    assert not (skills.parent / NAME).exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_that_is_there_is_not_installed_over(skills: Path, tmp_path: Path) -> None:
    """A link of others in the skill's place stays, and so does what it points to."""
    skills.mkdir(parents=True)
    (tmp_path / "theirs").mkdir()
    (skills / "a").symlink_to(tmp_path / "theirs", target_is_directory=True)
    with pytest.raises(Changed):
        put(skills, ONE)
    assert (skills / "a").is_symlink() and not list((tmp_path / "theirs").iterdir())


def test_an_edit_made_meanwhile_is_not_lost(skills: Path, way: str) -> None:
    """A folder that is not what the plan saw is left exactly as it is, for update and for removal."""
    put(skills, ONE)
    (skills / "a" / "SKILL.md").write_bytes(b"edited meanwhile\n")
    edited = files.read(skills / "a")
    with pytest.raises(Changed):
        put(skills, TWO, ONE)
    with pytest.raises(Changed), Stage(skills) as one:
        one.take_away("a", old=files_oid(ONE))
    assert files.read(skills / "a") == edited
    assert not (skills.parent / NAME).exists()


def test_a_folder_deleted_meanwhile_is_no_crash(skills: Path, way: str) -> None:
    """A folder that vanished between the plan and the swap is reported like one that was edited."""
    skills.mkdir(parents=True)
    with pytest.raises(Changed):
        put(skills, TWO, ONE)
    with pytest.raises(Changed), Stage(skills) as one:
        one.take_away("a", old=files_oid(ONE))
    assert not (skills / "a").exists() and not (skills.parent / NAME).exists()


def test_by_products_are_carried_over(skills: Path, way: str) -> None:
    """A virtual environment and caches survive an update, also below a folder that upstream dropped."""
    put(skills, ONE)
    for path in (".venv/bin/python", "scripts/__pycache__/x.pyc", "dropped/node_modules/m/i.js"):
        (skills / "a" / path).parent.mkdir(parents=True, exist_ok=True)
        (skills / "a" / path).write_text("made here")
    put(skills, TWO, ONE)
    assert files.read(skills / "a") == TWO
    for path in (".venv/bin/python", "scripts/__pycache__/x.pyc", "dropped/node_modules/m/i.js"):
        assert (skills / "a" / path).read_text() == "made here"


def test_by_products_never_stand_in_the_way(skills: Path) -> None:
    """Where upstream has a file now that was a folder with by-products, the file wins and the update goes through."""
    before = {"SKILL.md": File(b"x"), "scripts/a.py": File(b"x")}
    after = {"SKILL.md": File(b"x"), "scripts": File(b"a file now"), ".venv": File(b"tracked now")}
    put(skills, before)
    for path in ("scripts/__pycache__/a.pyc", ".venv/bin/python"):
        (skills / "a" / path).parent.mkdir(parents=True, exist_ok=True)
        (skills / "a" / path).write_text("made here")
    put(skills, after, before)
    assert files.read(skills / "a", {".venv": PLAIN}) == after


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_by_products_do_not_follow_links_out(skills: Path, tmp_path: Path) -> None:
    """A by-product that is a link is carried as a link; what it points to is not copied or touched."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "big").write_text("x")
    put(skills, ONE)
    (skills / "a" / ".venv").symlink_to(outside, target_is_directory=True)
    put(skills, TWO, ONE)
    assert (skills / "a" / ".venv").is_symlink() and (outside / "big").read_text() == "x"


def nothing(tree: str) -> bool:
    return False


def known(*trees: dict[str, File]) -> set[str]:
    return {files_oid(tree) for tree in trees}


def leave(skills: Path, part: str, name: str, skill: dict[str, File]) -> None:
    """Leave a folder in the stage as a killed run does."""
    for path, file in skill.items():
        target = skills.parent / NAME / part / name
        target.mkdir(parents=True, exist_ok=True)
        files.write(str(target), path, file.mode, file.data)


def test_recovery_with_nothing_to_do(skills: Path, tmp_path: Path) -> None:
    """Without a stage there is nothing to recover and nothing is made."""
    assert recover(skills, nothing, tmp_path / "keep") == []
    assert list(tmp_path.iterdir()) == []


def test_half_built_folders_are_dropped(skills: Path, tmp_path: Path) -> None:
    """What was being built when the process died goes; the live folder stays."""
    put(skills, ONE)
    leave(skills, "build", "a", {"SKILL.md": File(b"tw")})
    assert recover(skills, nothing, tmp_path / "keep") == []
    assert files.read(skills / "a") == ONE and not (skills.parent / NAME).exists()


def test_a_folder_swapped_out_goes_back_where_its_place_is_empty(skills: Path, tmp_path: Path) -> None:
    """Killed between two renames, where no atomic swap exists: the old folder is put back."""
    skills.mkdir(parents=True)
    leave(skills, "aside", "a", ONE)
    leave(skills, "ready", "a", TWO)
    recover(skills, known(TWO).__contains__, tmp_path / "keep")
    assert files.read(skills / "a") == ONE and not (skills.parent / NAME).exists()


@pytest.mark.parametrize("part", ["aside", "ready"])
def test_what_git_has_is_dropped_and_what_it_has_not_is_kept(skills: Path, tmp_path: Path, part: str) -> None:
    """An old version goes, since git holds it; an edit that got there is moved to safety, never removed."""
    edited = {"SKILL.md": File(b"an edit of mine\n")}
    put(skills, TWO)
    leave(skills, part, "a", ONE)
    assert recover(skills, known(ONE, TWO).__contains__, tmp_path / "keep") == []
    leave(skills, part, "a", edited)
    kept = recover(skills, known(ONE, TWO).__contains__, tmp_path / "keep")
    leave(skills, part, "a", edited)
    kept += recover(skills, known(ONE, TWO).__contains__, tmp_path / "keep")
    assert len(set(kept)) == 2 and all(files.read(path) == edited for path in kept)
    assert files.read(skills / "a") == TWO and not (skills.parent / NAME).exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_the_skills_folder_may_be_a_link(tmp_path: Path) -> None:
    """Where the skills folder is a link the stage lies beside the real one: renames stay on one file system."""
    real = tmp_path / "elsewhere" / "skills"
    real.mkdir(parents=True)
    (tmp_path / "skills").symlink_to(real, target_is_directory=True)
    with Stage(tmp_path / "skills") as one:
        one.put("a", content(ONE), old=None)
        assert (tmp_path / "elsewhere" / NAME).is_dir()
    assert files.read(real / "a") == ONE


def test_hidden_from_agents(skills: Path) -> None:
    """The stage is not inside the folder that agents read."""
    with Stage(skills) as one:
        one.put("a", content({**ONE, "l": File(b"SKILL.md", LINK)}), old=None)
        assert [path.name for path in skills.iterdir()] == ["a"]


def test_an_edit_in_the_instant_of_the_swap_is_put_back(
    skills: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor that saves between the last look and the swap finds its text in place afterwards."""
    put(skills, ONE)
    plain = exchange.replace
    edits = iter([b"saved at the last moment\n"])

    def late(new: Path, live: Path, aside: Path) -> None:
        for edit in edits:
            (live / "SKILL.md").write_bytes(edit)
        plain(new, live, aside)

    monkeypatch.setattr(exchange, "replace", late)
    with pytest.raises(Changed):
        put(skills, TWO, ONE)
    assert files.read(skills / "a") == {**ONE, "SKILL.md": File(b"saved at the last moment\n")}
    assert not (skills.parent / NAME).exists()


@pytest.mark.parametrize("verb", ["update", "removal"])
def test_a_removal_cut_short_is_never_put_back(
    skills: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Killed halfway through removing the old folder: what is left of it is dropped, not restored, not saved."""
    put(skills, ONE)

    def cut_short(folder: Path) -> None:
        (folder / "SKILL.md").unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "remove_tree", cut_short)
    with pytest.raises(KeyboardInterrupt):
        if verb == "update":
            put(skills, TWO, ONE)
        else:
            with Stage(skills) as one:
                one.take_away("a", old=files_oid(ONE))
    monkeypatch.undo()
    assert recover(skills, known(ONE, TWO).__contains__, tmp_path / "keep") == []
    assert not (skills.parent / NAME).exists()
    assert (files.read(skills / "a") == TWO) if verb == "update" else not (skills / "a").exists()
