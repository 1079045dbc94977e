"""Reachability asked in one walk, the objects that are here, and patch ids, against what git says one by one."""

import contextlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from gitskills.git import command, patches, reach
from tests.conftest import SkillRepo
from tests.repositories import EPOCH, Commit, bare_repository, git

ABSENT = "ab" * 20


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Return a clone with a work tree: five commits on main, two more on a branch that leaves after the second."""
    folder = tmp_path / "code"
    git("init", "-q", folder)
    for number in range(5):
        write(folder, f"f{number}.py", f"first {number}\nsecond\n", f"main {number}")
    git("switch", "-q", "-c", "side", "HEAD~3", cwd=folder)
    for number in range(2):
        write(folder, f"s{number}.py", f"side {number}\n", f"side {number}")
    git("switch", "-q", "main", cwd=folder)
    return folder


def write(folder: Path, path: str, text: str, message: str) -> str:
    """Commit one file; return the commit's oid."""
    (folder / path).write_text(text, encoding="utf-8")
    git("add", path, cwd=folder)
    git("commit", "-q", "-m", message, cwd=folder)
    return oid(folder, "HEAD")


def oid(folder: Path, rev: str) -> str:
    """Return the oid of a revision."""
    return git("rev-parse", rev, cwd=folder).decode().strip()


def test_only_what_left_is_unreachable(code: Path) -> None:
    """Of many commits exactly those of the other branch are no part of main's history."""
    everything = git("rev-list", "--all", cwd=code).decode().split()
    side = set(git("rev-list", "side", "^main", cwd=code).decode().split())
    assert reach.unreachable(code / ".git", everything, oid(code, "main")) == side
    assert reach.unreachable(code / ".git", [], oid(code, "main")) == set()


def test_ancestors_of_what_left_are_not_told(code: Path) -> None:
    """A commit nobody asked about is not in the answer, though git lists the ancestors of one that left."""
    assert reach.unreachable(code / ".git", [oid(code, "side")], oid(code, "main")) == {oid(code, "side")}


@pytest.mark.parametrize("seed", range(6))
def test_two_walks_tell_what_one_does(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In histories of many branches, whatever the order and the dates, a shared way gives what one walk gives."""
    chance = random.Random(seed)
    folder = bare_repository(tmp_path / "code.git")
    names = history(folder, chance, 40)
    tip = names[-1]
    monkeypatch.setattr(reach, "_SHARED", 1000)
    for count in (2, 5, 40):
        asked = [*chance.sample(names, count), ABSENT]
        left = reach.unreachable(folder, asked, tip)
        with monkeypatch.context() as both:
            both.setattr(reach, "_SHARED", 2)
            assert reach.unreachable(folder, asked, tip) == left
            with reach.looking(folder, {*asked}) as here, reach.walking(folder, here(), tip) as found:
                assert found() == left


def history(folder: Path, chance: random.Random, count: int) -> list[str]:
    """Make commits with up to two parents among the last ones, at dates in any order; return them, the first first."""
    stream = ""
    for mark in range(1, count + 1):
        parents = chance.sample(range(max(1, mark - 6), mark), min(mark - 1, chance.choice([0, 1, 1, 1, 2])))
        stream += f"reset refs/heads/b{mark}\n" if not parents else ""
        stream += f"commit refs/heads/b{mark}\nmark :{mark}\n"
        stream += f"committer A <a@example.com> {EPOCH + chance.randrange(1000)} +0000\ndata 0\n"
        stream += "".join(f"{word} :{one}\n" for word, one in zip(("from", "merge"), parents, strict=False))
        stream += f"M 100644 inline f{mark}\ndata 1\nx\n"
    git("fast-import", "--quiet", cwd=folder, stdin=stream.encode())
    return [oid(folder, f"b{mark}") for mark in range(1, count + 1)]


def test_a_walk_that_many_share_is_two_halves(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One git is asked about the newer half, one begins at the commit in the middle; no third is needed."""
    monkeypatch.setattr(reach, "_SHARED", 4)
    asked: list[list[str]] = []
    real = command.begun

    def note(*args: str, git_dir: Path, input: bytes) -> contextlib.AbstractContextManager[Callable[[], bytes]]:
        asked.append(input.decode().split())
        return real(*args, git_dir=git_dir, input=input)

    monkeypatch.setattr(command, "begun", note)
    line = git("rev-list", "main", cwd=code).decode().split()
    assert reach.unreachable(code / ".git", line[1:], line[0]) == set()
    assert asked == [[*line[1:3], f"^{line[0]}"], [*line[3:], f"^{line[2]}"]]


def test_what_is_here(code: Path) -> None:
    """Missing objects, and text that is no full oid (an option, a negation, a name), are left out without a failure."""
    tip = oid(code, "main")
    asked = [tip, ABSENT, "main", "--all", f"^{tip}", "", "HEAD\n--all", tip[:10]]
    assert reach.here(code / ".git", asked) == {tip}
    git("tag", "-a", "-m", "x", "v1", cwd=code)
    assert reach.here(code / ".git", [oid(code, "v1"), oid(code, "HEAD^{tree}")]) == set()


def test_the_newest_are_told_first(tmp_path: Path) -> None:
    """What is here comes by its date, whatever the order in which it is asked for, and as often as one asks."""
    folder = bare_repository(tmp_path / "code.git")
    asked = history(folder, random.Random(7), 20)
    with reach.looking(folder, {*asked, ABSENT}) as found:
        dates = [int(git("show", "-s", "--format=%ct", commit, cwd=folder)) for commit in found()]
        assert dates == sorted(dates, reverse=True) and {*found()} == {*asked}


def test_where_branches_left(code: Path) -> None:
    """The commit that the history shares with all of several branches is found, and none for a history of its own."""
    git("branch", "later", "main", cwd=code)
    git("switch", "-q", "later", cwd=code)
    late = write(code, "late.py", "late\n", "late")
    tip = oid(code, "main")
    assert reach.since(code / ".git", [late], tip) == tip
    assert reach.since(code / ".git", [late, oid(code, "side")], tip) == oid(code, "main~3")
    git("switch", "-q", "--orphan", "alone", cwd=code)
    assert reach.since(code / ".git", [write(code, "a.py", "a\n", "a")], tip) == ""


def test_incomplete_clones_say_so(code: Path, tmp_path: Path) -> None:
    """A shallow clone and a blobless one are told from a whole one."""
    git("config", "uploadpack.allowFilter", "true", cwd=code)
    url = code.as_uri()
    git("clone", "-q", "--depth=2", url, tmp_path / "shallow")
    git("clone", "-q", "--filter=blob:none", url, tmp_path / "blobless")
    git("clone", "-q", url, tmp_path / "whole")
    told = {name: reach.incomplete(tmp_path / name / ".git") for name in ("shallow", "blobless", "whole")}
    assert told == {"shallow": "a shallow clone", "blobless": "a partial clone", "whole": ""}


def test_looking_never_fetches(code: Path, tmp_path: Path) -> None:
    """In a partial clone whose server is gone a missing commit is simply not here."""
    git("config", "uploadpack.allowFilter", "true", cwd=code)
    git("clone", "-q", "--no-checkout", "--filter=blob:none", code.as_uri(), tmp_path / "partial")
    tip = oid(code, "main")
    os.rename(code, tmp_path / "gone")
    assert reach.here(tmp_path / "partial" / ".git", [tip, ABSENT]) == {tip}


def test_patch_ids_survive_rebase_squash_and_pick(code: Path) -> None:
    """A picked commit has the id of the original, a squash that of the merge that brought the same to its parent."""
    picked = oid(code, "side~1")
    git("cherry-pick", picked, cwd=code)
    copy = oid(code, "HEAD")
    git("switch", "-q", "-c", "merged", "main~1", cwd=code)
    git("merge", "-q", "--no-ff", "-m", "merge", "side", cwd=code)
    merge = oid(code, "HEAD")
    git("switch", "-q", "-c", "squashed", "main~1", cwd=code)
    git("merge", "-q", "--squash", "side", cwd=code)
    git("commit", "-q", "-m", "squash", cwd=code)
    ids = patches.of(code / ".git", [picked, copy, merge, oid(code, "HEAD")])
    assert copy != picked and ids[copy] == ids[picked]
    assert ids[merge] == ids[oid(code, "HEAD")] != ids[picked]


def test_patch_ids_of_a_range(code: Path) -> None:
    """A range holds what the tip has and the base has not, the newest first where a limit cuts it."""
    tip = oid(code, "main")
    assert set(patches.between(code / ".git", oid(code, "main~2"), tip, limit=99)) == {tip, oid(code, "main~1")}
    assert set(patches.between(code / ".git", "", tip, limit=1)) == {tip}
    assert patches.of(code / ".git", []) == {}


def test_settings_do_not_bend_patch_ids(code: Path, tmp_path: Path) -> None:
    """A user's diff settings and attributes leave the ids as they are, those of submodules, too."""
    git("update-index", "--add", "--cacheinfo", f"160000,{oid(code, 'main')},module", cwd=code)
    git("commit", "-q", "-m", "module", cwd=code)
    asked = [oid(code, "main"), oid(code, "HEAD")]
    before = patches.of(code / ".git", asked)
    (tmp_path / "attributes").write_text("* -diff\n", encoding="utf-8")
    for key, value in {
        "diff.noprefix": "true",
        "diff.context": "9",
        "color.ui": "always",
        "diff.external": "x",
        "diff.submodule": "log",
        "core.attributesFile": str(tmp_path / "attributes"),
    }.items():
        git("config", key, value, cwd=code)
        assert patches.of(code / ".git", asked) == before, key


def test_merges_that_change_nothing_have_no_id(skill_repo: SkillRepo) -> None:
    """An empty commit is not in the answer."""
    library = skill_repo([{"a.txt": "a"}, Commit({}, "nothing")])
    tip = git("rev-parse", "main", cwd=library).decode().strip()
    assert patches.of(library, [tip]) == {}
