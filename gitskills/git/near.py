"""A remote in a folder of this disk: its packs are copied, which takes a moment, where a fetch would make them anew."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from gitskills.git import bare, command

_MOST = 64 * 1024 * 1024  # bytes; what is larger is worth asking for only what is reachable


def seed(git_dir: Path, url: str) -> bool:
    """Copy the packs of a `file:` remote into the new, empty repository `git_dir`; True when that was done.

    What is fetched into it then is there already: git finds that out, and that nothing is missing. Copies, not links
    as `git clone` makes them: whatever happens to a cache must not happen to the library. Nothing is taken from a
    remote that has objects elsewhere than in packs, gives a history without files, or is no usual repository, nor of
    packs that are another user's: git checks each object that it fetches. That costs time, no more.
    """
    objects = _objects(url)
    try:
        packs = _packs(objects) if objects is not None else []
        if objects is None or not packs or _filters(objects.parent):
            return False
        for pack in packs:
            for source in (pack, pack.with_suffix(".idx")):  # git sees a pack once its index is there
                shutil.copyfile(source, git_dir / "objects" / "pack" / source.name)
        if bare.packs_whole(git_dir):
            return True
    except OSError:  # collected while we looked, not ours to read, no room: the fetch will tell
        pass
    _clear(git_dir)
    return False


def _objects(url: str) -> Path | None:
    """Return the folder of the objects of the repository that a file:// URL names, bare or with a work tree."""
    if not url.startswith("file:///"):
        return None
    path = unquote(url.removeprefix("file://"), errors="surrogateescape")
    if os.name == "nt":
        path = re.sub(r"^/(?=[A-Za-z]:)", "", path)
    return next((one for one in (Path(path, ".git", "objects"), Path(path, "objects")) if one.is_dir()), None)


def _packs(objects: Path) -> list[Path]:
    """Return the packs of a repository that has nothing else and is small; empty where that is not so."""
    if set(os.listdir(objects)) - {"pack", "info"} or os.path.lexists(objects / "info" / "alternates"):
        return []
    files = {file: os.lstat(file) for file in (objects / "pack").iterdir()}
    packs = [file for file in files if file.suffix == ".pack"]
    named = {pack.with_suffix(ending) for pack in packs for ending in (".pack", ".idx")}
    plain = all(stat.S_ISREG(one.st_mode) and one.st_uid in _trusted() for one in files.values())
    partial = any(file.suffix in (".promisor", ".keep") or file.name.startswith("tmp_") for file in files)
    small = sum(files[file].st_size for file in named & files.keys()) <= _MOST
    return packs if plain and small and not partial and named <= files.keys() else []


def _trusted() -> set[int]:
    """The users whose files may be taken as they are: oneself and root; Windows calls everybody 0."""
    if sys.platform == "win32":
        return {0}
    return {0, os.getuid()}


def _filters(git_dir: Path) -> bool:
    """Whether the remote is set up to give a history without files: the cache is to be one, then."""
    asked = ("config", "--type=bool", "--get", "uploadpack.allowFilter")
    return command.run(*asked, git_dir=git_dir, ok=(0, 1, 128)).strip() == b"true"


def _clear(git_dir: Path) -> None:
    for left in (git_dir / "objects" / "pack").glob("*"):
        with suppress(OSError):
            left.unlink()
