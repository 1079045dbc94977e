"""What harvests after each merge: the git hook and the CI jobs, run as git and a runner run them."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gitskills import yamltext
from gitskills.commands.cards_template import FILES
from tests.cards.shelves import Shelf
from tests.codes import Code
from tests.processes import gitskills

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """Return a repository of code that uses a library of cards, with a branch to merge."""
    code = Code(tmp_path / "code")
    code.git("symbolic-ref", "HEAD", "refs/heads/main")
    shelf = Shelf.make(tmp_path, code)
    code.write("gitskills.yaml", (shelf.project / "gitskills.yaml").read_text(encoding="utf-8"))
    code.git("switch", "-q", "-c", "feature")
    code.write("src/errors.py", "def teapot():\n    return 418\n", "add the teapot error")
    code.git("switch", "-q", "main")
    return code


def program(folder: Path, body: str) -> str:
    """Return a PATH whose `gitskills` does what `body` says in sh."""
    folder.mkdir()
    for name, text in (("gitskills", body), ("pip", "exit 0")):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def cards(code: Code) -> list[str]:
    """Return the cards that the library has."""
    library = code.folder.parent / "library.git"
    out = subprocess.run(["git", "ls-tree", "-r", "--name-only", "main", "cards"], cwd=library, capture_output=True)
    return out.stdout.decode().split()


def merge(code: Code, path: str, *, branch: str = "main") -> None:
    """Install the hook and merge the feature into a branch; git must not mind whatever the hook meets."""
    hook = code.git_dir / "hooks" / "post-merge"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(gitskills("cards", "template", "post-merge").out, encoding="utf-8")
    hook.chmod(0o755)
    if branch != "main":
        code.git("switch", "-q", "-c", branch)
    env = os.environ | {"PATH": path, "GITSKILLS_MODEL": "rules"}
    command = ["git", "merge", "-q", "--no-ff", "-m", "Merge branch 'feature'", "feature"]
    done = subprocess.run(command, cwd=code.folder, env=env, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_merge_into_the_default_branch_leaves_a_card(code: Code, tmp_path: Path) -> None:
    """The hook harvests in the background what was merged."""
    merge(code, program(tmp_path / "bin", f'exec "{sys.executable}" -m gitskills "$@"'))
    end = time.monotonic() + 30
    while not cards(code) and time.monotonic() < end:
        time.sleep(0.05)
    assert cards(code) == ["cards/src/errors/add-the-teapot-error/SKILL.md"]


def test_a_merge_elsewhere_and_a_failing_harvest_change_nothing(code: Code, tmp_path: Path) -> None:
    """A merge into another branch calls nobody; one whose harvest fails is a merge all the same."""
    called = tmp_path / "called"
    path = program(tmp_path / "bin", f'echo "$@" >> "{called}"; exit 3')
    merge(code, path, branch="topic")
    time.sleep(0.1)
    assert not called.exists()
    code.git("switch", "-q", "main")
    merge(code, path)
    end = time.monotonic() + 10
    while not called.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert "--since" in called.read_text(encoding="utf-8")


@pytest.mark.parametrize("what", ["github", "gitlab"])
def test_a_job_harvests_what_was_pushed(code: Code, tmp_path: Path, what: str) -> None:
    """The job's own script leaves a card, and ends well where the library cannot be reached."""
    text = gitskills("cards", "template", what).out
    read = yamltext.load(text, where=FILES[what])
    assert isinstance(read, dict)
    if what == "github":
        script = read["jobs"]["harvest"]["steps"][-1]["run"]
    else:
        script = "\n".join(read["gitskills cards"]["script"])
    before = code.oid("HEAD")
    code.git("merge", "-q", "--no-ff", "-m", "Merge branch 'feature'", "feature")
    env = os.environ | {
        "PATH": program(tmp_path / "bin", f'exec "{sys.executable}" -m gitskills "$@"'),
        "GITSKILLS_MODEL": "rules",
        "BEFORE": before,
        "CI_COMMIT_BEFORE_SHA": before,
        "CI_SERVER_HOST": "gitlab.example.com",
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
    }
    script = script.replace("python -m pip", "pip")
    for expected in (1, 1):
        done = subprocess.run(["bash", "-e", "-c", script], cwd=code.folder, env=env, capture_output=True, timeout=60)
        assert done.returncode == 0 and len(cards(code)) == expected, done.stderr
        (code.folder / "gitskills.yaml").write_text("sources:\n  team:\n    url: /nowhere\n", encoding="utf-8")
