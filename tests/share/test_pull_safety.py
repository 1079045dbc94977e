"""What pull never does: touch what is not gitskills', place what is unsafe, or run what a library holds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.skills.file import EXECUTABLE, LINK
from tests.conftest import SkillRepo
from tests.people import Person, commit, folder, numbered, person, skill, untouched
from tests.repositories import bare_repository, git

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names, links or pipes")


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library of two skills, `a` and `b`."""
    return skill_repo({"skills/a/SKILL.md": numbered("a"), "skills/b/SKILL.md": numbered("b")})


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Ada, who has not pulled yet."""
    return person(tmp_path, library)


# ---- what others put there


def test_a_folder_of_others_is_never_overwritten(ada: Person) -> None:
    """A skill folder somebody else put there is refused with a way out, each time, and the others are installed."""
    ada.write("a", "somebody's own skill\n")
    before = folder(ada.skills / "a")
    for _ in range(2):
        done = ada.pull()
        assert done["a"].action == "refused" and "as:" in done["a"].message
        assert folder(ada.skills / "a") == before and (ada.skills / "b/SKILL.md").exists()
    assert "a" not in ada.lock() and ada.status()["a"] == "untracked"
    assert not os.path.lexists(ada.root / ".claude/skills/a")


@pytest.mark.parametrize("favor", ["ours", "theirs"])
def test_not_even_when_a_side_is_favoured(ada: Person, favor: str) -> None:
    """`--theirs` and `--ours` settle edits of ours, not the fate of a stranger's folder."""
    ada.write("a", "somebody's own skill\n")
    with untouched(ada.skills / "a"):
        assert ada.pull(favor=favor)["a"].action == "refused"


@posix
@pytest.mark.parametrize("kind", ["link", "dangling", "file"])
def test_a_link_or_file_in_the_place_of_a_skill_stays(ada: Person, tmp_path: Path, kind: str) -> None:
    """A link of others, a broken one, or a file where a skill should go is left alone."""
    ada.skills.mkdir(parents=True)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/SKILL.md").write_text("theirs")
    if kind == "file":
        (ada.skills / "a").write_text("a file")
    else:
        (ada.skills / "a").symlink_to(tmp_path / ("theirs" if kind == "link" else "nowhere"))
    before = folder(ada.skills)
    done = ada.pull()
    assert done["a"].action == "refused" and done["b"].action == "installed"
    assert {path: what for path, what in folder(ada.skills).items() if not path.startswith("b")} == before
    assert (tmp_path / "theirs/SKILL.md").read_text() == "theirs"


def test_what_stands_in_an_agents_folder_stays(ada: Person, tmp_path: Path) -> None:
    """A folder or link of others in an agent's own skills folder is kept and told; the skill itself is installed."""
    (ada.root / ".claude/skills/a").mkdir(parents=True)
    (ada.root / ".claude/skills/a/SKILL.md").write_text("theirs")
    (tmp_path / "elsewhere").mkdir()
    (ada.root / ".claude/skills/b").symlink_to(tmp_path / "elsewhere")
    before = folder(ada.root / ".claude")
    done = ada.pull()
    assert all(one.action == "installed" and one.left.problems and one.failed for one in done.values())
    assert folder(ada.root / ".claude") == before and (ada.skills / "a/SKILL.md").exists()


@posix
def test_an_agents_own_folder_stays_though_it_is_equal(ada: Person, library: Path) -> None:
    """Where links are made, a folder of others with the very content is kept, told without failing, and adopted."""
    own = ada.root / ".claude/skills/a"
    own.mkdir(parents=True)
    (own / "SKILL.md").write_text(numbered("a"))
    for action in ("installed", "unchanged"):
        with untouched(own):
            done = ada.pull()["a"]
        assert done.action == action and not done.failed and "gitskills adopt a" in done.told
    assert not own.is_symlink() and ada.status()["a"] == "up-to-date"
    (own / "SKILL.md").write_text("mine\n")
    with untouched(own):
        assert ada.pull()["a"].failed and ada.run("adopt", "a").code == 1
    (own / "SKILL.md").write_text(numbered("a"))
    with untouched(own):
        assert "taken over" in ada.run("adopt", "a", "--dry-run").out
    assert ada.run("adopt", "a").code == 0
    assert own.is_symlink() and ada.pull()["a"].told == "" and "unchanged" in ada.run("adopt", "a").out


def test_removal_touches_only_what_was_placed(ada: Person, library: Path) -> None:
    """When a skill goes upstream, an agent's folder of that name that others put there stays."""
    (ada.root / ".claude/skills/a").mkdir(parents=True)
    (ada.root / ".claude/skills/a/SKILL.md").write_text("theirs")
    ada.pull()
    commit(library, {"skills/a/SKILL.md": None})
    assert ada.pull()["a"].action == "removed"
    assert (ada.root / ".claude/skills/a/SKILL.md").read_text() == "theirs" and not (ada.skills / "a").exists()


def test_other_folders_beside_ours_are_not_looked_at(ada: Person) -> None:
    """Files and folders of others in the skills folders are byte for byte the same after pulls and removals."""
    ada.write("own", skill("own"))
    (ada.skills / "README").write_text("x")
    (ada.root / ".claude/skills").mkdir(parents=True)
    (ada.root / ".claude/settings.json").write_text("{}")
    before = {path: what for path, what in folder(ada.root).items() if what is not None}
    ada.pull()
    ada.config.write_text(ada.config.read_text() + "    skills: [nothing-*]\n")
    ada.pull()
    after = folder(ada.root)
    before["gitskills.yaml"] = ada.config.read_bytes()
    assert {path: after.get(path) for path in before} == before


def test_an_equal_folder_is_taken_for_an_install(ada: Person) -> None:
    """A folder that equals upstream byte for byte is an install whose record was lost: nothing is written over it."""
    ada.write("a", numbered("a"))
    assert ada.pull()["a"].action == "unchanged"
    assert ada.lock()["a"].tree == ada.tree("a")


# ---- unsafe trees


def tree_of(library: Path, rows: list[str]) -> str:
    return git("mktree", "--missing", cwd=library, stdin="".join(f"{row}\n" for row in rows).encode()).decode().strip()


def blob(library: Path, data: bytes) -> str:
    return git("hash-object", "-w", "--stdin", cwd=library, stdin=data).decode().strip()


def with_tree(library: Path, tree: str, path: str = "skills/evil") -> None:
    """Commit a tree of any kind as one more folder, without the checks of a work tree."""
    above, _, name = path.rpartition("/")
    for where in [above, ""] if above else [""]:
        listing = git("ls-tree", f"main:{where}", cwd=library).decode().splitlines()
        rows = [row for row in listing if not row.endswith(f"\t{name}")]
        tree, name = tree_of(library, [*rows, f"040000 tree {tree}\t{name}"]), where
    made = git("commit-tree", tree, "-p", "main", "-m", "evil", cwd=library).decode().strip()
    git("update-ref", "refs/heads/main", made, cwd=library)


def evil(library: Path, case: str) -> str:
    """A skill's tree with one fault."""
    good, text = blob(library, skill("evil").encode()), blob(library, b"x")
    below = tree_of(library, [f"100644 blob {text}\tx"])
    faults = {
        "dot-dot": f"040000 tree {below}\t..",
        "dot": f"040000 tree {below}\t.",
        "git folder": f"040000 tree {below}\t.git",
        "git folder in capitals": f"040000 tree {below}\t.GIT",
        "git folder on NTFS": f"040000 tree {below}\tgit~1",
        "git folder on HFS": f"040000 tree {below}\t.g\u200cit",
        "git file": f"100644 blob {text}\t.git",
        "submodule": f"160000 commit {'1' * 40}\tsub",
        "device": f"100644 blob {text}\tNUL.txt",
        "trailing dot": f"100644 blob {text}\ta.",
        "backslash": f"100644 blob {text}\ta\\b",
        "stream": f"100644 blob {text}\ta:b",
        "control character": f"100644 blob {text}\ta\x1bb",
        "absolute link": f"120000 blob {blob(library, b'/etc/passwd')}\tl",
        "escaping link": f"120000 blob {blob(library, b'../../../../x')}\tl",
        "link to a neighbour": f"120000 blob {blob(library, b'../a')}\tl",
    }
    rows = [f"100644 blob {good}\tSKILL.md", faults[case]] if case in faults else []
    if case == "names that differ in case":
        rows = [f"100644 blob {good}\tSKILL.md", f"100644 blob {text}\tReadme", f"100644 blob {text}\tREADME"]
    if case == "link that becomes a folder":
        link = blob(library, b"/tmp")
        rows = [f"100644 blob {good}\tSKILL.md", f"120000 blob {link}\td", f"040000 tree {below}\td"]
    if case == "manifest is a link out":
        rows = [f"120000 blob {blob(library, b'../../../secret')}\tSKILL.md"]
    return tree_of(library, rows)


CASES = [
    *("dot-dot", "dot", "git folder", "git folder in capitals", "git folder on NTFS", "git folder on HFS", "git file"),
    *("submodule", "device", "trailing dot", "backslash", "stream", "control character", "absolute link"),
    *("escaping link", "link to a neighbour", "names that differ in case", "link that becomes a folder"),
    "manifest is a link out",
]


@pytest.mark.parametrize("case", CASES)
def test_an_unsafe_tree_is_refused_alone(ada: Person, library: Path, case: str) -> None:
    """A skill whose tree is unsafe on some system is refused with a reason, on every system; the others arrive."""
    with_tree(library, evil(library, case))
    done = ada.pull()
    assert {name: one.action for name, one in done.items()} == {"a": "installed", "b": "installed", "evil": "refused"}
    assert done["evil"].message and done["evil"].failed
    assert not os.path.lexists(ada.skills / "evil") and not ada.stages
    assert {path.name for path in ada.skills.parent.iterdir()} == {"skills"}


def test_status_says_why_a_skill_is_missing(ada: Person, library: Path) -> None:
    """A skill that was refused is missing, and `status` gives the reason that `pull` gave."""
    with_tree(library, evil(library, "escaping link"))
    reason = ada.pull()["evil"].message
    rows = {row["skill"]: row for row in json.loads(ada.run("status", "--json").out)}
    assert (rows["evil"]["status"], rows["evil"]["reason"]) == ("missing", reason) and "reason" not in rows["a"]
    assert reason in ada.run("status").err


@pytest.mark.parametrize("case", ["dot-dot", "submodule", "escaping link"])
def test_an_update_to_an_unsafe_tree_is_refused(ada: Person, library: Path, case: str) -> None:
    """A skill that turns unsafe keeps its last safe version, edited or not."""
    commit(library, {"skills/evil/SKILL.md": skill("evil")})
    ada.pull()
    with_tree(library, evil(library, case))
    for text in (skill("evil"), skill("evil", "edited\n")):
        ada.write("evil", text)
        assert ada.pull()["evil"].action == "refused"
        assert folder(ada.skills / "evil") == {"SKILL.md": text.encode()}


@pytest.mark.parametrize(
    "name",
    ["con", "NUL", "aux.d", "trailing.", "colon:x", "back\\slash", "-rf", "--upload-pack=x", "esc\x1b[31m", ".GIT"],
)
def test_a_skill_whose_own_name_is_unsafe(ada: Person, library: Path, name: str) -> None:
    """A skill folder with a name some system cannot hold, or a tool could take for an option, is refused alone."""
    with_tree(
        library, tree_of(library, [f"100644 blob {blob(library, skill('x').encode())}\tSKILL.md"]), f"skills/{name}"
    )
    done = ada.pull()
    assert sorted(one.action for one in done.values()) == ["installed", "installed", "refused"]
    assert {path.name for path in ada.skills.iterdir()} == {"a", "b"}


@posix
def test_a_skill_whose_name_is_no_utf8(ada: Person, library: Path) -> None:
    """A folder named in Latin-1 is refused with a reason, in plain output and in JSON, and breaks neither."""
    tree = tree_of(library, [f"100644 blob {blob(library, skill('x').encode())}\tSKILL.md"])
    row = b"040000 tree %b\tcaf\xe9\0" % tree.encode()
    inner = git("mktree", "-z", cwd=library, stdin=row).decode().strip()
    with_tree(library, inner, "more")
    for flag in ("--json", "--dry-run"):
        done = ada.run("pull", flag)
        assert done.code == 1 and "Traceback" not in done.err and "bug" not in done.err
    assert {path.name for path in ada.skills.iterdir()} == {"a", "b"}


def test_names_that_differ_only_in_case(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Of two skills that Windows and macOS take for one folder only one is installed, and the other is refused."""
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    names = ["deploy", "Deploy", composed, decomposed]
    library = skill_repo({f"skills/{name}/SKILL.md": skill("x") for name in names})
    done = person(tmp_path, library).pull()
    assert sorted(one.action for one in done.values()) == ["installed", "installed", "refused", "refused"]
    assert all("differs from" in one.message for one in done.values() if one.action == "refused")


def test_one_name_from_two_sources(ada: Person, skill_repo: SkillRepo) -> None:
    """The same name in two libraries is refused with both shown and the `as:` to write; with it both are installed."""
    other = skill_repo({"skills/a/SKILL.md": skill("a", "other\n"), "skills/c/SKILL.md": skill("c")}, name="other.git")
    ada.config.write_text(ada.config.read_text() + f"  other:\n    url: {other}\n")
    done = ada.pull()
    assert {name: one.action for name, one in done.items()} == {"a": "refused", "b": "installed", "c": "installed"}
    for wanted in ("team", "other", "as: other-a"):
        assert wanted in done["a"].message
    ada.config.write_text(ada.config.read_text() + '    skills: ["*", {name: a, as: other-a}]\n')
    done = ada.pull()
    assert {name: one.action for name, one in done.items() if "a" in name} == {"a": "installed", "other-a": "installed"}
    assert ada.read("a") == numbered("a") and ada.read("other-a") == skill("a", "other\n")


def test_a_second_source_never_takes_over_an_installed_skill(ada: Person, skill_repo: SkillRepo) -> None:
    """A library that starts to offer a name another one gave already is refused; the installed skill stays."""
    ada.pull()
    other = skill_repo({"skills/a/SKILL.md": skill("a", "taken over\n")}, name="other.git")
    ada.config.write_text(ada.config.read_text() + f"  other:\n    url: {other}\n")
    with untouched(ada.skills):
        assert ada.pull()["a"].action == "refused"
    assert ada.lock()["a"].source == "team"


def test_two_skills_of_one_name_in_a_library(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """A name that stands for two different skills is refused with both paths; a path settles it; twins are one."""
    files = {"skills/a/SKILL.md": skill("a"), "old/a/SKILL.md": skill("a", "old\n")}
    twins = {"skills/t/SKILL.md": skill("t"), ".claude/skills/t/SKILL.md": skill("t")}
    ada = person(tmp_path, skill_repo({**files, **twins}))
    done = ada.pull()
    assert done["a"].action == "refused" and "old/a" in done["a"].message and "skills/a" in done["a"].message
    assert done["t"].action == "installed" and ada.lock()["t"].path == "skills/t"
    ada.config.write_text(ada.config.read_text() + "    skills: [skills/a, t]\n")
    assert ada.pull()["a"].action == "installed"
    assert ada.read("a") == skill("a")


# ---- broken and huge libraries


def test_a_remote_without_a_default_branch_removes_nothing(ada: Person, library: Path) -> None:
    """A remote whose HEAD names no branch is an error that lists the branches; installed skills stay."""
    ada.pull()
    git("branch", "-m", "main", "one", cwd=library)
    git("branch", "two", "one", cwd=library)
    git("symbolic-ref", "HEAD", "refs/heads/nowhere", cwd=library)
    with untouched(ada.skills), pytest.raises(GitskillsError, match="default branch") as error:
        ada.pull()
    assert "one" in error.value.hint and "two" in error.value.hint


def test_a_repository_whose_head_is_broken(ada: Person, library: Path) -> None:
    """A remote that is no repository any more is an error, and nothing installed is touched."""
    ada.pull()
    (library / "HEAD").write_text("garbage\n")
    with untouched(ada.root):
        done = ada.run("pull")
    assert done.code == 1 and "Traceback" not in done.err and "bug" not in done.err


@posix
def test_something_odd_in_one_folder_stops_no_other(ada: Person, library: Path) -> None:
    """A named pipe in one skill folder is told of that skill alone; the other is updated."""
    if sys.platform == "win32":
        pytest.skip("this system has no named pipes")
    ada.pull()
    os.mkfifo(ada.skills / "a" / "pipe")
    commit(library, {"skills/a/x": "x", "skills/b/x": "x"})
    done = ada.pull()
    assert done["b"].action == "updated"
    assert done["a"].action == "refused" and "pipe" in done["a"].message


def test_a_skill_of_ten_thousand_files(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Ten thousand files arrive, are compared, and go again, in seconds."""
    files = {f"skills/big/data/{n % 100}/{n}.txt": str(n) for n in range(10_000)}
    library = skill_repo({**files, "skills/big/SKILL.md": skill("big")})
    ada = person(tmp_path, library, agents="[codex]")
    assert ada.pull()["big"].action == "installed"
    assert ada.status() == {"big": "up-to-date"}
    commit(library, {"skills/big/data/7/7.txt": "seven"})
    assert ada.pull()["big"].action == "updated"
    assert ada.read("big", "data/7/7.txt") == "seven"


def test_a_blob_of_a_hundred_megabytes(tmp_path: Path) -> None:
    """A huge file arrives whole and the skill beside it too; pushing it is a diagnostic, not a hang."""
    library = bare_repository(tmp_path / "library.git", {"skills/a/SKILL.md": numbered("a")})
    oid = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=library, input=b"\0" * 100_000_000, capture_output=True, check=True
    ).stdout.decode()
    text = blob(library, skill("big").encode())
    with_tree(
        library,
        tree_of(library, [f"100644 blob {text}\tSKILL.md", f"100644 blob {oid.strip()}\tbig.bin"]),
        "skills/big",
    )
    ada = person(tmp_path, library, agents="[codex]")
    assert ada.pull()["big"].action == "installed"
    assert (ada.skills / "big/big.bin").stat().st_size == 100_000_000


def test_nothing_of_a_library_or_a_user_runs(ada: Person, library: Path, tmp_path: Path, home: Path) -> None:
    """Filters that a library names, and hooks of the user's own, run at no point of pull and push here."""
    ran = tmp_path / "ran"
    ran.touch()
    commit(library, {"skills/a/.gitattributes": "* filter=evil\n", ".gitattributes": "* filter=evil\n"})
    for hook in ("post-checkout", "pre-push", "post-merge", "pre-commit", "reference-transaction", "post-index-change"):
        path = home / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/sh\necho {hook} "$PWD" >> {ran}\n')
        path.chmod(0o755)
    git("config", "--global", "core.hooksPath", str(home / "hooks"))
    git("config", "--global", "filter.evil.smudge", f"echo smudge >> {ran}; cat")
    git("config", "--global", "filter.evil.clean", f"echo clean >> {ran}; cat")
    ada.pull()
    ada.edit("a", "line 1\n", "line one\n")
    assert ada.push()["a"].action == "pushed"
    ran_here = [line for line in ran.read_text().splitlines() if not line.endswith(str(library.resolve()))]
    assert ran_here == [], "the remote runs its hooks, we run none"


@pytest.mark.parametrize(
    "url", ["ext::sh -c 'touch ran'", "--upload-pack=touch ran", "file:///nowhere\n--x", "fd::1", "-oProxyCommand=x"]
)
def test_hostile_urls(tmp_path: Path, url: str) -> None:
    """A URL that would run a command, or be read as an option, is refused before git sees it."""
    ada = person(tmp_path, "placeholder")
    ada.config.write_text("sources:\n  team:\n    url: " + repr(url).replace("\\n", "\\\\n") + "\n")
    done = ada.run("pull")
    assert done.code == 1 and "Traceback" not in done.err and not (ada.root / "ran").exists()


def test_text_of_others_drives_no_terminal(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Escapes in descriptions, branch names and authors reach neither stdout nor stderr."""
    text = '---\nname: a\ndescription: "\x1b]0;owned\x07 \u202e"\n---\n'
    library = skill_repo({"skills/a/SKILL.md": text.replace("\x1b", "\\e").replace("\x07", "\\a")})
    commit(library, {"skills/a/x": "x"}, message="a: \x1b[2J gone")
    git("update-ref", "refs/heads/\u202eevil", "main", cwd=library)
    ada = person(tmp_path, library, more="    ref: nowhere\n")
    assert ada.run("pull").code == 1
    ada.config.write_text(ada.config.read_text().replace("    ref: nowhere\n", ""))
    for words in (("pull",), ("list",), ("show", "a"), ("log", "a"), ("search", "owned"), ("status",)):
        done = ada.run(*words)
        assert done.code == 0, done.err
        assert not {"\x1b", "\x07", "\u202e"} & {*done.out, *done.err}


# ---- copies


def copies(tmp_path: Path, library: Path) -> Person:
    """Ada with `placement: copy`, who has pulled."""
    ada = person(tmp_path, library, more="placement: copy\n")
    ada.pull()
    return ada


def test_copies_follow(tmp_path: Path, library: Path) -> None:
    """With `placement: copy` the agent's folder holds a real copy, which follows updates and removals."""
    ada = copies(tmp_path, library)
    copy = ada.root / ".claude/skills/a"
    assert not copy.is_symlink() and folder(copy) == folder(ada.skills / "a")
    commit(library, {"skills/a/SKILL.md": skill("a", "new\n"), "skills/a/run": "x"})
    ada.pull()
    assert folder(copy) == folder(ada.skills / "a") and (copy / "run").exists()
    commit(library, {"skills/a/SKILL.md": None, "skills/a/run": None})
    ada.pull()
    assert not copy.exists()


def test_an_edit_in_a_copy_is_taken_over(tmp_path: Path, library: Path) -> None:
    """An edit in the agent's copy counts as the user's: merged with upstream, and pushed."""
    ada = copies(tmp_path, library)
    copy = ada.root / ".claude/skills/a/SKILL.md"
    copy.write_text(copy.read_text().replace("line 1\n", "line one\n"))
    commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 9\n", "line nine\n")})
    assert ada.pull()["a"].action == "merged"
    wanted = numbered("a").replace("line 1\n", "line one\n").replace("line 9\n", "line nine\n")
    assert ada.read("a") == copy.read_text() == wanted
    copy.write_text(wanted.replace("line 5\n", "line five\n"))
    assert ada.push()["a"].action == "pushed"
    assert "line five" in git("show", "main:skills/a/SKILL.md", cwd=library).decode()


def test_two_different_edits_are_both_kept(tmp_path: Path, library: Path) -> None:
    """Edits in the copy and in the real folder that differ are refused with both places; neither is touched."""
    ada = copies(tmp_path, library)
    copy = ada.root / ".claude/skills/a/SKILL.md"
    copy.write_text(copy.read_text().replace("line 1\n", "in the copy\n"))
    ada.edit("a", "line 1\n", "in the real one\n")
    with untouched(ada.root):
        done = ada.pull()["a"]
        assert done.action == "refused" and ".claude" in done.message
        assert ada.push()["a"].action == "refused"


def test_changing_from_links_to_copies_and_back(ada: Person) -> None:
    """`placement` may change: links become copies and copies links, with the same content."""
    ada.pull()
    text = ada.config.read_text()
    ada.config.write_text(text + "placement: copy\n")
    ada.pull()
    assert not (ada.root / ".claude/skills/a").is_symlink()
    assert folder(ada.root / ".claude/skills/a") == folder(ada.skills / "a")
    ada.config.write_text(text)
    ada.pull()
    assert (ada.root / ".claude/skills/a").is_symlink() and not ada.stages


def test_by_products_survive_a_pull(ada: Person, library: Path) -> None:
    """What running a skill's scripts left (caches, a virtual environment) is there after an update and a merge."""
    ada.pull()
    for name in "ab":
        for path in (".venv/bin/python", "__pycache__/x.pyc"):
            ada.write(name, "made here", path)
    ada.edit("b", "line 1\n", "line one\n")
    commit(library, {f"skills/{name}/SKILL.md": numbered(name, 14) for name in "ab"})
    assert {name: one.action for name, one in ada.pull().items()} == {"a": "updated", "b": "merged"}
    assert all(ada.read(n, p) == "made here" for n in "ab" for p in (".venv/bin/python", "__pycache__/x.pyc"))
    assert set(ada.status().values()) == {"up-to-date", "ahead"}


def test_links_and_modes_of_the_user_are_edits(ada: Person, library: Path) -> None:
    """Making a file executable, or adding a link, is an edit that pull keeps and push publishes."""
    ada.pull()
    ada.write("a", "#!/bin/sh\n", "run")
    (ada.skills / "a/run").chmod(0o755)
    (ada.skills / "a/latest").symlink_to("run")
    assert ada.pull()["a"].action == "kept"
    ada.push()
    rows = git("ls-tree", "main:skills/a", cwd=library).decode().splitlines()
    modes = {row.split("\t")[1]: int(row.split()[0], 8) for row in rows}
    assert (modes["run"], modes["latest"]) == (EXECUTABLE, LINK)


@pytest.mark.parametrize("placement", ["symlink", "copy"])
def test_tracked_files_with_names_of_by_products(tmp_path: Path, skill_repo: SkillRepo, placement: str) -> None:
    """A library that committed a `.DS_Store` or a cache gives it, and its being there or in a copy is no edit."""
    texts = {"SKILL.md": numbered("a"), ".DS_Store": "x", "lib/__pycache__/a.pyc": "y", "node_modules/m/i.js": "z"}
    library = skill_repo({f"skills/a/{path}": text for path, text in texts.items()})
    ada = person(tmp_path, library, more=f"placement: {placement}\n")
    ada.pull()
    assert all(ada.read("a", path) == text for path, text in texts.items())
    for _ in range(2):
        assert ada.pull()["a"].action == "unchanged" and ada.status() == {"a": "up-to-date"}
    (ada.root / ".claude/skills/a/SKILL.md").write_text(numbered("a").replace("line 1\n", "line one\n"))
    commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 9\n", "line nine\n")})
    assert ada.pull()["a"].action == "merged"
    assert ada.push()["a"].action == "pushed"
    names = git("ls-tree", "-r", "--name-only", "main:skills/a", cwd=library).decode().split()
    assert sorted(names) == sorted(texts)
    assert all(ada.read("a", path) == text for path, text in texts.items() if path != "SKILL.md")


def test_odd_trees_are_not_taken_for_edits(ada: Person, library: Path) -> None:
    """A tree as git would not write it (an old mode, an empty folder) is installed, followed, edited and removed."""
    ada.config.write_text(ada.config.read_text() + "placement: copy\n")
    empty = tree_of(library, [])

    def odd(text: str) -> None:
        rows = [f"100664 blob {blob(library, text.encode())}\tSKILL.md", f"040000 tree {empty}\tempty"]
        with_tree(library, tree_of(library, rows), "skills/odd")

    odd(numbered("odd"))
    assert ada.pull()["odd"].action == "installed" and ada.status()["odd"] == "up-to-date"
    assert ada.pull()["odd"].action == "unchanged" and ada.push("odd")["odd"].action == "unchanged"
    odd(numbered("odd").replace("line 3", "their line"))
    assert ada.status(fetch=True)["odd"] == "behind" and ada.pull()["odd"].action == "updated"
    copy = ada.root / ".claude/skills/odd/SKILL.md"
    copy.write_bytes(ada.read("odd").replace("line 8", "my line").encode())
    assert ada.status()["odd"] == "ahead"
    odd(numbered("odd").replace("line 3", "their newer line"))
    assert ada.pull()["odd"].action == "merged"
    assert "my line" in ada.read("odd") and "their newer line" in ada.read("odd")
    assert ada.push()["odd"].action == "pushed" and ada.status()["odd"] == "up-to-date"
    odd(numbered("odd"))
    ada.pull()
    assert ada.run("remove", "odd").code == 0 and not (ada.skills / "odd").exists() and not copy.parent.exists()
