"""Probes tell what would fail, without changing or asking anything."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.git.commit import Identity, identity
from gitskills.git.failures import NetworkFailed, NotFound
from gitskills.git.probe import libraries, reach, signing_problem
from tests.conftest import SkillRepo
from tests.repositories import git


def signer(**settings: str) -> Identity:
    """An identity whose git signs with these settings (`__` for a dot)."""
    named = {key.replace("__", "."): value for key, value in settings.items()}
    return Identity("Ada", "ada@example.com", ("Ada", "ada@example.com"), tuple(named.items()))


def test_libraries_have_versions() -> None:
    """Both libraries and libgit2 are named."""
    assert all(name in libraries() for name in ("pygit2", "libgit2", "GitPython"))


def test_a_source_that_answers(skill_repo: SkillRepo) -> None:
    """A repository is reached, an empty one as well."""
    reach(skill_repo().as_uri())
    reach(skill_repo({"a/SKILL.md": "x"}, name="full.git").as_uri())


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    """A missing repository and a closed port are told apart."""
    with pytest.raises(NotFound):
        reach((tmp_path / "missing.git").as_uri())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(NetworkFailed):
        reach(f"git://127.0.0.1:{port}/x.git")


def test_a_source_that_never_answers() -> None:
    """Silence costs the time allowed and no more."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begun = time.monotonic()
        with pytest.raises(NetworkFailed):
            reach(f"http://127.0.0.1:{silent.getsockname()[1]}/x.git", timeout=0.5)
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"gpg__format": "ssh"}, "no key is chosen"),
        ({"gpg__format": "ssh", "user__signingkey": "/nowhere/key.pub"}, "does not exist"),
        ({"gpg__format": "ssh", "gpg__ssh__program": "no-such-keygen"}, "not installed"),
        ({"gpg__program": "no-such-gpg"}, "no-such-gpg"),
        ({"gpg__format": "wax"}, "'wax'"),
    ],
)
def test_signing_that_cannot_work(settings: dict[str, str], said: str) -> None:
    """Each missing part is named, with something to do."""
    problem = signing_problem(signer(commit__gpgsign="true", **settings))
    assert problem is not None and said in problem[0] and problem[1]


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_signing_by_ssh_that_works(home: Path, tmp_path: Path) -> None:
    """Where nothing is found wrong, git really signs."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    for name, value in (("commit.gpgsign", "true"), ("gpg.format", "ssh"), ("user.signingkey", f"{key}.pub")):
        git("config", "--global", name, value)
    who = identity(tmp_path)
    assert who.signing and signing_problem(who) is None
    git("init", "-q", tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "signed", cwd=tmp_path)
    assert b"SSH SIGNATURE" in git("cat-file", "commit", "HEAD", cwd=tmp_path)
    for given in ("key::ssh-ed25519 AAAA", "ssh-ed25519 AAAA"):
        assert signing_problem(signer(gpg__format="ssh", user__signingkey=given)) is None
    assert signing_problem(signer(gpg__format="ssh", gpg__ssh__defaultkeycommand="ssh-add -L")) is None


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_signing_by_gpg_without_a_key(home: Path) -> None:
    """gpg is asked for the secret key, not for a signature."""
    problem = signing_problem(signer(commit__gpgsign="true"))
    assert problem is not None and "ada@example.com" in problem[0]


def test_a_probe_is_not_prompted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's askpass program is not started."""
    marker = tmp_path / "asked"
    monkeypatch.setenv("GIT_ASKPASS", str(marker))
    with pytest.raises(GitskillsError):
        reach("http://127.0.0.1:9/x.git")
    assert not marker.exists()
