"""A repository of code as cards see it: where it is, what it is called everywhere, and which history counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import command, history, objects
from gitskills.git.url import BadUrl, identity, normalise

_REMOTE = "refs/remotes/origin/"


@dataclass(frozen=True, slots=True)
class Code:
    """A code repository at a ref: `name` is the same in every clone ("" without a remote), `tip` the ref's commit."""

    git_dir: Path
    name: str
    ref: str
    tip: str


def look(folder: Path, ref: str | None = None) -> Code:
    """Return the repository at `folder` at `ref`, or at its default branch.

    Raises GitskillsError where there is no repository, no commit yet, or no such ref.
    """
    try:
        git_dir = Path(command.run("rev-parse", "--absolute-git-dir", cwd=folder).decode().rstrip("\n"))
    except command.GitFailed as error:
        said = next(iter(error.stderr.strip().splitlines()), "nothing")  # or it is there, and somebody else's
        hint = f"--code names a clone of the code; git said: {said}"
        raise GitskillsError(f"{folder} is in no git repository", hint) from error
    ref = ref or _default(git_dir)
    tip = objects.resolve(git_dir, f"{ref}^{{commit}}")
    if tip is None:
        raise GitskillsError(f"{folder} has no commit {ref!r}", "--ref names a branch, a tag or a commit of it")
    return Code(git_dir, name(git_dir), ref.removeprefix("refs/heads/").removeprefix("refs/remotes/"), tip)


def name(git_dir: Path) -> str:
    """Return what a repository is called whoever cloned it and how: host and path of its remote `origin`.

    A remote on this machine gives its folder's name; "" where there is none.
    """
    url = command.run("config", "--get", "remote.origin.url", git_dir=git_dir, ok=(0, 1)).decode(errors="replace")
    if not url.strip():
        return ""
    try:
        full = identity(normalise(url, base=git_dir).url)
    except BadUrl:
        return ""
    if full.startswith("file:"):
        return re.sub(r"\.(git|bundle)$", "", full.rstrip("/").removesuffix("/.git").rpartition("/")[2])
    _, scheme, rest = full.rpartition("://")
    rest = rest.rpartition("@")[2] if scheme else re.sub(r":/*", "/", rest.rpartition("@")[2], count=1)
    return rest


def _default(git_dir: Path) -> str:
    """Return the default branch as last fetched, or the local one of that name where it is ahead; else HEAD.

    Not simply HEAD: on a branch of one's own, or one not pulled for a while, later proofs would seem to have left. A
    remote that was added and not cloned does not tell its default branch: then it is the one that is called like one.
    """
    out = command.run("symbolic-ref", "-q", f"{_REMOTE}HEAD", git_dir=git_dir, ok=(0, 1, 128)).decode().strip()
    named = [out] if out else [f"{_REMOTE}main", f"{_REMOTE}master"]
    found = [(one, oid) for one in named if (oid := objects.resolve(git_dir, f"{one}^{{commit}}"))]
    if len(found) != 1:
        return "HEAD"
    ((out, there),) = found
    local = f"refs/heads/{out.removeprefix(_REMOTE)}"
    here = objects.resolve(git_dir, f"{local}^{{commit}}")
    if here is None or not history.is_ancestor(git_dir, there, here):
        return out
    return local if here == there or not _had(git_dir, out, here) else out


def _had(git_dir: Path, ref: str, commit: str) -> bool:
    """Tell whether a branch, as fetched or pushed here, once had a commit: then it was taken away by force since."""
    old = command.run("rev-list", "--walk-reflogs", ref, "--", git_dir=git_dir, ok=(0, 128)).decode().split()
    # What it was before the first entry, no entry says.
    first = objects.resolve(git_dir, f"{ref}@{{{len(old)}}}^{{commit}}")
    asked = "\n".join([commit, *(f"^{oid}" for oid in dict.fromkeys([*old, *filter(None, [first])]))]) + "\n"
    return not command.run("rev-list", "--max-count=1", "--stdin", git_dir=git_dir, input=asked.encode()).strip()
