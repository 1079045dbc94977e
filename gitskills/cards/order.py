"""Which of two changes of a code repository came later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gitskills.git import command, history


class Order:
    """The changes of one run, the oldest first, and all others by what git's history says of them."""

    def __init__(self, git_dir: Path, oids: Sequence[str], since: str) -> None:
        """Take the changes that came after the commit `since` ("": none)."""
        self.oids: Mapping[str, int] = {oid: number for number, oid in enumerate(oids)}
        self._git_dir = git_dir
        self._since = since
        self._asked: dict[tuple[str, str], bool] = {}

    def newer(self, one: str, other: str) -> bool:
        """Tell whether a commit comes after another; False where that is not known."""
        if one in self.oids and other in self.oids:
            return self.oids[one] > self.oids[other]
        # Most cards are older than all changes of a run: one question for each tells so.
        if one in self.oids and self._since and self._within(other, self._since):
            return True
        return one != other and self._within(other, one)

    def _within(self, one: str, other: str) -> bool:
        if (one, other) not in self._asked:
            try:
                self._asked[one, other] = history.is_ancestor(self._git_dir, one, other)
            except command.GitFailed:
                self._asked[one, other] = False
        return self._asked[one, other]
