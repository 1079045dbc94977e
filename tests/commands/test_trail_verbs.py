"""`log`, `blame` and `verify` as a user runs them: on a library, and in a project that pulled from one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gitskills.git.trailers import Event, format
from tests.conftest import Run, SkillRepo
from tests.repositories import Commit, git

SKILL = "---\nname: {0}\ndescription: What {0} is for.\n---\n\n# {0}\n"


@pytest.fixture
def team(skill_repo: SkillRepo) -> Path:
    """Return a library of two skills: one improved with evidence, one renamed by Bob."""
    event = Event("deploy", "improve", evidence=("codex:1f#2",), gate="unverified")
    text = SKILL.format("deploy")
    return skill_repo(
        [
            Commit({"skills/deploy/SKILL.md": text, "skills/check/SKILL.md": SKILL.format("check")}, "start"),
            Commit({"skills/deploy/SKILL.md": text + "Wait.\n"}, format("deploy: wait", "It failed.", event)),
            Commit(
                {"skills/check/SKILL.md": None, "skills/review/SKILL.md": SKILL.format("check") + "\x1b[31mred\n"},
                "call it review\x1b[2J",
                "Bob <bob@example.com>",
            ),
        ]
    )


def test_log_of_a_library(run: Run, team: Path) -> None:
    """Inside a library `log` shows every change, newest first, and nothing that could steer a terminal."""
    done = run("log", cwd=team)
    assert (done.code, done.err) == (0, "")
    rows = done.out.splitlines()
    assert [tuple(row.split()[2:5]) for row in rows] == [
        *(("v2", "edit", "review"), ("v2", "improve", "deploy"), ("v1", "create", "deploy"), ("v1", "create", "check")),
    ]
    assert "(renamed from check) (Bob)" in rows[0]
    assert "\x1b" not in done.out


def test_log_as_json(run: Run, team: Path) -> None:
    """The contract's keys are there, trailers as an object, and a skill's rows carry its old name too."""
    rows = json.loads(run("log", "review", "--json", cwd=team).out)
    assert [(row["skill"], row["op"], row["version"]) for row in rows] == [
        ("review", "edit", 2),
        ("check", "create", 1),
    ]
    assert rows[0]["author"] == "Bob <bob@example.com>"
    assert rows[0]["tree"] == git("rev-parse", "main:skills/review", cwd=team).decode().strip()
    (row,) = json.loads(run("log", "--op", "improve", "--json", cwd=team).out)
    assert {"commit", "date", "author", "skill", "op", "version", "tree", "summary", "trailers"} <= row.keys()
    assert row["trailers"]["Skill-Evidence"] == ["codex:1f#2"]
    assert len(json.loads(run("log", "-n", "1", "--json", cwd=team).out)) == 1
    assert json.loads(run("log", "-n", "0", "--json", cwd=team).out) == []


@pytest.mark.parametrize(
    "args", [("log", "nobody"), ("blame", "nobody"), ("verify", "nobody"), ("blame", "deploy", "no")]
)
def test_what_is_not_there(run: Run, team: Path, args: tuple[str, ...]) -> None:
    """A name no library knows, or a file the skill lacks, is an expected failure with a hint."""
    done = run(*args, cwd=team)
    assert (done.code, done.out) == (1, "")
    assert "hint:" in done.err


def test_blame(run: Run, team: Path) -> None:
    """Each line comes with commit, person, operation and the session behind it."""
    rows = json.loads(run("blame", "deploy", "--json", cwd=team).out)
    assert [(row["line"], row["op"]) for row in rows] == [*((line, "create") for line in range(1, 7)), (7, "improve")]
    assert (rows[-1]["text"], rows[-1]["evidence"]) == ("Wait.", ["codex:1f#2"])
    plain = run("blame", "review", cwd=team)
    assert plain.code == 0
    assert len(plain.out.splitlines()) == 7
    assert "\x1b" not in plain.out


def test_verify(run: Run, team: Path, skill_repo: SkillRepo) -> None:
    """A true trail exits 0 with a count of what was checked; a false one exits 1 and names the commit."""
    done = run("verify", cwd=team)
    assert (done.code, "skill" in done.out) == (0, True)
    forged = Commit({"a/SKILL.md": "2"}, format("a: edit", "", Event("a", "edit", tree="a" * 40)))
    git_dir = skill_repo([{"a/SKILL.md": "1"}, forged], name="forged.git")
    done = run("verify", cwd=git_dir)
    assert (done.code, "Skill-Tree says aaaaaaaaaaaa" in done.out) == (1, True)
    rows = json.loads(run("verify", "--json", cwd=git_dir).out)
    assert [(row["skill"], row["check"]) for row in rows if not row["ok"]] == [("a", "tree")]


def test_a_project_asks_its_sources(run: Run, team: Path, skill_repo: SkillRepo, tmp_path: Path) -> None:
    """In a project the installed name means its source's skill, renamed by `as:` or not; histories merge by date."""
    other = skill_repo([Commit({"skills/deploy/SKILL.md": SKILL.format("deploy")}, "another deploy")], name="other.git")
    project = tmp_path / "project"
    project.mkdir()
    git("init", "-q", project)
    (project / "gitskills.yaml").write_text(
        f"sources:\n  team: {{url: '{team.as_uri()}'}}\n"
        f"  other: {{url: '{other.as_uri()}', skills: [{{name: deploy, as: their-deploy}}]}}\n"
        "agents: [codex]\n"
    )
    assert run("pull", cwd=project).code == 0
    assert [row["source"] for row in json.loads(run("log", "deploy", "--json", cwd=project).out)] == ["team", "team"]
    assert [row["source"] for row in json.loads(run("log", "their-deploy", "--json", cwd=project).out)] == ["other"]
    dates = [row["date"] for row in json.loads(run("log", "--json", cwd=project).out)]
    assert len(dates) == 5
    assert dates == sorted(dates, reverse=True)
    blamed = json.loads(run("blame", "deploy", "--json", cwd=project).out)
    assert blamed[-1]["text"] == "Wait."
    assert [row["text"] for row in json.loads(run("blame", "review", "--json", cwd=project).out)][-1] == "\x1b[31mred"


def test_a_library_with_a_skill_at_its_root(run: Run, skill_repo: SkillRepo) -> None:
    """A skill at the root is called like its repository, in `log` and as a name to ask for."""
    git_dir = skill_repo([{"SKILL.md": SKILL.format("solo")}], name="solo.git")
    assert [row["skill"] for row in json.loads(run("log", "solo", "--json", cwd=git_dir).out)] == ["solo"]
    assert len(json.loads(run("blame", "solo", "--json", cwd=git_dir).out)) == 6


def test_in_a_work_tree(run: Run, bundles: Callable[[str], Path], tmp_path: Path) -> None:
    """A clone somebody works in is a library too, from any folder inside it."""
    git("clone", "-q", bundles("superpowers"), tmp_path / "work")
    rows = json.loads(run("log", "--json", cwd=tmp_path / "work" / "skills").out)
    assert len(rows) == 342
