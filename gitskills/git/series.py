"""Several commits on top of one another, written at once: one process and one pack, whatever their number."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import command, objects
from gitskills.git.commit import Identity, commit

_REFS = "refs/gitskills/series/"  # while git writes; a killed run leaves one, which holds nothing else


@dataclass(frozen=True, slots=True)
class Step:
    """One commit: texts of files by their path (None: removed), and its whole message."""

    files: Mapping[str, str | None]
    message: str


def write(git_dir: Path, tip: str | None, steps: Sequence[Step], who: Identity) -> str:
    """Write a commit for each step, the first on `tip` (None: on nothing); returns the last one's oid. No ref moves.

    Blobs of others need not be here. Commits that must be signed are written one by one, as nothing else can sign.
    """
    if not steps:
        raise ValueError("no steps")
    if who.signing:
        for step in steps:
            tip = commit(git_dir, _root(git_dir, tip, step.files), [tip] if tip else [], step.message, who)
        return tip or ""
    ref = f"{_REFS}{secrets.token_hex(8)}"
    try:
        said = b"".join(_said(ref, tip, steps, _people(who, _when(git_dir, who))))
        # With up to this many objects git writes them one by one: more would make every push of thousands slow.
        options = (*command.QUIET, "-c", "fastimport.unpackLimit=100", "fast-import", "--quiet", "--done")
        command.run(*options, git_dir=git_dir, input=said, timeout=None)
        made = objects.resolve(git_dir, ref)
    finally:
        objects.delete_ref(git_dir, ref)
    if made is None:
        raise GitskillsError(f"git wrote no commits in {git_dir}", "run it again")
    return made


def _said(ref: str, tip: str | None, steps: Sequence[Step], people: bytes) -> Iterator[bytes]:
    """Say the steps as `git fast-import` reads them."""
    for number, step in enumerate(steps):
        yield b"commit " + ref.encode() + b"\n" + people + _data(step.message.encode("utf-8", "replace"))
        if number == 0 and tip:
            yield f"from {tip}\n".encode()
        for path, text in step.files.items():
            name = _quoted(path)
            if text is None:
                yield b"D " + name + b"\n"
            else:
                yield b"M 100644 inline " + name + b"\n" + _data(text.encode("utf-8", "surrogateescape"))
    yield b"done\n"


def _data(data: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(data), data)


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.encode("utf-8", "surrogateescape")


def _people(who: Identity, when: str) -> bytes:
    both = (("author", who.name, who.email), ("committer", *who.committer))
    lines = (f"{role} {_clean(name)} <{_clean(email)}> {when}\n" for role, name, email in both)
    return "".join(lines).encode("utf-8", "replace")


def _clean(text: str) -> str:
    return "".join(c for c in text if c not in "<>\n\0").strip()


def _when(git_dir: Path, who: Identity) -> str:
    """Return the time git would commit at: now, in the local zone, or what the environment says."""
    env = {"GIT_COMMITTER_NAME": who.committer[0] or "x", "GIT_COMMITTER_EMAIL": who.committer[1] or "x"}
    said = command.run("var", "GIT_COMMITTER_IDENT", git_dir=git_dir, env=env).decode("utf-8", "replace")
    return said.rpartition("> ")[2].strip()


def _root(git_dir: Path, tip: str | None, files: Mapping[str, str | None]) -> str:
    """Write the root tree that is the tip's with these files, by an index of its own."""
    from gitskills.git.repository import Repository

    repository = Repository(git_dir)
    rows = []
    for path, text in files.items():
        oid = repository.write_blob(text.encode("utf-8", "surrogateescape")) if text is not None else "0" * 40
        mode = "100644" if text is not None else "0"
        rows.append(f"{mode} {oid}\t{path}\0".encode("utf-8", "surrogateescape"))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        if tip:
            command.run(*command.QUIET, "read-tree", tip, git_dir=git_dir, env=env)
        command.run("update-index", "-z", "--replace", "--index-info", git_dir=git_dir, env=env, input=b"".join(rows))
        return command.run("write-tree", "--missing-ok", git_dir=git_dir, env=env).decode().strip()
