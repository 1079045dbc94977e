"""Objects written through libgit2 into a bare repository: blobs, trees, one folder spliced into a root tree."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from gitskills.errors import GitskillsError
from gitskills.git.objects import Missing


class Repository:
    """One bare repository opened by libgit2."""

    def __init__(self, git_dir: Path) -> None:
        try:
            self._repo = pygit2.Repository(str(git_dir))
        except pygit2.GitError as error:
            raise Missing(f"{git_dir} cannot be opened as a repository: {error}") from error

    def write_blob(self, data: bytes) -> str:
        """Store a blob; returns its oid."""
        with self._writing():
            return str(self._repo.create_blob(data))

    def write_tree(self, entries: Mapping[str, tuple[int, str]]) -> str:
        """Store the tree, with its folders, that holds `entries`: path with `/` → (mode, oid of a stored blob).

        Raises GitskillsError for a name that is not UTF-8, which libgit2 cannot be given.
        """
        here: dict[str, tuple[int, str]] = {}
        below: dict[str, dict[str, tuple[int, str]]] = {}
        for path, entry in entries.items():
            first, slash, rest = path.partition("/")
            if slash:
                below.setdefault(first, {})[rest] = entry
            else:
                here[first] = entry
        builder = self._repo.TreeBuilder()
        try:
            with self._writing():
                for name, (mode, oid) in here.items():
                    builder.insert(name, pygit2.Oid(hex=oid), mode)
                for name, inside in below.items():
                    builder.insert(name, pygit2.Oid(hex=self.write_tree(inside)), FileMode.TREE)
                return str(builder.write())
        except UnicodeEncodeError as error:
            name = repr(error.object.encode("utf-8", "surrogateescape"))[1:]
            raise GitskillsError(f"{name} is a name that is not UTF-8", "rename it, then run again") from None

    def splice(self, root: str | None, path: str, tree: str | None) -> str:
        """Return the root tree that is `root` (None: empty) with `tree` at `path` (None: nothing there).

        Folders left empty disappear, as git cannot hold them. Raises GitskillsError where a file is in the way.
        """
        if not path:
            return tree or self.write_tree({})
        name, _, rest = path.partition("/")
        builder = self._repo.TreeBuilder(self._tree(root)) if root else self._repo.TreeBuilder()
        existing = builder.get(name)
        if rest:
            if existing is not None and existing.filemode != FileMode.TREE:
                raise GitskillsError(f"the library has a file where the folder {path!r} should be")
            tree = self.splice(str(existing.id) if existing else None, rest, tree)
            if len(self._tree(tree)) == 0:
                tree = None
        if tree is not None:
            builder.insert(name, pygit2.Oid(hex=tree), FileMode.TREE)
        elif existing is not None:
            builder.remove(name)
        with self._writing():
            return str(builder.write())

    def subtree(self, treeish: str, path: str) -> str | None:
        """Return the oid of the folder at `path` below a commit or tree, or None where there is none."""
        tree = self._tree(treeish)
        if not path:
            return str(tree.id)
        try:
            entry = tree[path]
        except KeyError:
            return None
        return str(entry.id) if entry.filemode == FileMode.TREE else None

    def root(self, commit: str) -> str:
        """Return the oid of a commit's root tree."""
        return str(self._tree(commit).id)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn what libgit2 meets in writing into our error; it tells a full disk in words alone."""
        try:
            yield
        except (OSError, pygit2.GitError) as error:
            where = self._repo.path
            raise GitskillsError(
                f"{where} cannot be written: {error}", "is the disk full, or the folder read-only?"
            ) from error

    def _tree(self, treeish: str) -> pygit2.Tree:
        try:
            return self._repo[treeish].peel(pygit2.Tree)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise Missing(
                f"{treeish} is missing from the cache {self._repo.path}", "run `gitskills pull` to fetch it again"
            ) from error


def store(repository: Repository, files: Iterable[tuple[str, int, bytes]]) -> str:
    """Write a folder's files (path, mode, bytes) as blobs and trees; returns the tree's oid."""
    return repository.write_tree({path: (mode, repository.write_blob(data)) for path, mode, data in files})
