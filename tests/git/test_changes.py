"""What was merged into a history, change by change."""

import os
import sys
from pathlib import Path

import pytest

from gitskills.git import changes
from tests.codes import Code
from tests.repositories import git


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """Return a repository with a merge whose branch was begun before another change."""
    code = Code(tmp_path / "code")
    code.write("a.py", "a\n", "start")
    code.git("switch", "-q", "-c", "feature")
    code.write("b.py", "b\n", "inner one")
    code.write("b.py", "b\nc\n", "inner two")
    code.git("switch", "-q", "-")
    code.write("a.py", "b\n", "between")
    code.git("merge", "-q", "--no-ff", "-m", "Merge branch 'feature'", "feature")
    return code


def test_a_chain_tells_what_each_merge_brought(code: Code) -> None:
    """The oldest first; the commits of a branch belong to its merge; what came before `since` is left out."""
    found = changes.chain(code.git_dir, code.oid("HEAD"), "")
    assert [one.commit.message for one in found] == ["start", "between", "Merge branch 'feature'"]
    assert [[inner.message for inner in one.brought] for one in found] == [[], [], ["inner one", "inner two"]]
    later = changes.chain(code.git_dir, code.oid("HEAD"), code.oid("HEAD^1^1"))
    assert [one.commit.message for one in later] == ["between", "Merge branch 'feature'"]


def test_a_commit_of_a_branch_came_by_its_merge(code: Code) -> None:
    """A change is brought by itself, a commit of a branch by the merge, one that never came by nothing."""
    tip = code.oid("HEAD")
    assert changes.brought_by(code.git_dir, code.oid("HEAD^2^1"), tip) == tip
    for one in ("HEAD", "HEAD^1", "HEAD^1^1"):
        assert changes.brought_by(code.git_dir, code.oid(one), tip) == code.oid(one)
    code.git("switch", "-q", "-c", "other", "HEAD^1")
    assert changes.brought_by(code.git_dir, code.write("z", "z\n"), tip) == ""


def test_the_files_of_a_change_whatever_their_names(code: Code) -> None:
    """A merge counts as what it brought; names with spaces, quotes, tabs and any letters come out as they are."""
    names = ["sp ace.py", 'qu"ote.py', "tab\there.py", "ünï/日本.py", "new\nline.py", "--dash.py"]
    for name in names:
        (code.folder / name).parent.mkdir(exist_ok=True)
        (code.folder / name).write_text("x\n", encoding="utf-8")
    code.git("add", "-A")
    code.git("commit", "-q", "-m", "names")
    code.git("rm", "-q", "a.py")
    (code.folder / "bin").write_bytes(b"\0\1\2")
    (code.folder / "empty").touch()
    code.git("add", "-A")
    code.git("commit", "-q", "-m", "more")
    oids = code.git("rev-list", "--first-parent", "HEAD").split()
    found = dict(changes.diffs(code.git_dir, oids))
    assert sorted(one.path for one in found[code.oid("HEAD^")]) == sorted(names)
    states = {one.path: (one.status, one.added, one.removed) for one in found[code.oid("HEAD")]}
    assert states == {"a.py": ("removed", 0, 1), "bin": ("added", 0, 0), "empty": ("added", 0, 0)}
    merge = found[code.oid("HEAD^^")]
    assert [(one.path, one.added, one.patch.count("\n+")) for one in merge] == [("b.py", 2, 2)]
    touched = dict(changes.touched(code.git_dir, code.oid("HEAD"), 2))
    assert sorted(touched[code.oid("HEAD^")]) == sorted(names) and len(touched) == 2


def test_a_text_with_a_nul_does_not_end_a_change(code: Code) -> None:
    """A file that attributes call text may hold what separates records."""
    code.write(".gitattributes", "*.dat diff\n")
    (code.folder / "x.dat").write_bytes(b"one\0\x01two\n")
    (code.folder / "y.py").write_text("y\n")
    code.git("add", "-A")
    code.git("commit", "-q", "-m", "nul")
    tip = code.oid("HEAD")
    found = dict(changes.diffs(code.git_dir, [tip, code.oid("HEAD^")]))
    assert {one.path for one in found[tip]} == {"x.dat", "y.py"} and len(found) == 2


def test_the_users_settings_change_nothing(code: Code) -> None:
    """Prefixes, colours, renames, signatures and external differs of the user's do not reach the reading."""
    settings = (
        *("diff.noprefix=true", "color.ui=always", "diff.renames=copies", "diff.mnemonicPrefix=true"),
        *("log.showRoot=false", "log.showSignature=true", "core.quotePath=true", "diff.external=false"),
    )
    oids = code.git("rev-list", "HEAD").split()
    before = list(changes.diffs(code.git_dir, oids))
    for setting in settings:
        git("config", *setting.split("="), cwd=code.folder)
    assert list(changes.diffs(code.git_dir, oids)) == before and len(before) == 5


def test_a_shallow_clone_shows_where_it_was_cut(code: Code, tmp_path: Path) -> None:
    """Only what lost its parent is cut off; a true first commit is none."""
    git("clone", "-q", "--depth", "2", f"file://{code.folder}", tmp_path / "shallow")
    folder = tmp_path / "shallow" / ".git"
    found = changes.chain(folder, code.oid("HEAD"), "")
    assert changes.cut_off(folder, found) == {code.oid("HEAD^1")}
    assert changes.cut_off(code.git_dir, changes.chain(code.git_dir, code.oid("HEAD"), "")) == set()


def test_the_blobs_before_and_after_each_change(code: Code) -> None:
    """New, changed and removed files, links, submodules, odd names and merges, each compared with its first parent."""
    odd = "odd\nname: %d\té.py"
    (code.folder / "b.py").unlink()
    (code.folder / "a.py").unlink()
    (code.folder / "a.py").symlink_to("elsewhere")
    (code.folder / odd).write_text("odd\n", encoding="utf-8")
    code.git("add", "-A")
    code.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    code.git("commit", "-q", "-m", "all kinds")
    code.git("commit", "-q", "--allow-empty", "-m", "nothing")
    code.git("config", "log.showRoot", "false")
    code.git("config", "diff.renames", "copies")
    commits = [code.oid(name) for name in ("HEAD", "HEAD~1", "HEAD~2", "HEAD~2^2", "HEAD~4")]
    rows = list(changes.blobs(code.git_dir, [*commits, "ab" * 20, "cd" * 32]))

    def blob(text: str) -> str:
        return git("hash-object", "--stdin", cwd=code.folder, stdin=text.encode()).decode().strip()

    assert rows == [
        (commits[1], "a.py", blob("b\n"), blob("elsewhere")),
        (commits[1], "b.py", blob("b\nc\n"), ""),
        (commits[1], "module", "", ""),
        (commits[1], odd, "", blob("odd\n")),
        (commits[2], "b.py", "", blob("b\nc\n")),
        (commits[3], "b.py", blob("b\n"), blob("b\nc\n")),
        (commits[4], "a.py", "", blob("a\n")),
    ]
    assert [row for row in rows if row.path == "b.py"] == list(changes.blobs(code.git_dir, commits, ["b.py", "*.py"]))
    assert list(changes.blobs(code.git_dir, [])) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a name is text")
def test_names_that_are_no_text_are_called_alike(code: Code) -> None:
    """A path of other bytes is the same text in the list of changes and in their hunks, and never half a character."""
    with open(os.fsencode(code.folder) + b"/caf\xe9.py", "wb") as odd:
        odd.write(b"x\n")
    code.git("add", "-A")
    code.git("commit", "-q", "-m", "odd")
    tip = code.oid("HEAD")
    ((_, (path,)),) = changes.touched(code.git_dir, tip, 1)
    ((_, (file,)),) = changes.diffs(code.git_dir, [tip])
    assert path == file.path == "caf\ufffd.py"
