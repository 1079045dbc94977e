"""Skill.read: one value from a folder's files, or an error that says why not."""

import pytest

from gitskills.skills.file import EXECUTABLE, File
from gitskills.skills.skill import Skill, SkillError

FILES = {
    "SKILL.md": File(b"---\nname: my-skill\ndescription: A test skill\n---\n# My Skill\n"),
    "references/a.md": File(b"A\n"),
    "scripts/run.sh": File(b"echo hi\n", EXECUTABLE),
    "LICENSE": File(b"MIT\n"),
}


def test_a_skill_is_read_whole() -> None:
    """Name, keys, body and git's own tree oid come from the files."""
    skill = Skill.read(FILES, "my-skill")
    assert (skill.name, skill.body) == ("my-skill", "# My Skill\n")
    assert skill.frontmatter["description"] == "A test skill"
    assert skill.tree == "936eccabdc4a6a8ce1654f2b95a4ae2dc75a7a5b"
    assert skill.files is FILES


def test_a_skill_without_a_name_bears_its_folders() -> None:
    """Lenient reading takes the folder's name where none is given; strict reading refuses."""
    files = {"SKILL.md": File(b"---\ndescription: x\n---\n")}
    assert Skill.read(files, "deploy", lenient=True).name == "deploy"
    with pytest.raises(SkillError) as caught:
        Skill.read(files, "deploy")
    assert caught.value.message == "deploy/SKILL.md:1: `name` is required: add `name: deploy`"
    assert [each.code for each in caught.value.diagnostics] == ["name-missing"]
