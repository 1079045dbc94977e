"""Changes of cards as one commit on upstream's fresh tip, pushed without force; begun again where others were first."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitskills.errors import GitskillsError
from gitskills.git import command, objects
from gitskills.git.cache import Cache
from gitskills.git.failures import NonFastForward
from gitskills.git.trailers import Event, format

if TYPE_CHECKING:
    from gitskills.git.commit import Identity

PATIENCE = 180.0  # seconds a push goes on trying against others who push at the same time


@dataclass(frozen=True, slots=True)
class Site:
    """A library as cards reach it: its cache, the branch to publish on (None: the default), who commits."""

    cache: Cache
    ref: str | None
    who: Callable[[], Identity]

    def tip(self) -> tuple[str, str | None]:
        """Return the branch and its commit as last fetched; None for an empty library."""
        branch = (self.ref or (self.cache.head or "refs/heads/main")).removeprefix("refs/remotes/origin/")
        branch = branch.removeprefix("refs/heads/")
        tip = objects.resolve(self.cache.git_dir, f"refs/remotes/origin/{branch}^{{commit}}")
        if tip is None and self.cache.head is not None:
            raise GitskillsError(f"{branch!r} is no branch of the library", "give the source a branch as `ref:`")
        return branch, tip


@dataclass(frozen=True, slots=True)
class Change:
    """Texts of files by their path in the library (None: removed), and what the one commit says."""

    files: Mapping[str, str | None]
    subject: str
    body: str
    events: tuple[Event, ...]


def land(site: Site, change: Callable[[Path, str | None], Change | None], *, dry_run: bool = False) -> str | None:
    """Publish what `change` makes of the library's tip; None where that is nothing, or for `dry_run`.

    `change` is called again with a new tip when others pushed first.
    """
    deadline, pause = time.monotonic() + PATIENCE, 0.05
    while True:
        site.cache.refresh()
        branch, tip = site.tip()
        wanted = change(site.cache.git_dir, tip)
        if wanted is None or dry_run:
            return None
        commit = _write(site, tip, wanted)
        try:
            site.cache.push([(commit, f"refs/heads/{branch}")])
            return commit
        except NonFastForward as refused:
            if time.monotonic() > deadline:
                raise GitskillsError(f"others kept pushing to {refused.url}", "run it again") from refused
        time.sleep(random.uniform(0, pause))
        pause = min(pause * 2, 4.0)


def _write(site: Site, tip: str | None, change: Change) -> str:
    from gitskills.git import commit

    root = _root(site.cache.git_dir, tip, change.files)
    message = format(change.subject, change.body, *change.events)
    return commit.commit(site.cache.git_dir, root, [tip] if tip else [], message, site.who())


def _root(git_dir: Path, tip: str | None, files: Mapping[str, str | None]) -> str:
    """Write the root tree that is the tip's with these files, by an index of its own: three processes for any number.

    Blobs of others need not be here.
    """
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
