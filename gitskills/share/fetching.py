"""Sources fetched side by side, begun before most of the program is loaded: this module loads little itself."""

import threading
from collections.abc import Mapping
from dataclasses import replace

from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.command import on_terminal
from gitskills.git.failures import AuthFailed
from gitskills.git.transport import can_be_silent
from gitskills.git.url import redact

_HEAD_START = 0.012  # seconds in which a thread gets its first git processes started


class Fetching:
    """Sources (name → cache) being fetched side by side from its making on; `failed` is whole after `finish`.

    Several at once ask the person at the terminal nothing: those that must do so take their turns in `finish`. One
    that is `watched` tells its `progress`, which may be given it later.
    """

    def __init__(self, caches: Mapping[str, Cache], *, watched: bool, progress: Progress | None = None) -> None:
        self.failed: dict[str, GitskillsError] = {}
        self.progress = progress
        self._caches = caches
        self._watched = watched
        self._several = len(caches) > 1 and on_terminal()
        self._asking = [name for name, one in caches.items() if self._several and not can_be_silent(one.url)]
        self._threads = [
            threading.Thread(target=self._one, args=(name,), kwargs={"silent": self._several}, daemon=True)
            for name in caches
            if name not in self._asking
        ]
        for thread in self._threads:
            thread.start()
        for thread in self._threads[:1]:  # Python runs one thread at a time: git first, then what we load meanwhile
            thread.join(_HEAD_START)

    def finish(self) -> Mapping[str, GitskillsError]:
        """Wait for the end, and return the sources that could not be fetched, with the error."""
        for thread in self._threads:
            thread.join()
        if self._several:
            self._asking += [name for name in self._caches if isinstance(self.failed.get(name), AuthFailed)]
            for name in self._asking:
                self._one(name, silent=False)
        return self.failed

    def _one(self, name: str, *, silent: bool) -> None:
        cache = replace(self._caches[name], silent=silent)
        # What stands if this thread breaks off: where nobody catches it, a bug must not look like a success.
        self.failed[name] = GitskillsError(f"fetching {redact(cache.url)} broke off", "this is a bug in gitskills")
        try:
            cache.refresh(progress=self._tell if self._watched else None)
            del self.failed[name]
        except GitskillsError as error:
            self.failed[name] = error
        except OSError as error:  # in a thread nobody else would see it
            self.failed[name] = GitskillsError(f"{cache.git_dir}: {error.strerror}", "see that you may write there")

    def _tell(self, phase: str, done: int, total: int | None) -> None:
        if self.progress is not None:
            self.progress(phase, done, total)
