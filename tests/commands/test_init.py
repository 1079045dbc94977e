"""`gitskills init` and `gitskills new`, as a shell runs them."""

import json
from pathlib import Path

from tests.conftest import Run


def test_init_tells_what_it_wrote_and_what_comes_next(run: Run, tmp_path: Path) -> None:
    """The first run lists files on stdout and the next step on stderr; the second fails with a hint."""
    done = run("init", "library", "--ci", "github")
    assert done.code == 0, done.err
    assert "wrote skills/hello-gitskills/SKILL.md\n" in done.out
    assert "gitskills add" in done.err
    again = run("init", "library")
    assert (again.code, again.out) == (1, "")
    assert "already is a library" in again.err and "gitskills new" in again.err


def test_init_works_where_git_works(run: Run, tmp_path: Path) -> None:
    """`-C` and the default folder agree with git's: the library is made right there."""
    (tmp_path / "here").mkdir()
    assert run("-C", "here", "init", "--dry-run").code == 0
    assert not (tmp_path / "here" / ".git").exists()
    assert run("-C", "here", "init").code == 0
    assert (tmp_path / "here" / ".git").is_dir()


def test_an_existing_gitlab_pipeline_is_kept_and_told_how_to_include_ours(run: Run, tmp_path: Path) -> None:
    """With a .gitlab-ci.yml of the user's own, the job lies beside it and the line to add is printed."""
    (tmp_path / ".gitlab-ci.yml").write_text("stages: [x]\n")
    done = run("init", "--ci", "gitlab")
    assert "kept your .gitlab-ci.yml" in done.err and "include: [{local: .gitlab/gitskills.gitlab-ci.yml}]" in done.err
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "stages: [x]\n"
    assert (tmp_path / ".gitlab" / "gitskills.gitlab-ci.yml").is_file()


def test_new_skill_in_a_new_library_is_valid(run: Run, tmp_path: Path) -> None:
    """Of `init`, `new` and `validate` in a row only the description to be written is wanting."""
    assert run("init", "library").code == 0
    made = run("-C", "library", "new", "deploy")
    assert made.out.endswith(str(Path("skills", "deploy", "SKILL.md")) + "\n"), made.err
    told = run("-C", "library", "validate", "--json")
    assert told.code == 1 and [row["code"] for row in json.loads(told.out)] == ["template-text"]
    made_file = Path("library", "skills", "deploy", "SKILL.md")
    text = made_file.read_text(encoding="utf-8").splitlines()
    text[2] = "description: Ship it. Use when asked to."
    made_file.write_text("\n".join(text) + "\n", encoding="utf-8")
    assert run("-C", "library", "validate").code == 0


def test_a_bad_name_is_an_expected_failure(run: Run) -> None:
    """A name that the specification bars gives exit code 1 and the reason, on a dry run too."""
    for more in ([], ["--dry-run"]):
        done = run("new", "Not A Name", *more)
        assert (done.code, done.out) == (1, "")
        assert "cannot be a skill's name" in done.err
