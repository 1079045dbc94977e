"""Several commits written at once."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gitskills.git.commit import Identity
from gitskills.git.series import Step, write
from tests.repositories import Commit, bare_repository, git

WHO = Identity("Ann <x>", "ann@example.com", ("Ben", "ben@example.com"))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a bare repository with two files."""
    return bare_repository(tmp_path / "library.git", Commit({"a/SKILL.md": "a\n", "b/SKILL.md": "b\n"}, "first"))


def show(library: Path, *args: str) -> str:
    """Run git in the library."""
    return git(*args, cwd=library).decode().strip()


def test_each_step_is_a_commit_on_the_one_before(library: Path) -> None:
    """Files come, change and go; other files stay; messages, people and dates are git's own; no ref moves."""
    tip = show(library, "rev-parse", "main")
    steps = [
        Step({"a/SKILL.md": "new\n", 'c/q"uote\\.md': "c\n"}, "one: this\n\nbody\n\nSkill: one\n"),
        Step({"b/SKILL.md": None, "d/ü.md": "d\n"}, "two: that\n"),
    ]
    made = write(library, tip, steps, WHO)
    assert show(library, "rev-list", "--format=%s|%ae|%ce", "--no-commit-header", made, f"^{tip}").splitlines() == [
        "two: that|ann@example.com|ben@example.com",
        "one: this|ann@example.com|ben@example.com",
    ]
    assert show(library, "rev-parse", f"{made}~2") == tip == show(library, "rev-parse", "main")
    names = git("ls-tree", "-r", "-z", "--name-only", made, cwd=library).decode().split("\0")[:-1]
    assert sorted(names) == ["a/SKILL.md", 'c/q"uote\\.md', "d/ü.md"]
    assert show(library, "show", f"{made}:a/SKILL.md") == "new"
    assert show(library, "for-each-ref", "refs/gitskills") == "" and git("fsck", "--strict", cwd=library) is not None
    assert show(library, "log", "-1", "--format=%ct", made) == show(library, "log", "-1", "--format=%at", made)


def test_the_first_commit_of_an_empty_library(tmp_path: Path) -> None:
    """On nothing the first step has no parent; a thousand steps are one pack."""
    git("init", "-q", "--bare", tmp_path / "empty.git")
    steps = [Step({f"cards/c{number}/SKILL.md": f"{number}\n"}, f"card {number}\n") for number in range(1000)]
    made = write(tmp_path / "empty.git", None, steps, WHO)
    assert show(tmp_path / "empty.git", "rev-list", "--count", made) == "1000"
    assert len(list((tmp_path / "empty.git/objects/pack").glob("*.pack"))) == 1


def test_signed_where_the_users_git_signs(library: Path, tmp_path: Path) -> None:
    """Each commit carries a signature, and one that cannot be made is an error that says so."""
    key = tmp_path / "key"
    if shutil.which("ssh-keygen") is None:
        pytest.skip("no ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    who = Identity(*WHO.committer, WHO.committer, (("gpg.format", "ssh"), ("user.signingkey", str(key))))
    steps = [Step({"x": "1\n"}, "one\n"), Step({"x": "2\n"}, "two\n")]
    made = write(library, show(library, "rev-parse", "main"), steps, who)
    for commit in (made, f"{made}^"):
        assert "BEGIN SSH SIGNATURE" in show(library, "cat-file", "commit", commit)
