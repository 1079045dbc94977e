"""Folders of other tools: found by their records, never overwritten, published or removed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gitskills.share.foreign.claims import Claims
from tests import foreigners
from tests.conftest import Run, SkillRepo
from tests.people import Person, folder, person, skill, untouched

Install = Callable[[Path, Path, str], object]

TOOLS: list[tuple[str, Install]] = [
    ("npx skills", foreigners.npx),
    ("apm", foreigners.apm),
    ("openskills", foreigners.openskills),
    ("gh skill", lambda root, library, path: foreigners.gh(root, library, path, into=".agents/skills")),
]


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of two skills."""
    return skill_repo({"skills/a/SKILL.md": skill("a"), "skills/b/SKILL.md": skill("b"), "skills/b/x.md": "x\n"})


@pytest.mark.parametrize(("tool", "install"), TOOLS, ids=[tool for tool, _ in TOOLS])
def test_pull_leaves_a_claimed_folder_alone(tool: str, install: Install, library: Path, tmp_path: Path) -> None:
    """A wanted skill whose folder another tool installed is refused by the tool's name, even with equal bytes."""
    ada = person(tmp_path, library)
    install(ada.root, library, "skills/b")
    before = folder(ada.skills / "b")
    for _ in range(2):
        done = ada.pull()
        assert done["a"].action in ("installed", "unchanged")
        assert done["b"].action == "refused" and tool in done["b"].message
        assert "gitskills adopt b" in done["b"].message
    assert folder(ada.skills / "b") == before and "b" not in ada.lock()
    assert ada.status() == {"a": "up-to-date", "b": "untracked"}
    rows = ada.run("status", "--json").json()
    assert [(row["skill"], row.get("tool")) for row in rows] == [("a", None), ("b", tool)]


@pytest.mark.parametrize(("tool", "install"), TOOLS[:2], ids=[tool for tool, _ in TOOLS[:2]])
def test_push_and_remove_leave_a_claimed_folder_alone(
    tool: str, install: Install, library: Path, tmp_path: Path
) -> None:
    """What another tool's lock lists is neither published nor removed."""
    ada = person(tmp_path, library)
    install(ada.root, library, "skills/b")
    ada.pull()
    ada.edit("b", "# b", "# B")
    with untouched(ada.root):
        assert "b" not in ada.push()
        done = ada.push("b")["b"]
        assert done.action == "refused" and tool in done.message and "adopt b" in done.message
        assert ada.run("remove", "b").code == 1
        assert ada.run("status").code == 0


def test_what_gitskills_installed_is_its_own(library: Path, tmp_path: Path) -> None:
    """A record that comes later changes nothing: our own lock wins."""
    ada = person(tmp_path, library)
    ada.pull()
    foreigners.remove_tree(ada.skills / "b")
    foreigners.npx(ada.root, library, "skills/b", link="")
    assert ada.pull()["b"].action == "unchanged"
    assert ada.status()["b"] == "up-to-date"


def test_an_absent_folder_is_installed_and_the_record_told(library: Path, tmp_path: Path) -> None:
    """Where only the other tool's record is there, nothing is overwritten; the user learns of it once."""
    ada = person(tmp_path, library)
    foreigners.npx(ada.root, library, "skills/b", link="")
    foreigners.remove_tree(ada.skills / "b")
    done = ada.pull()
    assert done["b"].action == "installed" and "skills-lock.json" in done["b"].message
    assert ada.pull()["b"].message == ""


@pytest.mark.parametrize("name", ["skills-lock.json", "apm.lock.yaml"])
def test_a_broken_record_stops_only_what_it_may_be_about(name: str, library: Path, tmp_path: Path) -> None:
    """With an unreadable record a folder that is there is refused, the rest is pulled, and both are said."""
    ada = person(tmp_path, library)
    foreigners.check_out(library, "skills/b", ada.skills / "b")
    (ada.root / name).write_text("<<<<<<< ours")
    report = ada.report()
    done = {one.skill: one for one in report.outcomes}
    assert done["a"].action == "installed"
    assert done["b"].action == "refused" and name in done["b"].message
    assert [name in warning.message for warning in report.warnings] == [True]
    said = ada.run("pull")
    assert said.code == 1 and name in said.err
    assert ada.status()["b"] == "untracked"
    foreigners.remove_tree(ada.skills / "b")
    assert ada.pull()["b"].action == "installed"


def test_an_agents_own_folder_is_not_replaced_by_a_link(library: Path, tmp_path: Path) -> None:
    """What another tool put into an agent's own folder stays there with equal bytes as well, and is told of."""
    ada = person(tmp_path, library)
    foreigners.apm(ada.root, library, "skills/b", into=(".claude/skills",))
    before = folder(ada.root / ".claude" / "skills" / "b")
    done = ada.pull()["b"]
    assert done.action == "installed" and "from apm" in done.left.notes[0] and not done.failed
    assert folder(ada.root / ".claude" / "skills" / "b") == before
    assert not (ada.root / ".claude" / "skills" / "b").is_symlink()


def test_status_shows_what_is_claimed_in_an_agents_own_folder(library: Path, tmp_path: Path) -> None:
    """A folder that `gh skill` put where one agent alone looks is untracked, with the tool's name."""
    ada = person(tmp_path, library, more="    skills: [a]\n")
    ada.pull()
    foreigners.gh(ada.root, library, "skills/b")
    rows = {row["skill"]: row for row in ada.run("status", "--json").json()}
    assert (rows["b"]["status"], rows["b"]["tool"]) == ("untracked", "gh skill")


def test_keys_that_the_library_published_claim_nothing(skill_repo: SkillRepo, tmp_path: Path) -> None:
    """A SKILL.md that carries another tool's keys in the library itself is installed and found again like any."""
    text = "---\nname: a\ndescription: A.\nmetadata:\n  github-repo: https://github.com/o/r\n---\n"
    ada = person(tmp_path, skill_repo({"skills/a/SKILL.md": text}))
    ada.pull()
    (ada.root / "gitskills.lock").unlink()
    bob = person(tmp_path, tmp_path / "library.git", "bob")
    (ada.root / ".agents").rename(bob.root / ".agents")
    assert bob.pull()["a"].action == "unchanged"


def test_records_of_the_user_are_found_in_both_places(library: Path, tmp_path: Path, home: Path) -> None:
    """The user's own skills are claimed by either .skill-lock.json; a damaged one is told apart."""
    ada = person(tmp_path, library)
    entry = {"source": "o/r", "sourceType": "github", "skillFolderHash": "a" * 40}
    (home / ".agents").mkdir()
    state = home / ".local" / "state" / "skills"
    state.mkdir(parents=True)
    (home / ".agents" / ".skill-lock.json").write_text(json.dumps({"version": 3, "skills": {"one": entry}}))
    (state / ".skill-lock.json").write_text(json.dumps({"version": 3, "skills": {"two": entry}}))
    claims = _user_claims(ada)
    for name in ("one", "two"):
        claim = claims.listed(home / ".agents" / "skills" / name)
        assert claim is not None and claim.tree == "a" * 40
    assert claims.listed(home / ".agents" / "skills" / "three") is None and claims.problems == ()
    (state / ".skill-lock.json").write_text("{}")
    claims = _user_claims(ada)
    assert claims.listed(home / ".agents" / "skills" / "one") is not None
    assert [str(state) in problem.message for problem in claims.problems] == [True]


def _user_claims(someone: Person) -> Claims:
    from gitskills.share.project import load

    return Claims(load(someone.paths, someone.root, glob=True))


def test_a_global_pull_respects_them(library: Path, run: Run, home: Path) -> None:
    """`pull --global` refuses a folder that the user's .skill-lock.json lists."""
    foreigners.check_out(library, "skills/b", home / ".agents" / "skills" / "b")
    entry = {"source": "o/r", "sourceType": "github"}
    (home / ".agents" / ".skill-lock.json").write_text(json.dumps({"version": 3, "skills": {"b": entry}}))
    done = run("add", "--global", "--json", library.as_uri())
    rows = {row["skill"]: row for row in done.json()}
    assert (rows["a"]["action"], rows["b"]["action"]) == ("installed", "refused")
    assert "npx skills" in rows["b"]["message"]


def test_nothing_is_read_where_nothing_is_in_question(library: Path, tmp_path: Path) -> None:
    """A pull of skills that are all ours does not even look at other tools' records."""
    ada = person(tmp_path, library)
    ada.pull()
    (ada.root / "skills-lock.json").write_text("broken")
    report = ada.report()
    assert report.warnings == () and not report.failed
