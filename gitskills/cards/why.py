"""Why a card was chosen, told to a person: what of the work it names."""

from __future__ import annotations

from gitskills.cards.rank import Query, Ranked
from gitskills.skills.words import words

WORDS = 6  # words and files that are named


def trigger(body: str) -> str:
    """Return what a card says it is for, on one line: the first text that is no heading."""
    paragraphs = (part.strip() for part in body.split("\n\n"))
    return " ".join(next((part for part in paragraphs if part and not part.startswith("#")), "").split())


def why(card: Ranked, body: str, query: Query) -> str:
    """Return which of the work's files, area and words a card has, and how sure it is; words as they stand there."""
    parts = []
    touched = [path for path in sorted(card.paths) if any(_within(path, one) for one in query.paths)]
    if touched:
        parts.append(f"touched {_some(touched)}")
    if query.area and card.area and query.area.split("/")[0] == card.area.split("/")[0]:
        parts.append(f"area {card.area}")
    has = {_stem(word) for word in words(f"{card.path} {body}".replace("_", " "))}
    if said := [word for word in words(query.text) if _stem(word) in has]:
        parts.append(f"says {_some(said)}")
    return " · ".join([*parts, f"confidence {card.confidence:.2f}"])


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith(place.rstrip("/") + "/")


def _stem(word: str) -> str:
    """A word without its ending, roughly as the index takes it."""
    short = word.casefold()
    for ending in ("ing", "ers", "ed", "es", "er", "s", "e"):
        if short.endswith(ending) and len(short) - len(ending) >= 3:
            return short[: -len(ending)]
    return short


def _some(names: list[str]) -> str:
    more = f" and {len(names) - WORDS} more" if len(names) > WORDS else ""
    return ", ".join(names[:WORDS]) + more
