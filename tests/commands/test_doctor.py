"""`gitskills doctor` says what works, and fails for what does not."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run, SkillRepo
from tests.processes import Result
from tests.repositories import git

SKILL = "---\nname: bread\ndescription: Bake bread.\n---\nBody.\n"


@pytest.fixture
def project(skill_repo: SkillRepo, tmp_path: Path, run: Run) -> Path:
    """A project with one skill, pulled for Claude Code and Codex."""
    folder = tmp_path / "project"
    (folder / ".claude").mkdir(parents=True)
    (folder / ".codex").mkdir()
    url = skill_repo({"skills/bread/SKILL.md": SKILL}).as_posix()
    (folder / "gitskills.yaml").write_text(f"sources:\n  team:\n    url: {url}\n", encoding="utf-8")
    assert run("pull", cwd=folder).code == 0
    return folder


def checks(done: Result) -> dict[str, dict[str, Any]]:
    """Index the answer's rows by check."""
    rows = done.json()
    assert all(set(row) >= {"check", "ok", "message", "fix"} for row in rows)
    assert done.code == (1 if any(row["ok"] is False for row in rows) else 0)
    assert all(row["fix"] for row in rows if row["ok"] is False)
    return {row["check"]: row for row in rows}


def failed(done: Result) -> set[str]:
    """Names of the checks that failed."""
    return {name for name, row in checks(done).items() if row["ok"] is False}


def test_all_is_well(project: Path, run: Run) -> None:
    """After a pull everything is in order, and the agents are named."""
    done = run("doctor", "--json", cwd=project)
    found = checks(done)
    assert done.code == 0 and not failed(done)
    wanted = "git python libraries sqlite identity signing configuration lock agents links"
    assert {*wanted.split(), "source team", "cache team", "placed skills", "other tools"} <= set(found)
    assert found["agents"]["message"] == "claude-code, codex"
    assert found["cache team"]["message"].startswith("1 skill at ")


def test_text(project: Path, run: Run) -> None:
    """A line for each check, the fix below those that failed."""
    (project / "gitskills.lock").write_text("{", encoding="utf-8")
    done = run("doctor", cwd=project)
    assert done.code == 1 and "FAILED  lock" in done.out and "→ restore it from git" in done.out
    assert done.out.splitlines()[0].startswith("     ok  git")


def test_offline_is_skipped_not_passed(project: Path, run: Run) -> None:
    """With --offline no source is asked, and the answer says so rather than ok."""
    config = project / "gitskills.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "  gone:\n    url: https://gone.invalid/x.git\n", "utf-8")
    found = checks(run("doctor", "--json", "--offline", cwd=project))
    for name in ("source team", "source gone"):
        assert found[name]["ok"] is None and "skipped" in found[name]["message"]
    assert found["cache gone"]["ok"] is None
    assert "skipped" in run("doctor", "--offline", cwd=project).out


def test_a_source_out_of_reach(project: Path, run: Run) -> None:
    """A repository that went away is a failure of its own check; the others are still answered."""
    (project.parent / "library.git").rename(project.parent / "away.git")
    assert failed(run("doctor", "--json", cwd=project)) == {"source team"}


@pytest.mark.parametrize("file", ["gitskills.yaml", "gitskills.lock"])
def test_a_file_that_cannot_be_read(project: Path, run: Run, file: str) -> None:
    """A broken configuration or lock is found, not stumbled over."""
    (project / file).write_text("{ [", encoding="utf-8")
    assert failed(run("doctor", "--json", cwd=project)) == {"configuration" if file.endswith("yaml") else "lock"}


@pytest.mark.parametrize("damage", ["HEAD", "objects", "pack"])
def test_a_damaged_cache(project: Path, run: Run, home: Path, damage: str) -> None:
    """A cache git cannot read is found, and the fix it names is one."""
    (cache,) = (home / "gitskills" / "cache" / "repositories").glob("*.git")
    if damage == "HEAD":
        (cache / "HEAD").write_text("nonsense", encoding="utf-8")
    elif damage == "objects":
        (cache / "objects").rename(cache / "subjects")
    else:
        for pack in cache.glob("objects/pack/*.pack"):
            pack.chmod(0o644)
            pack.write_bytes(pack.read_bytes()[:-30])
    assert failed(run("doctor", "--json", cwd=project)) == {"cache team"}
    assert run("pull", cwd=project).code == 0
    assert not failed(run("doctor", "--json", cwd=project))


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_folders_and_links_that_were_disturbed(project: Path, run: Run) -> None:
    """A deleted skill, a broken link and a lacking link are found; pull puts them right."""
    link = project / ".claude" / "skills" / "bread"
    link.unlink()
    assert "lacks bread" in checks(run("doctor", "--json", cwd=project))["placed skills"]["message"]
    link.symlink_to("nowhere")
    assert "broken links" in checks(run("doctor", "--json", cwd=project))["placed skills"]["message"]
    link.unlink()
    skill = project / ".agents" / "skills" / "bread"
    shutil.copytree(skill, link)
    assert not failed(run("doctor", "--json", cwd=project))
    (link / "more").touch()
    assert "other content in bread" in checks(run("doctor", "--json", cwd=project))["placed skills"]["message"]
    shutil.rmtree(link)
    skill.rename(project / "away")
    done = run("doctor", "--json", cwd=project)
    assert failed(done) == {"placed skills"} and "bread not in" in checks(done)["placed skills"]["message"]
    assert run("pull", cwd=project).code == 0
    assert not failed(run("doctor", "--json", cwd=project))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a file where a folder should be writable")
def test_folders_that_cannot_be_written(project: Path, run: Run, home: Path) -> None:
    """A file in the place of a skills folder, or of gitskills' own, is found."""
    (project / ".roo").mkdir()
    (project / ".roo" / "skills").touch()
    found = failed(run("doctor", "--json", cwd=project))
    assert found == {"skill folders", "placed skills"}
    (home / "file").touch()
    broken = run("doctor", "--json", cwd=project, env={"GITSKILLS_HOME": str(home / "file")})
    assert {"config folder", "cache folder", "state folder"} <= failed(broken)


def test_no_identity(project: Path, run: Run, home: Path) -> None:
    """Without a git identity pushing would fail, and the fix is a command."""
    (home / ".gitconfig").write_text("", encoding="utf-8")
    found = checks(run("doctor", "--json", cwd=project))
    assert found["identity"]["ok"] is False and "git config --global user.name" in found["identity"]["fix"]


def test_signing_that_cannot_work(project: Path, run: Run) -> None:
    """commit.gpgsign without a key is a failure here rather than in the middle of a push."""
    git("config", "--global", "commit.gpgsign", "true")
    git("config", "--global", "gpg.format", "ssh")
    assert failed(run("doctor", "--json", cwd=project)) == {"signing"}


def test_other_tools_are_pointed_out(project: Path, run: Run) -> None:
    """Another tool's record is no failure, but a hint to adopt."""
    (project / "skills-lock.json").write_text('{"version": 1, "skills": {}}', encoding="utf-8")
    found = checks(run("doctor", "--json", cwd=project))["other tools"]
    assert found["ok"] is True and "skills-lock.json" in found["message"] and "adopt" in found["fix"]


def test_an_unknown_agent(project: Path, run: Run) -> None:
    """An agent the configuration misspells is found, with the right id."""
    config = project / "gitskills.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "agents: [claude]\n", encoding="utf-8")
    found = checks(run("doctor", "--json", cwd=project))["agents"]
    assert found["ok"] is False and "claude-code" in found["fix"]


def test_outside_any_project(run: Run, tmp_path: Path) -> None:
    """Where nothing is configured yet the machine is checked all the same, and so for the user's own skills."""
    for arguments in (["--json"], ["--json", "--global"]):
        done = run("doctor", *arguments, cwd=tmp_path)
        assert done.code == 0 and checks(done)["configuration"]["ok"] is True


def test_models_are_told_and_one_that_is_missing_fails(project: Path, run: Run) -> None:
    """Who judges and proposes is said without asking; a program that is not there is a failure with its fix."""
    found = checks(run("doctor", "--json", cwd=project))
    assert found["model judge"]["message"].startswith("the offline rules")
    (project / "gitskills.yaml").write_text("models: {judge: 'command:evil', proposer: rules}\n", encoding="utf-8")
    assert "wants to run a command" in checks(run("doctor", "--json", cwd=project))["model judge"]["message"]
    env = {"GITSKILLS_MODEL_JUDGE": "command:no-such-program"}
    assert failed(run("doctor", "--json", cwd=project, env=env)) >= {"model judge"}
