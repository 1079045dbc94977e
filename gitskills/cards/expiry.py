"""May a card still be believed? A pure decision over what git said about its proof, its paths and its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from gitskills.cards.heads import Head

NAMED = 40  # paths a card names at most
CHURN = 0.6  # share of its lines rewritten from which on a card is stale

State = Literal["reachable", "unreachable", "unknown", "stale"]
Action = Literal["", "expired", "restored", "marked", "cleared"]

_UNNAMED = re.compile("[\\s\ufffd\ud800-\udfff]")

EXPIRED, STALE = "gitskills-expired", "gitskills-stale"


@dataclass(frozen=True, slots=True)
class Facts:
    """What git knows of the proofs of many cards in one code repository, at one ref.

    `repo` names the repository ("": it has no name), `ref` is the ref as people write it, `lacking` says why parts of
    the history are missing ("": it is whole). Of the proofs `here` are in the repository, `reached` are part of the
    ref's history, `copied` have a commit with the same patch there, `unsearched` are those for which too long a
    history was not searched to its end. Of the cards (their paths) `gone` are those of which no path that a proof
    touched stands at the ref, `doubted` those of which no path they name does while proofs are missing, which may have
    touched more. `rewritten` is, by the card's path, the share (0 to 1) of its lines that no longer stand in their
    files, where that is known.
    """

    repo: str
    ref: str
    lacking: str = ""
    here: Set[str] = frozenset()
    reached: Set[str] = frozenset()
    copied: Set[str] = frozenset()
    unsearched: Set[str] = frozenset()
    gone: Set[str] = frozenset()
    doubted: Set[str] = frozenset()
    rewritten: Mapping[str, float] = field(default_factory=dict)


class Standing(NamedTuple):
    """What a card's proof is worth now, why, and what becomes of its marks: `action` and the `metadata` to write.

    A tuple, as a head is.
    """

    state: State
    reason: str
    action: Action = ""
    metadata: tuple[tuple[str, str | None], ...] = ()


def stand(card: Head, facts: Facts, churn: float = CHURN) -> Standing:
    """Return how a card stands; `churn` is the share of rewritten lines above which it is stale."""
    state, reason = _proof(card, facts)
    if elsewhere(card.repo, facts.repo):
        # A fork may have a proof, but what it lacks, or changed since, says nothing of the card's own code.
        return Standing("stale", card.stale) if state == "reachable" and card.stale else Standing(state, reason)
    if state == "reachable":
        state, reason = _content(card, facts, churn, reason)
    marks = dict(_marks(card, state, reason))
    action: Action = ""
    if EXPIRED in marks:
        action = "expired" if marks[EXPIRED] else "restored"
    elif STALE in marks:
        action = "marked" if marks[STALE] else "cleared"
    return Standing(state, reason, action, tuple(marks.items()))


def _proof(card: Head, facts: Facts) -> tuple[State, str]:
    """Say whether any proof still stands; what cannot be known is never held against a card."""
    if not card.proof:
        return "unknown", "it names no proof"
    other = elsewhere(card.repo, facts.repo)
    if not facts.reached.isdisjoint(card.proof) and not (other and card.expired):
        return "reachable", ""
    proofs = set(card.proof)
    if proofs & facts.copied and not (other and card.expired):
        return "reachable", f"a commit with the same patch is part of {facts.ref}"
    if other or (card.repo and facts.repo and card.repo != facts.repo and not proofs & facts.here):
        return "unknown", f"its code is another repository: {card.repo}"
    if facts.lacking:
        return "unknown", f"{facts.lacking} does not show whether its proof is part of {facts.ref}"
    if missing := sorted(proofs - facts.here):
        return "unknown", f"commit {missing[0][:12]} is not in this repository"
    if proofs & facts.unsearched:
        return "unknown", f"the history of {facts.ref} is too long to look for a commit with the same patch"
    return "unreachable", f"its proof is no longer part of {facts.ref}"


def nameable(path: str) -> bool:
    """Whether a card can name a path: its list is between spaces, and text."""
    return _UNNAMED.search(path) is None


def elsewhere(repo: str, other: str) -> bool:
    """Whether two names (host and path) are two repositories: one has many hosts (aliases, ports), but one path.

    A folder's mere name, which is that of a repository on this machine, tells nothing.
    """
    return repo != other and "/" in repo and "/" in other and not at_home(repo, other)


def at_home(repo: str, other: str) -> bool:
    """Whether two names are one repository's: the same path on any host; "" is a name that nobody knows."""
    if "/" not in repo or "/" not in other:
        return repo == other or not (repo and other)
    return repo.partition("/")[2].casefold() == other.partition("/")[2].casefold()


def _content(card: Head, facts: Facts, churn: float, reason: str) -> tuple[State, str]:
    """Say whether what a proof touched is still there."""
    if card.expired and (facts.lacking or card.path in facts.doubted):
        what = facts.lacking or "this repository"
        return "unknown", f"{what} does not show whether what it touched is still there"
    if card.path in facts.gone:
        return "unreachable", f"every path it touched is gone from {facts.ref}"
    share = facts.rewritten.get(card.path)
    if share is None:
        return ("stale", card.stale) if card.stale else ("reachable", reason)
    if share > churn:
        return "stale", f"{share:.0%} of its lines were rewritten since"
    return "reachable", reason


def _marks(card: Head, state: State, reason: str) -> Iterator[tuple[str, str | None]]:
    """Yield the metadata that changes; a mark that says so already keeps its words."""
    if state == "unreachable" and not card.expired:
        yield EXPIRED, reason
    if state in ("reachable", "stale") and card.expired:
        yield EXPIRED, None
    if state == "stale" and not card.stale:
        yield STALE, reason
    if state == "reachable" and card.stale:
        yield STALE, None
