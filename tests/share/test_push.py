"""`push`: edits become commits on upstream's tip, in the user's name, checked first and never forced."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.git.failures import PushRefused
from gitskills.share.settle import Settle
from tests.conftest import SkillRepo
from tests.people import Person, commit, folder, log, numbered, person, remote_text, skill, untouched
from tests.remotes import Web, protect, refuse
from tests.repositories import Files, git

# Looks like a credential's body, and is made here so that no scanner of this file finds one.
NOISE = "".join(random.Random(4).choices("abcdefghjkmnpqrstuvwxyz23456789", k=64))

TWO = {"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")}


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of two skills, `a` and `b`."""
    return skill_repo(TWO)


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Ada, who has pulled the library."""
    someone = person(tmp_path, library)
    someone.pull()
    return someone


@pytest.fixture
def bob(tmp_path: Path, library: Path) -> Person:
    """Bob, who has pulled the library too."""
    someone = person(tmp_path, library, "bob")
    someone.pull()
    return someone


def head(library: Path, ref: str = "main") -> str:
    return git("rev-parse", ref, cwd=library).decode().strip()


def refs(library: Path) -> dict[str, str]:
    rows = git("for-each-ref", "--format=%(refname) %(objectname)", cwd=library).decode().splitlines()
    return dict(row.split(" ") for row in rows)


def trailers(library: Path, rev: str = "main") -> dict[str, str]:
    text = git("log", "-1", "--format=%(trailers:only,unfold)", rev, cwd=library).decode()
    return dict(line.split(": ", 1) for line in text.splitlines() if line)


# ---- what a push publishes


def test_an_edit_becomes_a_commit_on_the_tip(ada: Person, library: Path) -> None:
    """One commit on the branch's tip, by the user, with the contract's trailers, changing that skill alone."""
    before, base = head(library), ada.tree("a")
    ada.edit("a", "line 1\n", "line one\n")
    done = ada.push()
    assert (done["a"].action, done["a"].branch, done["a"].commit) == ("pushed", "main", head(library))
    assert done.keys() == {"a"}
    assert log(library, "-1", "--format=%P %an %ae %cn") == [f"{before} Ada ada@example.com Ada"]
    assert git("diff", "--name-only", before, "main", cwd=library) == b"skills/a/SKILL.md\n"
    found = trailers(library)
    assert (found["Skill"], found["Skill-Op"]) == ("a", "edit")
    assert (found["Skill-Base"], found["Skill-Tree"]) == (base, ada.tree("a"))
    assert remote_text(library, "skills/a/SKILL.md") == ada.read("a")
    assert set(ada.status().values()) == {"up-to-date"} and ada.lock()["a"].tree == ada.tree("a")


def test_nothing_edited_is_nothing_pushed(ada: Person, library: Path) -> None:
    """A push with no edits makes no commit and changes nothing here."""
    before = refs(library)
    with untouched(ada.root):
        assert ada.push() == {}
        assert {one.action for one in ada.push("a", "b").values()} == {"unchanged"}
    assert refs(library) == before


def test_two_skills_are_two_commits(ada: Person, library: Path) -> None:
    """Each edited skill gets a commit of its own, in one push; naming one publishes that one."""
    for name in "ab":
        ada.edit(name, "line 1\n", "line one\n")
    assert ada.push("b").keys() == {"b"}
    assert log(library, "-1") == ["b: edit b"]
    ada.edit("b", "line 2\n", "line two\n")
    ada.push()
    assert log(library, "-2") == ["b: edit b", "a: edit a"]


def test_the_message_of_the_user(ada: Person, library: Path) -> None:
    """`-m` is the commit's subject, and its further lines the body; the skill's name comes first, once."""
    for text in ("say it shorter\n\nBecause nobody read it.", "a: once more"):
        ada.edit("a", "# a\n", f"# a\n{text[:3]}\n")
        ada.push(message=text)
        ada.edit("a", f"# a\n{text[:3]}\n", "# a\n")
        ada.push("a", message="a: back")
    assert log(library, "--format=%s") == ["a: back", "a: once more", "a: back", "a: say it shorter", "a, b: change 0"]
    assert "Because nobody read it." in git("log", "-1", "--format=%b", "main~3", cwd=library).decode()


def test_what_is_new_here_is_told(ada: Person) -> None:
    """A push of no name, with nothing edited, says by which name a new skill goes out; nothing is published unasked."""
    ada.write("own", skill("own"))
    said = ada.run("push")
    assert said.code == 0 and "gitskills push own" in said.err and ada.status()["own"] == "untracked"
    ada.edit("a", "line 1\n", "line one\n")
    assert ada.push().keys() == {"a"}


def test_a_message_cannot_forge_a_trailer(ada: Person, library: Path) -> None:
    """Trailers that a user's message brings along do not replace those that say what happened."""
    ada.edit("a", "line 1\n", "line one\n")
    ada.push(message="x\n\nSkill-Op: revert\nSkill-Tree: " + "0" * 40)
    assert trailers(library)["Skill-Tree"] == ada.tree("a")
    assert ada.run("verify").code == 0


def test_a_new_skill(ada: Person, bob: Person, library: Path) -> None:
    """A folder with a SKILL.md is published by its name, beside the other skills, and is installed for others."""
    ada.write("new", skill("new"))
    ada.write("new", "#!/bin/sh\n", "scripts/run.sh")
    (ada.skills / "new/scripts/run.sh").chmod(0o755)
    assert "new" not in ada.push(), "nobody asked for it"
    assert ada.push("new")["new"].action == "pushed"
    assert (trailers(library)["Skill-Op"], log(library, "-1")) == ("create", ["new: new skill"])
    assert "100755" in git("ls-tree", "-r", "main:skills/new", cwd=library).decode()
    assert ada.status()["new"] == "up-to-date" and ada.lock()["new"].path == "skills/new"
    assert bob.pull()["new"].action == "installed"


def test_a_new_skill_from_an_agents_own_folder(ada: Person, library: Path) -> None:
    """A skill somebody wrote in .claude/skills is published, and is then a skill of the project like any other."""
    home = ada.root / ".claude/skills/new"
    home.mkdir(parents=True)
    (home / "SKILL.md").write_text(skill("new"))
    assert ada.push("new")["new"].action == "pushed"
    assert remote_text(library, "skills/new/SKILL.md") == skill("new")
    assert (ada.skills / "new/SKILL.md").read_text() == skill("new") == (home / "SKILL.md").read_text()
    assert ada.status()["new"] == "up-to-date"
    assert {one.action for one in ada.pull().values()} == {"unchanged"}


def test_a_new_skill_beside_chosen_ones(tmp_path: Path, library: Path) -> None:
    """Where gitskills.yaml names what it takes, a newly published skill is added to it, and comments stay."""
    ada = person(tmp_path, library, more="    skills:\r\n      - a  # why\r\n# end\r\n")
    ada.config.write_bytes(ada.config.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    ada.pull()
    ada.write("new", skill("new"))
    ada.push("new")
    assert ada.config.read_bytes().endswith(b"      - a  # why\r\n      - new\r\n# end\r\n")
    assert {name: one.action for name, one in ada.pull().items()} == {"a": "unchanged", "new": "unchanged"}


def test_a_new_skill_goes_where_the_others_are(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """In a library that keeps its skills in another folder a new one goes there as well."""
    library = skill_repo({f".claude/skills/{name}/SKILL.md": skill(name) for name in "ab"})
    ada = person(tmp_path, library)
    ada.pull()
    ada.write("new", skill("new"))
    ada.push("new")
    assert remote_text(library, ".claude/skills/new/SKILL.md") == skill("new")


def test_a_new_skill_needs_to_know_its_library(ada: Person, skill_repo: SkillRepo) -> None:
    """With two sources a new skill is not guessed at: the error shows what to write, and `--to` says it."""
    other = skill_repo({"skills/c/SKILL.md": skill("c")}, name="other.git")
    ada.config.write_text(ada.config.read_text() + f"  other:\n    url: {other}\n")
    ada.write("new", skill("new"))
    with pytest.raises(GitskillsError) as error:
        ada.push("new")
    assert "--to team" in error.value.hint and "--to other" in error.value.hint
    assert ada.push("new", to="other")["new"].action == "pushed"
    assert remote_text(other, "skills/new/SKILL.md") == skill("new")


def test_what_is_not_there(ada: Person) -> None:
    """A name without a folder is refused with the place where it was looked for."""
    done = ada.push("nope")
    assert done["nope"].action == "refused" and str(ada.skills / "nope") in done["nope"].message


@pytest.mark.parametrize("name", ["..", ".", "../../etc", "-rf", "/"])
def test_hostile_names(ada: Person, library: Path, name: str) -> None:
    """Names that are paths out of the skills folder publish nothing."""
    (ada.skills.parent / "SKILL.md").write_text(skill("agents"))
    before = refs(library)
    done = ada.run("push", "--", name)
    assert done.code == 1 and "Traceback" not in done.err and refs(library) == before


# ---- what stops it


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("SKILL.md", "no frontmatter\n", "SKILL.md:1"),
        ("SKILL.md", "---\nname: other\ndescription: x\n---\n", "name"),
        ("SKILL.md", "---\nname: a\n---\n", "description"),
        ("SKILL.md", "---\nname: a\ndescription: x\n---\n\U000e0041\U000e0042\n", "SKILL.md:5"),
        ("x.md", "safe \u202e evil\n", "x.md:1"),
        ("key.txt", f"-----BEGIN RSA PRIVATE KEY-----\n{NOISE}\n-----END RSA PRIVATE KEY-----\n", "key.txt:1"),
        ("scripts/env.sh", f"# note\nexport AWS_ACCESS_KEY_ID=AKIA{NOISE[:16].upper()}\n", "scripts/env.sh:2"),
    ],
)
def test_faults_and_secrets_stop_it_before_the_network(
    ada: Person, library: Path, tmp_path: Path, path: str, text: str, said: str
) -> None:
    """What breaks the specification, hides text or is a secret is refused with its line, and no server is asked."""
    ada.write("a", text, path)
    library.rename(tmp_path / "gone.git")  # any question to the remote would be an error
    with untouched(ada.root):
        done = ada.push()
    assert done["a"].action == "refused" and said in done["a"].message
    assert ada.run("push").code == 1


def test_a_good_skill_is_not_held_up_by_a_bad_one(ada: Person, library: Path) -> None:
    """One refused skill leaves the other its push; the exit code is 1."""
    ada.write("a", "broken\n")
    ada.edit("b", "line 1\n", "line one\n")
    done = ada.run("push", "--json")
    rows = {row["skill"]: row for row in done.json()}
    assert done.code == 1 and (rows["a"]["action"], rows["b"]["action"]) == ("refused", "pushed")
    assert rows["b"].keys() >= {"skill", "action", "commit", "branch", "url", "message"}
    assert log(library, "-1") == ["b: edit b"]


def test_old_faults_do_not_stop_an_edit(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """A skill that broke a rule before can be improved all the same; a new fault of its still stops."""
    text = "---\nname: a\ndescription: x\nallowed: yes\n---\n# a\n"
    ada = person(tmp_path, skill_repo({"skills/a/SKILL.md": text}))
    ada.pull()
    ada.write("a", text + "more\n")
    assert ada.push()["a"].action == "pushed"
    ada.write("a", text.replace("description: x", "description: ''"))
    assert ada.push()["a"].action == "refused"


def test_provenance_of_other_tools_is_stripped(ada: Person, library: Path) -> None:
    """Keys that other tools wrote into `metadata` do not reach the library, and leave the folder here as well."""
    text = numbered("a").replace(
        "---\n# a",
        "metadata:\n  github-repo: x/y\n  local-path: /home/ada\n  bitbucket-ref: z\n  team: ops  # ours\n---\n# a",
    )
    ada.write("a", text)
    assert ada.push()["a"].action == "pushed"
    wanted = numbered("a").replace("---\n# a", "metadata:\n  team: ops  # ours\n---\n# a")
    assert remote_text(library, "skills/a/SKILL.md") == wanted == ada.read("a")
    assert ada.status()["a"] == "up-to-date"


def test_provenance_alone_is_no_edit_worth_a_commit(ada: Person, library: Path) -> None:
    """A skill that differs by another tool's keys only makes no commit."""
    before = refs(library)
    ada.write("a", numbered("a").replace("---\n# a", "metadata:\n  github-repo: x/y\n---\n# a"))
    assert ada.push()["a"].action == "unchanged"
    assert refs(library) == before and ada.status()["a"] == "up-to-date"


def test_nobodys_name(ada: Person, library: Path, home: Path) -> None:
    """Without a git identity nothing is committed; the error names the commands that set one."""
    for key in ("user.name", "user.email"):
        git("config", "--unset", key, cwd=ada.root)
    (home / ".gitconfig").unlink()
    ada.edit("a", "line 1\n", "line one\n")
    before = refs(library)
    with untouched(ada.root), pytest.raises(GitskillsError) as error:
        ada.push()
    assert "user.email" in error.value.hint and refs(library) == before


@pytest.mark.parametrize("ref", ["v1", "commit"])
def test_a_pinned_source_takes_no_push(tmp_path: Path, library: Path, ref: str) -> None:
    """A source pinned to a tag or a commit is no branch: nothing is published, and the error says what to write."""
    git("tag", "v1", "main", cwd=library)
    ada = person(tmp_path, library, more=f"    ref: {head(library) if ref == 'commit' else ref}\n")
    ada.pull()
    ada.edit("a", "line 1\n", "line one\n")
    before = refs(library)
    with untouched(ada.root), pytest.raises(GitskillsError, match="no branch") as error:
        ada.push()
    assert "ref:" in error.value.hint and refs(library) == before


def test_a_source_may_be_a_branch(tmp_path: Path, library: Path) -> None:
    """A source that follows a branch is published on that branch, and main stays."""
    git("branch", "release", "main", cwd=library)
    main = head(library)
    ada = person(tmp_path, library, more="    ref: release\n")
    ada.pull()
    ada.edit("a", "line 1\n", "line one\n")
    assert ada.push()["a"].branch == "release"
    assert (head(library), log(library, rev="release")[0]) == (main, "a: edit a")


def test_a_dry_run_publishes_nothing(ada: Person, library: Path) -> None:
    """`--dry-run` says what would be pushed, proposed or clash, and changes neither here nor there."""
    ada.edit("a", "line 1\n", "line one\n")
    ada.write("new", skill("new"))
    before = refs(library)
    with untouched(ada.root):
        assert ada.push("a", "new", dry_run=True)["new"].action == "pushed"
        assert ada.push(dry_run=True, review=True)["a"].action == "proposed"
    assert refs(library) == before
    commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 1\n", "theirs\n")})
    with untouched(ada.root):
        assert ada.push(dry_run=True)["a"].action == "conflict"
    assert ada.status()["a"] == "diverged"


# ---- others who push too


def test_others_work_is_merged(ada: Person, bob: Person, library: Path) -> None:
    """Different lines edited by two people are one text on the branch and on both machines, without a pull between."""
    ada.edit("a", "line 1\n", "line one\n")
    ada.push()
    bob.edit("a", "line 9\n", "line nine\n")
    assert bob.push()["a"].action == "pushed"
    wanted = numbered("a").replace("line 1\n", "line one\n").replace("line 9\n", "line nine\n")
    assert remote_text(library, "skills/a/SKILL.md") == wanted == bob.read("a")
    ada.pull()
    assert ada.read("a") == wanted
    assert log(library, "--merges") == [] and len(log(library)) == 3


def test_a_clash_pushes_nothing(ada: Person, bob: Person, library: Path) -> None:
    """The same line edited by two: the second is told and loses nothing; what they do next settles it."""
    ada.edit("a", "line 1\n", "ada's\n")
    ada.push()
    bob.edit("a", "line 1\n", "bob's\n")
    before, there = folder(bob.root), refs(library)
    done = bob.push()["a"]
    assert done.action == "conflict" and "--ours" in done.message
    assert folder(bob.root) == before and refs(library) == there
    assert bob.push()["a"].action == "conflict", "pushing again settles nothing"
    bob.edit("a", "bob's\n", "both of ours\n")
    assert bob.push()["a"].action == "pushed", "the user edited it after being told"
    assert "both of ours" in remote_text(library, "skills/a/SKILL.md")


def test_after_a_clash_ours_is_pushed(ada: Person, bob: Person, library: Path) -> None:
    """`pull --ours` and push: the user's line wins where the sides clash, the other's lines stay elsewhere."""
    ada.write("a", numbered("a").replace("line 1\n", "ada's\n").replace("line 9\n", "line nine\n"))
    ada.push()
    bob.edit("a", "line 1\n", "bob's\n")
    assert bob.push()["a"].action == "conflict"
    bob.pull("a", favor="ours")
    assert bob.push()["a"].action == "pushed"
    wanted = numbered("a").replace("line 1\n", "bob's\n").replace("line 9\n", "line nine\n")
    assert remote_text(library, "skills/a/SKILL.md") == wanted


def test_an_edit_made_after_a_clash_meets_newer_work(ada: Person, bob: Person, library: Path) -> None:
    """What upstream changed after the user was told of a clash is not overwritten unseen."""
    ada.edit("a", "line 1\n", "ada's\n")
    ada.push()
    bob.edit("a", "line 1\n", "bob's\n")
    assert bob.push()["a"].action == "conflict"
    ada.edit("a", "ada's\n", "ada's second thought\n")
    ada.push()
    bob.edit("a", "bob's\n", "bob's second thought\n")
    assert bob.push()["a"].action == "conflict", "he was told of the first thought, never of the second"
    assert "ada's second thought" in remote_text(library, "skills/a/SKILL.md")


def test_the_same_edit_twice_is_one_commit(ada: Person, bob: Person, library: Path) -> None:
    """Two people who make the same change make one commit; the second is up to date."""
    for one in (ada, bob):
        one.edit("a", "line 1\n", "line one\n")
    ada.push()
    assert bob.push()["a"].action == "unchanged"
    assert len(log(library)) == 2 and bob.status()["a"] == "up-to-date"


def test_two_people_create_one_skill(ada: Person, bob: Person, library: Path) -> None:
    """Two new skills of one name: equal ones are one, different ones a conflict for the second."""
    for one in (ada, bob):
        one.write("new", skill("new"))
        one.write("other", skill("other", f"by {one.name}\n"))
    assert {one.action for one in ada.push("new", "other").values()} == {"pushed"}
    done = bob.push("new", "other")
    assert (done["new"].action, done["other"].action) == ("unchanged", "conflict")
    assert bob.read("other") == skill("other", "by bob\n")


def test_an_edit_of_a_skill_that_moved_upstream(ada: Person, bob: Person, library: Path) -> None:
    """A skill renamed in its library is edited under its new name there, not created again under the old one."""
    commit(library, {"skills/a/SKILL.md": None, "skills/renamed/SKILL.md": numbered("a")})
    ada.edit("a", "line 1\n", "line one\n")
    done = ada.push()["a"]
    assert done.action == "conflict" and "skills/renamed" in done.message and "pull" in done.message
    assert ada.pull()["renamed"].action == "kept"
    assert ada.push()["renamed"].action == "pushed"
    assert git("ls-tree", "--name-only", "main:skills", cwd=library).decode().split() == ["b", "renamed"]
    assert "line one" in remote_text(library, "skills/renamed/SKILL.md")


def test_an_edit_of_a_skill_that_was_deleted_upstream(ada: Person, library: Path) -> None:
    """Somebody deleted the skill, we edited it: a clash, until the user says with --to that it should be there."""
    commit(library, {"skills/a/SKILL.md": None})
    ada.edit("a", "line 1\n", "line one\n")
    before = refs(library)
    assert ada.push()["a"].action == "conflict" and refs(library) == before
    assert "line one" in ada.read("a")
    assert ada.push("a", to="team")["a"].action == "pushed"
    assert "line one" in remote_text(library, "skills/a/SKILL.md")


def test_a_push_from_a_project_that_never_pulled_here(tmp_path: Path, ada: Person, library: Path) -> None:
    """On a new machine, with the project's files and lock but no cache, an edit is pushed as an edit."""
    bob = person(tmp_path, library, "bob")
    for path in (".agents", "gitskills.lock"):
        (ada.root / path).rename(bob.root / path)
    bob.edit("a", "line 1\n", "line one\n")
    assert bob.push()["a"].action == "pushed"
    assert trailers(library)["Skill-Op"] == "edit" and len(log(library)) == 2


def test_a_push_after_history_was_rewritten(ada: Person, library: Path) -> None:
    """Upstream's forced new history is built upon, not replaced."""
    git("update-ref", "-d", "refs/heads/main", cwd=library)
    commit(library, {path: text + "\nrewritten\n" for path, text in TWO.items()})
    new = head(library)
    ada.edit("a", "line 1\n", "line one\n")
    assert ada.push()["a"].action == "pushed"
    assert log(library, "-1", "--format=%P") == [new]
    assert ada.read("a").endswith("rewritten\n") and "line one" in ada.read("a")


# ---- the first push


def test_a_first_push_into_an_empty_repository(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """An empty repository gets its first commit, on main, and others can pull it."""
    library = skill_repo()
    ada = person(tmp_path, library)
    ada.pull()
    ada.write("new", skill("new"))
    assert ada.push("new")["new"].action == "pushed"
    assert log(library) == ["new: new skill"] and remote_text(library, "skills/new/SKILL.md") == skill("new")
    assert person(tmp_path, library, "bob").pull()["new"].action == "installed"
    assert ada.status() == {"new": "up-to-date"} and {one.action for one in ada.pull().values()} == {"unchanged"}


def test_a_first_push_without_a_pull(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """The first verb may be push."""
    library = skill_repo()
    ada = person(tmp_path, library)
    ada.write("new", skill("new"))
    ada.write("two", skill("two"))
    assert {one.action for one in ada.push("new", "two").values()} == {"pushed"}
    assert sorted(log(library)) == ["new: new skill", "two: new skill"]


def test_an_empty_repository_has_nothing_to_review_against(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """`--review` into an empty repository is an error that says what to do first."""
    ada = person(tmp_path, skill_repo())
    ada.write("new", skill("new"))
    with pytest.raises(GitskillsError) as error:
        ada.push("new", review=True)
    assert "--direct" in error.value.hint


@pytest.mark.parametrize(("verb", "name"), [("pull", "a"), ("push", "a"), ("pull", "new")])
def test_edits_after_a_push_that_was_killed_once_it_had_landed(
    ada: Person, bob: Person, library: Path, monkeypatch: pytest.MonkeyPatch, verb: str, name: str
) -> None:
    """What was published is no clash for who edits on, be the skill new, and others' edits meanwhile are merged."""
    bob.edit("a", "line 8\n", "line 8, bob\n")
    bob.push()
    ada.write(name, numbered(name).replace("line 1\n", "line 1, first\n"))
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(Settle, "record", lambda self, done: (_ for _ in ()).throw(KeyboardInterrupt))
        ada.push(name)
    assert "line 1, first" in remote_text(library, f"skills/{name}/SKILL.md")
    ada.edit(name, "line 1, first\n", "line 1, second\n")
    if verb == "pull":
        assert not ada.pull()[name].failed
    done = ada.push(name)[name]
    assert done.action == "pushed" and not ada.pull()[name].failed and ada.status()[name] == "up-to-date"
    assert "line 1, second" in remote_text(library, f"skills/{name}/SKILL.md")
    assert ("line 8, bob" in ada.read(name)) == (name == "a")
    assert not git("for-each-ref", "refs/gitskills/pushing/", cwd=ada.project.cache(ada.project.source("team")).git_dir)


# ---- review


def test_a_proposal_is_a_branch(ada: Person, library: Path) -> None:
    """`--review` puts one commit on the person's branch for that skill and leaves the default branch alone."""
    main = head(library)
    ada.edit("a", "line 1\n", "line one\n")
    done = ada.push(review=True)["a"]
    branch = "gitskills/push/ada/a"
    assert (done.action, done.branch, done.commit) == ("proposed", branch, head(library, branch))
    assert head(library) == main and log(library, "-1", "--format=%P", rev=branch) == [main]
    assert ada.status()["a"] == "ahead"
    assert ada.push(review=True)["a"].action == "unchanged", "it is proposed already"


def test_a_second_proposal_updates_the_first(ada: Person, library: Path) -> None:
    """More edits are one more commit on the same branch, not forced, and two skills have two branches."""
    ada.edit("a", "line 1\n", "line one\n")
    ada.push(review=True)
    first = head(library, "gitskills/push/ada/a")
    ada.edit("a", "line 2\n", "line two\n")
    ada.edit("b", "line 2\n", "line two\n")
    done = ada.push(review=True)
    assert {one.action for one in done.values()} == {"proposed"}
    assert log(library, "-1", "--format=%P", rev="gitskills/push/ada/a") == [first]
    assert "line two" in remote_text(library, "skills/b/SKILL.md", "gitskills/push/ada/b")
    assert "line two" not in remote_text(library, "skills/b/SKILL.md", "gitskills/push/ada/a")


def test_a_merged_proposal_is_up_to_date(ada: Person, library: Path) -> None:
    """Once the proposal is merged upstream, and its branch deleted, a pull finds everything in step."""
    ada.edit("a", "line 1\n", "line one\n")
    ada.push(review=True)
    git("update-ref", "refs/heads/main", "gitskills/push/ada/a", cwd=library)
    git("branch", "-D", "gitskills/push/ada/a", cwd=library)
    assert ada.pull()["a"].action == "unchanged" and ada.status()["a"] == "up-to-date"
    ada.edit("a", "line 2\n", "line two\n")
    assert ada.push(review=True)["a"].action == "proposed"
    assert log(library, "-1", "--format=%P", rev="gitskills/push/ada/a") == [head(library)]


def test_a_proposal_after_a_squashed_one(ada: Person, library: Path) -> None:
    """A branch that outlives its squashed proposal gets the next one on top of both, and goes in without a clash."""
    branch = "gitskills/push/ada/a"
    ada.edit("a", "line 1\n", "line one\n")
    ada.push(review=True)
    commit(library, {"skills/a/SKILL.md": ada.read("a"), "skills/b/SKILL.md": numbered("b") + "more\n"}, "squashed")
    ada.pull()
    ada.edit("a", "line one\n", "line I\n")
    assert ada.push(review=True)["a"].action == "proposed"
    assert git("merge-tree", "--write-tree", "main", branch, cwd=library).decode().strip()
    assert git("diff", "--name-only", "main", branch, cwd=library).decode().split() == ["skills/a/SKILL.md"]
    git("update-ref", "refs/heads/main", branch, cwd=library)
    ada.pull()
    ada.edit("a", "line I\n", "line 1\n")
    ada.push(review=True)
    assert log(library, "-1", "--format=%P", rev=branch) == [head(library)]


@pytest.mark.parametrize("how", ["option", "key"])
def test_a_proposal_from_a_fork(tmp_path: Path, web: Web, library: Path, how: str) -> None:
    """Who may push nothing to a library proposes from a fork that lags behind it, again on top, from any machine."""
    git("clone", "-q", "--bare", library, fork := tmp_path / "fork.git")
    commit(library, {"skills/b/SKILL.md": numbered("b").replace("line 1\n", "theirs\n")})
    url, branch = web.serve(fork), "gitskills/push/ada/a"
    more = f"    fork: {url}\n" if how == "key" else "    fork: ''\n"
    given = {} if how == "key" else {"fork": url}
    machines = ("one", "two")[: 1 if how == "key" else 2]
    for number, machine in enumerate(machines):
        (tmp_path / machine).mkdir()
        ada = person(tmp_path / machine, web.behaving("readonly", library), more=more)
        ada.pull()
        commit(library, {"skills/b/SKILL.md": numbered("b").replace("line 2\n", f"theirs {number}\n")})
        ada.edit("a", "line 1\n", f"line one, {machine}\n")
        done = ada.push(**given)["a"]
        assert (done.action, done.commit, done.branch) == ("proposed", head(fork, branch), branch)
        assert url in done.message and ada.push(**given)["a"].action == "unchanged"
        assert ada.status()["a"] == "ahead"
    assert f"line one, {machine}" in remote_text(fork, "skills/a/SKILL.md", branch)
    assert remote_text(fork, "skills/b/SKILL.md", branch) == remote_text(library, "skills/b/SKILL.md")
    assert refs(library).keys() == {"refs/heads/main"} and len(log(fork, rev=f"main..{branch}")) == 1 + 2 * len(
        machines
    )
    git("fsck", "--strict", cwd=fork)


def test_the_library_decides(ada: Person, library: Path) -> None:
    """`library: push: review` in the library makes a plain push a proposal; `--direct` and `--review` overrule it."""
    commit(library, {"gitskills.yaml": "library: {push: review}\n"})
    ada.edit("a", "line 1\n", "line one\n")
    assert ada.push()["a"].action == "proposed"
    assert ada.push(review=False)["a"].action == "pushed"


def test_a_broken_policy_is_not_taken_for_none(ada: Person, library: Path) -> None:
    """A typing error in the library's policy stops a push instead of publishing past it."""
    commit(library, {"gitskills.yaml": "library: {push: reveiw}\n"})
    ada.edit("a", "line 1\n", "line one\n")
    before = refs(library)
    with pytest.raises(GitskillsError, match="reveiw"):
        ada.push()
    assert refs(library) == before


# ---- what the server says


def test_a_protected_branch(ada: Person, library: Path) -> None:
    """A protected branch is an error that names --review and forks; the edit stays, and --review works."""
    protect(library, "main")
    ada.edit("a", "line 1\n", "line one\n")
    before = refs(library)
    with untouched(ada.root), pytest.raises(PushRefused) as error:
        ada.push()
    assert "--review" in error.value.hint and "fork" in error.value.hint and refs(library) == before
    assert ada.push(review=True)["a"].action == "proposed"


def test_a_hook_that_refuses(ada: Person, library: Path) -> None:
    """The server's own words reach the user, without the escapes in them."""
    refuse(library, "no pushes on Friday", "\\033[31mred")
    ada.edit("a", "line 1\n", "line one\n")
    done = ada.run("push")
    assert done.code == 1 and "no pushes on Friday" in done.err and "\x1b" not in done.err
    assert ada.status()["a"] == "ahead"


def test_the_page_that_the_server_names(tmp_path: Path, web: Web, library: Path) -> None:
    """A host of a kind we cannot tell by its name says itself where to open the pull request."""
    ada = person(tmp_path, url := web.serve(library), "reader")
    page = f"{url}/-/merge_requests/new?branch=gitskills%2Fpush%2Freader%2Fa"
    refuse(library, "Create a merge request:", f"  {page}", status=0)
    ada.pull()
    ada.edit("a", "line 1\n", "line one\n")
    assert ada.push(review=True)["a"].url == page


def test_no_permission(tmp_path: Path, web: Web, library: Path) -> None:
    """A server that lets one read but not write is an error that names --review and forks."""
    ada = person(tmp_path, web.behaving("readonly", library), "reader")
    ada.pull()
    ada.edit("a", "line 1\n", "line one\n")
    done = ada.run("push")
    assert done.code == 1 and "--review" in done.err and "fork" in done.err and "Traceback" not in done.err
    assert ada.status()["a"] == "ahead"


def test_a_lost_network_loses_nothing(ada: Person, library: Path, tmp_path: Path) -> None:
    """With the remote gone a push is an error, the edit stays, and the next push after its return goes through."""
    ada.edit("a", "line 1\n", "line one\n")
    library.rename(tmp_path / "gone.git")
    with untouched(ada.root):
        assert ada.run("push").code == 1
    (tmp_path / "gone.git").rename(library)
    assert ada.push()["a"].action == "pushed"


# ---- signing, and caches of every kind


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen to make a signing key")
def test_a_push_is_signed_where_git_signs(ada: Person, library: Path, tmp_path: Path) -> None:
    """With commit.gpgsign and an ssh key the published commit is one that git verifies as the user's."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (tmp_path / "allowed").write_text(f"ada@example.com {key.with_suffix('.pub').read_text()}")
    for name, value in {
        "gpg.format": "ssh",
        "user.signingkey": str(key),
        "commit.gpgsign": "true",
        "gpg.ssh.allowedSignersFile": str(tmp_path / "allowed"),
    }.items():
        git("config", name, value, cwd=ada.root)
    ada.edit("a", "line 1\n", "line one\n")
    ada.push()
    git("-c", f"gpg.ssh.allowedSignersFile={tmp_path / 'allowed'}", "verify-commit", "main", cwd=library)
    assert trailers(library)["Skill-Tree"] == ada.tree("a")


@pytest.mark.parametrize("filters", [True, False])
def test_a_push_from_a_cache_without_blobs(tmp_path: Path, skill_repo: SkillRepo, web: Web, filters: bool) -> None:
    """A cache that lacks the blobs of some skills, or has all of them, publishes edits of old and new skills."""
    names = [f"s{number}" for number in range(20)]
    texts = {f"skills/{name}/SKILL.md": numbered(name) for name in names}
    large = {f"skills/{name}/data": name * 300_000 for name in names[2:5]}  # more than comes along unasked
    library = skill_repo({**texts, **{f"skills/{name}/data": name for name in names}, **large})
    url = web.serve(library)
    git("config", "uploadpack.allowFilter", str(filters).lower(), cwd=library)
    ada = person(tmp_path, url, more="    skills: [s1]\n")
    ada.pull()
    cache = ada.project.cache(ada.project.source("team")).git_dir
    counted = git("cat-file", "--batch-all-objects", "--batch-check", cwd=cache).decode().count(" blob ")
    assert (counted < 40) == filters, "the point of this test is a cache that lacks blobs"
    commit(library, {"skills/s1/SKILL.md": numbered("s1").replace("line 9\n", "line nine\n"), "x": "y"})
    ada.edit("s1", "line 1\n", "line one\n")
    ada.write("new", skill("new"))
    assert {one.action for one in ada.push("s1", "new").values()} == {"pushed"}
    assert git("fsck", "--strict", "--no-dangling", cwd=library) == b""
    assert ada.read("s1") == remote_text(library, "skills/s1/SKILL.md")


def test_a_push_from_a_shallow_remote(tmp_path: Path, library: Path) -> None:
    """A remote that is itself a shallow clone can be pulled from and pushed to."""
    for number in range(3):
        commit(library, {"skills/a/x": str(number)})
    shallow = tmp_path / "shallow.git"
    git("clone", "-q", "--bare", "--depth", "1", library.as_uri(), shallow)
    ada = person(tmp_path, shallow, "sam")
    ada.pull()
    ada.edit("a", "line 1\n", "line one\n")
    assert ada.push()["a"].action == "pushed"
    assert "line one" in remote_text(shallow, "skills/a/SKILL.md")


def test_the_users_own_work_is_not_touched(ada: Person, library: Path) -> None:
    """Neither pull nor push touches the index, HEAD, branches or configuration of the project's own repository."""
    (ada.root / "code.py").write_text("x = 1\n")
    git("add", "code.py", cwd=ada.root)
    ignored = folder(ada.root / ".git", ignore=())
    ada.edit("a", "line 1\n", "line one\n")
    ada.push()
    commit(library, {"skills/b/x": "x"})
    ada.pull()
    assert folder(ada.root / ".git", ignore=()) == ignored


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"SKILL.md": skill("rooty")}, "would take it in"),
        ({"skills/New/SKILL.md": skill("New")}, "only in case"),
        ({"skills/new/notes/SKILL.md": skill("notes"), "skills/b/SKILL.md": skill("b")}, "would lose it"),
        ({"skills/new/notes.txt": "kept", "skills/b/SKILL.md": skill("b")}, "would lose it"),
    ],
)
def test_a_new_skill_takes_nobodys_place(tmp_path: Path, skill_repo: SkillRepo, files: Files, why: str) -> None:
    """A new skill inside another, over a folder that is no skill, or a twin but for case is refused and stays here."""
    library = skill_repo(files)
    ada = person(tmp_path, library)
    ada.pull()
    ada.write("new", skill("new"))
    before = git("rev-parse", "main", cwd=library)
    for options in ({}, {"dry_run": True}, {"review": True}):
        row = ada.push("new", **options)["new"]
        assert row.action == "refused" and why in row.message
    assert git("rev-parse", "main", cwd=library) == before
    ada.pull()
    assert ada.read("new") == skill("new")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no FIFOs")
def test_what_cannot_be_read_stops_no_other_skill(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """A FIFO in one edited skill is told of that skill; the other edit is published."""
    ada = person(tmp_path, skill_repo({f"skills/{name}/SKILL.md": numbered(name) for name in "ab"}))
    ada.pull()
    for name in "ab":
        ada.edit(name, "line 1\n", "mine\n")
    os.mkfifo(ada.skills / "a" / "pipe")
    done = ada.push()
    assert done["a"].action == "refused" and "pipe" in done["a"].message and done["b"].action == "pushed"


def test_head_is_the_default_branch(tmp_path: Path, library: Path) -> None:
    """A source that asks for HEAD follows the default branch, and is published there, not on a branch of that name."""
    ada = person(tmp_path, library, more="    ref: HEAD\n")
    ada.pull()
    ada.edit("a", "line 1\n", "mine\n")
    assert ada.push()["a"].branch == "main"
    assert "refs/heads/HEAD" not in refs(library) and "mine" in remote_text(library, "skills/a/SKILL.md")
