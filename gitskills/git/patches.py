"""What commits change, whoever and wherever they are: git's stable patch ids, which survive rebase, squash and pick."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from gitskills.git import command
from gitskills.process import kill

# A merge counts as what it brought to its first parent. No setting of the user's may bend a patch, or ids would differ
# between machines.
PATCHES = (
    *("--no-replace-objects", "-c", "log.showSignature=false", "-c", "log.showRoot=true"),
    *("-c", "core.quotePath=true", "-c", f"core.attributesFile={os.devnull}", "log", "-p", "--submodule=short"),
    *("--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--no-notes", "--no-mailmap", "--no-relative"),
    *("--diff-merges=first-parent", "--diff-algorithm=myers", "--unified=3", "--src-prefix=a/", "--dst-prefix=b/"),
    *("--no-indent-heuristic", "--ignore-submodules=none", "--full-index", "--inter-hunk-context=0", "--format=%H"),
)


def of(git_dir: Path, commits: Collection[str]) -> dict[str, str]:
    """Return the patch id of each of `commits`; one that changes nothing, as most merges by hand, has none."""
    if not commits:
        return {}
    return _ids(git_dir, "--no-walk=unsorted", input="".join(f"{oid}\n" for oid in commits).encode())


def between(git_dir: Path, base: str, tip: str, *, limit: int) -> dict[str, str]:
    """Return the patch ids of the newest `limit` commits of `tip` that `base` ("": none) has not."""
    return _ids(git_dir, f"--max-count={limit}", input=f"{tip}\n{f'^{base}' if base else ''}\n".encode())


def _ids(git_dir: Path, *options: str, input: bytes) -> dict[str, str]:
    """Pipe git's log through git's patch-id; both are ended whatever happens."""
    with tempfile.TemporaryFile() as given:
        given.write(input.rstrip(b"\n") + b"\n")
        given.seek(0)
        log = command.start(*PATCHES, *options, "--stdin", git_dir=git_dir, stdin=given)
    try:
        assert log.stdout is not None
        ids = command.start("patch-id", "--stable", git_dir=git_dir, stdin=log.stdout)
        log.stdout.close()
        try:
            out = ids.communicate()[0].decode("ascii", "replace")
        finally:
            kill(ids)
        log.wait()
    finally:
        kill(log)
    command.check(("log",), log.returncode, b"")
    command.check(("patch-id",), ids.returncode, b"")
    return {commit: patch for patch, commit in (line.split(" ", 1) for line in out.splitlines())}
