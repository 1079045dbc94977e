"""What commits did to skills, as read in one pass, is what comparing listings commit by commit would say."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.git import history
from gitskills.git.command import GitFailed
from gitskills.git.folders import Folders, above
from gitskills.git.history import Change, changes
from tests.conftest import SkillRepo
from tests.histories import HISTORIES, Drawn, Told, build, told_slowly
from tests.repositories import Commit, git

REAL = ("superpowers", "mattpocock-skills", "awesome-copilot")


def told(read: list[Change]) -> Told:
    """Return changes in the form of the slow way."""
    return {change.commit: {(touch.path, touch.base, touch.tree) for touch in change.touches} for change in read}


def commits(git_dir: Path) -> list[str]:
    """Return every commit of main."""
    return git("rev-list", "main", cwd=git_dir).decode().split()


@pytest.mark.parametrize("name", REAL)
def test_real_libraries_read_as_listed(bundles: Callable[[str], Path], name: str) -> None:
    """In a real library every commit (a sample of the largest) touched exactly the skills whose tree it changed."""
    git_dir = bundles(name)
    read = list(changes(git_dir, "main"))
    assert {change.commit for change in read} == set(commits(git_dir))
    sample = commits(git_dir)[:: 8 if name == "awesome-copilot" else 2]
    fast = told(read)
    assert {commit: fast[commit] for commit in sample} == told_slowly(git_dir, sample)


@given(drawn=HISTORIES)
@settings(max_examples=40)
def test_any_history_reads_as_listed(tmp_path_factory: pytest.TempPathFactory, drawn: list[Drawn]) -> None:
    """Merges, unrelated roots, nested skills, skills that go and come back: each commit's touches are exact."""
    git_dir = tmp_path_factory.mktemp("drawn") / "r.git"
    tip = build(git_dir, drawn)[-1]
    read = list(changes(git_dir, tip))
    assert told(read) == told_slowly(git_dir, [change.commit for change in read])
    seen: set[str] = set()
    for change in read:
        assert seen.issuperset(change.parents), "parents come first"
        seen.add(change.commit)


@given(drawn=HISTORIES, back=st.integers(0, 11))
@settings(max_examples=30)
def test_reading_on_equals_reading_all(tmp_path_factory: pytest.TempPathFactory, drawn: list[Drawn], back: int) -> None:
    """The commits after `since` read the same as within the whole history, wherever their branches began."""
    git_dir = tmp_path_factory.mktemp("drawn") / "r.git"
    oids = build(git_dir, drawn)
    since = oids[max(0, len(oids) - 1 - back)]
    whole = {change.commit: change for change in changes(git_dir, oids[-1])}
    for change in changes(git_dir, oids[-1], since=since):
        assert set(change.touches) == set(whole[change.commit].touches)


def test_two_gits_read_what_one_reads(bundles: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A history read in two halves side by side is the history read in one go."""
    git_dir = bundles("superpowers")
    one = list(changes(git_dir, "main"))
    monkeypatch.setattr(history, "_SHARED", 2)
    assert list(changes(git_dir, "main")) == one


def test_a_blobless_clone_reads_the_same_and_fetches_nothing(library: Callable[[str], Path], tmp_path: Path) -> None:
    """Where no blob is present nothing is brought lazily, and the changes are those of the whole repository."""
    whole, part = library("mattpocock-skills"), tmp_path / "part.git"
    git("config", "uploadpack.allowFilter", "true", cwd=whole)
    git("clone", "-q", "--bare", "--filter=blob:none", whole.as_uri(), part)
    before = git("count-objects", "-v", cwd=part)
    assert list(changes(part, "main")) == list(changes(whole, "main"))
    assert history.objects_here(part, [git("rev-parse", "main:LICENSE", cwd=whole).decode().strip()]) == {}
    assert git("count-objects", "-v", cwd=part) == before


def test_hostile_names_and_messages_pass_through(skill_repo: SkillRepo) -> None:
    """Newlines, escapes and bytes that are no UTF-8 in paths, authors and messages neither crash nor shift fields."""
    message = "subject\x1b[31m\n\n:100644 000000 x y M\n\nSkill: \x07\n"
    evil = Commit({"skills/we\nird\x1b/SKILL.md": "x\n"}, message, "E\x1b[1mve <e@example.com>")
    git_dir = skill_repo([evil, {"skills/plain/SKILL.md": "y\n", "skills/plain/:0 0 M": "z\n"}])
    first, second = changes(git_dir, "main")
    assert [touch.path for touch in first.touches] == ["skills/we\nird\x1b"]
    assert (first.author, first.email, first.message) == ("E\x1b[1mve", "e@example.com", message)
    assert [touch.path for touch in second.touches] == ["skills/plain"]


def test_what_is_no_skill(skill_repo: SkillRepo) -> None:
    """A folder called SKILL.md, another case of the name, a longer name and node_modules make no skill."""
    files = {"a/SKILL.md/x": "1", "b/skill.md": "2", "c/MY-SKILL.md": "3", "node_modules/d/SKILL.md": "4"}
    assert [change.touches for change in changes(skill_repo([files]), "main")] == [()]


def test_the_root_can_be_the_skill(skill_repo: SkillRepo) -> None:
    """A SKILL.md at the root makes the whole repository one skill whose tree is the commit's."""
    git_dir = skill_repo([{"SKILL.md": "1\n"}, {"docs/x.md": "2\n"}])
    first, second = changes(git_dir, "main")
    trees = git("log", "--format=%T", "--reverse", "main", cwd=git_dir).decode().split()
    assert [(t.path, t.base, t.tree) for t in (*first.touches, *second.touches)] == [
        ("", "", trees[0]),
        ("", trees[0], trees[1]),
    ]


@given(
    steps=st.lists(st.tuples(st.integers(0, 30), st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abcd"))))
)
def test_every_state_of_a_folder_set_can_be_returned_to(steps: list[tuple[int, set[str], set[str]]]) -> None:
    """However the states branch, moving to one shows exactly its members."""
    folders = Folders()
    states = [(folders.empty, frozenset[str]())]
    for back, added, removed in steps:
        node, members = states[back % len(states)]
        folders.move(node)
        assert folders.live == members
        states.append((folders.change(added, removed - added), (members | added) - (removed - added)))
    for (node, members), _ in itertools.product(states, range(2)):
        folders.move(node)
        assert folders.live == members


def test_above() -> None:
    """The folders above a path end with the root."""
    assert list(above("a/b/c")) == ["a/b", "a", ""]


def test_ancestry_and_first_parents(skill_repo: SkillRepo) -> None:
    """`is_ancestor` tells both ways and raises on what is no commit; the chain comes newest first."""
    git_dir = skill_repo([{"a/SKILL.md": "1"}, {"a/SKILL.md": "2"}, {"a/SKILL.md": "3"}])
    chain = list(history.first_parents(git_dir, "main"))
    assert chain == commits(git_dir)
    assert history.is_ancestor(git_dir, chain[2], chain[0])
    assert not history.is_ancestor(git_dir, chain[0], chain[2])
    with pytest.raises(GitFailed):
        history.is_ancestor(git_dir, "0" * 40, chain[0])


def test_a_commit_graph_is_written(skill_repo: SkillRepo) -> None:
    """The graph is there, verifies, and grows by a second file."""
    git_dir = skill_repo([{"a/SKILL.md": "1"}])
    history.write_commit_graph(git_dir)
    history.write_commit_graph(git_dir)
    assert (git_dir / "objects" / "info" / "commit-graphs" / "commit-graph-chain").exists()
    git("commit-graph", "verify", cwd=git_dir)
