"""check: skills are found on disk from any kind of path, and each is judged as a push would."""

import os
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.share.check import check, skill_folders

GOOD = "---\nname: {}\ndescription: Does it. Use when asked.\n---\n"


def make(folder: Path, text: str | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(text or GOOD.format(folder.name), encoding="utf-8")
    return folder


def test_skills_are_found_from_every_kind_of_path(tmp_path: Path) -> None:
    """A SKILL.md, its folder and a folder above name the same skill; outermost wins, by-products are skipped."""
    deploy = make(tmp_path / "skills" / "deploy")
    make(deploy / "templates" / "inner")
    make(tmp_path / "node_modules" / "other")
    review = make(tmp_path / "plugins" / "x" / "skills" / "review")
    assert skill_folders(deploy / "SKILL.md") == [deploy]
    assert skill_folders(deploy) == [deploy]
    assert skill_folders(tmp_path) == [review, deploy]


def test_the_cards_below_a_card_are_checked(tmp_path: Path) -> None:
    """A node of the tree of cards hides its leaves from nobody who validates; any other skill holds no skills."""
    kind = "---\nname: {}\ndescription: Use it.\nmetadata:\n  gitskills-kind: {}\n---\n"
    node = make(tmp_path / "cards" / "api", kind.format("api", "node"))
    leaf = make(node / "add-a-thing", kind.format("wrong", "leaf"))
    make(leaf / "inner")
    assert skill_folders(tmp_path) == skill_folders(node) == [node, leaf]
    assert [each.code for each in check(leaf)] == ["name-folder"]


def test_a_folder_without_skills_is_an_error(tmp_path: Path) -> None:
    """Nothing found is told, and so is a file that is no SKILL.md."""
    (tmp_path / "README.md").write_text("x")
    for path in (tmp_path, tmp_path / "README.md"):
        with pytest.raises(GitskillsError):
            skill_folders(path)


def test_a_folder_named_as_the_file_is_a_finding(tmp_path: Path) -> None:
    """A folder SKILL.md and a file skill.md are diagnosed, not passed over."""
    (tmp_path / "a" / "SKILL.md").mkdir(parents=True)
    (tmp_path / "a" / "SKILL.md" / "x").write_text("x")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "skill.md").write_text(GOOD.format("b"))
    (a,) = skill_folders(tmp_path / "a")
    assert [each.code for each in check(a)] == ["skill-file-folder"]
    (b,) = skill_folders(tmp_path / "b")
    assert [each.code for each in check(b)] in (["skill-file-case"], [])  # the latter where case does not count


def test_names_that_a_teammate_could_not_place_are_findings(tmp_path: Path) -> None:
    """Strict and lenient alike, a file that Windows could not hold is an error."""
    folder = make(tmp_path / "deploy")
    try:
        (folder / "aux.md").write_text("x")
    except OSError:
        pytest.skip("this system reserves the name itself")
    assert [each.code for each in check(folder, lenient=True)] == ["unsafe-name"]


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    """A named pipe in a skill neither hangs nor stops the check of others."""
    folder = make(tmp_path / "deploy")
    os.mkfifo(folder / "pipe")
    assert [each.code for each in check(folder)] == ["unreadable"]


def test_credentials_are_looked_for_only_strictly(tmp_path: Path) -> None:
    """Lenient reading of others' skills does not search for credentials."""
    folder = make(tmp_path / "deploy", GOOD.format("deploy") + "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cF3hJ6\n")
    assert [(each.code, each.line) for each in check(folder)] == [("secret", 5)]
    assert check(folder, lenient=True) == []
