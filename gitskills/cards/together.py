"""What moved together before: how often a change's files were changed side by side in the history up to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

BEFORE = 3_000  # changes of the past that are looked at
MOST = 12  # files of one change that are compared
SPREAD = 60  # files from which on a change says nothing about which belong together
OFTEN, LISTED = 0.4, 3  # share of a file's changes in which another moved too; how many such are told


@dataclass(frozen=True, slots=True)
class Figures:
    """Of `before` earlier changes of these files, `together` touched two or more of them.

    `companions` are files that this change left alone although they moved in `OFTEN` of its main file's changes:
    (path, how often, of how many).
    """

    together: int = 0
    before: int = 0
    companions: tuple[tuple[str, int, int], ...] = ()


class History:
    """The changes of a first-parent chain with the paths each touched, the oldest first."""

    def __init__(self, changes: Sequence[tuple[str, Sequence[str]]]) -> None:
        self._names = [names for _, names in changes]
        self._order = {oid: number for number, (oid, _) in enumerate(changes)}
        self._having: dict[str, list[int]] = {}
        for number, names in enumerate(self._names):
            for name in names if len(names) <= SPREAD else ():
                self._having.setdefault(name, []).append(number)

    def figures(self, oid: str, paths: Sequence[str]) -> Figures:
        """Return the figures of a change; `paths` has its main file first."""
        end = self._order.get(oid, 0)
        paths = paths[:MOST]
        seen = Counter(at for path in paths for at in self._having.get(path, ()) if max(end - BEFORE, 0) <= at < end)
        together = sum(count > 1 for count in seen.values())
        return Figures(together, len(seen), self._companions(end, paths))

    def _companions(self, end: int, paths: Sequence[str]) -> tuple[tuple[str, int, int], ...]:
        main = [at for at in self._having.get(paths[0], ()) if at < end][-200:] if paths else []
        if len(main) < 4:
            return ()
        counts = Counter(name for at in main for name in self._names[at] if name not in paths)
        often = [(name, count, len(main)) for name, count in counts.most_common(LISTED) if count >= OFTEN * len(main)]
        return tuple(often)
