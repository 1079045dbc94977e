"""Several sources in one project: of one URL, of the same skill, and skills that go from one to the other."""

from pathlib import Path

import pytest

from gitskills.config import Pattern, Source
from gitskills.errors import GitskillsError
from gitskills.share import catalogue
from gitskills.share.remove import remove, without
from gitskills.share.trail import looking
from tests.conftest import SkillRepo
from tests.people import Person, commit, numbered, person, remote_text
from tests.remotes import refuse
from tests.repositories import git


def two_refs(tmp_path: Path, library: Path, first: str) -> Person:
    """A person with skill `a` of the branch main and `b` of the tag v1 of one library, that source first or last."""
    git("tag", "-f", "v1", "main", cwd=library)
    pinned = f"  pinned: {{url: {library}, ref: v1, skills: [b]}}\n"
    ada = person(tmp_path, library, more="    skills: [a]\n" + ("" if first == "pinned" else pinned))
    if first == "pinned":
        ada.config.write_text(ada.config.read_text().replace("sources:\n", f"sources:\n{pinned}"))
    return ada


def test_two_refs_of_one_library(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Sources that share a URL share its cache and keep each other's bases: an untouched copy follows a newer lock."""
    library = skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in "ab"})
    for first in ("pinned", "team"):
        ada, ben = (two_refs(tmp_path / name / first, library, first) for name in ("ada", "ben"))
        for someone in (ada, ben):
            for _ in range(2):
                assert set(someone.pull()) == {"a", "b"}
        commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 1\n", f"by {first}\n")})
        assert ben.pull()["a"].action == "updated"
        (ada.root / "gitskills.lock").write_bytes((ben.root / "gitskills.lock").read_bytes())  # as `git pull` does
        assert ada.pull()["a"].action == "updated" and f"by {first}\n" in ada.read("a")


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("patterns", ["[c]", '["*"]'])
def test_a_skill_that_goes_to_another_source(
    tmp_path: Path, skill_repo: SkillRepo, patterns: str, deleted: bool
) -> None:
    """After `push --to` of another source, as is advised where a library deleted a skill, it is that one's: the file
    asks only there, nothing is removed or put back, and what it was merged from is known."""
    library = skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in "ab"})
    other = skill_repo({"skills/c/SKILL.md": numbered("c")}, name="other.git")
    ada = person(tmp_path, library)
    mine = f"sources:\n  mine: {{url: {other}, skills: {patterns}}}\n"
    ada.config.write_text(ada.config.read_text().replace("sources:\n", mine))
    ada.pull()
    ada.edit("a", "line 1\n", "mine\n")
    if deleted:
        commit(library, {"skills/a/SKILL.md": None})
        assert ada.pull()["a"].action == "kept"
    assert ada.push("a", to="mine")["a"].action == "pushed"
    assert {name: one.action for name, one in ada.pull().items()} == dict.fromkeys("abc", "unchanged")
    assert "mine\n" in ada.read("a") and ada.lock()["a"].source == "mine"
    commit(other, {"skills/a/SKILL.md": ada.read("a").replace("mine\n", "mine, as others say it\n")})
    ada.edit("a", "line 9\n", "line nine\n")
    assert ada.pull()["a"].action == "merged"
    assert "as others say it" in ada.read("a") and "line nine" in ada.read("a")


def test_a_skill_is_left_out_once() -> None:
    """What the file leaves out already is not written into it again, as a push that is repeated would."""
    source = Source("team", "url", None, (Pattern("*"), Pattern("!a*")))
    assert without(source, {"a": "skills/a"}) == source
    assert without(source, {"b": "skills/b"}).patterns == (*source.patterns, Pattern("!b"))


def test_a_skill_published_after_its_removal_stays(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """A new skill of the name of a removed one is asked for again once it is published."""
    library = skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in "ab"})
    ada = person(tmp_path, library)
    ada.pull()
    remove(ada.project, ["a"], None)
    assert "!a" in ada.config.read_text()
    commit(library, {"skills/a/SKILL.md": None})
    ada.write("a", numbered("a") + "anew\n")
    assert ada.push("a")["a"].action == "pushed" and "!a" not in ada.config.read_text()
    assert ada.pull()["a"].action == "unchanged" and "anew" in ada.read("a")


def test_a_source_without_its_ref_hides_no_other(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Where a source's branch is gone, what looks at libraries looks at the others, and says so of that one alone."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a")})
    other = skill_repo({"skills/b/SKILL.md": numbered("b")}, name="other.git")
    git("branch", "dev", "main", cwd=other)
    ada = person(tmp_path, library, more=f"  other: {{url: {other}, ref: dev}}\n")
    ada.pull()
    git("branch", "-D", "dev", cwd=other)
    assert "dev" in ada.report().unreachable["other"].message
    assert ada.status() == {"a": "up-to-date", "b": "up-to-date"}
    assert [one.source for one in ada.project.libraries()] == ["team"]
    with looking.look(ada.project) as looks:
        assert [one.library.source for one in looks] == ["team"]
    with pytest.raises(GitskillsError, match="no branch, tag or commit 'dev'"), looking.look(ada.project, "b"):
        pass


def test_a_skill_whose_source_left_the_file(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """It is shown as something that a pull changes, published only where its user says, and looked up nowhere else."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")})
    other = skill_repo({"skills/b/SKILL.md": numbered("b")}, name="other.git")
    ada = person(tmp_path, library, more=f"    skills: [a]\n  other: {{url: {other}}}\n")
    ada.pull()
    ada.config.write_text(ada.config.read_text().partition("  other:")[0])
    assert ada.status() == {"a": "up-to-date", "b": "behind"}
    for verb in ("log", "blame", "verify"):
        said = ada.run(verb, "b")
        assert said.code == 1 and "there is no source 'other'" in said.err, said
    with pytest.raises(GitskillsError, match="there is no source 'other'"):
        catalogue.at(ada.project, "b", "v1")
    ada.edit("b", "line 1\n", "mine\n")
    assert ada.push()["b"].action == "refused"
    assert "mine" not in git("log", "-p", "main", cwd=library).decode()


def test_a_clash_of_names_hides_no_state(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """An installed skill whose name a second source gives, too, stands as its own source has it, and is told why."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a")})
    other = skill_repo({"skills/b/SKILL.md": numbered("b")}, name="other.git")
    ada = person(tmp_path, library, more=f"  other: {{url: {other}}}\n")
    ada.pull()
    commit(other, {"skills/a/SKILL.md": numbered("a") + "other\n"})
    assert ada.pull()["a"].action == "refused" and ada.status()["a"] == "up-to-date"
    ada.edit("a", "line 1\n", "mine\n")
    assert ada.status()["a"] == "ahead"
    assert "a is not updated: two sources have a skill of this name" in ada.run("status").err
    assert ada.push()["a"].action == "pushed" and ada.status()["a"] == "up-to-date"


def test_a_source_that_gets_another_name(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Where a source is called otherwise in the file, what came from it is still known: its edits go there."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a")})
    other = skill_repo({"skills/a/SKILL.md": numbered("a")}, name="other.git")
    ada = person(tmp_path, library, more=f"  other: {{url: {other}, skills: []}}\n")
    ada.pull()
    ada.config.write_text(ada.config.read_text().replace("  team:", "  ours:"))
    with looking.look(ada.project, "a") as looks:
        assert [one.library.source for one in looks] == ["ours"]
    ada.edit("a", "line 1\n", "mine\n")
    assert ada.push()["a"].action == "pushed" and ada.lock()["a"].source == "ours"
    assert "mine" in remote_text(library, "skills/a/SKILL.md")


@pytest.mark.parametrize("verb", ["log", "blame", "verify", "show"])
def test_looking_for_a_skill_in_an_empty_library(tmp_path: Path, skill_repo: SkillRepo, verb: str) -> None:
    """Where no library has anything, a skill that is asked for is said not to be there."""
    ada = person(tmp_path, skill_repo())
    ada.pull()
    said = ada.run(verb, "a")
    assert said.code == 1 and "skill 'a'" in said.err, said


@pytest.mark.parametrize("patterns", ["", "    skills: [a, c]\n", '    skills: ["*", "!d"]\n'])
def test_what_a_clash_of_names_advises_works(tmp_path: Path, skill_repo: SkillRepo, patterns: str) -> None:
    """Written into the file as it stands in the message, the line gives both skills, and takes no other away."""
    library = skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in "ab"})
    other = skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in "ac"}, name="other.git")
    ada = person(tmp_path, library, more=f"  other:\n    url: {other}\n{patterns}")
    before = ada.config.read_text()
    refused = ada.pull()["a"]
    assert refused.action == "refused" and "team" in refused.message and "other" in refused.message
    line = refused.message.partition("`")[2].partition("`")[0]
    ada.config.write_text(before.removesuffix(patterns) + f"    {line}\n")
    ada.pull()
    assert {path.name for path in ada.skills.iterdir()} == {"a", "b", "c", "other-a"}


def test_what_two_skills_of_one_name_advise_works(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """So does the line that chooses one of several skills of one name by its path."""
    ada = person(tmp_path, skill_repo({f"{name}/SKILL.md": numbered(name) for name in ("x/a", "y/a", "y/b")}))
    line = ada.pull()["a"].message.partition("`")[2].partition("`")[0]
    ada.config.write_text(f"{ada.config.read_text()}    {line}\n")
    assert set(ada.pull()) == {"a", "b"} and {path.name for path in ada.skills.iterdir()} == {"a", "b"}


@pytest.mark.parametrize("refusing", ["library.git", "other.git"])
def test_a_library_that_refuses_stops_no_other(tmp_path: Path, skill_repo: SkillRepo, refusing: str) -> None:
    """Of edits for two libraries those for the one that takes them are published, whichever comes first, and told."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a")})
    other = skill_repo({"skills/b/SKILL.md": numbered("b")}, name="other.git")
    ada = person(tmp_path, library, more=f"  other: {{url: {other}}}\n")
    ada.pull()
    for name in "ab":
        ada.edit(name, "line 1\n", "mine\n")
    refuse(library if refusing == "library.git" else other, "not today")
    bad, good = "ab" if refusing == "library.git" else "ba"
    done = ada.push()
    assert (done[bad].action, done[good].action) == ("refused", "pushed") and "not today" in done[bad].message
    assert ada.status() == {bad: "ahead", good: "up-to-date"}
