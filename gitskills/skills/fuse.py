"""Two rankings made one, by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009)."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

# Measured on a development set of prompts; Cormack's own 60 flattens lists as short as ours.
STEP = 5
SHARE = 0.7  # what the second ranking weighs beside the first

Key = TypeVar("Key")


def fuse(first: Sequence[Key], second: Sequence[Key]) -> Mapping[Key, float]:
    """Return what each member of either ranking is worth, best first; the first ranking leads."""
    worth: dict[Key, float] = {}
    for ranking, weight in ((first, 1.0), (second, SHARE)):
        for place, key in enumerate(ranking):
            worth[key] = worth.get(key, 0.0) + weight / (STEP + place + 1)
    return dict(sorted(worth.items(), key=lambda one: -one[1]))
