"""git/near.py: the packs of a library in a folder are copied into a first cache, and nothing else ever is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.git import bare, near
from gitskills.git.cache import Cache
from gitskills.state.paths import paths
from tests.conftest import SkillRepo
from tests.repositories import git


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A bare library with two commits and a tag, all in one pack."""
    git_dir = skill_repo([{"skills/a/SKILL.md": "one\n"}, {"skills/a/SKILL.md": "two\n"}], name="a library ü.git")
    git("tag", "v1", "main~1", cwd=git_dir)
    git("repack", "-q", "-a", "-d", cwd=git_dir)
    return git_dir


def packs(git_dir: Path) -> dict[str, int]:
    """The packs of a repository, with their inodes."""
    return {pack.name: pack.stat().st_ino for pack in (git_dir / "objects" / "pack").glob("*.pack")}


def new(folder: Path) -> Path:
    """An empty repository as a cache starts out."""
    folder.mkdir()
    bare.create(folder)
    return folder


def test_the_packs_come_as_they_are(library: Path, tmp_path: Path) -> None:
    """A cache of a library in a folder holds copies of its packs, every branch and tag, and asked for no other pack."""
    cache = Cache.open(library.as_uri(), paths())
    assert cache.refresh()
    assert packs(cache.git_dir).keys() == packs(library).keys()
    assert set(packs(cache.git_dir).values()).isdisjoint(packs(library).values()), "never one file for both"
    there = git("for-each-ref", "--format=%(objectname) %(refname)", cwd=cache.git_dir).decode().split()
    tips = [git("rev-parse", ref, cwd=library).decode().strip() for ref in ("main", "v1")]
    assert set(zip(there[::2], there[1::2], strict=True)) >= {
        (tips[0], "refs/remotes/origin/main"),
        (tips[1], "refs/tags/v1"),
    }
    git("fsck", "--strict", cwd=cache.git_dir)
    assert not cache.refresh()


def test_a_work_tree_will_do(library: Path, tmp_path: Path) -> None:
    """The library may be a clone that somebody works in."""
    git("clone", "-q", library.as_posix(), "clone", cwd=tmp_path)
    assert near.seed(new(tmp_path / "cache"), (tmp_path / "clone").as_uri())


def loose(library: Path) -> None:
    git("hash-object", "-w", "config", cwd=library)


def borrowing(library: Path) -> None:
    (library / "objects" / "info").mkdir(exist_ok=True)
    (library / "objects" / "info" / "alternates").write_text("/elsewhere\n")


def filtering(library: Path) -> None:
    git("config", "uploadpack.allowFilter", "true", cwd=library)


def partial(library: Path) -> None:
    next((library / "objects" / "pack").glob("*.pack")).with_suffix(".promisor").touch()


def cut_short(library: Path) -> None:
    pack = next((library / "objects" / "pack").glob("*.pack"))
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:-8])


def without_index(library: Path) -> None:
    next((library / "objects" / "pack").glob("*.idx")).unlink()


def piped(library: Path) -> None:
    os.mkfifo(library / "objects" / "pack" / "pack-x.pack")


def linked(library: Path) -> None:
    pack = next((library / "objects" / "pack").glob("*.pack"))
    pack.rename(library / "elsewhere")
    pack.symlink_to(library / "elsewhere")


CASES: list[Callable[[Path], None]] = [loose, borrowing, filtering, partial, cut_short, without_index, piped, linked]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a FIFO and links")
@pytest.mark.parametrize("change", CASES)
def test_anything_else_is_fetched(library: Path, tmp_path: Path, change: Callable[[Path], None]) -> None:
    """A library that is not just whole packs is left to git: nothing of it is copied, and nothing waits for ever."""
    change(library)
    cache = new(tmp_path / "cache")
    assert not near.seed(cache, library.as_uri())
    assert not list((cache / "objects" / "pack").iterdir())


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="needs to give a file away")
def test_another_users_packs_are_fetched(library: Path, tmp_path: Path) -> None:
    """What somebody else wrote goes through git's own checks."""
    os.chown(next((library / "objects" / "pack").glob("*.pack")), 12345, -1)
    assert not near.seed(new(tmp_path / "cache"), library.as_uri())


def test_a_large_library_is_fetched(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a size only what is reachable is worth having."""
    monkeypatch.setattr(near, "_MOST", 10)
    assert not near.seed(new(tmp_path / "cache"), library.as_uri())


@pytest.mark.parametrize("url", ["https://example.com/x.git", "file:///nowhere/x.git", "file://host/x.git", "x:y"])
def test_only_folders_are_near(tmp_path: Path, url: str) -> None:
    """Other remotes, and folders that are not there, are git's to fetch or to refuse."""
    assert not near.seed(new(tmp_path / "cache"), url)


def test_a_pack_that_vanishes_is_fetched(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is repacked between the look and the copy, what was copied goes and git fetches."""
    gone = (library / "objects" / "pack" / "pack-gone.pack", library / "objects" / "pack" / "pack-gone.idx")
    packs = near._packs(library / "objects")
    monkeypatch.setattr(near, "_packs", lambda objects: [*packs, gone[0]])
    cache = new(tmp_path / "cache")
    assert not near.seed(cache, library.as_uri())
    assert not list((cache / "objects" / "pack").iterdir())


def test_a_library_that_rots_is_blamed_itself(library: Path, tmp_path: Path) -> None:
    """A pack that is damaged in the middle comes along unseen; what meets it fetches, and the library is told of."""
    pack = next((library / "objects" / "pack").glob("*.pack"))
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 0xFF
    pack.chmod(0o644)
    pack.write_bytes(data)
    cache = Cache.open(library.as_uri(), paths())
    with pytest.raises(GitskillsError):
        cache.refresh()
        assert packs(cache.git_dir).keys() == packs(library).keys()
        cache.mend()  # asks the library for each object, which it cannot give
