"""A forked run is what a started one is, as far as anybody can see from outside."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import forked
from tests.conftest import SkillRepo
from tests.people import Person
from tests.processes import Result, gitskills
from tests.stories import BODY
from tests.transcripts import transcript

pytestmark = pytest.mark.skipif(not forked.POSSIBLE, reason="runs are started here")


@pytest.mark.parametrize("words", [["--version"], ["nonsense"], ["validate", "there"], ["hook", "prompt"]])
def test_a_forked_run_says_what_a_started_one_says(words: list[str], tmp_path: Path) -> None:
    """The same exit code, output and errors, in the folder and with the environment that were asked for."""
    (tmp_path / "there" / "deploy").mkdir(parents=True)
    (tmp_path / "there" / "deploy" / "SKILL.md").write_text("---\nname: other\n---\n")
    assert forked.fits(os.environ)
    found = gitskills(*words, cwd=tmp_path, env={"COLUMNS": "60"}, stdin="{}")
    command, env = [sys.executable, "-m", "gitskills", *words], {**os.environ, "COLUMNS": "60"}
    done = subprocess.run(command, cwd=tmp_path, env=env, input=b"{}", capture_output=True)
    assert found == Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library with one skill."""
    return skill_repo({"skills/deploy/SKILL.md": BODY})


def test_what_python_reads_at_its_start_is_not_forked() -> None:
    """Another locale, or a variable of Python's own, takes a process that is started with it."""
    for name in ("PYTHONIOENCODING", "LC_ALL", "LANG"):
        assert not forked.fits({**os.environ, name: "C"})


def test_a_run_that_takes_too_long_is_ended(ada: Person, tmp_path: Path) -> None:
    """After its time it is killed, as `subprocess.run` kills, and the next one runs as ever."""
    waits = {"GITSKILLS_MODEL": "command:sleep 3"}
    file = transcript(tmp_path / "session.jsonl", "deploy")
    words = ("improve", "deploy", "--session", file, "--json")
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        ada.run(*words, env=waits, timeout=0.6)
    assert time.monotonic() - began < 10
    assert ada.run(*words, env={"GITSKILLS_MODEL": "rules"}).json()["decision"] == "improved"
