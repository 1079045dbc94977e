"""`gitskills adopt` as a user runs it, and as a crash interrupts it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import foreigners
from tests.conftest import SkillRepo
from tests.people import Person, folder, person, remote_text, skill, untouched

# Dies without a word, as if killed, before the n-th change it makes to names on disk or to refs.
DYING = """
import os, sys
left = int(sys.argv.pop(1))
def count(event, arguments):
    global left
    changes = event in ("os.rename", "os.symlink", "os.remove") and ".sqlite3" not in str(arguments[0])
    if changes or (event == "subprocess.Popen" and "update-ref" in arguments[1]):
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(count)
from gitskills.cli import main
sys.exit(main())
"""


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of two skills, one of which was changed once."""
    first = {"skills/a/SKILL.md": skill("a"), "skills/a/x.md": "x\n", "skills/b/SKILL.md": skill("b")}
    return skill_repo([first, {"skills/a/SKILL.md": skill("a", "\nMore.\n")}])


@pytest.fixture
def ada(tmp_path: Path) -> Person:
    """Somebody without any source."""
    ada = person(tmp_path, "unused")
    ada.config.write_text("agents: [claude-code]\n")
    return ada


def test_json_is_that_of_pull(library: Path, ada: Person) -> None:
    """One row for each folder, with the keys and actions of pull, and nothing else on standard output."""
    foreigners.npx(ada.root, library, "skills/a", "main~1")
    foreigners.gh(ada.root, library, "skills/b")
    done = ada.run("adopt", "--json")
    rows = done.json()
    assert done.code == 0 and [(row["skill"], row["action"]) for row in rows] == [("a", "installed"), ("b", "updated")]
    assert all(row.keys() >= {"skill", "source", "action", "from", "to", "commit", "message"} for row in rows)
    assert [row["skill"] for row in ada.run("status", "--json").json()] == ["a", "b"]
    assert ada.run("pull").code == 0 and ada.run("status", "--check").code == 0


def test_text(library: Path, ada: Person) -> None:
    """A line says from whom, at which commit, and what to do so that the other tool lets go."""
    foreigners.npx(ada.root, library, "skills/a")
    with untouched(ada.root):
        said = ada.run("adopt", "--dry-run")
    assert said.code == 0 and "npx skills" in said.out and "nothing was written" in said.err
    done = ada.run("adopt")
    assert "skills-lock.json" in done.out and done.code == 0
    again = ada.run("adopt")
    assert (again.code, again.out) == (0, "") and "--from URL" in again.err


def test_a_refusal_fails(library: Path, ada: Person) -> None:
    """What cannot be taken over is told with its reason and exit code 1; usage errors have 2."""
    done = ada.run("adopt", "none")
    assert done.code == 1 and "refused" in done.out and "no folder" in done.out
    assert ada.run("adopt", "--from").code == 2
    foreigners.check_out(library, "skills/a", ada.skills / "a")
    done = ada.run("adopt", "a", "--from", library)
    assert done.code == 0 and ada.status() == {"a": "up-to-date"}


def test_global(library: Path, ada: Person, home: Path) -> None:
    """With --global the user's own folders are meant, and the user's gitskills.yaml."""
    foreigners.check_out(library, "skills/a", home / ".agents" / "skills" / "a")
    done = ada.run("adopt", "--global", "--from", library, "a")
    assert done.code == 0 and not (ada.root / "gitskills.lock").exists()
    assert "- a" in (ada.store / "config" / "gitskills.yaml").read_text()
    assert [row["skill"] for row in ada.run("status", "--global", "--json").json()] == ["a"]


@pytest.mark.slow
def test_killed_at_any_step(library: Path, tmp_path: Path) -> None:
    """Killed before each of its changes, adopt leaves the edited folder whole in one place, and run again finishes."""
    for step in range(100):
        ada = person(tmp_path / str(step), "unused")
        ada.config.write_text("agents: [claude-code]\n")
        own = foreigners.gh(ada.root, library, "skills/a")
        (own / "x.md").write_text("mine\n")
        before = folder(own)
        command = [sys.executable, "-c", DYING, str(step), "adopt"]
        env = {**os.environ, "GITSKILLS_HOME": str(ada.store)}
        died = subprocess.run(command, cwd=ada.root, env=env, capture_output=True, timeout=60).returncode
        after = {**before, "SKILL.md": remote_text(library, "skills/a/SKILL.md").encode()}
        there = [folder(place) for place in (ada.skills / "a", own) if place.is_dir()]
        assert there and all(one in (before, after) for one in there), step
        assert ada.run("adopt", "a").code == 0
        assert ada.status() == {"a": "ahead"} and folder(ada.skills / "a") == after, step
        assert own.is_symlink() and ada.pull()["a"].action == "kept" and ada.stages == []
        if died == 0:
            break
    assert died == 0 and step > 5
