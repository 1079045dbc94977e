"""A fork: a repository of the user's own on the same host, for proposals to a library they may not push to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from gitskills.git import command, objects, transport
from gitskills.git.cache import Cache
from gitskills.git.transport import Progress, RemoteRefs
from gitskills.git.url import identity, redact
from gitskills.state.lock import locked


class Fork:
    """The fork at `url` of the library in `cache`, as it was when first asked; commits for it are written there."""

    def __init__(self, cache: Cache, url: str) -> None:
        self.url = url
        self._cache = cache
        self._has: RemoteRefs | None = None

    def branch(self, name: str) -> str | None:
        """Return the tip of a branch of the fork, whose commit is then in the cache; None where it has no such branch.

        Raises a RemoteError.
        """
        tip = self._refs.refs.get(f"refs/heads/{name}")
        if tip and objects.resolve(self._cache.git_dir, f"{tip}^{{commit}}") is None:
            kept = f"refs/gitskills/forks/{sha256(identity(self.url).encode()).hexdigest()[:12]}/{name}"
            with locked(self._cache.lock, timeout=600, what=redact(self.url)):
                transport.fetch(self._cache.git_dir, self.url, [f"+refs/heads/{name}:{kept}"])
        return tip

    def push(self, updates: Sequence[tuple[str, str]], progress: Progress | None = None) -> list[str]:
        """Move refs of the fork forward, (oid, full name) each, with what the fork lacks of the library's history.

        Returns what the server said. Raises a RemoteError.
        """
        known = "".join(f"^{tip}\n" for tip in {*self._refs.refs.values()} if self._holds(tip))
        asked = known + "".join(f"{oid}\n" for oid, _ in updates if oid)
        args = ("rev-list", "--objects", "--missing=print", "--stdin")
        rows = command.run(*args, git_dir=self._cache.git_dir, input=asked.encode()).decode(errors="replace")
        self._cache.want(re.findall(r"^\?([0-9a-f]+)$", rows, re.MULTILINE), progress=progress)
        return transport.push(self._cache.git_dir, self.url, updates, progress=progress)

    @property
    def _refs(self) -> RemoteRefs:
        if self._has is None:
            self._has = transport.ls_remote(self.url)
        return self._has

    def _holds(self, tip: str) -> bool:
        return objects.resolve(self._cache.git_dir, tip) is not None
