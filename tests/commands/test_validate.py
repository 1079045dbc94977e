"""The command `validate`, run as a user runs it."""

from pathlib import Path

from tests.conftest import Run

GOOD = "---\nname: {}\ndescription: Does it. Use when asked.\n---\n"


def make(folder: Path, text: str | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(text or GOOD.format(folder.name), encoding="utf-8")
    return folder


def test_good_skills_exit_0(run: Run, tmp_path: Path) -> None:
    """Without findings nothing is printed to stdout, and the count goes to stderr."""
    make(tmp_path / "skills" / "deploy")
    result = run("validate", cwd=tmp_path)
    assert (result.code, result.out, result.err) == (0, "", "1 skill: 0 errors, 0 warnings\n")


def test_errors_exit_1_with_place_and_code(run: Run, tmp_path: Path) -> None:
    """Each finding is one line that an editor can jump to."""
    make(tmp_path / "skills" / "deploy", GOOD.format("deploi"))
    make(tmp_path / "skills" / "review")
    result = run("validate", "skills", cwd=tmp_path)
    assert result.code == 1
    message = "`name` is `deploi` but the folder is `deploy`: make them equal"
    assert result.out == f"skills/deploy/SKILL.md:2: error: {message} [name-folder]\n"
    assert result.err == "2 skills: 1 error, 0 warnings\n"


def test_lenient_exits_0_on_warnings(run: Run, tmp_path: Path) -> None:
    """What agents accept does not fail a lenient run; what none can load does."""
    make(tmp_path / "deploy", GOOD.format("deploi"))
    assert run("validate", "deploy", "--lenient", cwd=tmp_path).code == 0
    make(tmp_path / "review", "# no frontmatter\n")
    assert run("validate", "--lenient", cwd=tmp_path).code == 1


def test_json_is_the_contracts(run: Run, tmp_path: Path) -> None:
    """`--json` prints one list of findings with exactly the promised keys, empty when there is none."""
    folder = make(tmp_path / "deploy", GOOD.format("deploy") + "a\u202eb\n")
    result = run("validate", folder / "SKILL.md", "--json", cwd=tmp_path)
    assert result.code == 1
    (only,) = result.json()
    assert only["message"].startswith("bidirectional controls")
    del only["message"]
    assert only == {
        "path": (folder / "SKILL.md").as_posix(),
        "line": 5,
        "code": "bidi-control",
        "severity": "error",
    }
    make(tmp_path / "review")
    assert run("validate", "review", "--json", cwd=tmp_path).json() == []


def test_a_missing_path_is_wrong_usage_and_an_empty_folder_a_failure(run: Run, tmp_path: Path) -> None:
    """A path that is not there exits 2, a folder without skills exits 1 with a hint."""
    assert run("validate", "nowhere", cwd=tmp_path).code == 2
    (tmp_path / "empty").mkdir()
    result = run("validate", "empty", cwd=tmp_path)
    assert result.code == 1
    assert "there is no SKILL.md in empty" in result.err
