"""Three-way merges, with C git as the oracle."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.git.command import version
from gitskills.git.merge import Favor, Merged, merge
from gitskills.git.repository import Repository, store
from gitskills.skills.file import EXECUTABLE, LINK, PLAIN
from tests.repositories import bare_repository, git

Tree = Mapping[str, str | bytes | tuple[str | bytes, int]]

FAVORS: tuple[Favor, ...] = ("ours", "theirs")

BASE = "".join(f"line {number}\n" for number in range(20))
ONE = BASE.replace("line 2\n", "line two\n")
OTHER = BASE.replace("line 17\n", "line seventeen\n")
CLASH = BASE.replace("line 2\n", "line 2!\n")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One repository for all merges: objects do not disturb each other."""
    return bare_repository(tmp_path_factory.mktemp("merge") / "r.git")


def put(repository: Path, tree: Tree) -> str:
    rows = []
    for path, content in tree.items():
        data, mode = content if isinstance(content, tuple) else (content, PLAIN)
        rows.append((path, mode, data.encode() if isinstance(data, str) else data))
    return store(Repository(repository), rows)


def files(repository: Path, tree: str) -> dict[str, bytes]:
    found = {}
    for row in git("ls-tree", "-r", "-z", tree, cwd=repository).split(b"\0"):
        if row:
            meta, _, path = row.partition(b"\t")
            found[path.decode()] = git("cat-file", "blob", meta.split()[2].decode(), cwd=repository)
    return found


def modes(repository: Path, tree: str) -> dict[str, str]:
    rows = git("ls-tree", "-r", tree, cwd=repository).decode().splitlines()
    return {row.split("\t")[1]: row.split()[0] for row in rows}


def merged(repository: Path, base: Tree | None, ours: Tree, theirs: Tree, favor: Favor = "none") -> Merged:
    ancestor = None if base is None else put(repository, base)
    return merge(repository, ancestor, put(repository, ours), put(repository, theirs), favor)


def oracle(repository: Path, base: Tree, ours: Tree, theirs: Tree) -> tuple[str, bool]:
    """What C git makes of the same three trees: the tree's oid, and whether it was clean."""
    if version() < (2, 38):
        pytest.skip("git merge-tree --write-tree came with git 2.38")
    commits: list[str] = []
    for tree in (base, ours, theirs):
        parents = ("-p", commits[0]) if commits else ()
        commits.append(git("commit-tree", put(repository, tree), *parents, "-m", "x", cwd=repository).decode().strip())
    done = subprocess.run(
        ["git", "merge-tree", "--write-tree", "--no-messages", commits[1], commits[2]],
        cwd=repository,
        capture_output=True,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.decode().split("\n")[0], done.returncode == 0


CLEAN: dict[str, tuple[Tree, Tree, Tree]] = {
    "disjoint lines of one file": ({"f": BASE}, {"f": ONE}, {"f": OTHER}),
    "different files": ({"f": BASE, "g": BASE}, {"f": ONE, "g": BASE}, {"f": BASE, "g": OTHER}),
    "the same edit on both sides": ({"f": BASE}, {"f": ONE}, {"f": ONE}),
    "only ours": ({"f": BASE}, {"f": ONE}, {"f": BASE}),
    "only theirs": ({"f": BASE}, {"f": BASE}, {"f": OTHER}),
    "deleted on both sides": ({"f": BASE, "g": "g\n"}, {"g": "g\n"}, {"g": "g\n"}),
    "deleted there, untouched here": ({"f": BASE, "g": "g\n"}, {"f": BASE, "g": "g\n"}, {"g": "g\n"}),
    "different files added": ({"f": BASE}, {"f": BASE, "a": "a\n"}, {"f": BASE, "b": "b\n"}),
    "the same file added": ({"f": BASE}, {"f": BASE, "a/b": "a\n"}, {"f": BASE, "a/b": "a\n"}),
    "executable here, edited there": ({"f": BASE}, {"f": (BASE, EXECUTABLE)}, {"f": OTHER}),
    "the same edit, executable there": ({"f": BASE}, {"f": ONE}, {"f": (ONE, EXECUTABLE)}),
    "renamed there, edited here": ({"old/f": BASE}, {"old/f": ONE}, {"new/f": BASE}),
    "renamed here, edited there": ({"f": BASE}, {"g": BASE}, {"f": OTHER}),
    "renamed and edited there, edited here": ({"f": BASE}, {"f": ONE}, {"g": OTHER}),
    "CRLF": (
        {"f": BASE.replace("\n", "\r\n")},
        {"f": ONE.replace("\n", "\r\n")},
        {"f": OTHER.replace("\n", "\r\n")},
    ),
    "no final newline": ({"f": BASE[:-1]}, {"f": ONE[:-1]}, {"f": OTHER[:-1].replace("seventeen", "XVII")}),
    "a link retargeted there": (
        {"l": ("a", LINK), "f": BASE},
        {"l": ("a", LINK), "f": ONE},
        {"l": ("b", LINK), "f": BASE},
    ),
    "binary changed on one side": (
        {"b": b"\0\1\2", "f": BASE},
        {"b": b"\0\1\2", "f": ONE},
        {"b": b"\0\1\3", "f": BASE},
    ),
    "Latin-1 text": (
        {"f": BASE.encode() + b"\xe9\n"},
        {"f": ONE.encode() + b"\xe9\n"},
        {"f": OTHER.encode() + b"\xe9\n"},
    ),
}

CONFLICTS: dict[str, tuple[Tree, Tree, Tree]] = {
    "the same line": ({"f": BASE}, {"f": ONE}, {"f": CLASH}),
    "edited here, deleted there": ({"f": BASE, "g": "g\n"}, {"f": ONE, "g": "g\n"}, {"g": "g\n"}),
    "deleted here, edited there": ({"f": BASE, "g": "g\n"}, {"g": "g\n"}, {"f": ONE, "g": "g\n"}),
    "both added, differing": ({"g": "g\n"}, {"g": "g\n", "f": "one\n"}, {"g": "g\n", "f": "other\n"}),
    "both added, one executable": ({"g": "g\n"}, {"g": "g\n", "f": "f\n"}, {"g": "g\n", "f": ("f\n", EXECUTABLE)}),
    "Latin-1 on both sides": ({"f": b"\xe9\n"}, {"f": b"\xe8\n"}, {"f": b"\xe7\n"}),
    "binary on both sides": ({"b": b"\0\1\2"}, {"b": b"\0\1\3"}, {"b": b"\0\1\4"}),
    "a file here, a folder there": ({"g": "g\n"}, {"g": "g\n", "d": "file\n"}, {"g": "g\n", "d/f": "below\n"}),
    "links to two places": ({"l": ("a", LINK)}, {"l": ("b", LINK)}, {"l": ("c", LINK)}),
    "renamed to two places": ({"f": BASE}, {"g": BASE}, {"h": BASE}),
    "CRLF against LF": ({"f": BASE}, {"f": BASE.replace("\n", "\r\n")}, {"f": ONE}),
}


@pytest.mark.parametrize("case", CLEAN)
def test_what_git_merges_we_merge_alike(repository: Path, case: str) -> None:
    """A merge that is clean for C git is clean for us, and gives the same tree, bit for bit."""
    base, ours, theirs = CLEAN[case]
    done = merged(repository, base, ours, theirs)
    assert done.clean, done.conflicts
    assert (done.tree, True) == oracle(repository, base, ours, theirs)


@pytest.mark.parametrize("case", CONFLICTS)
def test_what_git_does_not_merge_we_do_not(repository: Path, case: str) -> None:
    """A conflict for C git is one for us, and the tree kept for looking at is a whole tree."""
    base, ours, theirs = CONFLICTS[case]
    done = merged(repository, base, ours, theirs)
    assert not done.clean and done.conflicts
    assert oracle(repository, base, ours, theirs)[1] is False
    assert files(repository, done.tree)


def test_a_conflict_shows_both_sides_and_the_base(repository: Path) -> None:
    """The conflicted tree holds the text with diff3 markers, so that a person sees what both did."""
    text = files(repository, merged(repository, {"f": BASE}, {"f": ONE}, {"f": CLASH}).tree)["f"].decode()
    for wanted in ("<<<<<<<", "|||||||", "=======", ">>>>>>>", "line two\n", "line 2\n", "line 2!\n"):
        assert wanted in text


@pytest.mark.parametrize("case", CONFLICTS)
@pytest.mark.parametrize("favor", FAVORS)
def test_a_favoured_side_settles_every_conflict(repository: Path, case: str, favor: Favor) -> None:
    """With a favoured side nothing is left in conflict, and no marker gets into any file."""
    done = merged(repository, *CONFLICTS[case], favor)
    assert done.clean
    assert not any(b"<<<<<<<" in data or b">>>>>>>" in data for data in files(repository, done.tree).values())


def test_a_favoured_side_wins_only_where_the_sides_clash(repository: Path) -> None:
    """Hunks that do not clash are taken from both sides whatever is favoured."""
    theirs = {"f": CLASH.replace("line 17\n", "line seventeen\n")}
    ours = {"f": ONE}
    assert files(repository, merged(repository, {"f": BASE}, ours, theirs, "ours").tree)["f"].decode() == (
        ONE.replace("line 17\n", "line seventeen\n")
    )
    assert files(repository, merged(repository, {"f": BASE}, ours, theirs, "theirs").tree)["f"].decode() == theirs["f"]


@pytest.mark.parametrize(("favor", "left"), [("ours", {"g", "f"}), ("theirs", {"g"})])
def test_a_favoured_side_decides_whether_a_file_is_deleted(repository: Path, favor: Favor, left: set[str]) -> None:
    """Edited here and deleted there: ours keeps the file, theirs lets it go."""
    done = merged(repository, {"f": BASE, "g": "g\n"}, {"f": ONE, "g": "g\n"}, {"g": "g\n"}, favor)
    assert files(repository, done.tree).keys() == left


def test_modes_are_merged(repository: Path) -> None:
    """An executable bit set on one side survives the other side's edit."""
    done = merged(repository, {"f": BASE}, {"f": (BASE, EXECUTABLE)}, {"f": OTHER})
    assert modes(repository, done.tree) == {"f": "100755"}


def test_sides_without_a_base_agree_or_conflict(repository: Path) -> None:
    """With no common ancestor equal files and files of one side go together; differing ones are a conflict."""
    done = merged(repository, None, {"f": BASE, "a": "a\n"}, {"f": BASE, "b": "b\n"})
    assert done.clean and files(repository, done.tree).keys() == {"f", "a", "b"}
    assert not merged(repository, None, {"f": BASE}, {"f": ONE}).clean


def test_a_missing_object_is_our_error(repository: Path) -> None:
    """A tree that is not there raises a GitskillsError that says what to do."""
    tree = put(repository, {"f": BASE})
    with pytest.raises(GitskillsError) as error:
        merge(repository, tree, tree, "1" * 40)
    assert error.value.hint


PATHS = ("SKILL.md", "x", "d/y", "d/z", "e/f/g")
FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def content(path: str) -> st.SearchStrategy[str | bytes | tuple[str, int]]:
    """Content that is like no other path's, its lines in order: git and libgit2 guess differently what was renamed, and
    which of several equal lines a line was.
    """
    text = st.sets(st.sampled_from("abcdefgh")).map(lambda some: "".join(f"{path} {x}\n" for x in sorted(some)))
    return st.one_of(
        text.filter(bool),
        st.tuples(text.filter(bool), st.sampled_from([PLAIN, EXECUTABLE])),
        st.binary(min_size=1, max_size=3).map(lambda data: path.encode() + b"\0" + data),
        text.filter(bool).map(lambda text: text.encode() + b"\xff\n"),
    )


trees = st.fixed_dictionaries({}, optional={path: content(path) for path in PATHS}).filter(bool)


@FEW
@given(base=trees, ours=trees, theirs=trees)
def test_the_laws_of_merging(repository: Path, base: Tree, ours: Tree, theirs: Tree) -> None:
    """A side that did nothing loses, equal sides win, sides may be swapped, and favouring one settles everything."""
    b, o, t = (put(repository, tree) for tree in (base, ours, theirs))
    assert merge(repository, b, b, t) == Merged(t, ())
    assert merge(repository, b, o, b) == Merged(o, ())
    assert merge(repository, b, o, o) == Merged(o, ())
    one, other = merge(repository, b, o, t), merge(repository, b, t, o)
    assert one.clean == other.clean and sorted(one.conflicts) == sorted(other.conflicts)
    if one.clean:
        assert one.tree == other.tree
    for favor in FAVORS:
        assert merge(repository, b, o, t, favor).clean
    assert merge(repository, b, o, t, "ours").tree == merge(repository, b, t, o, "theirs").tree


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=trees, ours=trees, theirs=trees)
def test_random_merges_agree_with_git(repository: Path, base: Tree, ours: Tree, theirs: Tree) -> None:
    """We merge what git merges, to the same tree, and nothing else."""
    done = merged(repository, base, ours, theirs)
    tree, clean = oracle(repository, base, ours, theirs)
    assert done.clean == clean
    if clean:
        assert done.tree == tree


def change(draw: st.DrawFn, tree: dict[str, list[str]], side: str) -> dict[str, list[str]]:
    """Edit, rename, delete and add files at random; every line added is one that stands nowhere else."""
    files = {path: list(lines) for path, lines in tree.items()}
    for number in range(draw(st.integers(0, 4))):
        what = draw(st.sampled_from(["edit", "rename", "delete", "add"]))
        if what == "add" or not files:
            files[draw(st.sampled_from(PATHS))] = [f"{side} {number}"] * draw(st.integers(1, 3))
            continue
        path = draw(st.sampled_from(sorted(files)))
        if what == "edit":
            files[path].insert(draw(st.integers(0, len(files[path]))), f"{side} {number}")
        else:
            lines = files.pop(path)
            if what == "rename":
                files[draw(st.sampled_from(PATHS))] = lines
    return files


@st.composite
def histories(draw: st.DrawFn) -> list[Tree]:
    base = {
        path: [f"{path} {n}" for n in range(draw(st.integers(1, 8)))] for path in draw(st.sets(st.sampled_from(PATHS)))
    }
    sides = [base, change(draw, base, "ours"), change(draw, base, "theirs")]
    return [{path: "".join(line + "\n" for line in lines) for path, lines in side.items()} for side in sides]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(three=histories())
def test_a_clean_merge_loses_no_line_of_either_side(repository: Path, three: list[Tree]) -> None:
    """Whatever was renamed, deleted and edited: a merge is clean only if every line that a side added is in it."""
    done = merged(repository, three[0], three[1], three[2])
    added = {
        line
        for side in three[1:]
        for text in side.values()
        for line in str(text).splitlines()
        if line.startswith(("ours ", "theirs "))
    }
    if done.clean:
        kept = {line for data in files(repository, done.tree).values() for line in data.decode().splitlines()}
        assert added <= kept
