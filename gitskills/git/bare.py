"""A bare repository as the files it consists of: made without starting git, checked, cleared of locks, rescued."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

from gitskills.git import command

# No promisor here: see transport.fetch. What a killed fetch left is dropped by hand, so nothing collects garbage.
_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tbare = true
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""


def create(git_dir: Path) -> None:
    """Write an empty bare repository (sha1, no hooks) into a folder that exists; `git init` would cost a process."""
    (git_dir / "objects" / "pack").mkdir(parents=True)
    (git_dir / "refs").mkdir()
    (git_dir / "config").write_text(_CONFIG, encoding="ascii", newline="\n")
    (git_dir / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii", newline="\n")


def packs_whole(git_dir: Path) -> bool:
    """Tell whether each pack ends as its index says: a cheap look that finds what was cut short."""
    return all(_whole(pack) for pack in (git_dir / "objects" / "pack").glob("*.pack"))


def _whole(pack: Path) -> bool:
    """Both files carry the pack's checksum: the pack at its end, the index before its own."""
    try:
        with pack.open("rb") as objects, pack.with_suffix(".idx").open("rb") as index:
            objects.seek(-20, os.SEEK_END)
            index.seek(-40, os.SEEK_END)
            return objects.read() == index.read(20)
    except OSError:
        return False


def drop_stale_locks(git_dir: Path) -> bool:
    """Remove the locks that killed processes left on refs; True when there were any.

    Whoever calls this holds the lock of the cache, so that no other fetch of ours is alive. Refs of our own move
    without it, each in a moment: there only what is older than a minute is stale.
    """
    refs = git_dir / "refs"
    found = [*git_dir.glob("*.lock"), *_below(refs / "remotes"), *_below(refs / "tags")]
    found += [lock for lock in _below(refs / "gitskills") if _age(lock) > 60]
    for lock in found:
        lock.unlink(missing_ok=True)
    return bool(found)


def left(git_dir: Path, prefix: str) -> list[str]:
    """Return the loose refs below `prefix` that are older than an hour: no process is at work on them any more."""
    refs = (git_dir / prefix).glob("*")
    return [ref.relative_to(git_dir).as_posix() for ref in refs if ref.suffix != ".lock" and _age(ref) > 3600]


def _below(folder: Path) -> Iterator[Path]:
    return folder.rglob("*.lock")


def _age(path: Path) -> float:
    """The seconds since a file was written, 0 where it is gone."""
    with suppress(OSError):
        return time.time() - path.stat().st_mtime
    return 0.0


def point(git_dir: Path, name: str, target: str | None) -> bool:
    """Make the ref `name` a symbolic one for `target`, or remove it for None; True when that changed anything."""
    path = git_dir / name
    before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    after = f"ref: {target}\n" if target else ""
    if before == after:
        return False
    if not after:
        path.unlink()
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = git_dir / "symbolic-ref.new"
    aside.write_text(after, encoding="utf-8", newline="\n")
    aside.replace(path)
    return True


def rescue(old: Path, new: Path, prefix: str) -> None:
    """Carry refs below `prefix` ("refs/gitskills/") from a damaged repository into a new one, where their objects can
    still be read; with them comes every object that is whole."""
    refs = _refs(old, prefix)
    if not refs:
        return
    packs = {pack.stem for pack in (old / "objects" / "pack").glob("*.pack") if _whole(pack) and _sound(pack)}
    for source in (old / "objects").rglob("*"):
        target = new / "objects" / source.relative_to(old / "objects")
        if _worth(source, packs) and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                shutil.copy2(source, target)
    asked = "".join(f"{oid}^{{tree}}\n" for oid in refs.values()).encode()
    answers = command.run("cat-file", "--batch-check", git_dir=new, input=asked).decode().splitlines()
    readable = [(ref, oid) for (ref, oid), answer in zip(refs.items(), answers, strict=True) if " tree " in answer]
    moves = "".join(f"update {ref} {oid}\n" for ref, oid in readable)
    command.run(*command.QUIET, "update-ref", "--stdin", git_dir=new, input=moves.encode())


def _worth(source: Path, packs: Container[str]) -> bool:
    """Only loose objects and the packs named, each with its companions (`.idx`, `.promisor`)."""
    if source.parent.name == "pack":
        return source.stem in packs
    return re.fullmatch(r"[0-9a-f]{38}", source.name) is not None


def _sound(pack: Path) -> bool:
    """Read a whole pack, as is worth it only where something was found damaged."""
    try:
        command.run("verify-pack", "--", str(pack.with_suffix(".idx")), timeout=600)
    except (command.GitFailed, command.GitTimeout):
        return False
    return True


def _refs(git_dir: Path, prefix: str) -> dict[str, str]:
    """Read refs as files, since git reads none of a repository with one broken part; loose ones win over packed."""
    found: dict[str, str] = {}
    with suppress(OSError):
        packed = (git_dir / "packed-refs").read_text(encoding="utf-8", errors="replace")
        found = {ref: oid for oid, ref in re.findall(rf"^([0-9a-f]{{40}}) ({re.escape(prefix)}\S+)$", packed, re.M)}
    for path in (git_dir / prefix).rglob("*"):
        with suppress(OSError):
            text = path.read_text(encoding="ascii", errors="replace").strip()
            if re.fullmatch(r"[0-9a-f]{40}", text):
                found[path.relative_to(git_dir).as_posix()] = text
    return found
