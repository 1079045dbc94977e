"""The bases of installed copies, kept by git."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitskills.share import installed
from tests.repositories import bare_repository, git


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty bare repository."""
    return bare_repository(tmp_path / "cache.git")


def test_bases_are_kept_by_project(cache: Path) -> None:
    """Each project has its own record of name → tree; names of any kind of text survive."""
    installed.update(cache, "p1", {"a": "1" * 40, "b ü": "2" * 40}, "pull")
    installed.update(cache, "p2", {"a": "3" * 40}, "pull")
    assert installed.read(cache, "p1") == {"a": "1" * 40, "b ü": "2" * 40}
    assert installed.read(cache, "p2") == {"a": "3" * 40} and installed.read(cache, "p3") == {}


def test_changes_add_replace_and_remove(cache: Path) -> None:
    """A change touches the names it holds, and its reason is in the reflog."""
    installed.update(cache, "p", {"a": "1" * 40, "b": "2" * 40}, "pull")
    installed.update(cache, "p", {"a": "4" * 40, "b": None, "c": "5" * 40}, "push")
    assert installed.read(cache, "p") == {"a": "4" * 40, "c": "5" * 40}
    log = (cache / "logs" / installed.ref("p")).read_text().splitlines()
    assert [line.partition("\t")[2] for line in log] == ["gitskills: pull", "gitskills: push"]
    installed.update(cache, "p", {"a": "4" * 40}, "nothing new")
    assert len((cache / "logs" / installed.ref("p")).read_text().splitlines()) == 2


def test_a_wrong_guess_loses_nothing(cache: Path) -> None:
    """Who thinks to be the first and is not finds what is there, and adds to it."""
    installed.update(cache, "p", {"a": "1" * 40}, "pull", first=True)
    installed.update(cache, "p", {"b": "2" * 40}, "pull", first=True)
    assert installed.read(cache, "p") == {"a": "1" * 40, "b": "2" * 40}


def test_nobodys_change_is_lost(cache: Path) -> None:
    """Projects that record at the same moment in one cache each get theirs in, and so do two writers of one project."""

    def record(number: int) -> None:
        for skill in ("a", "b"):
            installed.update(cache, f"p{number // 2}", {f"{skill}{number}": f"{number:040x}"}, "pull")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record, range(2, 18)))
    for number in range(2, 18):
        mine = {f"{skill}{number}": f"{number:040x}" for skill in ("a", "b")}
        assert installed.read(cache, f"p{number // 2}").items() >= mine.items()


def test_a_garbage_collection_leaves_them(cache: Path) -> None:
    """The trees recorded survive `git gc`, since a ref holds them, as far as they are here at all."""
    blob = git("hash-object", "-w", "--stdin", cwd=cache, stdin=b"x").decode().strip()
    tree = git("mktree", cwd=cache, stdin=f"100644 blob {blob}\tSKILL.md\n".encode()).decode().strip()
    installed.update(cache, "p", {"a": tree}, "pull")
    git("gc", "-q", "--prune=now", cwd=cache)
    assert installed.read(cache, "p") == {"a": tree} and git("cat-file", "-t", blob, cwd=cache) == b"blob\n"
