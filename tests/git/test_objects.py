"""Listings, blobs and refs as git has them; oids of our own against git's."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.skills.file import EXECUTABLE, LINK, PLAIN, File
from gitskills.skills.tree import blob_oid, files_oid, tree_oid
from tests.conftest import SkillRepo
from tests.repositories import Files, bare_repository, git

COMMIT = "c" * 40


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One empty bare repository for all examples."""
    return bare_repository(tmp_path_factory.mktemp("objects") / "r.git")


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..") and name.lower() != ".git"
)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
some_files = st.builds(File, st.binary(max_size=40), st.sampled_from([PLAIN, EXECUTABLE, LINK]))


def writable(files: Mapping[str, File]) -> bool:
    """Whether no path is both a file and a folder."""
    return not any(other.startswith(path + "/") for path in files for other in files)


def written_by_git(repository: Path, files: Mapping[str, File]) -> str:
    """The tree `git write-tree` makes of these files through an index of its own."""
    rows = []
    for path, file in files.items():
        oid = git("hash-object", "-w", "--stdin", "--no-filters", cwd=repository, stdin=file.data).decode().strip()
        rows.append(f"{file.mode:06o} {oid}\t{path}\0".encode())
    git("read-tree", "--empty", cwd=repository)
    git("update-index", "-z", "--index-info", cwd=repository, stdin=b"".join(rows))
    return git("write-tree", cwd=repository).decode().strip()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(paths, some_files, max_size=8).filter(writable))
def test_a_trees_oid_is_gits(repository: Path, files: dict[str, File]) -> None:
    """The oid computed without git is what `git write-tree` gives, whatever names, modes and bytes."""
    assert files_oid(files) == written_by_git(repository, files)


def test_folders_sort_as_if_they_ended_in_a_slash(repository: Path) -> None:
    """`a.b`, `a/` and `a0` come in git's order, not the alphabet's."""
    files = {name: File(b"x") for name in ("a.b", "a/c", "a0", "a-")}
    assert files_oid(files) == written_by_git(repository, files)


def test_one_name_for_a_file_and_a_folder_is_no_tree() -> None:
    """A path below a file, or a file twice, is refused instead of hashed into something no git has."""
    for pair in (("a", "a/b"), ("a/b", "a")):
        with pytest.raises(ValueError):
            tree_oid({path: (PLAIN, blob_oid(b"")) for path in pair})


def found(*paths: str, submodules: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """The skills among these paths: path → its files."""
    entries = {path: (PLAIN, "1" * 40) for path in paths} | {path: (0o160000, "2" * 40) for path in submodules}
    folders = {"/".join(path.split("/")[:n]) for path in entries for n in range(path.count("/") + 1)}
    listing = objects.find_skills(entries, dict.fromkeys(folders, "3" * 40))
    return {path: sorted(one.entries) for path, one in listing.items()}


def test_every_layout_is_read() -> None:
    """A skill is any folder with a SKILL.md, wherever it lies, with all that is below it."""
    assert found(
        "README.md",
        "skills/a/SKILL.md",
        "skills/a/scripts/run.sh",
        "plugins/p/skills/b/SKILL.md",
        ".claude/skills/c/SKILL.md",
        "d/SKILL.md",
        "skills/ab/SKILL.md",
        "skills/none/readme.md",
    ) == {
        "skills/a": ["SKILL.md", "scripts/run.sh"],
        "plugins/p/skills/b": ["SKILL.md"],
        ".claude/skills/c": ["SKILL.md"],
        "d": ["SKILL.md"],
        "skills/ab": ["SKILL.md"],
    }


def test_the_outermost_skill_wins() -> None:
    """A SKILL.md below another skill is that skill's file; one at the root takes the whole repository."""
    assert found("a/SKILL.md", "a/b/SKILL.md", "a/b/c/SKILL.md", "a/x") == {
        "a": ["SKILL.md", "b/SKILL.md", "b/c/SKILL.md", "x"]
    }
    assert found("SKILL.md", "skills/a/SKILL.md", "x") == {"": ["SKILL.md", "skills/a/SKILL.md", "x"]}


def test_what_is_no_skill() -> None:
    """A SKILL.md that is a folder or a submodule makes no skill, nor does one in node_modules."""
    assert found("a/SKILL.md/readme", "node_modules/b/SKILL.md", "c/skill.md", submodules=("d/SKILL.md",)) == {}


def test_a_listing_gives_gits_oids(skill_repo: SkillRepo) -> None:
    """`skills` and `entries` name the trees and blobs that git names."""
    files: Files = {"skills/ä b/SKILL.md": "x", "skills/ä b/run": ("y", EXECUTABLE), "skills/c/SKILL.md": "z"}
    library = skill_repo(files)
    listing = objects.skills(library, git("rev-parse", "main", cwd=library).decode().strip())
    assert sorted(listing) == ["skills/c", "skills/ä b"]
    one = listing["skills/ä b"]
    assert one.name == "ä b"
    assert one.tree == git("rev-parse", "main:skills/ä b", cwd=library).decode().strip()
    assert one.entries == {"SKILL.md": (PLAIN, blob_oid(b"x")), "run": (EXECUTABLE, blob_oid(b"y"))}
    assert objects.entries(library, one.tree) == one.entries


def test_blobs_come_in_order_and_whole(repository: Path) -> None:
    """Blobs of any bytes, repeated ones too, come one for one in the order asked for."""
    data = [b"", b"\n", b"a\nb\0c", b"x" * 300_000, b"last"]
    oids = [git("hash-object", "-w", "--stdin", cwd=repository, stdin=each).decode().strip() for each in data]
    wanted = [*oids, *reversed(oids), oids[3]]
    got = list(objects.blobs(repository, wanted))
    assert [oid for oid, _ in got] == wanted
    assert [each for _, each in got] == [data[oids.index(oid)] for oid in wanted]


def test_blobs_that_are_too_large_come_empty(repository: Path) -> None:
    """What is larger than asked for is read past; the next ones are whole."""
    texts = [b"small", b"x" * 200_000, b"", b"y" * 100]
    wanted = [git("hash-object", "-w", "--stdin", cwd=repository, stdin=text).decode().strip() for text in texts]
    got = [data for _, data in objects.blobs(repository, wanted, largest=100)]
    assert got == [b"small", b"", b"", b"y" * 100]


def test_a_missing_blob_is_our_error(repository: Path) -> None:
    """A blob that is not there, or an oid that is no blob's, raises a GitskillsError and leaves no process behind."""
    tree = git("mktree", cwd=repository, stdin=b"").decode().strip()
    for oid in ("1" * 40, tree):
        with pytest.raises(GitskillsError, match="missing"):
            list(objects.blobs(repository, [blob_oid(b""), oid] if oid == tree else [oid]))


def test_a_reader_may_stop_early(repository: Path) -> None:
    """Closing the stream of blobs after the first ends git quietly."""
    oid = git("hash-object", "-w", "--stdin", cwd=repository, stdin=b"x" * 1_000_000).decode().strip()
    stream = objects.blobs(repository, [oid] * 50)
    assert next(stream)[0] == oid
    stream.close()


def test_refs_move_by_compare_and_swap(repository: Path) -> None:
    """A ref moves only from the value it was seen at, with its reason in the reflog."""
    one = objects.make_tree(repository, {"a": (0o040000, "4" * 40)})
    two = objects.make_tree(repository, {"b": (0o040000, "5" * 40)})
    ref = "refs/gitskills/test"
    assert objects.update_ref(repository, ref, one, None, "first")
    assert not objects.update_ref(repository, ref, two, None, "as if it were not there")
    assert not objects.update_ref(repository, ref, two, two, "as if it had moved")
    assert objects.update_ref(repository, ref, two, one, "second")
    assert objects.subtrees(repository, ref) == {"b": "5" * 40}
    log = (repository / "logs" / ref).read_text()
    assert "first" in log and "second" in log
    objects.delete_ref(repository, ref)
    objects.delete_ref(repository, ref)
    assert objects.resolve(repository, ref) is None and objects.subtrees(repository, ref) == {}


@pytest.mark.parametrize("rev", ["--all", "-h", "main^{tree", "nowhere", "", "..", "a b", "\x1b[31m", "@{-1}", ":/x"])
def test_no_name_is_read_as_an_option(skill_repo: SkillRepo, rev: str) -> None:
    """Text that names nothing resolves to nothing, options among it."""
    assert objects.resolve(skill_repo({"a/SKILL.md": "a"}), rev) is None


def test_an_oid_resolves_only_where_its_object_is(repository: Path) -> None:
    """A full oid of an object that is not here is not found: its being well-formed says nothing."""
    there = git("hash-object", "-w", "--stdin", cwd=repository, stdin=b"there").decode().strip()
    assert objects.resolve(repository, there) == there
    assert objects.resolve(repository, "1" * 40) is None


@pytest.mark.parametrize("path", ["skills/a", ":(top)x", "-x", "*"])
def test_the_versions_of_a_folder(tmp_path: Path, path: str) -> None:
    """The trees a folder had after one commit and up to another, whatever its name; other folders' do not count."""
    history = [{f"{path}/SKILL.md": str(number), "other/SKILL.md": str(number)} for number in range(4)]
    library = bare_repository(tmp_path / "r.git", [*history[:3], {"other/x": "x"}, {f"{path}/SKILL.md": None}])
    commits = git("rev-list", "--reverse", "main", cwd=library).decode().split()
    found = objects.versions(library, commits[0], commits[-1], path)
    assert found == {objects.skills(library, commit)[path].tree for commit in commits[1:3]}
