"""Caches that turn out damaged in the middle of a command."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import SkillRepo
from tests.people import Person, commit, numbered, person, remote_text
from tests.repositories import git


def rotten_pack(cache: Path) -> None:
    """Bytes in the middle of the packs change, which their ends do not tell."""
    for pack in (cache / "objects/pack").glob("*.pack"):
        data = bytearray(pack.read_bytes())
        data[len(data) // 2 : len(data) // 2 + 20] = os.urandom(20)
        pack.chmod(0o600)
        pack.write_bytes(data)


def empty_ref(cache: Path) -> None:
    """A power cut left a ref of ours as an empty file."""
    for ref in (cache / "refs/gitskills/installed").iterdir():
        ref.write_bytes(b"")


def stale_lock(cache: Path) -> None:
    """Git died while it moved a ref of ours."""
    for ref in list((cache / "refs/gitskills/installed").iterdir()):
        lock = ref.with_name(f"{ref.name}.lock")
        lock.touch()
        os.utime(lock, (1, 1))


def bad_edge(cache: Path) -> None:
    """The list of where history is cut off holds something else."""
    (cache / "shallow").write_text("123\n")


@pytest.fixture
def ada(tmp_path: Path, skill_repo: SkillRepo) -> Person:
    """Ada, who has pulled three skills and edited one."""
    someone = person(tmp_path, skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in "abc"}))
    someone.pull()
    someone.edit("b", "line 1\n", "mine\n")
    return someone


def test_the_default_branch_written_down_wrong(ada: Person) -> None:
    """Where the note of the remote's default branch is garbage, looking is an error or goes on, and a pull mends it."""
    (cache,) = ada.paths.repositories.glob("*.git")
    for text in (b"\xff\xfe\0", b"ref: refs/remotes/origin/\xff", b"x\0y", b"a\nb"):
        (cache / "refs/remotes/origin/HEAD").write_bytes(text)
        for verb in (["status"], ["pull", "--offline"], ["log"], ["doctor", "--offline"]):
            assert ada.run(*verb).code in (0, 1), verb
        assert ada.pull()["b"].action == "kept"


@pytest.mark.parametrize("verb", ["pull", "push"])
@pytest.mark.parametrize("damage", [rotten_pack, empty_ref, stale_lock, bad_edge])
def test_the_cache_is_fetched_anew(ada: Person, damage: Callable[[Path], None], verb: str) -> None:
    """Whatever broke, the command that meets it goes on: the edit is merged and published, and nothing needs a hand."""
    library = Path(ada.project.config.sources["team"].url)
    (cache,) = ada.paths.repositories.glob("*.git")
    damage(cache)
    commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 1\n", "news\n")})
    if verb == "pull":
        assert ada.pull()["b"].action == "kept" and "news" in ada.read("a")
    assert ada.push()["b"].action in ("pushed", "unchanged")
    assert "mine" in remote_text(library, "skills/b/SKILL.md") and "mine" in ada.read("b")
    ada.pull()
    assert set(ada.status().values()) == {"up-to-date"}


def test_a_library_that_is_damaged_itself(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Where the library in a folder rotted, its copy cannot be had anew: the message says so, and nothing is placed."""
    library = skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in "abc"})
    git("repack", "-q", "-a", "-d", cwd=library)
    rotten_pack(library)
    done = person(tmp_path, library).run("pull")
    assert done.code == 1 and "Traceback" not in done.err and "library" in done.err
