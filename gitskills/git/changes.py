"""What was merged into a history, change by change: messages, the commits each brought, and the files it touched.

Every reader here is one git for any number of changes. A change is a commit of the first-parent chain, taken as what
it brought to its first parent: a merge, a squashed branch, or a commit made there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from gitskills.git import command, history, patches

PATCH = 16_384  # characters of one file's hunks that are kept
LARGEST = "1m"  # a larger file is binary to us: nobody reads its hunks

_PLAIN = (
    *("--no-replace-objects", "-c", "log.showSignature=false", "-c", "log.showRoot=true"),
    *("log", "--no-color", "--no-notes", "--no-mailmap"),
)
_NAMES = (
    *("-z", "--diff-merges=first-parent", "--name-only", "--no-renames", "--no-relative", "--ignore-submodules=none"),
)
_RAW = (
    "-z",
    "--diff-merges=first-parent",
    "--raw",
    "-r",
    "--no-abbrev",
    "--no-renames",
    "--no-relative",
    "--format=%H",
)
# What the former gives: a commit, or a file with its modes and oids before and after.
_CHANGES = re.compile(r"([0-9a-f]+)\0|\n?:(\d\d)\d{4} (\d\d)\d{4} ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*\0([^\0]*)\0")
_FILE = ("10", "12")  # how the modes of files and links begin
_SECTION = re.compile(r"^diff --git ", re.MULTILINE)
_PATH = re.compile(r'^(?:\+\+\+ "?b/|--- "?a/)', re.MULTILINE)

Status = Literal["added", "changed", "removed"]


class Commit(NamedTuple):
    """A commit's parents (oids), its author (`name`, `email`) and its message."""

    oid: str
    parents: tuple[str, ...]
    name: str
    email: str
    message: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A commit of the first-parent chain and, for a merge, the commits it brought, the oldest first."""

    commit: Commit
    brought: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a change did to one file: lines added and removed, and its hunks (the first `PATCH` characters)."""

    path: str
    status: Status
    added: int
    removed: int
    patch: str


def chain(git_dir: Path, tip: str, since: str) -> list[Merged]:
    """Return the changes that `tip` (an oid) has and `since` (an oid, "": none) has not, the oldest first."""
    known = {one.oid: one for one in _commits(git_dir, tip, since)}
    line: list[Commit] = []
    at = tip
    while at in known:
        line.append(known[at])
        at = known[at].parents[0] if known[at].parents else ""
    taken = {one.oid for one in line}
    order = {oid: number for number, oid in enumerate(known)}  # the newest first
    return [_merged(one, known, taken, order) for one in reversed(line)]


def diffs(git_dir: Path, commits: Collection[str]) -> Iterator[tuple[str, list[FileChange]]]:
    """Yield each of `commits` with the files it touched, in their order, from one stream."""
    if not commits:
        return
    options = ("-c", f"core.bigFileThreshold={LARGEST}", *patches.PATCHES, "--no-walk=unsorted", "--stdin")
    asked = "".join(f"{oid}\n" for oid in commits).encode()
    held = b""
    for record in command.stream(*options, "--format=%x00%x01%H", git_dir=git_dir, input=asked):
        if record.startswith(b"\x01") and held:
            yield _diff(held)
            held = b""
        held = held + b"\0" + record if held else record  # a NUL in a text that somebody calls text
    if held:
        yield _diff(held)


def touched(git_dir: Path, tip: str, limit: int) -> list[tuple[str, list[str]]]:
    """Return the newest `limit` changes of `tip` with the paths each touched, the oldest first.

    Paths are text, as those of `diffs`: what is no UTF-8 in one is replaced.
    """
    found = names(git_dir, "%H", "--first-parent", f"--max-count={limit}", tip)
    return [(oid, [_text(path) for path in paths]) for oid, paths in found][::-1]


def _text(path: str) -> str:
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def left(git_dir: Path, commits: Collection[str]) -> dict[str, list[str]]:
    """Return the paths that each of `commits` touched and left there; one that only removed files is not named."""
    asked = "".join(f"{oid}\n" for oid in commits).encode()
    return dict(names(git_dir, "%H", "--no-walk=unsorted", "--diff-filter=d", "--stdin", input=asked)) if asked else {}


class Blobs(NamedTuple):
    """The blobs a file was before a commit (in its first parent) and is after; "" where there was or is none."""

    commit: str
    path: str
    old: str
    new: str


def blobs(git_dir: Path, commits: Iterable[str], paths: Iterable[str] = ()) -> Iterator[Blobs]:
    """Yield the files that each of `commits` changed; with `paths`, these only. Commits that are not here have none."""
    with comparing(git_dir, commits, paths) as found:
        yield from found()


@contextmanager
def comparing(
    git_dir: Path, commits: Iterable[str], paths: Iterable[str] = ()
) -> Iterator[Callable[[], Iterator[Blobs]]]:
    """Begin what `blobs` does; what is yielded waits for the answer, and may be called again."""
    asked = "".join(f"{oid}\n" for oid in commits)
    if not asked:
        yield lambda: iter(())
        return
    which = "".join(f":(literal,top){path}\n" for path in paths)
    input = f"{asked}--\n{which}" if which else asked
    words = (*_PLAIN, *_RAW, "--no-walk=unsorted", "--ignore-missing", "--stdin")
    with command.begun(*words, git_dir=git_dir, input=input.encode("utf-8", "surrogateescape")) as said:
        yield lambda: _blobs(said().decode("utf-8", "surrogateescape"))


def _blobs(said: str) -> Iterator[Blobs]:
    at = ""
    for commit, before, after, old, new, path in _CHANGES.findall(said):
        if commit:
            at = commit
        else:
            yield Blobs(at, path, old if before in _FILE else "", new if after in _FILE else "")


def names(git_dir: Path, form: str, *which: str, input: bytes | None = None) -> Iterator[tuple[str, list[str]]]:
    """Yield what `form` (as `git log --format`) says of each commit that `which` names, and the paths it touched."""
    # A path may hold any byte but NUL: what no path can be is told by a word that nobody knew before.
    mark = f"\x01{os.urandom(8).hex()} "
    said, found = "", list[str]()
    for record in command.stream(*_PLAIN, *_NAMES, f"--format={mark}{form}", *which, git_dir=git_dir, input=input):
        text = record.decode("utf-8", "surrogateescape")
        if text.startswith(mark):
            if said:
                yield said, found
            said, found = text.removeprefix(mark), []
        elif text:
            found.append(text if found else text.removeprefix("\n"))
    if said:
        yield said, found


def brought_by(git_dir: Path, commit: str, tip: str) -> str:
    """Return the change of `tip` by which `commit` came in: itself where it is one, "" where it never came in."""
    if not history.is_ancestor(git_dir, commit, tip):
        return ""
    span = ("rev-list", "--reverse", "--parents", tip, f"^{commit}")
    line = command.run(*span, "--first-parent", git_dir=git_dir, timeout=None).decode().splitlines()
    after = command.run(*span, "--ancestry-path", git_dir=git_dir, timeout=None).decode().splitlines()
    having = {row.split()[0] for row in after}
    first = next((oids for row in line if (oids := row.split())[0] in having), [])
    return commit if not first or first[1] == commit else first[0]


def cut_off(git_dir: Path, merged: Sequence[Merged]) -> set[str]:
    """Return those changes whose first parent a shallow clone has cut off: what they brought cannot be told."""
    roots = [one.commit.oid for one in merged if not one.commit.parents]
    if not roots or command.run("rev-parse", "--is-shallow-repository", git_dir=git_dir).strip() != b"true":
        return set()
    return set(roots)


def _commits(git_dir: Path, tip: str, since: str) -> Iterator[Commit]:
    span = (tip, f"^{since}") if since else (tip,)
    form = "--format=%H%x1f%P%x1f%an%x1f%ae%x1f%B"
    for record in command.stream(*_PLAIN, "-z", "--topo-order", "--encoding=UTF-8", form, *span, git_dir=git_dir):
        oid, parents, name, email, message = record.decode("utf-8", "replace").split("\x1f", 4)
        yield Commit(oid, tuple(parents.split()), name, email, message.strip())


def _merged(one: Commit, known: dict[str, Commit], taken: set[str], order: dict[str, int]) -> Merged:
    """Collect what a merge brought that no earlier one did."""
    found: list[Commit] = []
    waiting = list(one.parents[1:])
    while waiting:
        oid = waiting.pop()
        if oid in known and oid not in taken:
            taken.add(oid)
            found.append(known[oid])
            waiting += known[oid].parents
    return Merged(one, tuple(sorted(found, key=lambda each: -order[each.oid])))


def _diff(record: bytes) -> tuple[str, list[FileChange]]:
    text = record[1:].decode("utf-8", "replace")
    oid, _, rest = text.partition("\n")
    return oid.strip(), [_file(section) for section in _SECTION.split(rest)[1:]]


def _file(section: str) -> FileChange:
    at = section.find("\n@@ ")
    head, hunks = (section, "") if at < 0 else (section[: at + 1], section[at:])
    status: Status = "changed"
    if "\nnew file mode " in head:
        status = "added"
    elif "\ndeleted file mode " in head:
        status = "removed"
    return FileChange(_path(head), status, hunks.count("\n+"), hunks.count("\n-"), hunks[1 : PATCH + 1])


def _path(head: str) -> str:
    """Return the path in a section's header; without renames both sides name the same one."""
    lines = [line for line in head.splitlines() if _PATH.match(line)]
    if lines:
        return _unquoted(lines[-1][4:].removesuffix("\t"))
    both = head.partition("\n")[0]
    return _unquoted(both[: (len(both) - 1) // 2])


def _unquoted(text: str) -> str:
    """Return a path as git quotes it, without its `a/` or `b/`."""
    if text.startswith('"') and text.endswith('"'):
        text = text[1:-1].encode().decode("unicode_escape").encode("latin-1", "replace").decode("utf-8", "replace")
    return text[2:]
