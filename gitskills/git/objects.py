"""Reading many objects at once through git itself: listings and blobs in one process each.

The verbs used most (`status`, a `pull` with nothing to merge) need no more than this; loading libgit2
for them would take longer than the reading.
"""

import re
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gitskills.errors import GitskillsError
from gitskills.git.command import QUIET, GitFailed, check, run, start
from gitskills.process import kill

MANIFEST = "SKILL.md"
_SKIPPED = frozenset({".git", "node_modules"})
_SUBMODULE = 0o160000

Entries = dict[str, tuple[int, str]]
"""A tree's content: path with `/` → (git mode, oid)."""


class Missing(GitskillsError):
    """An object that was fetched cannot be read."""


@dataclass(frozen=True, slots=True)
class Found:
    """A skill in a library: `path` of its folder ("" for the root), `tree` its oid, `entries` its files."""

    path: str
    tree: str
    entries: Entries

    @property
    def name(self) -> str:
        """The folder's name; "" for a skill at the library's root."""
        return self.path.rpartition("/")[2]


def skills(git_dir: Path, commit: str) -> dict[str, Found]:
    """List the skills of a library at `commit`, by path: every folder with a SKILL.md, outermost wins."""
    return find_skills(*_listing(git_dir, commit))


def find_skills(entries: Entries, trees: Mapping[str, str]) -> dict[str, Found]:
    """Group `entries` (path → mode, oid) by the skill they belong to; `trees` gives each folder's oid, "" the root's.

    A SKILL.md that is itself a folder or a submodule makes no skill.
    """
    manifest = "/" + MANIFEST
    homes = {path[: -len(manifest)] for path in entries if path.endswith(manifest) and entries[path][0] != _SUBMODULE}
    if entries.get(MANIFEST, (_SUBMODULE, ""))[0] != _SUBMODULE:
        homes = {""}
    homes = {home for home in homes if not _SKIPPED.intersection(home.split("/"))}
    found = {home: Found(home, trees[home], {}) for home in sorted(homes) if not _below(home, homes)}
    for path, entry in entries.items():
        home = _home(path, found)
        if home is not None:
            found[home].entries[path[len(home) + 1 :] if home else path] = entry
    return found


def entries(git_dir: Path, tree: str) -> Entries:
    """List the files below `tree` (any tree-ish oid), recursively; submodules appear with mode 160000."""
    return _listing(git_dir, tree, root=False)[0]


def blobs(
    git_dir: Path, oids: Iterable[str], *, largest: int | None = None
) -> Generator[tuple[str, bytes], None, None]:
    """Yield each blob of `oids` with its bytes, one for one and in order, from one `git cat-file`.

    Those of more than `largest` bytes come as b"" and are never in memory. Raises GitskillsError where one is missing:
    bring them with `Cache.want` first.
    """
    wanted = list(oids)
    if not wanted:
        return
    with tempfile.TemporaryFile() as given:  # a file, since a pipe we fill while git fills ours could lock up
        given.write("\n".join(wanted).encode())
        given.seek(0)
        process = start("cat-file", "--batch", "--buffer", git_dir=git_dir, stdin=given)
    try:
        pipe = process.stdout
        assert pipe is not None
        for oid in wanted:
            header = pipe.readline().split()
            if len(header) != 3 or header[1] != b"blob":
                raise Missing(
                    f"object {oid} is missing from the cache {git_dir}", "run `gitskills pull` to fetch it again"
                )
            data = _bytes(pipe, int(header[2]), largest)
            pipe.read(1)
            yield oid, data
        process.wait()
        check(("cat-file",), process.returncode, b"")
    finally:
        kill(process)
        process.__exit__(None, None, None)


def _bytes(pipe: IO[bytes], size: int, largest: int | None) -> bytes:
    """Read the bytes of one object, or past them where they are too many."""
    if largest is None or size <= largest:
        return pipe.read(size)
    while size > 0 and (piece := pipe.read(min(size, 1 << 16))):
        size -= len(piece)
    return b""


def held(git_dir: Path, oids: Iterable[str]) -> dict[str, bytes]:
    """Return those of some blobs that are here, with their bytes; a cache may lack some."""
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    said = run("cat-file", "--batch-check", git_dir=git_dir, input=asked).decode().splitlines()
    return dict(blobs(git_dir, [words[0] for line in said if (words := line.split())[1:2] == ["blob"]]))


def mentioning(git_dir: Path, commit: str, text: str, folder: str) -> list[str]:
    """Return the paths of the files below `folder` at `commit` that hold `text`; raises GitFailed if one is missing."""
    asked = ("grep", "--no-color", "-z", "-l", "-F", "-e", text, commit, "--", f":(top,literal){folder}")
    rows = run(*asked, git_dir=git_dir, ok=(0, 1)).split(b"\0")
    return [row.decode("utf-8", "surrogateescape").removeprefix(f"{commit}:") for row in rows if row]


def make_tree(git_dir: Path, rows: Mapping[str, tuple[int, str]]) -> str:
    """Write one tree object, not recursive, whose entries need not be present here; returns its oid."""
    lines = (b"%06o %s %s\t%s" % (m, _kind(m), oid.encode(), name.encode()) for name, (m, oid) in rows.items())
    return run("mktree", "-z", "--missing", git_dir=git_dir, input=b"\0".join([*lines, b""])).decode().strip()


def subtrees(git_dir: Path, ref: str) -> dict[str, str]:
    """Read the tree `ref` points to as name → oid of each folder in it; empty where the ref does not exist."""
    tree = resolve(git_dir, ref)
    if tree is None:
        return {}
    out = run("ls-tree", "-d", "-z", "--end-of-options", tree, git_dir=git_dir)
    return {name.decode("utf-8", "surrogateescape"): meta.split()[2].decode() for meta, name in _rows(out)}


def resolve(git_dir: Path, rev: str) -> str | None:
    """Return the oid `rev` names in the repository, or None; a full oid only where its object is there."""
    if re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", rev):
        rev += "^{object}"  # or git would repeat any such text
    out = run("rev-parse", "--verify", "--quiet", "--end-of-options", rev, git_dir=git_dir, ok=(0, 1, 128))
    return out.decode().strip() or None


def versions(git_dir: Path, old: str, new: str, path: str) -> set[str]:
    """Return the trees that the folder `path` had at the commits after `old` up to `new` that changed it."""
    span = (f"^{old}", new)
    commits = run("rev-list", *span, "--", f":(literal){path}" if path else ".", git_dir=git_dir).decode().split()
    asked = "".join(f"{commit}:{path}\n" for commit in commits).encode("utf-8", "surrogateescape")
    answers = run("cat-file", "--batch-check", git_dir=git_dir, input=asked).decode(errors="replace").splitlines()
    return {answer.split()[0] for answer in answers if " tree " in answer}


def update_ref(git_dir: Path, ref: str, new: str, old: str | None, message: str) -> bool:
    """Move `ref` from `old` (None: it must not exist) to `new`; False where another process moved it first."""
    try:
        run(*QUIET, "update-ref", "--create-reflog", "-m", message, ref, new, old or "0" * 40, git_dir=git_dir)
    except GitFailed:
        if resolve(git_dir, ref) == old:
            raise
        return False
    return True


def delete_ref(git_dir: Path, ref: str) -> None:
    """Remove `ref`; nothing happens where it does not exist."""
    run(*QUIET, "update-ref", "-d", ref, git_dir=git_dir)


def _listing(git_dir: Path, treeish: str, *, root: bool = True) -> tuple[Entries, dict[str, str]]:
    """Every file (path → mode, oid) and every folder (path → oid) of a commit or tree, from one `git ls-tree`."""
    out = run("ls-tree", "-r", "-t", "-z", "--full-tree", "--end-of-options", treeish, git_dir=git_dir)
    files: Entries = {}
    trees: dict[str, str] = {}
    for meta, raw in _rows(out):
        mode, kind, oid = meta.split()
        path = raw.decode("utf-8", "surrogateescape")
        if kind == b"tree":
            trees[path] = oid.decode()
        else:
            files[path] = (int(mode, 8), oid.decode())
    if root and MANIFEST in files:
        trees[""] = resolve(git_dir, treeish + "^{tree}") or ""
    return files, trees


def _rows(out: bytes) -> Iterator[tuple[bytes, bytes]]:
    for row in out.split(b"\0"):
        if row:
            meta, _, name = row.partition(b"\t")
            yield meta, name


def _home(path: str, found: Mapping[str, Found]) -> str | None:
    """The skill folder `path` lies in, or None."""
    if "" in found:
        return ""
    cut = path.rfind("/")
    while cut > 0:
        if path[:cut] in found:
            return path[:cut]
        cut = path.rfind("/", 0, cut)
    return None


def _below(home: str, homes: set[str]) -> bool:
    cut = home.rfind("/")
    while cut > 0:
        if home[:cut] in homes:
            return True
        cut = home.rfind("/", 0, cut)
    return False


def _kind(mode: int) -> bytes:
    return {0o040000: b"tree", 0o160000: b"commit"}.get(mode, b"blob")
