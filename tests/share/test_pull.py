"""`pull`: the team's skills arrive, follow upstream, and go together with what was edited here."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.share.add import source_name
from gitskills.share.trail.authors import installed_by
from gitskills.skills.file import EXECUTABLE, LINK
from tests.conftest import SkillRepo
from tests.people import Person, commit, folder, numbered, person, skill, untouched
from tests.processes import gitskills
from tests.repositories import Files, git

TWO: Files = {"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")}


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of two skills, `a` and `b`."""
    return skill_repo(TWO)


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Ada, who has pulled the library for two agents."""
    someone = person(tmp_path, library)
    someone.pull()
    return someone


def head(library: Path) -> str:
    return git("rev-parse", "main", cwd=library).decode().strip()


def test_a_first_pull_installs_for_every_agent(tmp_path: Path, library: Path) -> None:
    """The real folder holds upstream's bytes, the agent that reads elsewhere gets a relative link, the lock says it."""
    ada = person(tmp_path, library)
    done = ada.pull()
    assert {name: one.action for name, one in done.items()} == {"a": "installed", "b": "installed"}
    assert folder(ada.skills / "a") == {"SKILL.md": numbered("a").encode()}
    link = ada.root / ".claude" / "skills" / "a"
    assert os.readlink(link) == os.path.join("..", "..", ".agents", "skills", "a")
    assert (link / "SKILL.md").read_text() == numbered("a")
    install = ada.lock()["a"]
    assert (install.source, install.url, install.ref, install.path) == ("team", str(library), None, "skills/a")
    assert (install.commit, install.tree) == (head(library), ada.tree("a"))
    assert not ada.stages and set(ada.status().values()) == {"up-to-date"}


def test_a_pull_with_nothing_new_writes_nothing(ada: Person, library: Path) -> None:
    """A second pull changes no file of the project, not even when upstream's tip moved for other reasons."""
    with untouched(ada.root):
        assert {one.action for one in ada.pull().values()} == {"unchanged"}
        commit(library, {"README.md": "news"})
        assert {one.action for one in ada.pull().values()} == {"unchanged"}


def test_an_untouched_skill_follows_upstream(ada: Person, library: Path) -> None:
    """A new version replaces the old one whole: files that came are there, files that went are gone."""
    commit(library, {"skills/a/SKILL.md": skill("a", "new\n"), "skills/a/more/x.py": "x = 1\n"})
    done = ada.pull()
    assert (done["a"].action, done["b"].action) == ("updated", "unchanged")
    assert folder(ada.skills / "a").keys() == {"SKILL.md", "more", "more/x.py"}
    commit(library, {"skills/a/more/x.py": None})
    ada.pull()
    assert folder(ada.skills / "a").keys() == {"SKILL.md"}
    assert ada.lock()["a"].commit == head(library)


def test_edits_of_both_sides_are_merged(ada: Person, library: Path) -> None:
    """Different lines edited here and upstream end up together on disk; the lock names upstream's version."""
    ada.edit("a", "line 1\n", "line one\n")
    commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 9\n", "line nine\n"), "skills/a/x": "x"})
    done = ada.pull()["a"]
    assert done.action == "merged"
    assert ada.read("a") == numbered("a").replace("line 1\n", "line one\n").replace("line 9\n", "line nine\n")
    assert ada.read("a", "x") == "x"
    assert ada.lock()["a"].tree != ada.tree("a") == done.after
    assert ada.status()["a"] == "ahead"


def test_a_clash_leaves_the_folder_as_it_is(ada: Person, library: Path) -> None:
    """The same line edited on both sides: nothing on disk changes, the message says what to run, the exit code is 1."""
    ada.edit("a", "line 1\n", "mine\n")
    commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 1\n", "theirs\n"), "skills/b/x": "x"})
    before = folder(ada.skills / "a")
    done = ada.run("pull", "--json")
    rows = {row["skill"]: row for row in done.json()}
    assert done.code == 1 and rows["a"]["action"] == "conflict" and rows["b"]["action"] == "updated"
    for wanted in ("SKILL.md", "--ours", "--theirs", "push"):
        assert wanted in rows["a"]["message"]
    assert folder(ada.skills / "a") == before
    assert rows["a"].keys() >= {"skill", "source", "action", "from", "to", "commit", "message"}
    assert ada.pull()["a"].action == "conflict", "it stays one until somebody settles it"


def test_a_clash_can_be_looked_at(ada: Person, library: Path) -> None:
    """The conflicted text, with git's markers, is kept under the contract's ref, outside the live folder."""
    ada.edit("a", "line 1\n", "mine\n")
    commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 1\n", "theirs\n")})
    ada.pull()
    cache = ada.project.cache(ada.project.source("team")).git_dir
    shown = git("show", "refs/gitskills/conflicts/a:SKILL.md", cwd=cache).decode()
    assert "<<<<<<<" in shown and "mine" in shown and "theirs" in shown and "line 1\n" in shown


@pytest.mark.parametrize(("favor", "wins", "status"), [("ours", "mine", "ahead"), ("theirs", "theirs", "up-to-date")])
def test_a_clash_is_settled_for_one_side(ada: Person, library: Path, favor: str, wins: str, status: str) -> None:
    """`--ours` keeps the edit and `--theirs` takes upstream's, each only where they clash; afterwards it is settled."""
    ada.edit("a", "line 1\n", "mine\n")
    theirs = numbered("a").replace("line 1\n", "theirs\n").replace("line 9\n", "line nine\n")
    commit(library, {"skills/a/SKILL.md": theirs})
    assert ada.pull()["a"].action == "conflict"
    done = ada.pull("a", favor=favor)["a"]
    assert done.action == "merged" and ("your lines" if favor == "ours" else "upstream's lines") in done.message
    assert ada.read("a") == theirs.replace("theirs\n", f"{wins}\n")
    assert ada.status()["a"] == status
    assert ada.pull()["a"].action in ("kept", "unchanged")


def test_naming_a_skill_touches_no_other(ada: Person, library: Path) -> None:
    """`pull a` updates a alone; the lock's other entries stay as they were."""
    commit(library, {"skills/a/x": "x", "skills/b/x": "x"})
    before = ada.lock()["b"]
    assert ada.pull("a").keys() == {"a"}
    assert (ada.skills / "a" / "x").exists() and not (ada.skills / "b" / "x").exists()
    assert ada.lock()["b"] == before
    with pytest.raises(GitskillsError, match="nope"):
        ada.pull("nope")


def test_a_deleted_folder_is_put_back(ada: Person) -> None:
    """A skill whose folder was deleted by hand is installed again and said to be; the link of the agent still works."""
    (ada.skills / "a" / "SKILL.md").unlink()
    (ada.skills / "a").rmdir()
    done = ada.pull()["a"]
    assert done.action == "installed" and "put back" in done.message
    assert (ada.root / ".claude/skills/a/SKILL.md").read_text() == numbered("a")


def test_a_deleted_link_is_put_back(ada: Person) -> None:
    """An agent's link that was deleted comes back with the next pull."""
    (ada.root / ".claude/skills/a").unlink()
    ada.pull()
    assert (ada.root / ".claude/skills/a/SKILL.md").read_text() == numbered("a")


def test_an_upstream_deletion_is_followed(ada: Person, library: Path) -> None:
    """A skill deleted upstream and untouched here goes, with its links and its line in the lock."""
    commit(library, {"skills/a/SKILL.md": None})
    assert ada.pull()["a"].action == "removed"
    assert not (ada.skills / "a").exists() and not os.path.lexists(ada.root / ".claude/skills/a")
    assert ada.lock().keys() == {"b"} and "a" not in ada.status()
    with untouched(ada.root):
        assert ada.pull().keys() == {"b"}


def test_an_upstream_deletion_is_followed_in_the_list_of_names(tmp_path: Path, library: Path) -> None:
    """Named skills that the library deletes leave gitskills.yaml too; of their folders the edited one stays."""
    ada = person(tmp_path, library, more="    skills:\n      - a  # ships\n      - {name: b, as: bb}\n      - c\n")
    commit(library, {"skills/c/SKILL.md": numbered("c")})
    ada.pull()
    ada.edit("a", "line 1\n", "mine\n")
    commit(library, {f"skills/{name}/SKILL.md": None for name in "ab"})
    assert ada.pull("c")["c"].action == "unchanged" and "- a" in ada.config.read_text(), "only what is named"
    done = {name: one.action for name, one in ada.pull(dry_run=True).items()}
    assert done == {"a": "kept", "bb": "removed", "c": "unchanged"} and "- a" in ada.config.read_text()
    assert {name: one.action for name, one in ada.pull().items()} == done
    assert ada.read("a").count("mine") == 1 and not (ada.skills / "bb").exists()
    assert [one.name for one in ada.project.config.sources["team"].patterns] == ["c"]
    assert ada.pull().keys() == {"a", "c"}


def test_a_ref_without_the_skill_is_no_deletion(tmp_path: Path, library: Path) -> None:
    """Where the source is pointed elsewhere a name that gives nothing is an error, and what is installed stays."""
    ada = person(tmp_path, library, more="    skills: [a, b]\n")
    ada.pull()
    git("branch", "old", cwd=library)
    commit(library, {"skills/a/SKILL.md": None}, ref="old")
    ada.config.write_text(ada.config.read_text().replace("skills: [a, b]", "ref: old\n    skills: [a, b]"))
    assert ada.pull()["a"].action == "refused"
    assert (ada.skills / "a").is_dir() and ada.lock().keys() == {"a", "b"}


def test_an_edited_skill_survives_its_upstream_deletion(ada: Person, library: Path) -> None:
    """A skill deleted upstream but edited here is kept and reported each time, until it is published or removed."""
    ada.edit("a", "line 1\n", "mine\n")
    commit(library, {"skills/a/SKILL.md": None})
    before = folder(ada.skills / "a")
    for _ in range(2):
        done = ada.pull()["a"]
        assert done.action == "kept" and "push" in done.message
        assert folder(ada.skills / "a") == before
        assert (ada.root / ".claude/skills/a/SKILL.md").exists()


def test_a_skill_no_longer_asked_for_goes(ada: Person) -> None:
    """Narrowing the patterns in gitskills.yaml removes untouched skills and keeps edited ones."""
    ada.edit("b", "line 1\n", "mine\n")
    ada.config.write_text(ada.config.read_text() + "    skills: [nothing-*]\n")
    done = ada.pull()
    assert (done["a"].action, done["b"].action) == ("removed", "kept")
    assert not (ada.skills / "a").exists() and "mine" in ada.read("b")


@pytest.mark.parametrize("ref", ["release", "v1", "refs/tags/v1", "commit"])
def test_a_source_may_name_any_ref(tmp_path: Path, library: Path, ref: str) -> None:
    """Branch, annotated tag, full ref and commit id are each installed exactly, and do not follow main."""
    wanted = head(library)
    git("branch", "release", wanted, cwd=library)
    git("tag", "-a", "-m", "one", "v1", wanted, cwd=library)
    commit(library, {"skills/a/SKILL.md": skill("a", "later\n")})
    ada = person(tmp_path, library, more=f"    ref: {wanted if ref == 'commit' else ref}\n")
    assert {one.commit for one in ada.pull().values()} == {wanted}
    assert ada.read("a") == numbered("a")
    assert {one.action for one in ada.pull().values()} == {"unchanged"}


def test_a_short_commit_that_only_a_tag_holds(tmp_path: Path, library: Path) -> None:
    """A commit on no branch is found by the tag that holds it, seven digits being enough."""
    wanted = commit(library, {"skills/a/SKILL.md": skill("a", "aside\n")}, ref="aside")
    git("tag", "kept", wanted, cwd=library)
    git("branch", "-D", "aside", cwd=library)
    ada = person(tmp_path, library, more=f"    ref: '{wanted[:7]}'\n")
    ada.pull()
    assert ada.read("a").endswith("aside\n")


def test_an_unknown_ref_is_an_error_that_helps(tmp_path: Path, library: Path) -> None:
    """A ref that is not there names the nearest ones and writes nothing."""
    ada = person(tmp_path, library, more="    ref: mian\n")
    with untouched(ada.root), pytest.raises(GitskillsError, match="mian") as error:
        ada.pull()
    assert "main" in error.value.hint


@pytest.mark.parametrize("branch", ["main", "trunk"])
def test_a_moved_or_forced_branch_is_followed(ada: Person, library: Path, branch: str) -> None:
    """History rewritten upstream, and a default branch of another name, are followed; local edits are merged still."""
    ada.edit("b", "line 1\n", "mine\n")
    git("update-ref", "-d", "refs/heads/main", cwd=library)
    files = {"skills/a/SKILL.md": skill("a", "rewritten\n"), "skills/b/SKILL.md": numbered("b", 14)}
    commit(library, files, ref=branch)
    git("symbolic-ref", "HEAD", f"refs/heads/{branch}", cwd=library)
    git("reflog", "expire", "--expire=now", "--all", cwd=library)
    git("gc", "-q", "--prune=now", cwd=library)
    done = ada.pull()
    assert (done["a"].action, done["b"].action) == ("updated", "merged")
    assert ada.read("a") == skill("a", "rewritten\n")
    assert ada.read("b") == numbered("b", 14).replace("line 1\n", "mine\n")


def test_executable_bits_links_and_bytes_arrive(tmp_path: Path, skill_repo: SkillRepo, home: Path) -> None:
    """Modes and links are upstream's, and bytes too: CRLF stays CRLF and LF stays LF whatever core.autocrlf says."""
    git("config", "--global", "core.autocrlf", "true")
    git("config", "--global", "core.eol", "crlf")
    content: Files = {
        "skills/a/SKILL.md": skill("a"),
        "skills/a/run.sh": ("#!/bin/sh\n", EXECUTABLE),
        "skills/a/crlf.txt": "one\r\ntwo\r\n",
        "skills/a/.gitattributes": "* text eol=crlf\n",
        "skills/a/latest": ("run.sh", LINK),
        "skills/a/b.bin": bytes(range(256)),
    }
    library = skill_repo(content)
    ada = person(tmp_path, library)
    ada.pull()
    for path, text in content.items():
        data = text[0] if isinstance(text, tuple) else text
        target = ada.skills / path.removeprefix("skills/")
        if path.endswith("latest"):
            assert os.readlink(target) == "run.sh"
        else:
            assert target.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert os.access(ada.skills / "a/run.sh", os.X_OK) and not os.access(ada.skills / "a/crlf.txt", os.X_OK)
    assert set(ada.status().values()) == {"up-to-date"}
    ada.write("a", "one\r\nTWO\r\n", "crlf.txt")
    ada.push()
    assert git("show", "main:skills/a/crlf.txt", cwd=library) == b"one\r\nTWO\r\n"


def test_many_skills_at_once_arrive_whole(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """A first pull of many skills, links and odd attributes among them, brings each byte; the next is quiet."""
    content: dict[str, str | tuple[str, int]] = {f"skills/s{n}/SKILL.md": numbered(f"s{n}") for n in range(30)}
    content |= {f"skills/s{n}/bin/run": ("#!/bin/sh\r\n", EXECUTABLE) for n in range(30)}
    content |= {"skills/s3/.gitattributes": "* text eol=crlf ident\n", "skills/s3/a.txt": "$Id$\none\n"}
    content |= {"skills/s4/link": ("SKILL.md", LINK)}
    ada = person(tmp_path, skill_repo(content))
    done = ada.pull()
    assert {one.action for one in done.values()} == {"installed"} and len(done) == 30
    assert (ada.skills / "s3/a.txt").read_bytes() == b"$Id$\none\n"
    assert (ada.skills / "s29/bin/run").read_bytes() == b"#!/bin/sh\r\n"
    assert set(ada.status().values()) == {"up-to-date"}
    assert {one.action for one in ada.pull().values()} == {"unchanged"}
    assert not (ada.skills.parent / ".gitskills-stage").exists()


@pytest.mark.skipif(os.name == "nt", reason="on Windows each file is written by us")
def test_what_git_cannot_write_at_once_is_written_one_by_one(
    tmp_path: Path, skill_repo: SkillRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where git gives up half-way through many skills, all of them arrive all the same."""
    real, fake = shutil.which("git"), tmp_path / "bin" / "git"
    fake.parent.mkdir()
    half = 'mkdir -p "$GIT_WORK_TREE/s3" && echo half > "$GIT_WORK_TREE/s3/SKILL.md"; exit 128'
    fake.write_text(f'#!/bin/sh\nfor one; do [ "$one" = checkout-index ] && {{ {half}; }}; done\nexec {real} "$@"\n')
    fake.chmod(0o755)
    ada = person(tmp_path, skill_repo({f"skills/s{n}/SKILL.md": numbered(f"s{n}") for n in range(30)}))
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    assert {one.action for one in ada.pull().values()} == {"installed"}
    assert ada.read("s3") == numbered("s3") and set(ada.status().values()) == {"up-to-date"}
    assert not (ada.skills.parent / ".gitskills-stage").exists()


def test_every_layout_of_a_library(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Skills in skills/, plugins/*/skills/, .claude/skills/ and deep folders are all found under their own names."""
    library = skill_repo(
        {
            "skills/a/SKILL.md": skill("a"),
            "plugins/p/skills/b/SKILL.md": skill("b"),
            ".claude/skills/c/SKILL.md": skill("c"),
            "deep/er/d/SKILL.md": skill("d"),
            "deep/er/d/sub/SKILL.md": skill("sub"),
        }
    )
    ada = person(tmp_path, library)
    assert ada.pull().keys() == {"a", "b", "c", "d"}
    assert (ada.skills / "d/sub/SKILL.md").exists()


def test_a_skill_at_the_root_is_the_whole_repository(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """A SKILL.md at the top makes the repository one skill, named after it, that can be edited and pushed."""
    library = skill_repo({"SKILL.md": skill("writer"), "scripts/x.sh": "x"}, name="writer.git")
    ada = person(tmp_path, library)
    assert ada.pull().keys() == {"writer"}
    ada.edit("writer", "# writer\n", "# writer\nmore\n")
    assert ada.push()["writer"].action == "pushed"
    assert git("show", "main:SKILL.md", cwd=library).decode().endswith("more\n")
    assert git("show", "main:scripts/x.sh", cwd=library) == b"x"


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        ('["a*"]', {"a", "ab"}),
        ('["*", "!b"]', {"a", "ab", "c"}),
        ('["!b"]', {"a", "ab", "c"}),
        ("[a, c]", {"a", "c"}),
        ('["skills/*"]', {"a", "ab", "b"}),
        ('["plugins/p/*"]', {"c"}),
        ("[plugins/p/skills/c]", {"c"}),
        ("[{name: a, as: acme-a}, b]", {"acme-a", "b"}),
        ('["*", {name: a, as: acme-a}]', {"acme-a", "ab", "b", "c"}),
    ],
)
def test_patterns_choose(tmp_path: Path, skill_repo: SkillRepo, patterns: str, wanted: set[str]) -> None:
    """Names, globs, paths of the library, exclusions and `as:` choose what is installed, and under which name."""
    paths = ("skills/a", "skills/ab", "skills/b", "plugins/p/skills/c")
    library = skill_repo({f"{path}/SKILL.md": skill(path.rpartition("/")[2]) for path in paths})
    ada = person(tmp_path, library, more=f"    skills: {patterns}\n")
    assert ada.pull().keys() == wanted
    assert {path.name for path in ada.skills.iterdir()} == wanted


def test_a_renamed_install_is_edited_and_pushed_to_its_own_place(tmp_path: Path, library: Path) -> None:
    """A skill installed `as:` another name goes back to the library under its own."""
    ada = person(tmp_path, library, more="    skills: [{name: a, as: acme-a}]\n")
    ada.pull()
    ada.edit("acme-a", "line 1\n", "line one\n")
    assert ada.push()["acme-a"].action == "pushed"
    assert "line one" in git("show", "main:skills/a/SKILL.md", cwd=library).decode()


def test_a_pattern_that_gives_nothing_is_refused_with_a_guess(tmp_path: Path, library: Path) -> None:
    """A name the library lacks is reported with names that are near, and what it has is installed."""
    ada = person(tmp_path, library, more="    skills: [aa, b]\n")
    done = ada.pull()
    assert done["aa"].action == "refused" and done["b"].action == "installed"
    assert "no such skill" in done["aa"].message


def test_adding_a_source_asks_it_once(tmp_path: Path, ada: Person, skill_repo: SkillRepo) -> None:
    """The library that `add` has just looked into is not asked again by the pull that follows; the others are."""
    trace = tmp_path / "trace"
    other = skill_repo({"skills/z/SKILL.md": skill("z")}, name="other.git")
    assert ada.run("add", other, env={"GIT_TRACE": str(trace)}).code == 0 and ada.read("z") == skill("z")
    asked = [line for line in trace.read_text().splitlines() if " ls-remote " in line and "built-in" in line]
    assert [sum(name in line for line in asked) for name in ("other.git", "library.git")] == [1, 1]


def test_a_source_is_called_as_its_folder_reads(tmp_path: Path, ada: Person) -> None:
    """The name of a source is the repository's without the signs of a URL, and nothing that could be a path."""
    local = (tmp_path / "My skills \u00fc.git").as_uri()
    assert source_name(local, ada.project) == "my-skills-\u00fc"
    assert source_name("file:///x%2f..", ada.project) == "x"
    assert "\x1b" not in source_name("file:///x/%1b[2Jy", ada.project)
    assert source_name("https://example.com/o/my%20x.git", ada.project) == "my%20x"


def test_an_empty_library(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """An empty repository gives no skills and no error."""
    ada = person(tmp_path, skill_repo())
    assert ada.pull() == {}
    assert ada.run("pull").out == "no skills: nothing to do\n"


def test_only_one_persons_skills(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """`--author` takes only skills whose creator in history has that address."""
    from tests.repositories import Commit

    library = skill_repo(
        [
            Commit({"skills/a/SKILL.md": numbered("a")}, author="Ada <ada@example.com>"),
            Commit({"skills/b/SKILL.md": numbered("b")}, author="Bob <bob@example.com>"),
            Commit({"skills/b/x": "touched by Ada"}, author="Ada <ada@example.com>"),
        ]
    )
    ada = person(tmp_path, library)
    assert ada.pull(author="BOB@example.com").keys() == {"b"}
    assert {path.name for path in ada.skills.iterdir()} == {"b"}


def test_one_persons_skills_are_told_by_their_paths(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """`--author` knows root skills and aliases, tells skills of one name apart, and removes nobody else's."""
    from tests.repositories import Commit

    bob = "Bob <bob@example.com>"
    library = skill_repo([TWO, Commit({"other/a/SKILL.md": skill("a"), "skills/c/SKILL.md": skill("c")}, author=bob)])
    rooted = skill_repo(Commit({"SKILL.md": skill("rooty")}, author=bob), name="rooted.git")
    more = "    skills: [{name: skills/a, as: a1}, {name: other/a, as: a2}, b, c]\n"
    ada = person(tmp_path, library, more=f"{more}  rooted:\n    url: {rooted}\n")
    ada.pull()
    assert set(installed_by(ada.project, "bob@example.com")) == {"a2", "c", "rooty"}
    commit(library, {"skills/b/SKILL.md": None, "skills/c/SKILL.md": None})
    ada.edit("a2", "# a", "# here")
    done = ada.pull(author="bob@example.com")
    assert {name: one.action for name, one in done.items()} == {"a2": "kept", "c": "removed", "rooty": "unchanged"}
    assert (ada.skills / "b").is_dir() and "b" in ada.lock()
    out = ada.run("list", "--author", "bob@example.com", "--json").out
    assert {row["name"] for row in json.loads(out)} == {"a2", "rooty"}


def test_two_sources(tmp_path: Path, library: Path, skill_repo: SkillRepo) -> None:
    """Skills of several libraries stand side by side, and each keeps to its own."""
    other = skill_repo({"skills/c/SKILL.md": skill("c")}, name="other.git")
    ada = person(tmp_path, library, more=f"  other:\n    url: {other}\n")
    done = ada.pull()
    assert {name: one.source for name, one in done.items()} == {"a": "team", "b": "team", "c": "other"}
    ada.write("c", skill("c", "more\n"))
    assert [name for name, one in ada.push().items() if one.action == "pushed"] == ["c"]
    assert git("show", "main:skills/c/SKILL.md", cwd=other).decode() == skill("c", "more\n")


def test_a_source_that_cannot_be_reached_stops_no_other(tmp_path: Path, library: Path, skill_repo: SkillRepo) -> None:
    """With one source gone the others are pulled; the skills of the lost one stay, the exit code is 1."""
    other = skill_repo({"skills/c/SKILL.md": skill("c")}, name="other.git")
    ada = person(tmp_path, library, more=f"  other:\n    url: {other}\n")
    ada.pull()
    other.rename(tmp_path / "gone.git")
    commit(library, {"skills/a/x": "x"})
    report = ada.report()
    assert report.failed and report.unreachable.keys() == {"other"}
    assert {one.skill: one.action for one in report.outcomes}["a"] == "updated"
    assert (ada.skills / "c/SKILL.md").exists() and "c" in ada.lock()
    done = ada.run("pull")
    assert done.code == 1 and "other" in done.err and "Traceback" not in done.err


def test_a_source_never_reached_stops_no_other(tmp_path: Path, library: Path) -> None:
    """A source that was never there from the first pull on leaves the others their first pull."""
    ada = person(tmp_path, library, more=f"  other:\n    url: {tmp_path / 'nowhere.git'}\n")
    report = ada.report()
    assert report.unreachable.keys() == {"other"}
    assert {one.skill: one.action for one in report.outcomes} == {"a": "installed", "b": "installed"}


def test_a_source_whose_ref_is_gone_stops_no_other(tmp_path: Path, library: Path, skill_repo: SkillRepo) -> None:
    """A branch that was deleted upstream fails its own source only, and removes none of its skills."""
    other = skill_repo({"skills/c/SKILL.md": skill("c")}, name="other.git")
    git("branch", "release", "main", cwd=other)
    ada = person(tmp_path, library, more=f"  other:\n    url: {other}\n    ref: release\n")
    ada.pull()
    git("branch", "-D", "release", cwd=other)
    commit(library, {"skills/a/x": "x"})
    report = ada.report()
    assert report.unreachable.keys() == {"other"}
    assert {one.skill: one.action for one in report.outcomes}["a"] == "updated"
    assert (ada.skills / "c/SKILL.md").exists() and "c" in ada.lock()


def test_offline_uses_what_was_fetched_last(ada: Person, library: Path, tmp_path: Path) -> None:
    """`--offline` needs no remote: it puts back, keeps and compares from the cache; never fetched is an error."""
    library.rename(tmp_path / "gone.git")
    (ada.skills / "a" / "SKILL.md").unlink()
    (ada.skills / "a").rmdir()
    assert ada.pull(offline=True)["a"].action == "installed"
    bob = person(tmp_path, library, "bob")
    with pytest.raises(GitskillsError, match="never"):
        bob.pull(offline=True)


def test_a_dry_run_writes_nothing(ada: Person, library: Path) -> None:
    """`--dry-run` says what would be done to each skill, and changes no file, link, lock or configuration."""
    ada.edit("b", "line 1\n", "mine\n")
    (ada.skills / "a" / "SKILL.md").unlink()
    (ada.skills / "a").rmdir()
    commit(library, {"skills/b/x": "x", "skills/c/SKILL.md": skill("c")})
    with untouched(ada.root):
        done = ada.pull(dry_run=True)
    assert {name: one.action for name, one in done.items()} == {"a": "installed", "b": "merged", "c": "installed"}
    assert {name: one.action for name, one in ada.pull().items()} == {name: one.action for name, one in done.items()}


def test_a_dry_run_foretells_a_clash(ada: Person, library: Path) -> None:
    """`--dry-run` tries merges: it says which skill would clash, with the exit code of that, and remembers nothing."""
    for name in ("a", "b"):
        ada.edit(name, "line 1\n", "mine\n")
    commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 1\n", "theirs\n"), "skills/b/x": "x"})
    with untouched(ada.root):
        done = ada.pull(dry_run=True)
        assert ada.run("pull", "--dry-run").code == 1 and ada.run("pull", "--dry-run", "--ours").code == 0
    assert {name: one.action for name, one in done.items()} == {"a": "conflict", "b": "merged"}
    (cache,) = ada.paths.repositories.glob("*.git")
    assert not git("for-each-ref", "refs/gitskills/conflicts", cwd=cache)
    real = ada.pull()
    assert (real["a"].message, real["b"].after) == (done["a"].message, done["b"].after)


def test_a_first_dry_run_writes_nothing(tmp_path: Path, library: Path) -> None:
    """Not even on a first pull does a dry run leave anything in the project."""
    ada = person(tmp_path, library)
    with untouched(ada.root):
        assert ada.run("pull", "--dry-run").code == 0


def test_the_users_own_skills(tmp_path: Path, library: Path, home: Path) -> None:
    """`--global` takes the file in the user's config folder and installs below their home."""
    ada = person(tmp_path, library)
    config = ada.paths.config / "gitskills.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(ada.config.read_text())
    done = ada.run("pull", "--global")
    assert done.code == 0, done.err
    assert (home / ".agents/skills/a/SKILL.md").read_text() == numbered("a")
    assert (home / ".claude/skills/a/SKILL.md").read_text() == numbered("a")
    assert (config.parent / "gitskills.lock").exists() and not ada.skills.exists()


def test_a_pull_without_sources_says_what_to_do(tmp_path: Path) -> None:
    """With nothing configured there is an error that names `gitskills add`."""
    (tmp_path / "gitskills.yaml").write_text("")
    ada = Person("ada", tmp_path, tmp_path / "home")
    with pytest.raises(GitskillsError) as error:
        ada.pull()
    assert "gitskills add" in error.value.hint


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names there are always Unicode")
def test_a_project_whose_path_is_not_utf8(ada: Person, library: Path) -> None:
    """Such a folder is an error that says so, before anything is written."""
    root = Path(os.fsdecode(os.fsencode(ada.root.with_name("gr")) + b"\xfc"))
    root.mkdir()
    done = gitskills("add", str(library), cwd=root, env={"GITSKILLS_HOME": str(ada.store)})
    assert done.code == 1 and r"gr\xfc" in done.err and "not UTF-8" in done.err
    assert not any(root.iterdir())


def test_a_version_of_upstreams_own_is_no_edit(ada: Person, library: Path) -> None:
    """A folder that equals a version upstream had meanwhile (a run was killed just there) is updated, not merged."""
    versions = [numbered("a").replace("line 1\n", f"version {number}\n") for number in range(2)]
    for text in versions:
        commit(library, {"skills/a/SKILL.md": text, "skills/b/SKILL.md": text.replace("name: a", "name: b")})
    ada.write("a", versions[0])
    ada.write("b", versions[0].replace("name: a", "name: b") + "and an edit\n")
    done = ada.pull()
    assert (done["a"].action, done["b"].action) == ("updated", "conflict")
    assert ada.read("a") == versions[1] and ada.read("b").endswith("and an edit\n")
