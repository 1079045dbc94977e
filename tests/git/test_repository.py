"""Objects written through libgit2, with git as the judge."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.git.repository import Repository, store
from gitskills.skills.file import EXECUTABLE, LINK, PLAIN, File
from gitskills.skills.tree import EMPTY_TREE, files_oid
from tests.repositories import bare_repository, git


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One bare repository for all examples."""
    return bare_repository(tmp_path_factory.mktemp("repository") / "r.git")


def put(path: Path, files: Mapping[str, File]) -> str:
    return store(Repository(path), ((name, file.mode, file.data) for name, file in files.items()))


def listed(path: Path, tree: str) -> list[str]:
    return git("ls-tree", "-r", "--name-only", tree, cwd=path).decode().split()


parts = st.sampled_from(["a", "b", "c", "a.b", "a0"])
trees = st.dictionaries(
    st.lists(parts, min_size=1, max_size=3).map("/".join),
    st.builds(File, st.binary(max_size=5), st.sampled_from([PLAIN, EXECUTABLE, LINK])),
    max_size=5,
).filter(lambda files: not any(other.startswith(one + "/") for one in files for other in files))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=trees)
def test_a_stored_tree_has_the_oid_computed_for_it(path: Path, files: dict[str, File]) -> None:
    """What libgit2 stores is what `files_oid` says, and git finds nothing wrong with it."""
    tree = put(path, files)
    assert tree == files_oid(files)
    assert sorted(listed(path, tree)) == sorted(files)


def test_git_accepts_what_is_stored(path: Path) -> None:
    """`git fsck --strict` has nothing to say about trees with folders, modes and odd names."""
    put(path, {"a.b": File(b"1"), "a/b": File(b"2", EXECUTABLE), "a0": File(b"3", LINK), "ü ü/x": File(b"")})
    assert git("fsck", "--strict", "--no-dangling", cwd=path) == b""


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=trees, inside=trees.filter(bool))
def test_splicing_a_folder_changes_nothing_else(path: Path, files: dict[str, File], inside: dict[str, File]) -> None:
    """A spliced root holds the new folder and every other file as before; taking it out again restores the rest."""
    repository = Repository(path)
    root, tree = put(path, files), put(path, inside)
    spliced = repository.splice(root, "skills/deep/one", tree)
    expected = files | {f"skills/deep/one/{name}": file for name, file in inside.items()}
    assert spliced == files_oid(expected)
    assert repository.subtree(spliced, "skills/deep/one") == tree
    assert repository.splice(spliced, "skills/deep/one", None) == root


def test_splicing_at_the_root_and_from_nothing(path: Path) -> None:
    """An empty path is the root itself; no root is an empty one; folders left empty go."""
    repository = Repository(path)
    tree = put(path, {"SKILL.md": File(b"x")})
    assert repository.splice(None, "", tree) == tree
    assert listed(path, repository.splice(None, "skills/a", tree)) == ["skills/a/SKILL.md"]
    assert repository.splice(None, "", None) == EMPTY_TREE
    assert repository.splice(None, "skills/a", None) == EMPTY_TREE
    assert repository.splice(repository.splice(None, "skills/a", tree), "skills/b", None) == files_oid(
        {"skills/a/SKILL.md": File(b"x")}
    )


def test_a_file_in_the_way_is_our_error(path: Path) -> None:
    """A folder is never put where the library has a file above it."""
    root = put(path, {"skills": File(b"a file")})
    with pytest.raises(GitskillsError, match="file where the folder"):
        Repository(path).splice(root, "skills/a", put(path, {"SKILL.md": File(b"x")}))


def test_what_is_not_there(path: Path, tmp_path: Path) -> None:
    """A folder that is no repository and an oid that is no object are GitskillsErrors; a missing folder is None."""
    repository = Repository(path)
    with pytest.raises(GitskillsError):
        Repository(tmp_path / "nowhere")
    with pytest.raises(GitskillsError, match="missing"):
        repository.root("1" * 40)
    tree = put(path, {"a/b": File(b"x")})
    assert repository.subtree(tree, "a/c") is None
    assert repository.subtree(tree, "a/b") is None, "a file is no folder"
    assert repository.subtree(tree, "") == tree


def test_a_name_that_is_not_utf8(path: Path) -> None:
    """libgit2 takes no such name, and the error says which."""
    for name in ("b\udce4d.md", "\udce4/file"):
        with pytest.raises(GitskillsError, match=r"\\xe4.* not UTF-8"):
            put(path, {"SKILL.md": File(b"x"), name: File(b"x")})


def test_what_cannot_be_written_is_an_error_that_helps(tmp_path: Path) -> None:
    """Where libgit2 cannot write an object (a full disk, here a file in its way), the error says where."""
    path = bare_repository(tmp_path / "r.git")
    for first in range(256):
        (path / "objects" / f"{first:02x}").write_bytes(b"")
    with pytest.raises(GitskillsError, match="cannot be written") as blob:
        Repository(path).write_blob(b"x")
    with pytest.raises(GitskillsError, match="cannot be written") as tree:
        Repository(path).splice(None, "", None)
    assert all(str(path) in error.value.message and error.value.hint for error in (blob, tree))
