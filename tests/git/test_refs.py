"""What skills are called, as parts of refs that git takes."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.git.refs import part
from tests.conftest import SkillRepo
from tests.people import log, person, skill

PIECES = st.sampled_from([*"ab .@{}~^:?*[\\%/-é\u3000\x01\x7f", ".lock", "..", "@{"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("deploy", "deploy"),
        ("naïve-Café_2", "naïve-Café_2"),
        ("my skill", "my%20skill"),
        ("a..b", "a.%2Eb"),
        ("x.lock", "x%2Elock"),
        (".x.", "%2Ex%2E"),
        ("@{x", "@%7Bx"),
        ("100%", "100%25"),
    ],
)
def test_what_git_takes_stays_as_it_is(name: str, expected: str) -> None:
    """Only what no ref may hold is written otherwise, and so that two names never become one."""
    assert part(name) == expected


@settings(max_examples=60)
@given(st.lists(PIECES, min_size=1, max_size=8))
def test_git_takes_every_name(pieces: list[str]) -> None:
    """Whatever a folder is called, git's own check takes the ref, and it is one part of it."""
    name = "".join(pieces)
    ref = f"refs/heads/gitskills/improve/{part(name)}/12345678"
    assert ref.count("/") == 5 and not any(letter.isspace() for letter in ref)
    assert subprocess.run(["git", "check-ref-format", ref]).returncode == 0, ref


def test_a_skill_whose_name_is_no_ref_is_proposed(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """An edit of such a skill goes to a branch for review as any other does."""
    library = skill_repo({"skills/my skill/SKILL.md": skill("my skill", "\nOne.\n")})
    ada = person(tmp_path, library)
    ada.pull()
    ada.edit("my skill", "One.", "Two.")
    assert ada.push(review=True)["my skill"].action == "proposed"
    assert "edit my skill" in log(library, rev="gitskills/push/ada/my%20skill")[0]
