"""What each commit did to which skill, read from git itself in one streaming pass; pygit2 is not imported here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from gitskills.git import command
from gitskills.git.folders import Folders, Node, above

SKILL_FILE = b"SKILL.md"
_SKIPPED = frozenset({".git", "node_modules"})  # as objects.find_skills

# Raw, whole oids, folders too (`-t` gives a skill's tree oid for free); nothing the user's configuration could bend;
# no rename detection, which would fetch blobs into a blobless clone.
_LOG = (
    *("--no-replace-objects", "-c", "log.showSignature=false", "log", "-z", "--raw", "-t", "-r", "--no-renames"),
    *("--no-abbrev", "--no-color", "--no-decorate", "--no-notes", "--no-mailmap", "--no-relative", "--encoding=UTF-8"),
    *("--diff-merges=first-parent", "--no-walk=unsorted", "--stdin", "--format=%H%n%P%n%T%n%an%n%ae%n%aI%n%B"),
)
_SHARED = 2000  # commits from which on two gits read a history side by side: comparing trees is all git's time


class Touch(NamedTuple):
    """One skill folder that a commit changed. A tuple, not a dataclass: there are tens of thousands."""

    path: str
    """The folder, "" for a SKILL.md at the root."""
    base: str
    """The folder's tree before, "" when there was no skill."""
    tree: str
    """The folder's tree after, "" when there is none."""
    origin: str | None = None
    """The folder it was renamed from in this commit."""
    file: str = ""
    """For a folder that came or went: the blob oid of its SKILL.md …"""
    others: frozenset[str] = frozenset()
    """… and those of its other files."""


class Change(NamedTuple):
    """A commit and the skills it changed, compared with its first parent."""

    commit: str
    parents: tuple[str, ...]
    author: str
    email: str
    date: str
    """The author's date, ISO 8601 with its zone."""
    message: str
    touches: tuple[Touch, ...]


class _Entry(NamedTuple):
    """One line of git's raw diff."""

    path: str
    old_mode: bytes
    new_mode: bytes
    old: str
    new: str


def changes(git_dir: Path, tip: str, *, since: str | None = None) -> Iterator[Change]:
    """Yield the commits reachable from `tip` (and not from `since`), parents before children.

    A rename is still a folder that went and a folder that came: see `renames.follow`.
    """
    reader = _Reader(git_dir)
    head: bytes | None = None
    entries: list[tuple[bytes, bytes]] = []
    records = _records(git_dir, (tip,) if since is None else (tip, f"^{since}"))
    for record in records:
        if record[:1] in (b":", b"\n"):
            entries.append((record, next(records)))
        else:
            if head is not None:
                yield reader.change(head, entries)
            head, entries = record, []
    if head is not None:
        yield reader.change(head, entries)


def _records(git_dir: Path, revisions: tuple[str, ...]) -> Iterator[bytes]:
    """Yield git's log of the revisions, record by record, parents before children.

    What a commit changes is understood from what was there before it, hence the order.
    """
    order = ("--no-replace-objects", "rev-list", "--topo-order", "--reverse", "--end-of-options")
    listed = command.run(*order, *revisions, "--", git_dir=git_dir)
    if not listed:
        return
    count = listed.count(b"\n")
    half = len(listed) // count * (count // 2) if count >= _SHARED else 0
    if not half:
        yield from command.stream(*_LOG, git_dir=git_dir, input=listed)
        return
    from concurrent.futures import ThreadPoolExecutor  # 8 ms, for long histories only

    with ThreadPoolExecutor(1) as pool:
        rest = pool.submit(command.run, *_LOG, git_dir=git_dir, input=listed[half:], timeout=None)
        yield from command.stream(*_LOG, git_dir=git_dir, input=listed[:half])
        yield from rest.result().split(b"\0")[:-1]


class _Reader:
    """Turns git's records into changes; knows the skill folders at every commit read so far."""

    def __init__(self, git_dir: Path) -> None:
        self.git_dir = git_dir
        self.folders = Folders()
        self.nodes: dict[str, Node] = {}
        self.roots: dict[str, str] = {}

    def change(self, head: bytes, entries: list[tuple[bytes, bytes]]) -> Change:
        """Return one commit with what it did to skills."""
        commit, parents, root, author, email, date, message = head.decode("utf-8", "replace").split("\n", 6)
        parent = parents[:40]
        self.folders.move(self._node(parent))
        touches = self._touches(entries, self.roots.get(parent, ""), root) if entries else ()
        self.nodes[commit] = self.folders.change((), ())
        self.roots[commit] = root
        return Change(commit, tuple(parents.split()), author, email, date, message, touches)

    def _node(self, parent: str) -> Node:
        if not parent:
            return self.folders.empty
        if parent not in self.nodes:
            # The edge of the range: a branch that began before `since`.
            root, found = skill_folders(self.git_dir, parent)
            self.roots[parent] = root
            self.nodes[parent] = self.folders.place(found)
        return self.nodes[parent]

    def _touches(self, entries: list[tuple[bytes, bytes]], base: str, root: str) -> tuple[Touch, ...]:
        """Return what one commit's raw diff did to skills; `base` and `root` are the root trees before and after."""
        trees: dict[str, tuple[str, str]] = {"": (base, root)}
        files: dict[str, tuple[str, str]] = {}
        for meta, path in entries:
            if b":04" in meta[:4] or meta.startswith(b"04", meta.find(b" ") + 1):
                entry = _entry(meta, path)
                trees[entry.path] = (entry.old, entry.new)
            elif path.endswith(SKILL_FILE) and path[-9:-8] in (b"", b"/"):
                entry = _entry(meta, path)
                if _SKIPPED.isdisjoint(entry.path.split("/")):
                    was, now = _is_file(entry.old_mode), _is_file(entry.new_mode)
                    files[entry.path[:-9]] = (entry.old if was else "", entry.new if now else "")
        added = [path for path, (old, new) in files.items() if new and not old]
        removed = [path for path, (old, new) in files.items() if old and not new]
        before = self.folders.outermost(trees)
        if not added and not removed:
            return tuple(Touch(path, *trees[path]) for path in before)
        self.folders.change(added, removed)
        after = self.folders.outermost(trees)
        touches = [Touch(path, *trees[path]) for path in before if path in after]
        gone = [Touch(path, trees[path][0], "") for path in before if path not in after]
        came = [Touch(path, "", trees[path][1]) for path in after if path not in before]
        if gone and came:
            gone = _contents(gone, entries, files, 0)
            came = _contents(came, entries, files, 1)
        return (*touches, *gone, *came)


def _entry(meta: bytes, path: bytes) -> _Entry:
    old_mode, new_mode, old, new, _ = meta.lstrip(b"\n:").split(b" ")
    return _Entry(path.decode("utf-8", "replace"), old_mode, new_mode, old.decode(), new.decode())


def _is_file(mode: bytes) -> bool:
    """Tell files and links from folders and submodules."""
    return mode.startswith((b"10", b"12"))


def _contents(
    touches: list[Touch], entries: list[tuple[bytes, bytes]], files: dict[str, tuple[str, str]], side: int
) -> list[Touch]:
    """Return the folders with the blob oids they held (`side` 0: before the commit, 1: after it)."""
    others: dict[str, set[str]] = {touch.path: set() for touch in touches}
    for meta, path in entries:
        entry = _entry(meta, path)
        mode, oid = (entry.old_mode, entry.old) if side == 0 else (entry.new_mode, entry.new)
        if _is_file(mode):
            for folder in above(entry.path):
                if folder in others:
                    others[folder].add(oid)
    return [
        touch._replace(
            file=(blob := files.get(touch.path, ("", ""))[side]), others=frozenset(others[touch.path] - {blob})
        )
        for touch in touches
    ]


def skill_folders(git_dir: Path, commit: str) -> tuple[str, set[str]]:
    """Return a commit's root tree and every folder in it that holds a SKILL.md, nested ones too."""
    root = command.run("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}", git_dir=git_dir)
    listed = command.run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, git_dir=git_dir)
    found = set()
    for entry in listed.split(b"\0"):
        if _is_file(entry) and entry.endswith((b"\t" + SKILL_FILE, b"/" + SKILL_FILE)):
            path = entry.partition(b"\t")[2].decode("utf-8", "replace")
            if _SKIPPED.isdisjoint(path.split("/")):
                found.add(path[:-9])
    return root.decode().strip(), found


def first_parents(git_dir: Path, tip: str) -> Iterator[str]:
    """Yield the first-parent chain of `tip`, newest first; close it early when enough is known."""
    for record in command.stream(
        "rev-list", "--first-parent", "--end-of-options", tip, separator=b"\n", git_dir=git_dir
    ):
        yield record.decode()


def is_ancestor(git_dir: Path, commit: str, tip: str) -> bool:
    """Tell whether `commit` is reachable from `tip`; both must exist here."""
    try:
        command.run("merge-base", "--is-ancestor", "--end-of-options", commit, tip, git_dir=git_dir)
    except command.GitFailed as error:
        if error.returncode == 1:
            return False
        raise
    return True


def refs(git_dir: Path, patterns: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, oid and commit message of the refs below any of `patterns` (as git for-each-ref takes them)."""
    form = "--format=%(refname)%00%(objectname)%00%(contents)%00"
    out = command.run("for-each-ref", form, *patterns, git_dir=git_dir).decode("utf-8", "replace")
    fields = out.split("\0")
    for ref, oid, message in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        yield ref.lstrip("\n"), oid, message


def objects_here(git_dir: Path, oids: Iterable[str]) -> dict[str, bytes]:
    """Return the contents of the objects that are here; one that is missing is left out, never fetched."""
    asked = list(oids)
    if not asked:
        return {}
    text = "".join(f"{oid}\n" for oid in asked).encode()
    # In somebody's own partial clone, told not to fetch, git ends with 128 at the first that is missing.
    out = command.run("cat-file", "--batch", git_dir=git_dir, input=text, ok=(0, 128))
    found, position = {}, 0
    while position < len(out):
        line = out.index(b"\n", position)
        oid, _, rest = out[position:line].decode().partition(" ")
        position = line + 1
        if rest != "missing":
            size = int(rest.split(" ")[1])
            found[oid] = out[position : position + size]
            position += size + 1
    return found


def write_commit_graph(git_dir: Path) -> None:
    """Write a commit-graph of every ref, on top of the one there is: git then walks histories several times faster."""
    command.run(*command.QUIET, "commit-graph", "write", "--reachable", "--split", git_dir=git_dir)
