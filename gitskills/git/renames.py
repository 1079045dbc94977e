"""When is a skill folder that went and one that came in the same commit the same skill?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from gitskills.git.history import Change, Touch
from gitskills.git.trailers import events, trailers

Contents = Callable[[Iterable[str]], Mapping[str, bytes]]
"""Reads blobs by oid; those it cannot have are left out."""

_PIECE = re.compile(rb"[^\n]{0,63}\n|[^\n]{1,64}")
ALIKE = 0.5  # git's own threshold for a rename (git-diff, -M)


class Pair(NamedTuple):
    """A folder that went and the one it may have become."""

    gone: Touch
    came: Touch


def follow(changes: list[Change], contents: Contents) -> bool:
    """Replace, in place, each folder that went and one that came by one renamed touch where they are the same skill.

    The evidence, strongest first: the commit's own `Skill-Base`; the same SKILL.md; the same folder name elsewhere;
    half of the other files the same; a SKILL.md at least half the same. Only the last needs contents, which are asked
    for once for the whole history. Returns False when some of those were missing, so that a later look may see more.
    """
    doubts: list[tuple[int, list[Pair], list[Touch], list[Touch]]] = []
    for number, change in enumerate(changes):
        gone = [touch for touch in change.touches if touch.file and not touch.tree]
        came = [touch for touch in change.touches if touch.file and not touch.base]
        if gone and came:
            pairs = _certain(change, gone, came)
            if gone and came:
                doubts.append((number, pairs, gone, came))
            elif pairs:
                changes[number] = _renamed(change, pairs)
    wanted = {touch.file for _, _, gone, came in doubts for touch in (*gone, *came)}
    texts = contents(sorted(wanted)) if wanted else {}
    for number, pairs, gone, came in doubts:
        pairs += _alike(gone, came, texts)
        if pairs:
            changes[number] = _renamed(changes[number], pairs)
    return wanted <= texts.keys()


def _certain(change: Change, gone: list[Touch], came: list[Touch]) -> list[Pair]:
    """Take out of both lists the pairs that oids and names alone decide."""
    told = {(event.base, event.skill) for event in events(trailers(change.message)) if event.base}
    rules: tuple[Callable[[Touch, Touch], bool], ...] = (
        lambda old, new: (old.base, name(new.path)) in told,
        lambda old, new: old.file == new.file and name(old.path) == name(new.path),
        lambda old, new: old.file == new.file,
        lambda old, new: name(old.path) == name(new.path),
        lambda old, new: len(old.others & new.others) >= ALIKE * max(len(old.others), len(new.others), 1),
    )
    pairs = []
    for rule in rules:
        for new in list(came):
            old = next((each for each in gone if rule(each, new)), None)
            if old is not None:
                pairs.append(Pair(old, new))
                gone.remove(old)
                came.remove(new)
    return pairs


def _alike(gone: list[Touch], came: list[Touch], texts: Mapping[str, bytes]) -> list[Pair]:
    """Pair what is left by how much of SKILL.md stayed, the most alike first."""
    scored = sorted(
        (
            (alike(texts[old.file], texts[new.file]), old, new)
            for old in gone
            for new in came
            if old.file in texts and new.file in texts
        ),
        key=lambda row: -row[0],
    )
    pairs: list[Pair] = []
    for score, old, new in scored:
        if score >= ALIKE and not any(old is pair.gone or new is pair.came for pair in pairs):
            pairs.append(Pair(old, new))
    return pairs


def alike(old: bytes, new: bytes) -> float:
    """Return how much of the longer text is made of pieces of the other, 0 to 1.

    The pieces are git's (diffcore-delta.c): lines, the long ones cut every 64 bytes.
    """
    before, after = (Counter(_PIECE.findall(text)) for text in (old, new))
    same = sum(len(piece) * count for piece, count in (before & after).items())
    return same / max(len(old), len(new), 1)


def _renamed(change: Change, pairs: list[Pair]) -> Change:
    gone = {pair.gone.path for pair in pairs}
    origin = {pair.came.path: pair.gone for pair in pairs}
    touches = []
    for touch in change.touches:
        if touch.path in origin and not touch.base:
            old = origin[touch.path]
            touches.append(touch._replace(base=old.base, origin=old.path))
        elif touch.path not in gone or touch.tree:
            touches.append(touch)
    return change._replace(touches=tuple(touches))


def name(path: str) -> str:
    """Return a skill folder's own name, "" for the root."""
    return path.rpartition("/")[2]
