"""Search over libraries follows them: new commits, several sources, files never fetched."""

from pathlib import Path

import pytest

from gitskills.config import Source
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.share.project import Library
from gitskills.share.search.find import find, index
from gitskills.share.select import Upstream
from gitskills.state.fulltext import using
from gitskills.state.paths import Paths, paths
from tests.conftest import SkillRepo
from tests.repositories import Files, git


def skill(name: str, description: str, body: str = "Body.") -> str:
    """Write a SKILL.md."""
    return f"---\nname: {name}\ndescription: {description}\n---\n{body}\n"


@pytest.fixture
def where(home: Path) -> Paths:
    """The sealed folders."""
    return paths()


def library(git_dir: Path, source: str = "team") -> Library:
    """Look at the branch `main` of a repository."""
    return Library(source, git_dir, objects.resolve(git_dir, "refs/heads/main"), str(git_dir))


def names(where: Paths, libraries: list[Library], query: str) -> list[str]:
    """Sources and names found."""
    return [f"{hit.source}:{hit.name}" for hit in find(where, libraries, query)]


def test_a_library_is_indexed_when_it_moves(skill_repo: SkillRepo, where: Paths) -> None:
    """Each commit is searched as it is; a skill that left is not found any more."""
    history: list[Files] = [
        {"skills/a/SKILL.md": skill("a", "Bake bread.")},
        {"skills/a/SKILL.md": None, "skills/b/SKILL.md": skill("b", "Bake a cake.")},
    ]
    before, after = library(skill_repo(history[:1], name="x.git")), library(skill_repo(history, name="y.git"))
    moved = Library("team", after.git_dir, after.tip, before.url)
    assert names(where, [before], "baking") == ["team:a"]
    assert names(where, [moved], "baking bread") == ["team:b"]
    assert names(where, [before], "baking") == ["team:a"]


def test_sources_stay_apart(skill_repo: SkillRepo, where: Paths) -> None:
    """Two sources of one repository are told apart by their names; a project does not see those of others."""
    git_dir = skill_repo({"SKILL.md": skill("bread", "Bake bread.")}, name="baker.git")
    one, two = library(git_dir, "one"), library(git_dir, "two")
    assert sorted(names(where, [one, two], "bread")) == ["one:bread", "two:bread"]
    assert names(where, [two], "bread") == ["two:bread"]


def test_an_empty_library_has_nothing(skill_repo: SkillRepo, where: Paths) -> None:
    """A repository without a commit is no error."""
    assert find(where, [library(skill_repo())], "anything") == []


def test_copies_within_a_library_count_once(skill_repo: SkillRepo, where: Paths) -> None:
    """Where a library repeats a skill in a plugin folder, the hit is the prominent one."""
    text = skill("a", "Bake bread.")
    files = {"plugins/p/skills/a/SKILL.md": text, "skills/a/SKILL.md": text, ".claude/skills/a/SKILL.md": text}
    assert [hit.path for hit in find(where, [library(skill_repo(files))], "bread")] == ["skills/a"]


def test_files_that_were_never_fetched_wait(skill_repo: SkillRepo, where: Paths) -> None:
    """In a clone without blobs what is there is found, without asking the network, and the rest once it came."""
    files = {"skills/a/SKILL.md": skill("a", "Bake bread."), "skills/b/SKILL.md": skill("b", "Bake a cake.")}
    origin = skill_repo(files)
    git("config", "uploadpack.allowFilter", "true", cwd=origin)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=origin)
    cache = Cache.open(f"file://{origin.as_posix()}", where)
    cache.refresh()
    part = Library("team", cache.git_dir, cache.resolve(None), cache.url)
    assert names(where, [part], "bake") == []
    cache.want([objects.skills(origin, "main")["skills/b"].entries["SKILL.md"][1]])
    assert names(where, [part], "bake") == ["team:b"]


def test_pull_can_index_what_it_has_looked_at(skill_repo: SkillRepo, where: Paths) -> None:
    """`index` takes a listing the caller already has, and a later search has nothing left to do."""
    git_dir = skill_repo({"skills/a/SKILL.md": skill("a", "Bake bread.")})
    one = library(git_dir)
    upstream = Upstream(Source("team", one.url), one.url, one.tip, objects.skills(git_dir, "main"))
    using(where, lambda db: index(db, upstream, git_dir))
    assert names(where, [Library("team", git_dir / "gone", one.tip, one.url)], "bread") == ["team:a"]
