"""Starting libraries and skills from templates, in every state a folder can be in."""

import os
from pathlib import Path

import pytest

from gitskills.config import parse
from gitskills.errors import GitskillsError
from gitskills.git.trailers import parse as event_of
from gitskills.share.library import EXAMPLE, create, new, skills_folder
from gitskills.skills.file import File
from gitskills.skills.scan import scan
from gitskills.skills.validate import validate
from gitskills.state.templates import templates
from tests.conftest import ROOT
from tests.repositories import git

GITHUB = [".github/workflows/gitskills-improve.yml", ".github/workflows/gitskills.yml"]
LIBRARY = [".gitattributes", "README.md", "gitskills.yaml", f"skills/{EXAMPLE}/SKILL.md"]


def committed(repository: Path) -> list[str]:
    """Return the files of the last commit."""
    return git("ls-tree", "-r", "--name-only", "HEAD", cwd=repository).decode().splitlines()


def status(repository: Path) -> list[str]:
    """Return what `git status` shows, one `XY path` each."""
    shown = git("status", "--porcelain", "-z", "--untracked-files=all", cwd=repository).decode()
    return sorted(shown.split("\0")[:-1])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a repository with one commit and no trace of gitskills."""
    git("init", "-q", tmp_path / "project")
    (tmp_path / "project" / "README.md").write_text("Ours.\n")
    git("add", ".", cwd=tmp_path / "project")
    git("commit", "-qm", "start", cwd=tmp_path / "project")
    return tmp_path / "project"


def test_a_new_folder_becomes_a_library_with_one_commit(tmp_path: Path) -> None:
    """`create` makes the folder, a repository on main, and a commit that holds exactly the files it reports."""
    created = create(tmp_path / "deep" / "acme skills", ci="github")
    assert committed(created.directory) == sorted([*GITHUB, *LIBRARY])
    assert sorted(created.written) == sorted([*GITHUB, *LIBRARY])
    assert (created.kept, status(created.directory)) == ((), [])
    assert git("rev-parse", "refs/heads/main", cwd=created.directory).decode().strip() == created.commit
    assert (created.directory / "README.md").read_text().startswith("# acme skills\n")


def test_the_first_commit_names_the_tree_of_the_example(tmp_path: Path) -> None:
    """The trailers of the first commit agree with what git stored, so that the trail is complete from the start."""
    created = create(tmp_path / "library")
    event = event_of(git("log", "-1", "--format=%B", cwd=created.directory).decode())
    tree = git("rev-parse", f"HEAD:skills/{EXAMPLE}", cwd=created.directory).decode().strip()
    assert event and (event.skill, event.op, event.tree) == (EXAMPLE, "create", tree)


def test_an_empty_clone_keeps_its_branch_and_its_files(tmp_path: Path) -> None:
    """In a repository without commits the unborn branch, staged files and other files stay as the user left them."""
    git("init", "-q", "--initial-branch=trunk", tmp_path)
    (tmp_path / "staged.md").write_text("staged\n")
    (tmp_path / "notes.md").write_text("private\n")
    git("add", "staged.md", cwd=tmp_path)
    created = create(tmp_path)
    assert git("symbolic-ref", "HEAD", cwd=tmp_path) == b"refs/heads/trunk\n"
    assert committed(tmp_path) == LIBRARY
    assert created.commit and status(tmp_path) == ["?? notes.md", "A  staged.md"]


def test_a_folder_of_skills_gets_no_example_and_loses_nothing(tmp_path: Path) -> None:
    """A folder that holds skills becomes a library around them; they are not committed unasked."""
    (tmp_path / "skills" / "mine").mkdir(parents=True)
    (tmp_path / "skills" / "mine" / "SKILL.md").write_text("mine\n")
    (tmp_path / "README.md").write_text("Ours.\n")
    created = create(tmp_path)
    assert committed(tmp_path) == [".gitattributes", "gitskills.yaml"]
    assert created.kept == ("README.md",)
    assert status(tmp_path) == ["?? README.md", "?? skills/mine/SKILL.md"]


def test_a_repository_with_commits_is_only_written_to(project: Path) -> None:
    """Where there is history, files are added to the work tree; index, HEAD and existing files stay."""
    head = git("rev-parse", "HEAD", cwd=project)
    created = create(project, ci="gitlab")
    assert (created.commit, created.kept, git("rev-parse", "HEAD", cwd=project)) == ("", ("README.md",), head)
    assert (project / "README.md").read_text() == "Ours.\n"
    assert status(project) == sorted(f"?? {path}" for path in created.written)


def test_a_library_is_not_started_twice_but_may_get_ci_later(tmp_path: Path) -> None:
    """A second `create` refuses; with `ci` it adds those files alone, even where the user removed the README."""
    create(tmp_path)
    with pytest.raises(GitskillsError, match="already is a library"):
        create(tmp_path)
    git("rm", "-q", "README.md", cwd=tmp_path)
    assert sorted(create(tmp_path, ci="github").written) == GITHUB
    with pytest.raises(GitskillsError, match="already is a library"):
        create(tmp_path, ci="github")


def test_a_file_of_sources_gets_the_block_of_a_library(project: Path) -> None:
    """A gitskills.yaml that only uses skills keeps its text and gains the policy at its end."""
    before = "# ours\nsources:\n  team: {url: acme/skills}  # theirs\n"
    (project / "gitskills.yaml").write_bytes(before.encode())
    assert "gitskills.yaml" in create(project).written
    after = (project / "gitskills.yaml").read_text()
    assert after.startswith(before)
    assert parse(after).library.ledger and list(parse(after).sources) == ["team"]


@pytest.mark.parametrize("text", [b"sources: [\n", b"{sources: {}}\n", b"\xff\n"])
def test_a_file_that_cannot_take_the_block_stops_before_any_write(project: Path, text: bytes) -> None:
    """An unreadable gitskills.yaml is an error, and nothing at all was written."""
    (project / "gitskills.yaml").write_bytes(text)
    with pytest.raises(GitskillsError, match=r"gitskills\.yaml"):
        create(project)
    assert status(project) == ["?? gitskills.yaml"]
    assert (project / "gitskills.yaml").read_bytes() == text


def test_no_library_inside_another_repository(project: Path) -> None:
    """A folder inside a repository is refused, existing or not, unless that repository ignores it."""
    (project / "there").mkdir()
    for inside in ("there", "new/deeper"):
        with pytest.raises(GitskillsError, match="inside another git repository"):
            create(project / inside)
    assert status(project) == []
    (project / ".git" / "info" / "exclude").write_text("/there/\n/ignored/\n")
    assert create(project / "there").commit and create(project / "ignored" / "deeper").commit


def test_no_library_in_a_bare_repository(tmp_path: Path) -> None:
    """A bare repository has nowhere to write, and its own folders stay clean."""
    git("init", "-q", "--bare", tmp_path / "bare.git")
    before = sorted(os.listdir(tmp_path / "bare.git"))
    with pytest.raises(GitskillsError, match="no work tree"):
        create(tmp_path / "bare.git")
    assert sorted(os.listdir(tmp_path / "bare.git")) == before


def test_without_an_identity_nothing_is_written_and_a_second_try_succeeds(tmp_path: Path, home: Path) -> None:
    """Where git does not know the user, the error says what to type; after that the same command works."""
    config = (home / ".gitconfig").read_text()
    (home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    with pytest.raises(GitskillsError, match="who you are") as caught:
        create(tmp_path / "library")
    assert "git config --global user.name" in caught.value.hint
    assert os.listdir(tmp_path / "library") == [".git"]
    (home / ".gitconfig").write_text(config)
    assert create(tmp_path / "library").commit


def test_a_failed_commit_is_finished_by_the_next_try(tmp_path: Path) -> None:
    """When the user's own hook stops the first commit, running again commits the very files that are there."""
    git("init", "-q", tmp_path)
    hook = tmp_path / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitskillsError):
        create(tmp_path)
    hook.unlink()
    assert create(tmp_path).commit and committed(tmp_path) == LIBRARY


@pytest.mark.parametrize("autocrlf", ["true", "input"])
def test_skills_are_exact_bytes_whatever_git_does_to_text(tmp_path: Path, home: Path, autocrlf: str) -> None:
    """CRLF in a skill is committed as CRLF, and a clone has the same bytes, with any core.autocrlf."""
    with (home / ".gitconfig").open("a") as config:
        config.write(f"[core]\n\tautocrlf = {autocrlf}\n\tsafecrlf = false\n")
    library = create(tmp_path / "library").directory
    skill = library / "skills" / "windows" / "SKILL.md"
    skill.parent.mkdir()
    skill.write_bytes(b"one\r\ntwo\n")
    git("add", ".", cwd=library)
    git("commit", "-qm", "windows: new", cwd=library)
    assert git("show", "HEAD:skills/windows/SKILL.md", cwd=library) == b"one\r\ntwo\n"
    git("clone", "-q", library, tmp_path / "clone")
    assert (tmp_path / "clone" / "skills" / "windows" / "SKILL.md").read_bytes() == b"one\r\ntwo\n"


def test_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path) -> None:
    """What a dry run reports is what the real run then writes."""
    told = create(tmp_path / "library", ci="github", dry_run=True)
    assert not (tmp_path / "library").exists()
    done = create(tmp_path / "library", ci="github")
    assert (told.written, told.kept, told.commit) == (done.written, done.kept, "")


def test_the_template_shows_every_default(tmp_path: Path) -> None:
    """The policy in the template's gitskills.yaml is what an empty `library:` block means."""
    assert parse(templates("library")["gitskills.yaml"].decode()).library == parse("library:\n").library


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("SKILL.md")), ids=lambda path: str(path.parent.name))
def test_the_templates_own_skills_are_faultless(path: Path) -> None:
    """Every SKILL.md among the templates passes strict validation and the scan for a push without a warning."""
    files = {"SKILL.md": File(path.read_bytes())}
    folder = "skill-name" if path.parent.name == "skill" else path.parent.name
    found = [*validate(files, folder), *scan(files, secrets=True)]
    assert [one for one in found if one.code != "template-text"] == []  # to be written by whoever uses it


@pytest.mark.parametrize("name", ["deploy", "a", "2fa-reset", "123", "null", "true", "1e3", "x" * 64])
def test_a_new_skill_wants_only_its_description(tmp_path: Path, name: str) -> None:
    """The template filled with any permitted name, even one that YAML would read as a number, is valid but for that."""
    written = new(name, tmp_path / "skills")
    assert written == tmp_path / "skills" / name / "SKILL.md"
    assert [one.code for one in validate({"SKILL.md": File(written.read_bytes())}, name)] == ["template-text"]


@pytest.mark.parametrize(
    "name",
    ["", *" .A[é", "..", "a_b", "a--b", "-a", "a-", "a/b", "../a", "a\\b", "a\nb", "a: b", "con", "x" * 65],
)
def test_a_name_that_no_skill_may_have_is_refused(tmp_path: Path, name: str) -> None:
    """A name outside the specification, or one that Windows reserves, is an error and nothing is written."""
    with pytest.raises(GitskillsError, match="cannot be a skill's name"):
        new(name, tmp_path / "skills")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["\udcff", "a\0b"])
def test_bytes_that_are_no_text_make_no_skill(tmp_path: Path, name: str) -> None:
    """What a shell can pass but YAML cannot hold is an expected error too."""
    with pytest.raises(GitskillsError):
        new(name, tmp_path / "skills")
    assert os.listdir(tmp_path) == []


def test_a_new_skill_never_overwrites(tmp_path: Path) -> None:
    """A folder, file or dangling link of that name stops `new`, and stays."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    for name in ("folder", "file"):
        with pytest.raises(GitskillsError, match="exists already"):
            new(name, tmp_path)
    assert (os.listdir(tmp_path / "folder"), (tmp_path / "file").read_text()) == ([], "mine")


def test_a_new_skill_goes_where_its_surroundings_say(tmp_path: Path, project: Path) -> None:
    """In a library, from any folder of it, skills/; in another repository .agents/skills."""
    library = create(tmp_path / "library").directory
    for place in (library, library / "skills" / EXAMPLE):
        assert skills_folder(place) == library / "skills"
    assert skills_folder(project) == project / ".agents" / "skills"
