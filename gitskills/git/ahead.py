"""A first fetch in the time of one connection: the tip's files come beside the history, which comes without files.

Where a connection takes half a second (a host's SSH or HTTPS), asking for the files once their names are known would
double a first pull. So they are asked for at once, by a connection of their own that nobody waits for long.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from gitskills.git import bare, command, near, transport
from gitskills.git.failures import RemoteError
from gitskills.git.transport import RemoteRefs

_SMALL = "512k"  # larger files are fetched when they are wanted


def first(git_dir: Path, url: str, fetch: Callable[[], None], *, copy: bool) -> RemoteRefs:
    """Let `fetch` fill the new repository `git_dir`, by connections side by side, of which it alone may ask the user.

    `copy` lets packs of a remote in a folder be taken as they are. Returns what the remote has. Raises what `fetch`
    raises, or a RemoteError.
    """
    begun = monotonic()
    together = transport.can_be_silent(url)
    with transport.listing(url, silent=together) as ask, _ahead(git_dir, url) as take:
        remote = None if together else ask()
        if copy:
            near.seed(git_dir, url)
        fetch()
        take(1 + monotonic() - begun)
        try:
            return remote or ask()
        except RemoteError:
            if not command.on_terminal():
                raise
    return transport.ls_remote(url)


@contextmanager
def _ahead(git_dir: Path, url: str) -> Iterator[Callable[[float], bool]]:
    """Start fetching the files of the default branch's tip, and yield what puts them into the repository `git_dir`.

    It is given the seconds it may wait, and tells whether they arrived; if not, nothing is lost but the time. Near
    remotes are left out: what they give without distance costs less than a second connection.
    """
    if url.startswith(("file:", "git:")) or not transport.can_be_silent(url):
        yield lambda seconds: False
        return
    aside = Path(tempfile.mkdtemp(prefix="tip.", dir=git_dir))
    try:
        bare.create(aside)
        with transport.tip(aside, url, _SMALL) as process:

            def take(seconds: float) -> bool:
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(seconds) == 0 and _move(aside, git_dir)
                return False

            yield take
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move(aside: Path, git_dir: Path) -> bool:
    """Move the packs over, each index last: git sees a pack once its index is there."""
    packs = Path("objects", "pack")
    for file in sorted((aside / packs).iterdir(), key=lambda one: one.suffix == ".idx"):
        os.replace(file, git_dir / packs / file.name)
    return True
