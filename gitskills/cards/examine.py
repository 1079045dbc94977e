"""What git says about the proofs of many cards, asked in as few processes as there are kinds of questions.

The walk through history and what commits wrote take longest by far: both begin as soon as proofs are known, and all
else is done meanwhile.
"""

from __future__ import annotations

import contextlib
import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from gitskills.cards import lines, proofs
from gitskills.cards.expiry import NAMED, Facts, at_home, nameable
from gitskills.cards.heads import Head
from gitskills.cards.lines import Place
from gitskills.cards.verified import Verified
from gitskills.git import changes, files, reach
from gitskills.git.code import Code

_NONE: Set[str] = frozenset()
CITED = 32  # paths of one card, and proofs of one, whose lines are looked at


@dataclass(frozen=True, slots=True)
class Begun:
    """Questions on their way at the code's tip: what counted `before`, the proofs `asked` about, those that are `here`.

    What is `lacking` of the history (see reach.incomplete), and how to wait for the answers: which proofs are `left`
    over, and which lines commits `wrote` at some places.
    """

    before: Verified
    asked: Set[str]
    here: Sequence[str]
    lacking: str
    left: Callable[[], set[str]]
    wrote: Callable[[Collection[Place]], Mapping[Place, array[int]]]


@contextlib.contextmanager
def begin(code: Code, asked: Set[str], before: Verified, index: sqlite3.Connection) -> Iterator[Begun]:
    """Begin to ask about proofs in the code's history; `before` is what was remembered of this repository and ref.

    `index` keeps what commits wrote.
    """
    before = proofs.standing(code.git_dir, code.tip, before)
    new = asked - before.reached - before.copied
    with reach.looking(code.git_dir, new) as looked:
        lacking = reach.incomplete(code.git_dir)
        with lines.writing(code.git_dir, index, set() if lacking else asked) as wrote:
            here = looked()
            with reach.walking(code.git_dir, here, code.tip) as left:
                yield Begun(before, new, here, lacking, left, wrote)


def examine(cards: Sequence[Head], code: Code, begun: Begun) -> tuple[Facts, Verified]:
    """Return the facts about all cards at the code's tip, and what is verified there now.

    Proofs that nobody asked about (a card that came meanwhile) are asked about here.
    """
    asked: dict[str, set[str]] = {}
    for card in cards:
        # A patch on record is looked for in its own repository only: two may well have one change in common.
        ids = card.patch_ids if card.repo in ("", code.name) or at_home(card.repo, code.name) else ()
        for proof in card.proof:
            asked.setdefault(proof, set()).update(ids)
    known, copies = begun.before.reached & asked.keys(), begun.before.copied & asked.keys()
    late = asked.keys() - begun.asked - known - copies
    here = known | asked.keys() & {*begun.here, *reach.here(code.git_dir, late | copies)}
    gone, doubted, shares = (_NONE, _NONE, {}) if begun.lacking else _content(cards, code, here, begun)
    left = begun.left() | reach.unreachable(code.git_dir, late, code.tip)
    found = proofs.find(code.git_dir, code.tip, asked, begun.before, here, left, whole=not begun.lacking)
    told = (found.here, found.reached, found.copied, found.unsearched)
    return Facts(code.name, code.ref, begun.lacking, *told, gone, doubted, shares), found.at(code.tip)


def _content(
    cards: Sequence[Head], code: Code, here: Set[str], begun: Begun
) -> tuple[Set[str], Set[str], Mapping[str, float]]:
    """Return the cards of which every path is gone, those of which that cannot be told, and the rewritten shares."""
    cited: dict[str, list[Place]] = {}
    for card in cards:
        commits = [proof for proof in card.proof[-CITED:] if proof in here]
        if commits and card.paths:
            cited[card.path] = [(commit, path) for commit in commits for path in card.paths[:CITED]]
    # One that expired, of which no proof is here, may have done so by its paths, too.
    asked = [card for card in cards if card.path in cited or (card.expired and card.paths)]
    lost = files.gone(code.git_dir, code.tip, {path for card in asked for path in card.paths})
    empty = [card for card in asked if lost.issuperset(card.paths)]
    told = [card for card in empty if not _in_part(card) or here >= set(card.proof)]
    wrote = begun.wrote(list(dict.fromkeys(place for places in cited.values() for place in places)))
    shares = lines.rewritten(code.git_dir, code.tip, cited, wrote)
    return _gone(code, told, here), {card.path for card in empty} - {card.path for card in told}, shares


def _in_part(card: Head) -> bool:
    """Whether a card may name only some of the paths that its proofs touched: a node, and what touched very many."""
    return card.kind == "node" or len(card.paths) >= NAMED


def _gone(code: Code, cards: Sequence[Head], here: Set[str]) -> Set[str]:
    """Return those of cards whose named paths are all gone of which nothing else that a proof left there stands."""
    if not cards:
        return _NONE
    touched = changes.left(code.git_dir, {proof for card in cards for proof in card.proof} & here)
    further = {
        card.path: [
            path for proof in card.proof for path in touched.get(proof, ()) if _in_part(card) or not nameable(path)
        ]
        for card in cards
    }
    lost = files.gone(code.git_dir, code.tip, {path for paths in further.values() for path in paths})
    return {card for card, paths in further.items() if lost.issuperset(paths)}
