"""`pull --frozen`: exactly the lock, or an error before anything is written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from tests.conftest import SkillRepo
from tests.people import Person, commit, folder, numbered, person, skill, untouched
from tests.repositories import git


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of two skills."""
    return skill_repo({"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")})


@pytest.fixture
def ci(tmp_path: Path, library: Path) -> Person:
    """A fresh machine with the project's gitskills.yaml and lock; upstream has moved on since the lock."""
    ada = person(tmp_path, library)
    ada.pull()
    commit(library, {"skills/a/SKILL.md": numbered("a", 14), "skills/c/SKILL.md": skill("c")})
    ci = person(tmp_path, library, "ci")
    (ci.root / "gitskills.lock").write_bytes((ada.root / "gitskills.lock").read_bytes())
    return ci


def test_exactly_the_lock_is_installed(ci: Person) -> None:
    """The locked versions arrive, not newer ones, and neither lock nor gitskills.yaml change."""
    lock, config = (ci.root / "gitskills.lock").read_bytes(), ci.config.read_bytes()
    done = ci.pull(frozen=True)
    assert {name: one.action for name, one in done.items()} == {"a": "installed", "b": "installed"}
    assert ci.read("a") == numbered("a") and {path.name for path in ci.skills.iterdir()} == {"a", "b"}
    assert ((ci.root / "gitskills.lock").read_bytes(), ci.config.read_bytes()) == (lock, config)
    with untouched(ci.root):
        assert {one.action for one in ci.pull(frozen=True).values()} == {"unchanged"}


def test_it_goes_back_to_the_lock(ci: Person) -> None:
    """A newer untouched copy is replaced by the locked one, and a skill that is not in the lock goes."""
    lock = (ci.root / "gitskills.lock").read_bytes()
    ci.pull()
    assert (ci.skills / "c").exists()
    (ci.root / "gitskills.lock").write_bytes(lock)
    ci.pull(frozen=True)
    assert ci.read("a") == numbered("a") and not (ci.skills / "c").exists()
    assert (ci.root / "gitskills.lock").read_bytes() == lock


def test_a_locked_commit_that_no_branch_holds(ci: Person, library: Path) -> None:
    """After upstream rewrote its history, the locked commit is still fetched where the server has it."""
    locked = ci.lock()["a"].commit
    git("tag", "kept", locked, cwd=library)
    git("update-ref", "-d", "refs/heads/main", cwd=library)
    commit(library, {"skills/a/SKILL.md": skill("a", "rewritten\n")})
    ci.pull(frozen=True)
    assert ci.read("a") == numbered("a")


def test_a_lock_follows_a_rewritten_history(ci: Person, library: Path, tmp_path: Path) -> None:
    """Where the locked commit is in no history any more, a pull names one that is, though no skill changed."""
    ada = Person("ada", tmp_path / "ada", tmp_path / "ada.home")
    kept = ada.lock()["b"].commit
    commit(library, {"skills/a/SKILL.md": numbered("a", 15)})
    assert not ada.report().failed and ada.lock()["b"].commit == kept
    git("update-ref", "-d", "refs/heads/main", cwd=library)
    texts = {"a": numbered("a", 15), "b": numbered("b"), "c": skill("c")}
    made = commit(library, {f"skills/{name}/SKILL.md": text for name, text in texts.items()})
    git("reflog", "expire", "--expire=all", "--all", cwd=library)
    git("gc", "-q", "--prune=now", cwd=library)
    with pytest.raises(GitskillsError, match=r"the lock's \w: ") as error:
        ci.pull(frozen=True)
    assert "gitskills pull" in error.value.hint
    assert {one.action for one in ada.pull().values()} == {"unchanged"}
    assert {one.commit for one in ada.lock().values()} == {made}
    (ci.root / "gitskills.lock").write_bytes((ada.root / "gitskills.lock").read_bytes())
    assert ci.pull(frozen=True)["b"].action == "installed"


def no_lock(ci: Person, library: Path) -> None:
    (ci.root / "gitskills.lock").unlink()


def broken_lock(ci: Person, library: Path) -> None:
    (ci.root / "gitskills.lock").write_text("{}")


def another_tree(ci: Person, library: Path) -> None:
    change(ci, lambda skills: skills["a"].update(tree="1" * 40))


def another_path(ci: Person, library: Path) -> None:
    change(ci, lambda skills: skills["a"].update(path="skills/nowhere"))


def unknown_commit(ci: Person, library: Path) -> None:
    change(ci, lambda skills: skills["a"].update(commit="1" * 40))


def another_url(ci: Person, library: Path) -> None:
    change(ci, lambda skills: skills["a"].update(url="https://example.com/other.git"))


def another_ref(ci: Person, library: Path) -> None:
    ci.config.write_text(ci.config.read_text() + "    ref: release\n")


def unknown_source(ci: Person, library: Path) -> None:
    change(ci, lambda skills: skills["a"].update(source="other"))


def more_asked_for(ci: Person, library: Path) -> None:
    ci.config.write_text(ci.config.read_text() + "    skills: [a, b, c]\n")


def less_asked_for(ci: Person, library: Path) -> None:
    ci.config.write_text(ci.config.read_text() + "    skills: [a]\n")


def left_out(ci: Person, library: Path) -> None:
    ci.config.write_text(ci.config.read_text() + '    skills: ["*", "!b"]\n')


def another_name(ci: Person, library: Path) -> None:
    ci.config.write_text(ci.config.read_text() + "    skills: [{name: a, as: x}, b]\n")


def edited(ci: Person, library: Path) -> None:
    ci.write("a", numbered("a").replace("line 1\n", "edited\n"))


def foreign_folder(ci: Person, library: Path) -> None:
    ci.write("b", "somebody's own\n")


def unreachable(ci: Person, library: Path) -> None:
    library.rename(library.with_name("gone.git"))


def lost_history(ci: Person, library: Path) -> None:
    git("update-ref", "-d", "refs/heads/main", cwd=library)
    commit(library, {"skills/a/SKILL.md": skill("a", "rewritten\n")})
    git("reflog", "expire", "--expire=now", "--all", cwd=library)
    git("gc", "-q", "--prune=now", cwd=library)


def edited_copy(ci: Person, library: Path) -> None:
    ci.config.write_text(ci.config.read_text() + "placement: copy\n")
    lock = (ci.root / "gitskills.lock").read_bytes()
    ci.pull(frozen=True)
    assert (ci.root / "gitskills.lock").read_bytes() == lock
    (ci.root / ".claude/skills/a/SKILL.md").write_text(numbered("a").replace("line 1\n", "edited\n"))


def change(ci: Person, what: Callable[[dict[str, dict[str, str]]], None]) -> None:
    data = json.loads((ci.root / "gitskills.lock").read_text())
    what(data["skills"])
    (ci.root / "gitskills.lock").write_text(json.dumps(data))


BAD = [
    *(no_lock, broken_lock, another_tree, another_path, unknown_commit, another_url, another_ref, unknown_source),
    *(more_asked_for, less_asked_for, left_out, another_name, edited, foreign_folder, unreachable, lost_history),
    edited_copy,
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: str(getattr(case, "__name__", case)))
def test_anything_else_fails_before_any_write(ci: Person, library: Path, case: Callable[[Person, Path], None]) -> None:
    """Where lock, gitskills.yaml, library and disk do not agree, there is an error and not one file is written."""
    case(ci, library)
    with untouched(ci.root), pytest.raises(GitskillsError) as error:
        ci.pull(frozen=True)
    assert error.value.message and error.value.hint
    assert ci.run("pull", "--frozen").code == 1


def test_the_same_bytes_on_two_machines(tmp_path: Path, library: Path, ci: Person) -> None:
    """Two machines with one lock have one tree of files, whatever each had before."""
    other = person(tmp_path, library, "other")
    other.pull()
    (other.root / "gitskills.lock").write_bytes((ci.root / "gitskills.lock").read_bytes())
    for machine in (ci, other):
        machine.pull(frozen=True)
    assert folder(ci.skills) == folder(other.skills)


def test_a_fresh_machine_is_not_told_of_deletions(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """What only the lock knows was never here: it is installed, not put back."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a")})
    ada, ben = person(tmp_path, library), person(tmp_path, library, "ben")
    ada.pull()
    (ben.root / "gitskills.lock").write_bytes((ada.root / "gitskills.lock").read_bytes())
    assert ben.pull(frozen=True)["a"].message == ""
    shutil.rmtree(ben.skills / "a")
    assert "put back" in ben.pull(frozen=True)["a"].message
