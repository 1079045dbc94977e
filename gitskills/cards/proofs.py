"""Which proofs are still part of a history: one walk for all of them, then a look for copies of those that left.

A squash, a rebase and a cherry-pick leave the change and replace the commit; its patch id stays. Patches are
compared only for proofs that left, and only with commits that came after the point where they left.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from gitskills.cards.verified import Verified
from gitskills.git import history, patches, reach

SEARCHED = 20_000  # commits whose patches are compared, about five seconds; with more of them nothing is concluded


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the proofs: see `expiry.Facts`. `lost` are those that left without a copy, for certain."""

    here: Set[str]
    reached: Set[str]
    copied: Set[str]
    unsearched: Set[str]
    lost: Set[str]

    def at(self, tip: str) -> Verified:
        """Return what to remember of the commit `tip` at which this was found."""
        return Verified(tip, self.reached, self.lost, self.copied)


def standing(git_dir: Path, tip: str, before: Verified) -> Verified:
    """Return what of `before` still counts at `tip`: all where history only grew, nothing where it was rewritten."""
    return before if before.tip and _grew(git_dir, before.tip, tip) else Verified("")


def find(
    git_dir: Path,
    tip: str,
    proofs: Mapping[str, Set[str]],
    before: Verified,
    here: Set[str],
    left: Set[str],
    *,
    whole: bool,
) -> Found:
    """Say what became of proofs (commit → patch ids it is said to have) at `tip`; `before` is what still counts there.

    Of them `here` are in the repository and `left` no part of the history (see reach.unreachable). `whole` says that
    the repository has all of its history: elsewhere a proof that is not found may yet be there, and copies are not
    looked for. Of a proof that is not here only a patch id that is on record tells whether there is a copy.
    """
    known = before.copied & proofs.keys()
    left = (left & proofs.keys()) - known
    reached = here - left - known
    absent = {proof for proof in proofs.keys() - here - known if proofs[proof]}
    if not whole or not (left or absent):
        return Found(here, reached, known, frozenset(), frozenset())
    copied, unsearched = _copies(git_dir, tip, left, {proof: proofs[proof] for proof in left | absent}, before)
    return Found(here, reached, known | copied, unsearched, (left | absent) - copied - unsearched)


def _grew(git_dir: Path, old: str, new: str) -> bool:
    """Whether the history of `new` has all that of `old`; not where `old` is not even here."""
    return old == new or (bool(reach.here(git_dir, [old])) and history.is_ancestor(git_dir, old, new))


def _copies(
    git_dir: Path, tip: str, here: Set[str], said: Mapping[str, Set[str]], before: Verified
) -> tuple[Set[str], Set[str]]:
    """Return the proofs of which `tip` has a copy, and those for which its history is too long to tell."""
    computed = patches.of(git_dir, here)
    ids = {proof: known | ({computed[proof]} if proof in computed else set()) for proof, known in said.items()}
    again = {proof for proof in said if proof in before.lost}
    copied, unsearched = set(), set()
    for group in (again, said.keys() - again):
        asked = {proof for proof in group if ids[proof]}
        if not asked:
            continue
        # Where one that is not here left the history, nobody can tell: all of it is searched, once.
        start = before.tip if group is again else reach.since(git_dir, asked, tip) if asked <= here else ""
        if reach.count(git_dir, start, tip, limit=SEARCHED + 1) > SEARCHED:
            unsearched |= asked
            continue
        there = set(patches.between(git_dir, start, tip, limit=SEARCHED).values())
        copied |= {proof for proof in asked if ids[proof] & there}
    return copied, unsearched
