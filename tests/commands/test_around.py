"""add, remove, list, show, diff, revert: the verbs around pull and push, through the real program."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gitskills.share.remove import remove
from tests.conftest import Run, SkillRepo
from tests.people import Person, commit, numbered, person, skill
from tests.repositories import Commit, Files, git

TWO: Files = {"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")}


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of two skills by two people; `a` has a second version."""
    return skill_repo(
        [
            Commit({"skills/a/SKILL.md": numbered("a")}),
            Commit({"skills/b/SKILL.md": numbered("b")}, author="Ben <ben@example.com>"),
            Commit({"skills/a/SKILL.md": numbered("a") + "more\n"}),
        ]
    )


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Ada, who has pulled everything."""
    someone = person(tmp_path, library)
    someone.pull()
    return someone


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project without gitskills.yaml, for Claude Code."""
    (tmp_path / "shop" / ".claude").mkdir(parents=True)
    git("init", "-q", tmp_path / "shop")
    return tmp_path / "shop"


def test_add_records_a_source_and_installs(run: Run, empty: Path, library: Path) -> None:
    """`add` with a relative path and a name writes a source that names just that skill, and places it."""
    done = run("add", "../library.git", "b", cwd=empty)
    assert done.code == 0 and "installed" in done.out
    text = (empty / "gitskills.yaml").read_text()
    assert "url: ../library.git" in text and "- b" in text and "- a" not in text
    assert (empty / ".claude" / "skills" / "b" / "SKILL.md").read_text() == numbered("b")
    assert not (empty / ".agents" / "skills" / "a").exists()


def test_add_grows_a_source_and_keeps_comments(run: Run, empty: Path, library: Path) -> None:
    """Adding a second skill of the same library extends its source; a comment in the file stays."""
    run("add", "../library.git", "b", cwd=empty)
    file = empty / "gitskills.yaml"
    file.write_text("# ours\n" + file.read_text())
    assert run("add", str(library), "a", "--as", "first", cwd=empty).code == 0
    text = file.read_text()
    assert text.startswith("# ours\n") and text.count("url:") == 1
    assert sorted(path.name for path in (empty / ".agents" / "skills").iterdir()) == ["b", "first"]


def test_nodes_of_two_areas_with_one_name(run: Run, empty: Path, skill_repo: SkillRepo) -> None:
    """Both are told with the paths to write; each is added and pulled by its path, the second under another name."""
    cards = skill_repo({f"cards/{area}/tests/SKILL.md": numbered("tests") + area for area in "ab"})
    done = run("add", str(cards), "tests", cwd=empty)
    assert done.code == 1 and "cards/a/tests, cards/b/tests" in done.err
    assert run("add", str(cards), "cards/a/tests", cwd=empty).code == 0
    before = (empty / "gitskills.yaml").read_text()
    done = run("add", str(cards), "cards/b/tests", cwd=empty)
    assert done.code == 1 and "{name: cards/b/tests, as: b-tests}" in done.err and "--as" in done.err
    assert (empty / "gitskills.yaml").read_text() == before
    assert run("add", str(cards), "cards/b/tests", "--as", "b-tests", cwd=empty).code == 0
    placed = empty / ".agents" / "skills"
    assert [(placed / name / "SKILL.md").read_text()[-1] for name in ("tests", "b-tests")] == ["a", "b"]
    shutil.rmtree(placed / "b-tests")
    done = run("pull", "cards/b/tests", "--json", cwd=empty)
    assert [(row["skill"], row["action"]) for row in json.loads(done.out)] == [("b-tests", "installed")]


def test_add_of_what_has_another_name_already(run: Run, empty: Path, library: Path) -> None:
    """A skill asked for by its own name takes it again; where a path gives it another name, nothing is changed."""
    assert run("add", str(library), "a", "--as", "one", cwd=empty).code == 0
    assert run("add", str(library), "a", cwd=empty).out == "installed  a\n"
    file = empty / "gitskills.yaml"
    assert "one" not in file.read_text()
    text = file.read_text().replace("- a\n", "- {name: skills/a, as: one}\n")
    file.write_text(text)
    done = run("add", str(library), "a", cwd=empty)
    assert done.code == 1 and "taken as one already" in done.err and file.read_text() == text
    assert run("add", str(library), "*", cwd=empty).out == "installed  b\n1 skill unchanged\n"


def test_add_of_what_is_not_there_changes_nothing(run: Run, empty: Path, library: Path) -> None:
    """A name the library lacks is an error that proposes a near one; no file is written."""
    done = run("add", "../library.git", "bb", cwd=empty)
    assert (done.code, done.out) == (1, "") and "did you mean b" in done.err
    assert not (empty / "gitskills.yaml").exists() and not (empty / ".agents").exists()


def test_add_dry_run_writes_nothing(run: Run, empty: Path, library: Path) -> None:
    """`add --dry-run` tells what would be installed and leaves the project as it is."""
    done = run("add", "../library.git", "--dry-run", cwd=empty)
    assert done.code == 0 and "would be" in done.out and " a" in done.out
    assert not (empty / "gitskills.yaml").exists() and not (empty / ".agents").exists()


@pytest.mark.parametrize("url", ["ext::sh -c id", "--upload-pack=id", "nowhere/at/all/x", ""])
def test_add_refuses_what_is_no_repository(run: Run, empty: Path, url: str) -> None:
    """A URL that could make git run something, or names nothing, is refused with a message and no traceback."""
    done = run("add", "--", url, cwd=empty)
    assert done.code == 1 and done.err.startswith("error: ") and "Traceback" not in done.err
    assert not (empty / "gitskills.yaml").exists()


def test_remove_takes_its_folder_its_link_and_its_line(run: Run, ada: Person) -> None:
    """`remove` uninstalls a skill everywhere, and a later pull does not bring it back."""
    done = ada.run("remove", "a")
    assert done.code == 0 and "removed" in done.out
    assert not (ada.skills / "a").exists() and not (ada.root / ".claude" / "skills" / "a").is_symlink()
    assert "a" not in ada.lock()
    assert "a" not in ada.pull() and not (ada.skills / "a").exists()


def test_remove_keeps_an_edited_skill_unless_forced(run: Run, ada: Person) -> None:
    """An edit is not thrown away unasked; forced, its content stays in the cache as a git tree."""
    ada.write("a", "mine\n")
    refused = ada.run("remove", "a")
    assert refused.code == 1 and "push a" in refused.out and ada.read("a") == "mine\n"
    assert ada.run("remove", "a", "--force").code == 0
    assert not (ada.skills / "a").exists()
    cache = ada.project.cache(ada.project.source("team")).git_dir
    assert git("show", "refs/gitskills/removed/a:SKILL.md", cwd=cache) == b"mine\n"


def test_remove_leaves_what_gitskills_did_not_place(run: Run, ada: Person) -> None:
    """A folder of the user's own is none of our business."""
    ada.write("own", "own\n")
    done = ada.run("remove", "own")
    assert done.code == 1 and "has not installed" in done.err and ada.read("own") == "own\n"


def test_remove_a_source(run: Run, ada: Person) -> None:
    """`remove --source` takes all its skills and the source itself."""
    assert ada.run("remove", "--source", "team").code == 0
    assert list(ada.skills.iterdir()) == [] and "team" not in ada.config.read_text()


def test_remove_by_author(run: Run, ada: Person) -> None:
    """`--author` selects by who created the skill in history."""
    assert ada.run("remove", "--author", "BEN@example.com").code == 0
    assert [path.name for path in ada.skills.iterdir()] == ["a"]


def test_list_and_its_json(run: Run, ada: Person) -> None:
    """`list` has the contract's keys, the description and the version installed."""
    rows = {row["name"]: row for row in ada.run("list", "--json").json()}
    assert set(rows) == {"a", "b"} and {"name", "description", "source", "version", "commit", "tree"} <= set(rows["a"])
    assert (rows["a"]["version"], rows["b"]["version"]) == (2, 1)
    assert rows["a"]["tree"] == ada.tree("a") and rows["a"]["description"]
    by_ben = ada.run("list", "--author", "ben@example.com", "--json").json()
    assert [row["name"] for row in by_ben] == ["b"]


def test_list_available_shows_what_is_not_installed(run: Run, tmp_path: Path, library: Path) -> None:
    """`list --available` has every skill of the sources."""
    ben = person(tmp_path, library, "ben", more="    skills: [b]\n")
    ben.pull()
    assert [row["name"] for row in ben.run("list", "--json").json()] == ["b"]
    assert [row["name"] for row in ben.run("list", "--available", "--json").json()] == ["a", "b"]


def test_list_in_a_library_itself(run: Run, tmp_path: Path, library: Path) -> None:
    """Where one stands in a repository of skills, that is the library looked at."""
    git("clone", "-q", library, tmp_path / "checkout")
    assert [row["name"] for row in run("list", "--json", cwd=tmp_path / "checkout").json()] == ["a", "b"]


def test_show_here_and_at_a_version(run: Run, ada: Person) -> None:
    """`show` prints the folder as it is here; with @v1 as the library had it then."""
    ada.write("a", skill("a", "edited here\n"))
    assert "edited here" in ada.run("show", "a").out
    old = ada.run("show", "a@v1", "--json").json()
    assert (old["version"], old["text"]) == (1, numbered("a"))
    assert ada.run("show", "a@v9").code == 1 and "v1 to v2" in ada.run("show", "a@v9").err


def test_diff_of_edits_and_of_upstream(run: Run, ada: Person, library: Path) -> None:
    """`diff` shows what was edited here; `--upstream` what the library changed since."""
    assert ada.run("diff").out == ""
    ada.edit("a", "more\n", "less\n")
    mine = ada.run("diff", "a").out
    assert "-more" in mine and "+less" in mine and "a/a/SKILL.md" in mine
    commit(library, {"skills/b/SKILL.md": numbered("b") + "theirs\n"})
    ada.status(fetch=True)
    [row] = ada.run("diff", "--upstream", "--json").json()
    assert row["skill"] == "b" and "+theirs" in row["diff"]


def test_revert_publishes_an_earlier_tree_and_pulls_it(run: Run, ada: Person, library: Path) -> None:
    """`revert` is one more commit with the old tree; the trail says so and the folder follows."""
    done = ada.run("revert", "a", "--json")
    assert done.code == 0 and done.json()[0]["action"] == "pushed"
    assert ada.read("a") == numbered("a")
    rows = ada.run("log", "a", "--json").json()
    assert [row["op"] for row in rows] == ["revert", "edit", "create"]
    assert rows[0]["tree"] == rows[2]["tree"] and rows[0]["version"] == 3
    assert git("rev-list", "--count", "main", cwd=library).strip() == b"4"


def test_revert_keeps_a_local_edit(run: Run, ada: Person) -> None:
    """An edit made here goes together with the version that comes back."""
    ada.edit("a", "line 1\n", "line one\n")
    assert ada.run("revert", "a", "--to", "v1").code == 0
    assert ada.read("a") == numbered("a").replace("line 1\n", "line one\n", 1)


def test_revert_to_what_it_is_or_never_was(run: Run, ada: Person, library: Path) -> None:
    """Reverting to the present version does nothing; an unknown version, or a skill with one, is an error."""
    before = git("rev-parse", "main", cwd=library)
    assert ada.run("revert", "a", "--to", "v2", "--json").json()[0]["action"] == "unchanged"
    assert ada.run("revert", "a", "--to", "v7").code == 1
    assert "only one version" in ada.run("revert", "b").err
    assert git("rev-parse", "main", cwd=library) == before


def test_status_check_and_json(run: Run, ada: Person) -> None:
    """`status --check` fails once something is edited; its JSON has the contract's keys."""
    assert ada.run("status", "--check").code == 0
    ada.write("a", "x\n")
    done = ada.run("status", "--check", "--json")
    assert done.code == 1
    rows = {row["skill"]: row for row in done.json()}
    assert set(rows["a"]) >= {"skill", "source", "status", "version", "commit", "tree", "path"}
    assert (rows["a"]["status"], rows["b"]["status"], rows["a"]["version"]) == ("ahead", "up-to-date", 2)


def test_pull_json_and_exit_codes(run: Run, ada: Person, library: Path) -> None:
    """`pull --json` has the contract's keys; a clash is exit 1, and nothing but JSON is on stdout."""
    ada.edit("a", "more\n", "mine\n")
    commit(library, {"skills/a/SKILL.md": numbered("a") + "theirs\n"})
    done = ada.run("pull", "--json")
    assert done.code == 1
    rows = {row["skill"]: row for row in done.json()}
    assert set(rows["a"]) >= {"skill", "source", "action", "from", "to", "commit", "message"}
    assert rows["a"]["action"] == "conflict" and "--ours" in rows["a"]["message"]


def test_push_json_of_each_action(run: Run, ada: Person) -> None:
    """`push --json` has the contract's keys, whether something was pushed or not."""
    assert json.loads(ada.run("push", "a", "--json").out)[0]["action"] == "unchanged"
    ada.edit("a", "more\n", "mine\n")
    [row] = ada.run("push", "--json").json()
    assert set(row) >= {"skill", "action", "commit", "branch", "url", "message"}
    assert (row["action"], row["branch"]) == ("pushed", "main")


def test_global_skills_live_in_the_home_folder(run: Run, home: Path, tmp_path: Path, library: Path) -> None:
    """`--global` uses the config folder's gitskills.yaml and `~/.agents/skills`; a project nearby is not touched."""
    (home / ".claude").mkdir()
    assert run("add", str(library), "a", "--global", cwd=tmp_path).code == 0
    assert (home / ".agents" / "skills" / "a" / "SKILL.md").is_file()
    assert (home / ".claude" / "skills" / "a").is_symlink()
    assert (home / "gitskills" / "config" / "gitskills.yaml").is_file()
    assert run("status", "--global", "--check", cwd=tmp_path).code == 0


def test_without_a_project_the_message_says_what_to_do(run: Run, tmp_path: Path) -> None:
    """Each verb that needs sources names `gitskills add` where there are none."""
    for verb in ("pull", "push", "list"):
        done = run(verb, cwd=tmp_path)
        assert done.code == 1 and "gitskills add" in done.err


def test_a_broken_configuration_is_told_with_its_place(run: Run, ada: Person) -> None:
    """What is wrong in gitskills.yaml or the lock is an error with the file's name, and exit 1."""
    ada.config.write_text("sources: [1]\n")
    assert "gitskills.yaml" in ada.run("status").err
    ada.config.write_text("sources: {team: {url: ../library.git}}\n")
    (ada.root / "gitskills.lock").write_text("{")
    done = ada.run("pull")
    assert done.code == 1 and "gitskills.lock" in done.err and "Traceback" not in done.err


@pytest.mark.skipif(os.name == "nt", reason="cmd.exe cannot close a stream")
@pytest.mark.parametrize("how", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_are_no_bug(ada: Person, how: str) -> None:
    """A stream that whoever started us has closed changes no exit code and makes no crash report."""
    for verb in ("list", "status --json", "log", "diff"):
        command = f"{sys.executable} -m gitskills {verb} {how}"
        environment = dict(os.environ, GITSKILLS_HOME=str(ada.store))
        assert subprocess.run(["sh", "-c", command], cwd=ada.root, env=environment, capture_output=True).returncode == 0
    assert not (ada.store / "state" / "crashes").exists()


def test_a_file_where_a_folder_is_wanted(tmp_path: Path, library: Path) -> None:
    """What the system says of a path comes with that path and what to do."""
    ada = person(tmp_path, library)
    (ada.root / ".agents").write_text("mine")
    done = ada.run("pull")
    assert done.code == 1 and ".agents" in done.err and "move away what stands there" in done.err, done
    assert (ada.root / ".agents").read_text() == "mine"


@pytest.mark.parametrize("verb", ["status", "list", "log", "diff"])
def test_outside_a_project_every_look_says_so(run: Run, tmp_path: Path, verb: str) -> None:
    """Where there is no gitskills.yaml each looking verb ends with 1 and says what to do, as JSON too."""
    (tmp_path / "nowhere").mkdir()
    for more in ([], ["--json"]):
        done = run(verb, *more, cwd=tmp_path / "nowhere")
        assert (done.code, done.out) == (1, "") and "gitskills add" in done.err


def test_nobody_created_a_skill(ada: Person) -> None:
    """`list --author` of somebody unknown says how to find who did create which."""
    done = ada.run("list", "--author", "nobody@example.com")
    assert done.code == 0 and "nobody@example.com" in done.err and "log --op create" in done.err


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the folder that one is in")
def test_a_folder_that_is_gone(ada: Person, tmp_path: Path) -> None:
    """Where the working directory was deleted, that is said, and what to do."""
    (tmp_path / "gone").mkdir()
    command = f"rmdir ../gone; exec {sys.executable} -m gitskills status"
    environment = dict(os.environ, GITSKILLS_HOME=str(ada.store))
    said = subprocess.run(["sh", "-c", command], cwd=tmp_path / "gone", env=environment, capture_output=True, text=True)
    assert said.returncode == 1 and "is gone" in said.stderr and "cd .." in said.stderr, said


def test_edits_of_a_skill_with_an_odd_name_are_kept(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """`remove --force` keeps edits under a ref, whatever the library calls its folder."""
    ada = person(tmp_path, skill_repo({"skills/x.lock/SKILL.md": numbered("x"), "skills/a..b/SKILL.md": numbered("b")}))
    ada.pull()
    for name in ("x.lock", "a..b"):
        ada.edit(name, "line 1\n", "mine\n")
        (removed,) = remove(ada.project, [name], None, force=True)
        assert removed.action == "removed" and "kept as" in removed.message
    (cache,) = ada.paths.repositories.glob("*.git")
    trees = git("for-each-ref", "--format=%(objectname)", "refs/gitskills/removed", cwd=cache).decode().split()
    assert [b"mine" in git("show", f"{tree}:SKILL.md", cwd=cache) for tree in trees] == [True, True]
