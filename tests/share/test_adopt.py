"""Taking over what other tools installed: the right commit is found, no byte of the user's is lost."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitskills.share import lockfile
from gitskills.share.adopt import Wish, adopt
from gitskills.share.outcome import Outcome, Report
from gitskills.share.project import load
from tests import foreigners
from tests.conftest import SkillRepo
from tests.people import Person, folder, person, remote_text, skill, untouched
from tests.repositories import Commit, git

TEXT = '---\n# kept by hand\nname: a\ndescription: "Use for a."   # quoted\n---\n\n# a\n' + "".join(
    f"\nline {number}\n" for number in range(12)
)
HISTORY = [
    Commit({"skills/a/SKILL.md": TEXT, "skills/a/run.sh": ("echo 1\n", 0o100755), "skills/b/SKILL.md": skill("b")}),
    Commit({"skills/a/SKILL.md": TEXT.replace("line 3\n", "line three\n")}),
    Commit({"skills/a/run.sh": ("echo 3\n", 0o100755)}),
    Commit({"skills/a/SKILL.md": TEXT.replace("line 3\n", "line three\n").replace("line 9\n", "line nine\n")}),
]


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library whose skill `a` has four versions."""
    return skill_repo(HISTORY)


def newcomer(tmp_path: Path, text: str = "agents: [claude-code, codex]\n") -> Person:
    """Somebody whose project has no source yet."""
    ada = person(tmp_path, "unused")
    ada.config.write_text(text)
    return ada


def take(someone: Person, *names: str, url: str | None = None, dry_run: bool = False) -> dict[str, Outcome]:
    """Adopt, and return the outcome of each skill."""
    return {one.skill: one for one in report(someone, *names, url=url, dry_run=dry_run).outcomes}


def report(someone: Person, *names: str, url: str | None = None, dry_run: bool = False) -> Report:
    return adopt(someone.project, Wish(names, url), someone.root, dry_run=dry_run)


def rev(library: Path, name: str) -> str:
    return git("rev-parse", name, cwd=library).decode().strip()


def test_the_commit_with_the_very_bytes_becomes_base(library: Path, tmp_path: Path) -> None:
    """A folder of `npx skills` is found in history by its bytes; the next pull brings it up to date by its link."""
    ada = newcomer(tmp_path)
    foreigners.npx(ada.root, library, "skills/a", "main~2")
    lock = (ada.root / "skills-lock.json").read_bytes()
    before = folder(ada.skills)
    done = take(ada)["a"]
    assert (done.action, done.commit, done.left.problems) == ("installed", rev(library, "main~2"), ())
    assert "npx skills" in done.message and "delete its entry from skills-lock.json" in done.message
    assert done.before == done.after == rev(library, "main~2:skills/a")
    assert folder(ada.skills) == before and (ada.root / "skills-lock.json").read_bytes() == lock
    install = ada.lock()["a"]
    assert (install.commit, install.path, install.tree) == (rev(library, "main~2"), "skills/a", done.after)
    assert ada.status() == {"a": "behind"}
    assert ada.pull()["a"].action == "updated"
    assert ada.tree("a") == rev(library, "main:skills/a") and ada.status() == {"a": "up-to-date"}
    assert os.readlink(ada.root / ".claude" / "skills" / "a") == os.path.join("..", "..", ".agents", "skills", "a")


def test_the_tip_is_recorded_as_pull_would(library: Path, tmp_path: Path) -> None:
    """A folder equal to upstream is up to date, and the lock says of it what `pull` would have said."""
    ada = newcomer(tmp_path)
    foreigners.npx(ada.root, library, "skills/b")
    take(ada)
    bob = person(tmp_path, library.as_uri(), "bob", more="    skills: [b]\n")
    bob.pull()
    (mine,), (theirs,) = ada.lock().values(), bob.lock().values()
    assert (mine.commit, mine.path, mine.tree, mine.url) == (theirs.commit, theirs.path, theirs.tree, theirs.url)
    assert ada.status() == {"b": "up-to-date"} and ada.pull()["b"].action == "unchanged"


@pytest.mark.parametrize("install", [foreigners.npx, foreigners.apm, foreigners.openskills])
def test_edits_stay_and_merge(install: Callable[[Path, Path, str, str], object], library: Path, tmp_path: Path) -> None:
    """An edited folder keeps its bytes; its base is the version it was taken from, so only the edit is merged."""
    ada = newcomer(tmp_path)
    install(ada.root, library, "skills/a", "main~2")
    ada.edit("a", "line 6\n", "line six\n")
    before = folder(ada.skills)
    done = take(ada)["a"]
    assert (done.action, done.commit) == ("kept", rev(library, "main~2"))
    assert "edited here" in done.message and "gitskills push a" in done.message
    assert folder(ada.skills) == before
    assert ada.status() == {"a": "diverged"}
    assert ada.pull()["a"].action == "merged"
    text = ada.read("a")
    assert all(line in text for line in ("line three", "line six", "line nine"))
    assert ada.read("a", "run.sh") == "echo 3\n"
    pushed = ada.push()["a"]
    assert pushed.action == "pushed" and "line six" in remote_text(library, "skills/a/SKILL.md")


def test_gh_skill_is_undone_where_it_changed_no_meaning(library: Path, tmp_path: Path) -> None:
    """The frontmatter `gh skill` wrote anew is the library's again; the folder moves to its place, linked from where
    it was."""
    ada = newcomer(tmp_path)
    old = foreigners.gh(ada.root, library, "skills/a", "main~1")
    assert "github-tree-sha" in (old / "SKILL.md").read_text() and "by hand" not in (old / "SKILL.md").read_text()
    (old / ".venv").mkdir()
    (old / ".venv" / "x").write_text("by-product")
    done = take(ada)["a"]
    assert (done.action, done.commit, done.left.problems) == ("updated", rev(library, "main~1"), ())
    assert "gh skill" in done.message and "update" not in done.message
    assert ada.tree("a") == rev(library, "main~1:skills/a") and ada.status() == {"a": "behind"}
    assert old.is_symlink() and old.resolve() == (ada.skills / "a").resolve()
    assert (ada.skills / "a" / ".venv" / "x").read_text() == "by-product"
    assert ada.stages == []


def test_gh_skill_with_edits_elsewhere(library: Path, tmp_path: Path) -> None:
    """Another edited file stays as it is while the frontmatter is put back; an edited SKILL.md stays byte for byte,
    and a push takes the keys out."""
    ada = newcomer(tmp_path)
    for place in (".agents/skills", ".claude/skills"):
        (foreigners.gh(ada.root, library, "skills/a", into=place) / "run.sh").write_text("echo mine\n")
    done = take(ada)["a"]
    assert done.action == "kept" and not done.left.problems
    assert ada.read("a") == remote_text(library, "skills/a/SKILL.md") and ada.read("a", "run.sh") == "echo mine\n"
    assert (ada.root / ".claude" / "skills" / "a").is_symlink()
    foreigners.gh(ada.root, library, "skills/b", into=".agents/skills")
    ada.edit("b", "# b", "# B")
    text = ada.read("b")
    done = take(ada)["b"]
    assert done.action == "kept" and "metadata" in done.message
    assert ada.read("b") == text and ada.status()["b"] == "ahead"
    assert ada.push("b")["b"].action == "pushed"
    assert "github" not in remote_text(library, "skills/b/SKILL.md") and "# B" in ada.read("b")


def test_a_recorded_commit_wins_over_what_is_nearer(library: Path, tmp_path: Path) -> None:
    """Where a lock names the commit, that is the base, even when the edited bytes resemble another version more."""
    ada = newcomer(tmp_path)
    foreigners.apm(ada.root, library, "skills/a", "main~3")
    ada.edit("a", "line 3\n", "line three\n")
    ada.write("a", "echo 3\n# and mine\n", "run.sh")
    done = take(ada)["a"]
    assert (done.action, done.commit) == ("kept", rev(library, "main~3"))


def test_a_recorded_hash_finds_what_was_installed(library: Path, tmp_path: Path) -> None:
    """`npx skills` records no commit, but its hash tells which version it installed, however the folder was edited."""
    ada = newcomer(tmp_path)
    foreigners.npx(ada.root, library, "skills/a", "main~3")
    ada.write("a", remote_text(library, "skills/a/SKILL.md").replace("line 0\n", "line zero\n"))
    done = take(ada)["a"]
    assert (done.action, done.commit) == ("kept", rev(library, "main~3"))


def test_the_nearest_version_where_nothing_is_recorded(library: Path, tmp_path: Path) -> None:
    """Without a record the base is the version with most files equal, then most lines: later work of others must not
    look like an edit that takes it back."""
    ada = person(tmp_path, library, more="    skills: [c]\n")
    foreigners.check_out(library, "skills/a", ada.skills / "a", "main~2")
    ada.edit("a", "line 6\n", "line six\n")
    done = take(ada, "a")["a"]
    assert (done.action, done.commit) == ("kept", rev(library, "main~2"))
    foreigners.check_out(library, "skills/b", ada.skills / "b")
    assert take(ada, "b")["b"].action == "installed"
    assert ada.config.read_text().count("url:") == 1


def test_comments_stay_and_a_source_is_used_again(library: Path, tmp_path: Path) -> None:
    """An existing source of the same repository gets the names; comments and other sources keep their bytes."""
    ada = newcomer(
        tmp_path,
        "# our skills\nagents: [claude-code]\nsources:\n"
        f"  team:  # the team's\n    url: {library}\n    skills:\n      - b  # for everyone\n",
    )
    before = ada.config.read_text()
    foreigners.npx(ada.root, library, "skills/a")
    take(ada)
    assert ada.config.read_text() == before + "      - a\n"
    assert {row.action for row in ada.pull().values()} == {"installed", "unchanged"}


def test_a_new_source_takes_only_these(library: Path, tmp_path: Path, skill_repo: SkillRepo) -> None:
    """A repository that is no source yet becomes one with just the adopted names; a source `*` is left as it is."""
    other = skill_repo({"x/c/SKILL.md": skill("c"), "x/d/SKILL.md": skill("d")}, name="other.git")
    ada = person(tmp_path, library)
    foreigners.npx(ada.root, library, "skills/a")
    foreigners.npx(ada.root, other, "x/c")
    before = ada.config.read_text()
    done = take(ada)
    assert {name: (one.action, one.source) for name, one in done.items()} == {
        "a": ("installed", "team"),
        "c": ("installed", "other"),
    }
    config = ada.project.config
    assert ada.config.read_text().startswith(before) and [one.name for one in config.sources["other"].patterns] == ["c"]
    assert set(ada.pull()) == {"a", "b", "c"}


def test_a_pinned_ref_stays_pinned(library: Path, tmp_path: Path) -> None:
    """What the other tool was told to stay at is the source's ref; the default branch needs none."""
    git("tag", "v1", "main~2", cwd=library)
    ada = newcomer(tmp_path)
    foreigners.npx(ada.root, library, "skills/a", "v1", ref="v1")
    take(ada)
    (source,) = ada.project.config.sources.values()
    assert source.ref == "v1" and ada.status() == {"a": "up-to-date"} and ada.pull()["a"].action == "unchanged"
    bob = newcomer(tmp_path / "bob")
    foreigners.npx(bob.root, library, "skills/a", ref="main")
    take(bob)
    assert [one.ref for one in bob.project.config.sources.values()] == [None]


def test_from_names_the_repository(library: Path, tmp_path: Path) -> None:
    """A folder without any record is adopted from the repository named; with no name, all that history knows."""
    ada = newcomer(tmp_path)
    foreigners.check_out(library, "skills/a", ada.skills / "a", "main~3")
    foreigners.check_out(library, "skills/b", ada.skills / "b")
    ada.write("own", skill("own"))
    ada.edit("b", "# b", "# B")
    refused = take(ada, "a")["a"]
    assert refused.action == "refused" and "--from URL" in refused.message
    assert take(ada) == {}
    done = take(ada, url=str(library))
    assert {name: one.action for name, one in done.items()} == {"a": "installed"}, "an edited stranger must be named"
    assert take(ada, "b", url=str(library))["b"].action == "kept"
    own = take(ada, "own", url=str(library))["own"]
    assert own.action == "refused" and ada.status()["own"] == "untracked"


def test_a_name_of_another_folder(skill_repo: SkillRepo, tmp_path: Path) -> None:
    """A skill installed under the name in its SKILL.md, in a folder called otherwise, keeps its name by `as:`."""
    library = skill_repo({"skills/a-folder/SKILL.md": skill("a"), "skills/b/SKILL.md": skill("b")})
    ada = newcomer(tmp_path)
    folder = foreigners.npx(ada.root, library, "skills/a-folder", link="")
    folder.rename(ada.skills / "a")
    lock = json.loads((ada.root / "skills-lock.json").read_text())
    lock["skills"] = {"a": lock["skills"]["a-folder"]}
    (ada.root / "skills-lock.json").write_text(json.dumps(lock))
    assert take(ada)["a"].action == "installed"
    (source,) = ada.project.config.sources.values()
    assert [(one.name, one.alias) for one in source.patterns] == [("a-folder", "a")]
    assert ada.pull()["a"].action == "unchanged"
    bob = newcomer(tmp_path / "bob")
    foreigners.check_out(library, "skills/a-folder", bob.skills / "a")
    assert take(bob, "a", url=str(library))["a"].action == "installed"


def test_a_skill_renamed_since(library: Path, tmp_path: Path) -> None:
    """A skill that the library renamed meanwhile is adopted at its old commit and followed to its new place."""
    ada = newcomer(tmp_path)
    foreigners.npx(ada.root, library, "skills/a", "main~1")
    clone = tmp_path / "clone"
    git("clone", "-q", library, clone)
    git("mv", "skills/a", "skills/z", cwd=clone)
    git("commit", "-qm", "rename", cwd=clone)
    git("push", "-q", "origin", "HEAD:main", cwd=clone)
    done = take(ada)["a"]
    assert (done.action, done.commit) == ("installed", rev(library, "main~2"))
    assert ada.pull()["a"].action == "updated" and ada.status() == {"a": "up-to-date"}
    assert ada.lock()["a"].path == "skills/z"


def test_a_skill_gone_since_stays_as_it_is(library: Path, tmp_path: Path) -> None:
    """What the library no longer has cannot be followed: refused, and nothing changes."""
    ada = newcomer(tmp_path)
    foreigners.npx(ada.root, library, "skills/b")
    clone = tmp_path / "clone"
    git("clone", "-q", library, clone)
    git("rm", "-rq", "skills/b", cwd=clone)
    git("commit", "-qm", "remove", cwd=clone)
    git("push", "-q", "origin", "HEAD:main", cwd=clone)
    with untouched(ada.root):
        done = take(ada)["b"]
    assert done.action == "refused" and "no longer has it" in done.message


def test_refusals_change_nothing(library: Path, tmp_path: Path, skill_repo: SkillRepo) -> None:
    """No folder, a link in its place, an unreachable or unsafe URL, a clash of two sources: said, and nothing done."""
    other = skill_repo({"skills/b/SKILL.md": skill("b", "other")}, name="other.git")
    ada = person(tmp_path, library)
    foreigners.npx(ada.root, other, "skills/b")
    for name, url in (("gone", str(tmp_path / "no.git")), ("unsafe", "ext::sh -c true"), ("local", "")):
        foreigners.npx(ada.root, library, "skills/a", link="").rename(ada.skills / name)
        lock = json.loads((ada.root / "skills-lock.json").read_text())
        entry = lock["skills"].pop("a") | {"source": url or "../x", "sourceType": "git" if url else "local"}
        lock["skills"][name] = entry
        (ada.root / "skills-lock.json").write_text(json.dumps(lock))
    (ada.skills / "link").symlink_to(ada.skills / "gone")
    with untouched(ada.root):
        done = take(ada, "none", "link", "b", "gone", "unsafe", "..", "a/b")
    assert {one.action for one in done.values()} == {"refused"} and len(done) == 7
    assert "no folder" in done["none"].message and "two sources" in done["b"].message
    assert "helper" in done["unsafe"].message
    local = take(ada, "local")["local"]
    assert local.action in ("refused", "installed")


def test_a_broken_record_is_said(library: Path, tmp_path: Path) -> None:
    """With an unreadable record a named folder is refused unless the repository is named."""
    ada = person(tmp_path, library, more="    skills: [b]\n")
    foreigners.npx(ada.root, library, "skills/a")
    (ada.root / "skills-lock.json").write_text('{"version": 9, "skills": {}}')
    done = report(ada, "a")
    assert done.outcomes[0].action == "refused" and "version 9" in done.outcomes[0].message
    assert "version 9" in done.warnings[0].message
    assert take(ada, "a", url=str(library))["a"].action == "installed"


def test_copies_that_differ(library: Path, tmp_path: Path) -> None:
    """Two agents' own folders that differ are refused; beside the folder in place a different one is left and told."""
    ada = newcomer(tmp_path, "agents: [claude-code, windsurf]\n")
    foreigners.apm(ada.root, library, "skills/a", into=(".claude/skills", ".windsurf/skills"))
    mine = ada.root / ".windsurf" / "skills" / "a" / "SKILL.md"
    mine.write_text(mine.read_text().replace("line 1\n", "line one\n"))
    with untouched(ada.root):
        done = take(ada)["a"]
    assert done.action == "refused" and "differ" in done.message
    foreigners.check_out(library, "skills/a", ada.skills / "a")
    done = take(ada, "a", url=str(library))["a"]
    assert done.action == "installed" and "windsurf" in done.left.problems[0] and len(done.left.problems) == 1
    assert "line one" in mine.read_text() and (ada.root / ".claude" / "skills" / "a").is_symlink()


def test_dry_run_writes_nothing_and_says_the_same(library: Path, tmp_path: Path) -> None:
    """A dry run reports what adopting then does."""
    ada = newcomer(tmp_path)
    foreigners.gh(ada.root, library, "skills/a", "main~1")
    foreigners.npx(ada.root, library, "skills/b")
    with untouched(ada.root):
        said = take(ada, dry_run=True)
    assert said == take(ada)


def test_adopting_again_changes_nothing(library: Path, tmp_path: Path) -> None:
    """What is ours already is left alone, named or not."""
    ada = newcomer(tmp_path)
    foreigners.npx(ada.root, library, "skills/a")
    take(ada)
    with untouched(ada.root):
        assert take(ada) == {}
        assert take(ada, "a")["a"].action == "unchanged"


def test_the_users_own_skills(library: Path, tmp_path: Path, home: Path) -> None:
    """With --global the tree that .skill-lock.json records finds the commit."""
    ada = newcomer(tmp_path)
    foreigners.check_out(library, "skills/a", home / ".agents" / "skills" / "a", "main~3")
    (home / ".agents" / "skills" / "a" / "SKILL.md").write_text(TEXT.replace("line 1\n", "line one\n"))
    entry = {
        "source": library.as_uri(),
        "sourceType": "git",
        "sourceUrl": library.as_uri(),
        "skillPath": "skills/a/SKILL.md",
        "skillFolderHash": rev(library, "main~3:skills/a"),
    }
    (home / ".agents" / ".skill-lock.json").write_text(json.dumps({"version": 3, "skills": {"a": entry}}))
    project = load(ada.paths, tmp_path, glob=True)
    (done,) = adopt(project, Wish(), tmp_path).outcomes
    assert (done.skill, done.action, done.commit) == ("a", "kept", rev(library, "main~3"))
    assert lockfile.read(project.lock_path)["a"].tree == rev(library, "main~3:skills/a")


def test_a_real_library(bundles: Callable[[str], Path], tmp_path: Path) -> None:
    """Every skill of a real library, as three tools installed it at an older commit, is found at its own version."""
    library = bundles("superpowers")
    chain = git("rev-list", "--first-parent", "main", cwd=library).decode().split()
    old = chain[len(chain) // 2]
    listed = git("ls-tree", "-r", "--name-only", old, cwd=library).decode().splitlines()
    paths = [path.rpartition("/")[0] for path in listed if path.startswith("skills/") and path.endswith("/SKILL.md")]
    now = git("ls-tree", "-r", "--name-only", "main", cwd=library).decode().splitlines()
    ada = newcomer(tmp_path)
    installed = {}
    for number, path in enumerate(path for path in paths if f"{path}/SKILL.md" in now):
        (foreigners.npx, foreigners.openskills, foreigners.gh)[number % 3](ada.root, library, path, old)
        installed[path.rpartition("/")[2]] = rev(library, f"{old}:{path}")
    done = take(ada)
    assert len(installed) > 5 and done.keys() == installed.keys()
    assert {name: one.tree for name, one in ada.lock().items()} == installed
    assert {one.action for one in done.values()} <= {"installed", "updated"}, done
    assert {one.action for one in ada.pull().values()} <= {"updated", "unchanged"}
    assert set(ada.status().values()) == {"up-to-date"}
