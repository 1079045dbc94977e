"""`gitskills search` as a user runs it."""

from pathlib import Path

import pytest

from tests.conftest import Run, SkillRepo


def skill(name: str, description: str) -> str:
    """Write a SKILL.md."""
    return f"---\nname: {name}\ndescription: {description}\n---\nBody.\n"


@pytest.fixture
def project(skill_repo: SkillRepo, tmp_path: Path, run: Run) -> Path:
    """A project that takes one of a library's skills."""
    files = {f"skills/s{number}/SKILL.md": skill(f"s{number}", "Something else.") for number in range(8)}
    files["skills/bread/SKILL.md"] = skill(
        "bread", '"Bake\\e[31m bread. ' + "Use it for every kind of loaf. " * 12 + '"'
    )
    files["skills/cake/SKILL.md"] = skill("cake", "Bake a cake.")
    folder = tmp_path / "project"
    folder.mkdir()
    text = f"sources:\n  team:\n    url: {skill_repo(files).as_posix()}\n    skills: [bread]\n"
    (folder / "gitskills.yaml").write_text(text, encoding="utf-8")
    assert run("pull", cwd=folder).code == 0
    return folder


def test_json(project: Path, run: Run) -> None:
    """The document lists name, whole description, source, score and whether the skill is installed, best first."""
    done = run("search", "--json", "baking", "a", "cake", cwd=project)
    rows = done.json()
    assert done.code == 0 and [row["name"] for row in rows] == ["cake", "bread"]
    assert set(rows[0]) >= {"name", "description", "source", "score"} and rows[0]["source"] == "team"
    assert rows[0]["score"] > rows[1]["score"] and [row["installed"] for row in rows] == [False, True]
    assert len(run("search", "--json", "-n", "1", "bake", cwd=project).json()) == 1


def test_text(project: Path, run: Run) -> None:
    """A line for each skill, the installed ones marked, long descriptions cut, no terminal escapes."""
    lines = run("search", "bread", cwd=project).out.splitlines()
    assert len(lines) == 1 and lines[0].startswith("bread\tinstalled\tteam\tBake") and lines[0].endswith("…")
    assert "\x1b" not in lines[0] and len(lines[0]) < 200


def test_nothing_fits(project: Path, run: Run) -> None:
    """Nothing found is an empty document, or a note beside an empty answer."""
    assert run("search", "--json", "zzz", cwd=project).json() == []
    done = run("search", "zzz", cwd=project)
    assert (done.code, done.out) == (0, "") and "no skill fits" in done.err


def test_a_damaged_index_goes_unnoticed(project: Path, run: Run, home: Path) -> None:
    """A broken index file costs a moment, not an error."""
    file = home / "gitskills" / "cache" / "index.sqlite3"
    run("search", "bread", cwd=project)
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    done = run("search", "--json", "bread", cwd=project)
    assert [row["name"] for row in done.json()] == ["bread"] and done.err == ""


def test_usage(run: Run, tmp_path: Path) -> None:
    """A query is needed, and somewhere to search."""
    assert run("search").code == 2
    done = run("search", "x", cwd=tmp_path)
    assert done.code == 1 and "gitskills add" in done.err


def test_a_root_skill_in_its_own_repository(skill_repo: SkillRepo, run: Run) -> None:
    """Where one stands in a library whose root is a skill, it is found by the name it gives itself."""
    library = skill_repo({"SKILL.md": skill("rooty", "Paint zebras.")}, name="reponame.git")
    assert [row["name"] for row in run("search", "zebra", "--json", cwd=library).json()] == ["rooty"]
