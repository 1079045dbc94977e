"""Files on disk: what a skill folder holds in git's terms, and writes that are whole or not there."""

import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.skills.file import File
from gitskills.skills.tree import EXECUTABLE, LINK, PLAIN, blob_oid

Entries = dict[str, tuple[int, str]]
"""A folder's content in git's terms: path with `/` → (mode, blob oid)."""

# Never content of a skill: version control, what running its scripts leaves, and other tools' records.
_IGNORED = frozenset(
    {".git", ".DS_Store", "Thumbs.db", "desktop.ini", "__pycache__", "node_modules", ".venv", ".pytest_cache",
     ".mypy_cache", ".ruff_cache", ".openskills.json", ".clawhub", ".apm-pin"}
)  # fmt: skip
_TEMPORARY = ".gitskills-new"
_IGNORED_ENDINGS = (".pyc", ".pyo", ".swp", ".swo", "~")


class Unreadable(GitskillsError):
    """Something in a skill's folder cannot be read as content."""


def ignored(name: str) -> bool:
    """Whether a file or folder of this name is by-product, not content, unless git already tracks it."""
    return name in _IGNORED or name.endswith(_IGNORED_ENDINGS)


def entries(folder: Path | str, known: Mapping[str, int] | None = None) -> Entries:
    """Read the content of a skill folder in git's terms.

    `known` gives the mode of each path git tracks there: such a path counts even if its name is
    ignored, and lends its mode where the file system has no executable bit or symlink (Windows).
    Empty folders do not count, as in git. Raises Unreadable for what is no file, folder or link.
    """
    known = known or {}
    found: Entries = {}
    for path, entry in _walk(str(folder), "", known):
        mode = _mode(entry, known.get(path))
        found[path] = (mode, blob_oid(_content(entry.path, mode)))
    return found


def read(folder: Path, known: Mapping[str, int] | None = None) -> dict[str, File]:
    """Read a skill folder's files with their bytes; arguments as for `entries`."""
    known = known or {}
    files: dict[str, File] = {}
    for path, entry in _walk(str(folder), "", known):
        mode = _mode(entry, known.get(path))
        files[path] = File(_content(entry.path, mode), mode)
    return files


def by_products(folder: Path, known: Mapping[str, int]) -> list[str]:
    """The ignored files and folders below `folder` (paths with `/`, outermost only)."""
    return list(_ignored_below(str(folder), "", known))


def write(folder: str, path: str, mode: int, data: bytes) -> None:
    """Write one new file of a skill below `folder`, making its folders; `mode` is git's."""
    target = f"{folder}/{path}"
    if "/" in path:
        os.makedirs(os.path.dirname(target), exist_ok=True)
    if mode == LINK:
        with contextlib.suppress(OSError, NotImplementedError):
            os.symlink(data.decode("utf-8", "surrogateescape"), target)
            return
        mode = PLAIN  # as git does where symlinks are not to be had (core.symlinks=false)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(target, flags, 0o777 if mode == EXECUTABLE else 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes) -> None:
    """Replace the file `path` by `data`: a reader, a crash or a full disk sees the old bytes or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = Path(os.path.realpath(path))  # a config kept in a dotfiles repository stays a link
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=_TEMPORARY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):
            shutil.copymode(target, temporary)
        if not target.exists():
            os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def sweep(path: Path) -> None:
    """Remove what killed writers of the file `path` left beside it; use it under the lock that its writers hold."""
    target = Path(os.path.realpath(path))
    for left in target.parent.glob(f".{target.name}.*{_TEMPORARY}"):
        left.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder of ours, read-only files included; a link is removed, never followed."""
    if folder.is_symlink():
        folder.unlink()
        return

    def make_writable(remove: Callable[[str], object], path: str, error: object) -> None:
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(path), stat.S_IRWXU)
            if not os.path.islink(path):
                os.chmod(path, stat.S_IRWXU)
            remove(path)

    if sys.version_info >= (3, 12):
        shutil.rmtree(folder, onexc=make_writable)
    else:
        shutil.rmtree(folder, onerror=make_writable)


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current


def _walk(
    base: str, prefix: str, known: Mapping[str, int], aside: bool = False
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the content below `prefix`; `aside` says that it lies in a by-product, where only tracked files count."""
    with os.scandir(f"{base}/{prefix}" if prefix else base) as listing:
        below = sorted(listing, key=lambda entry: entry.name)
    for entry in below:
        path = prefix + entry.name
        hidden = aside or ignored(entry.name)
        if entry.is_dir(follow_symlinks=False):
            if not hidden or _tracked_below(path, known):
                yield from _walk(base, path + "/", known, hidden)
        elif not hidden or path in known:
            yield path, entry


def _ignored_below(base: str, prefix: str, known: Mapping[str, int], aside: bool = False) -> Iterator[str]:
    with os.scandir(f"{base}/{prefix}" if prefix else base) as listing:
        below = list(listing)
    for entry in below:
        path = prefix + entry.name
        hidden = aside or ignored(entry.name)
        folder = entry.is_dir(follow_symlinks=False)
        if hidden and path not in known and not (folder and _tracked_below(path, known)):
            yield path
        elif folder:
            yield from _ignored_below(base, path + "/", known, hidden)


def _tracked_below(path: str, known: Mapping[str, int]) -> bool:
    return any(other.startswith(path + "/") for other in known)


def _mode(entry: os.DirEntry[str], known: int | None) -> int:
    if entry.is_symlink():
        return LINK
    if not entry.is_file(follow_symlinks=False):
        raise Unreadable(f"{entry.path} is neither a file, a folder nor a link", "remove it, then run again")
    if os.name == "nt":
        return known or PLAIN
    if known == LINK:
        return LINK if not _has_links(os.path.dirname(entry.path)) else PLAIN
    return EXECUTABLE if entry.stat(follow_symlinks=False).st_mode & 0o100 else PLAIN


def _has_links(folder: str) -> bool:
    """Whether this file system can hold symlinks: asked only where one is expected and a file was found."""
    probe = os.path.join(folder, f".gitskills-{os.getpid()}")
    try:
        os.symlink("probe", probe)
    except (OSError, NotImplementedError):
        return False
    os.unlink(probe)
    return True


def _content(path: str, mode: int) -> bytes:
    if mode == LINK and os.path.islink(path):
        return os.fsencode(os.readlink(path))
    with open(path, "rb") as file:
        return file.read()
