"""Where a skill stands, over every combination of what can be."""

from itertools import product
from pathlib import Path

import pytest

from gitskills.share.status import Status, compare
from tests.conftest import Run, SkillRepo
from tests.people import commit, numbered, person, skill, untouched

TREES = (None, "a" * 40, "b" * 40, "c" * 40)


@pytest.mark.parametrize("base", TREES)
@pytest.mark.parametrize("ours", TREES)
@pytest.mark.parametrize("theirs", TREES)
def test_every_combination_has_one_status(base: str | None, ours: str | None, theirs: str | None) -> None:
    """`compare` gives each of the 64 combinations of three oids the status that its words mean."""
    status = compare(base, ours, theirs)
    assert (status == Status.MISSING) == (ours is None and not (base is None and theirs is None))
    assert (status == Status.UP_TO_DATE) == (ours is not None and ours == theirs)
    changed_here, changed_there = ours != base, theirs != base
    if ours is not None and ours != theirs:
        if base is None:
            assert status == Status.UNTRACKED
        else:
            assert (
                status
                == {
                    (True, False): Status.AHEAD,
                    (False, True): Status.BEHIND,
                    (True, True): Status.DIVERGED,
                }[changed_here, changed_there]
            )


def test_a_status_depends_on_equality_alone() -> None:
    """Renaming the oids changes no status: nothing but their being equal counts."""
    swapped = {"a" * 40: "d" * 40, "b" * 40: "e" * 40, "c" * 40: "f" * 40, None: None}
    for one in product(TREES, repeat=3):
        assert compare(*one) == compare(*(swapped[oid] for oid in one))


def test_status_tells_all_states_and_writes_nothing(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Up-to-date, ahead, behind, diverged, missing and untracked skills are told apart, offline and without writing."""
    names = ("even", "ahead", "behind", "diverged", "missing")
    library = skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in names})
    ada = person(tmp_path, library)
    ada.pull()
    for name in ("ahead", "diverged"):
        ada.edit(name, "line 1\n", "line one\n")
    (ada.skills / "missing" / "SKILL.md").unlink()
    (ada.skills / "missing").rmdir()
    ada.write("own", skill("own"))
    commit(library, {f"skills/{name}/SKILL.md": numbered(name, 14) for name in ("behind", "diverged")})
    with untouched(ada.root):
        before = ada.status()
        after = ada.status(fetch=True)
    assert before == {
        "ahead": "ahead",
        "behind": "up-to-date",
        "diverged": "ahead",
        "even": "up-to-date",
        "missing": "missing",
        "own": "untracked",
    }
    assert after == {
        "ahead": "ahead",
        "behind": "behind",
        "diverged": "diverged",
        "even": "up-to-date",
        "missing": "missing",
        "own": "untracked",
    }


def test_check_fails_until_everything_is_up_to_date(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """`status --check` exits 1 while a skill is edited or missing and 0 once all are in step, untracked ones aside."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")})
    ada = person(tmp_path, library)
    assert ada.run("status", "--check").code == 0, "nothing was ever fetched: there is nothing to be out of step"
    ada.pull()
    ada.write("own", skill("own"))
    assert ada.run("status", "--check").code == 0
    ada.edit("a", "line 1\n", "line one\n")
    done = ada.run("status", "--check", "--json")
    assert done.code == 1
    rows = {row["skill"]: row for row in done.json()}
    assert rows["a"].keys() >= {"skill", "source", "status", "version", "commit", "tree", "path"}
    assert (rows["a"]["status"], rows["a"]["tree"], rows["b"]["status"]) == ("ahead", ada.tree("a"), "up-to-date")


def test_status_sees_an_edit_made_in_an_agents_copy(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """With `placement: copy` an edit in the agent's own folder counts as the user's edit."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a")})
    ada = person(tmp_path, library, more="placement: copy\n")
    ada.pull()
    copy = ada.root / ".claude" / "skills" / "a" / "SKILL.md"
    assert not copy.parent.is_symlink()
    copy.write_text(copy.read_text().replace("line 1\n", "line one\n"))
    assert ada.status() == {"a": "ahead"}


def test_status_outside_any_project(run: Run, tmp_path: Path) -> None:
    """Without a gitskills.yaml `status` is an expected failure that says what to do; skills of others are told."""
    done = run("status", cwd=tmp_path)
    assert (done.code, done.out) == (1, "") and "gitskills add" in done.err
    (tmp_path / ".agents" / "skills" / "x").mkdir(parents=True)
    (tmp_path / ".agents" / "skills" / "x" / "SKILL.md").write_text(skill("x"))
    done = run("status", cwd=tmp_path)
    assert (done.code, done.out) == (0, "x\tuntracked\t\t\n")


def test_a_clone_of_the_project_knows_where_it_stands(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """On a machine that never pulled, the lock that came with the project tells untouched skills from edited ones."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")})
    ada = person(tmp_path, library)
    ada.pull()
    bob = person(tmp_path, library, "bob")
    for path in (".agents", "gitskills.lock"):
        (ada.root / path).rename(bob.root / path)
    bob.edit("b", "line 1\n", "line one\n")
    assert bob.status() == {"a": "up-to-date", "b": "ahead"}


def test_a_source_out_of_reach_hides_no_other(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """`status --fetch` tells what it could not ask, and shows every skill all the same; the exit code is 1."""
    near, far = (skill_repo({f"skills/{name}/SKILL.md": skill(name)}, name=f"{name}.git") for name in "ab")
    ada = person(tmp_path, near, more=f"  far: {far}\n")
    ada.pull()
    commit(near, {"skills/a/SKILL.md": skill("a", "newer\n")})
    far.rename(tmp_path / "gone.git")
    done = ada.run("status", "--fetch")
    assert done.code == 1 and "far: " in done.err
    assert [line.split("\t")[:2] for line in done.out.splitlines()] == [["a", "behind"], ["b", "up-to-date"]]
    assert ada.run("status").code == 0
