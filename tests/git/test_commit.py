"""Commits in the user's name, signed where their git signs."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.git.commit import Identity, commit, identity
from gitskills.skills.tree import EMPTY_TREE
from tests.repositories import bare_repository, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A bare repository that holds the empty tree."""
    path = bare_repository(tmp_path / "r.git")
    git("mktree", cwd=path, stdin=b"")
    return path


def shown(repository: Path, oid: str, what: str) -> str:
    return git("log", "-1", f"--format={what}", oid, cwd=repository).decode().strip()


@pytest.mark.parametrize(
    ("email", "name", "user"),
    [
        ("ada@example.com", "Ada", "ada"),
        ("Ada.Lovelace+x@example.com", "Ada", "ada-lovelace-x"),
        ("../../x@example.com", "Ada", "x"),
        ("-rf@example.com", "Ada", "rf"),
        ("a b\x1b[31m@example.com", "Ada", "a-b--31m"),
        ("äé@example.com", "Ada", "someone"),
        ("", "Grace H.", "grace-h"),
        ("lock.lock@example.com", "", "lock-lock"),
    ],
)
def test_a_person_is_one_safe_part_of_a_branch_name(repository: Path, email: str, name: str, user: str) -> None:
    """Whatever the address, the branch named after it is one git accepts, with nothing else in it."""
    who = Identity(name, email, (name, email))
    assert who.user == user
    git("check-ref-format", f"refs/heads/gitskills/push/{who.user}/x", cwd=repository)


def test_the_identity_that_holds_where_one_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's own configuration beats the user's, and the environment beats both."""
    git("init", "-q", tmp_path / "project")
    assert identity(tmp_path / "project").email == "ada@example.com"
    git("config", "user.email", "work@example.com", cwd=tmp_path / "project")
    git("config", "user.name", "Ada <at> Work", cwd=tmp_path / "project")
    at_work = identity(tmp_path / "project")
    assert (at_work.email, at_work.committer[1]) == ("work@example.com", "work@example.com")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Grace Hopper")
    assert identity(tmp_path / "project").name == "Grace Hopper"


def test_nobody_commits_under_an_invented_name(home: Path, tmp_path: Path) -> None:
    """Without a configured identity there is an error that names both commands, and no commit."""
    (home / ".gitconfig").unlink()
    with pytest.raises(GitskillsError) as error:
        identity(tmp_path)
    assert "user.name" in error.value.hint and "user.email" in error.value.hint


def test_a_commit_says_what_it_is_told(repository: Path) -> None:
    """Author, committer, parents and message arrive as given, message lines that look like comments included."""
    who = Identity("Ada", "ada@example.com", ("Grace", "grace@example.com"))
    first = commit(repository, EMPTY_TREE, [], "one\n", who)
    text = "two: ü\n\n# not a comment\n-- no option\n\nSkill: a\n"
    second = commit(repository, EMPTY_TREE, [first], text, who)
    assert shown(repository, second, "%an %ae %cn %ce %P") == f"Ada ada@example.com Grace grace@example.com {first}"
    assert shown(repository, second, "%B") == text.strip()
    assert shown(repository, second, "%G?") == "N"


needs_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen to make a signing key")


@pytest.fixture
def signing(home: Path, tmp_path: Path) -> Path:
    """A user whose git signs commits with an ssh key; returns the key."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (home / "allowed").write_text(f"ada@example.com {key.with_suffix('.pub').read_text()}")
    for name, value in {
        "gpg.format": "ssh",
        "user.signingkey": str(key.with_suffix(".pub")),
        "commit.gpgsign": "true",
        "gpg.ssh.allowedSignersFile": str(home / "allowed"),
    }.items():
        git("config", "--global", name, value)
    return key


@needs_keygen
def test_commits_are_signed_where_git_signs(repository: Path, tmp_path: Path, signing: Path) -> None:
    """With commit.gpgsign and an ssh key every commit carries a signature that git verifies."""
    who = identity(tmp_path)
    oid = commit(repository, EMPTY_TREE, [], "signed", who)
    git("verify-commit", oid, cwd=repository)
    assert shown(repository, oid, "%G?") == "G"


@needs_keygen
@pytest.mark.parametrize("value", ["false", "no", "off", "0"])
def test_commits_are_not_signed_where_git_does_not(tmp_path: Path, signing: Path, value: str) -> None:
    """A project may switch signing off for itself, in each of git's words."""
    git("init", "-q", tmp_path / "project")
    git("config", "commit.gpgsign", value, cwd=tmp_path / "project")
    assert identity(tmp_path / "project").signing == ()


@needs_keygen
@pytest.mark.parametrize("value", ["true", "yes", "on", "1", "TRUE", "2"])
def test_commits_are_signed_in_each_of_gits_words(tmp_path: Path, signing: Path, value: str) -> None:
    """Every value that git takes for true signs."""
    git("config", "--global", "commit.gpgsign", value)
    assert identity(tmp_path).signing


@needs_keygen
def test_a_key_that_cannot_sign_is_an_error(repository: Path, tmp_path: Path, signing: Path) -> None:
    """Where signing fails there is no unsigned commit but an error that says where to look."""
    signing.unlink()
    with pytest.raises(GitskillsError, match="could not sign") as error:
        commit(repository, EMPTY_TREE, [], "signed", identity(tmp_path))
    assert "git commit -S" in error.value.hint


@needs_keygen
def test_without_a_key_nothing_is_committed_unsigned(repository: Path, tmp_path: Path, signing: Path) -> None:
    """commit.gpgsign with no key named is a failure of signing, not a commit without signature."""
    git("config", "--global", "--unset", "user.signingkey")
    git("config", "--global", "--unset", "gpg.format")
    git("config", "--global", "gpg.program", str(tmp_path / "no-such-gpg"))
    with pytest.raises(GitskillsError, match="could not sign"):
        commit(repository, EMPTY_TREE, [], "signed", identity(tmp_path))
