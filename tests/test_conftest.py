"""The seal itself: what a test can see of the machine it runs on."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pygit2
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SkillRepo
from tests.repositories import Commit, git


def test_the_machine_is_out_of_sight(home: Path, tmp_path: Path) -> None:
    """Neither Python, git nor libgit2 finds a home, a configuration or a working directory outside the test's own."""
    assert Path.home() == home
    assert Path.cwd() == tmp_path
    assert [name for name in os.environ if name.startswith("GIT_")] == [
        "GIT_AUTHOR_DATE",
        "GIT_COMMITTER_DATE",
        "GIT_CONFIG_NOSYSTEM",
    ]
    origins = git("config", "--list", "--show-origin", "--name-only").decode().splitlines()
    assert {line.split("\t")[0] for line in origins} == {f"file:{home.as_posix()}/.gitconfig"}
    assert pygit2.Config.get_global_config()["user.email"] == "ada@example.com"


@given(st.integers())
def test_properties_run_sealed_too(number: int) -> None:
    """Hypothesis accepts the autouse seal although it is not renewed for each example."""
    assert isinstance(number, int)


def test_skill_repo_has_the_history_it_was_given(skill_repo: SkillRepo) -> None:
    """Each dict becomes one commit on main; text, modes, links, deletions, messages and authors arrive as written."""
    repository = skill_repo(
        [
            {"skills/a/SKILL.md": "one\r\n", "skills/a/run.sh": ("#!/bin/sh\n", 0o100755), 'odd "é".md': b"\xff"},
            Commit(
                {"skills/a/run.sh": None, "skills/a/link": ("SKILL.md", 0o120000)},
                "a: drop run.sh\n\nSkill: a\n",
                "Bob <bob@example.com>",
            ),
        ]
    )
    assert git("log", "--format=%s|%an|%ct", cwd=repository).decode().splitlines() == [
        "a: drop run.sh|Bob|1767225660",
        'a, odd "é".md: change 0|Ada Lovelace|1767225600',
    ]
    entries = [line.split() for line in git("ls-tree", "-r", "-z", "main", cwd=repository).decode().split("\0")[:-1]]
    assert [(entry[0], " ".join(entry[3:])) for entry in entries] == [
        ("100644", 'odd "é".md'),
        ("100644", "skills/a/SKILL.md"),
        ("120000", "skills/a/link"),
    ]
    assert git("show", "main:skills/a/SKILL.md", cwd=repository) == b"one\r\n"
    assert git("fsck", "--strict", cwd=repository) == b""


def test_library_is_a_real_library_of_ones_own(library: Callable[[str], Path]) -> None:
    """A bundle becomes a bare repository with a working HEAD that a test may write to."""
    repository = library("superpowers")
    skills = git("ls-tree", "-r", "--name-only", "HEAD", cwd=repository).decode()
    assert skills.count("SKILL.md") == 14
    git("update-ref", "refs/heads/mine", "HEAD", cwd=repository)
    assert subprocess.run(["git", "rev-parse", "-q", "--verify", "mine"], cwd=repository).returncode == 0
