"""Which folders hold a SKILL.md at each commit, remembered for a whole history in one set."""

from __future__ import annotations

from collections.abc import Collection, Iterator


class Node:
    """The skill folders at one commit, as the difference from `towards`; the node without one is where the set is."""

    __slots__ = ("added", "removed", "towards")

    def __init__(self, towards: Node | None, added: Collection[str] = (), removed: Collection[str] = ()) -> None:
        self.towards = towards
        self.added = added
        self.removed = removed


class Folders:
    """All states of a set of folders over a branching history.

    One live set moves from state to state by differences, which is nearly free between neighbours: H. Baker,
    "Shallow binding makes functional arrays fast" (1991). A set per commit would be gigabytes.
    """

    def __init__(self) -> None:
        self.live: set[str] = set()
        self.empty = self._here = Node(None)

    def move(self, node: Node) -> None:
        """Make `live` the set of `node`."""
        chain = [node]
        while (towards := chain[-1].towards) is not None:
            chain.append(towards)
        for nearer, further in zip(reversed(chain[:-1]), reversed(chain[1:]), strict=True):
            self.live.difference_update(nearer.removed)
            self.live.update(nearer.added)
            further.towards, further.added, further.removed = nearer, nearer.removed, nearer.added
            nearer.towards, nearer.added, nearer.removed = None, (), ()
        self._here = node

    def change(self, added: Collection[str], removed: Collection[str]) -> Node:
        """Return the state that differs by this from the one `live` shows now; `live` becomes it."""
        if not added and not removed:
            return self._here
        node = Node(self._here, set(added) - self.live, set(removed) & self.live)
        self.move(node)
        return node

    def place(self, folders: Collection[str]) -> Node:
        """Return the state that is exactly `folders`; `live` becomes it."""
        return self.change(set(folders) - self.live, self.live - set(folders))

    def outermost(self, paths: Collection[str]) -> list[str]:
        """Return those of `paths` that are skill folders now and lie in no other: outermost wins."""
        return [path for path in paths if path in self.live and self.live.isdisjoint(above(path))]


def above(path: str) -> Iterator[str]:
    """Yield the folders that hold `path`, the nearest first, down to the root ("")."""
    while path:
        path = path.rpartition("/")[0]
        yield path
