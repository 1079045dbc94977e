"""Which areas have enough cards for a pattern, which of them changed since, and the node card a pattern becomes."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from gitskills.cards import generalise
from gitskills.cards.card import Card
from gitskills.cards.generalise import Leaf, Pattern

MIN_LEAVES = 3
PROOFS, PATHS = 64, 24  # of the leaves' that a node carries
LISTED = 40  # cards a node names

LEAVES, TEXT = "gitskills-leaves", "gitskills-text"
"""Metadata of a node: which leaves it was made from, and the body it was given, each as a hash."""

State = Literal["promoted", "updated", "unchanged", "kept", "nothing", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Group:
    """The live leaves of one area, the surest first, and the node there is; `made` is the node's own metadata."""

    area: str
    leaves: tuple[Card, ...]
    node: Card | None
    made: Mapping[str, str]

    @property
    def digest(self) -> str:
        """A name for these leaves by what they say and what proves it: a mark that one is stale asks nobody again."""
        told = sorted("\n".join((one.key or one.path, one.description, one.body, *one.proof)) for one in self.leaves)
        return sha256("\0".join(told).encode("utf-8", "replace")).hexdigest()[:32]

    @property
    def confidence(self) -> float:
        """How sure the leaves are, on average."""
        return round(sum(leaf.confidence for leaf in self.leaves) / len(self.leaves), 2)

    @property
    def state(self) -> State | None:
        """What can be said without asking anybody: unchanged, kept as a person wrote it, or None for work to do."""
        if self.node is None:
            return None
        if self.made.get(TEXT) != digest(self.node.body):
            return "kept"
        return "unchanged" if self.made.get(LEAVES) == self.digest else None


def groups(cards: Sequence[Card], made: Mapping[str, Mapping[str, str]], least: int) -> list[Group]:
    """Return the areas with at least `least` live leaves; `made` is the metadata of the nodes, by path."""
    nodes = {card.area: card for card in cards if card.kind == "node" and card.path == f"cards/{card.area}"}
    found: dict[str, list[Card]] = {}
    for card in cards:
        if card.kind == "leaf" and not card.expired and card.area:
            found.setdefault(card.area, []).append(card)
    return [
        Group(area, tuple(sorted(leaves, key=_surest)), nodes.get(area), _made(nodes.get(area), made))
        for area, leaves in sorted(found.items())
        if len(leaves) >= least
    ]


def question(group: Group) -> str:
    """Return what the generaliser is asked about a group."""
    leaves = [Leaf(leaf.name, leaf.description, leaf.body) for leaf in group.leaves]
    return generalise.prompt(group.area, leaves, nonce=secrets.token_hex(8))


def node(group: Group, pattern: Pattern) -> Card:
    """Return the node card of a group's pattern; its proofs are the leaves', so that it expires with the last."""
    # The newest of every leaf first: there may be more than a node carries.
    latest = [proof for leaf in group.leaves for proof in leaf.proof[-1:]]
    proofs = dict.fromkeys([*latest, *(proof for leaf in group.leaves for proof in leaf.proof)])
    repos = {leaf.repo for leaf in group.leaves}
    return Card(
        path=f"cards/{group.area}",
        kind="node",
        area=group.area,
        name=group.area.rpartition("/")[2],
        description=pattern.trigger,
        body="\n".join(_body(group, pattern)),
        key=sha256(f"node\n{group.area}".encode()).hexdigest()[:32],
        proof=tuple(proofs)[:PROOFS],
        patch_ids=(),
        paths=_shared_paths(group.leaves),
        repo=repos.pop() if len(repos) == 1 else "",
        confidence=group.confidence,
        expired="",
        stale="",
        blob="",
        tree="",
    )


def digest(body: str) -> str:
    """Return a name for a body, whatever its outer white space and line ends."""
    return sha256("\n".join(body.strip().splitlines()).encode()).hexdigest()[:16]


def _body(group: Group, pattern: Pattern) -> Iterator[str]:
    yield f"## Trigger\n\n{pattern.trigger}\n\n## Procedure\n\n{pattern.pattern}\n"
    if pattern.pitfalls:
        yield f"## Pitfalls\n\n{pattern.pitfalls}\n"
    yield "## Cards\n"
    for leaf in group.leaves[:LISTED]:
        folder = leaf.path.rpartition("/")[2]
        yield f"- [{folder}]({folder}/SKILL.md)"
    if len(group.leaves) > LISTED:
        yield f"- and {len(group.leaves) - LISTED} more"
    yield ""


def _shared_paths(leaves: Sequence[Card]) -> tuple[str, ...]:
    """The paths that more than half of the leaves touch, the commonest first."""
    counts = Counter(path for leaf in leaves for path in set(leaf.paths))
    common = sorted((-count, path) for path, count in counts.items() if 2 * count > len(leaves))
    return tuple(path for _, path in common[:PATHS])


def _made(node: Card | None, made: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    return made.get(node.path, {}) if node else {}


def _surest(card: Card) -> tuple[bool, float, str]:
    return bool(card.stale), -card.confidence, card.path
