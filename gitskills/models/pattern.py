"""The offline generaliser: of sibling cards it keeps the steps that most of them share, and adds nothing."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitskills.models.phrases import content_words

ALIKE = 0.6  # share of words that two lines must have in common to be one step
LINES = 80  # lines of one card that are looked at
FAMILIES = 400  # different steps up to which near ones are looked for
WORDS, TRIGGERS = 6, 3  # words and triggers named in the pattern's own trigger

_LIST = re.compile(r"[ \t]*(?:[-*+]|\d{1,4}[.)])[ \t]+(?P<text>\S.*)")
_HEADING = re.compile(r"#{1,6}[ \t]+(?P<title>.+?)[ \t#]*")
_WARNING = re.compile(r"pitfall|caveat|gotcha|mistake|beware", re.IGNORECASE)


@dataclass(slots=True)
class _Step:
    """Lines that say one thing: as it was first written, its words, and the cards that have it."""

    text: str
    words: frozenset[str]
    cards: set[int] = field(default_factory=set)


def generalise(data: dict[str, str]) -> dict[str, str]:
    """Return trigger, pattern and pitfalls; the pattern is empty where no step is shared by most of the cards."""
    leaves = _leaves(data.get("leaves", ""))
    steps = _shared([list(_items(leaf, False)) for leaf in leaves])
    if not steps:
        return {"trigger": "", "pattern": "", "pitfalls": ""}
    pitfalls = _shared([list(_items(leaf, True)) for leaf in leaves])
    trigger = _trigger(data.get("area", ""), [leaf["trigger"] for leaf in leaves])
    return {"trigger": trigger, "pattern": _list(steps), "pitfalls": _list(pitfalls)}


def _leaves(text: str) -> list[dict[str, str]]:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return []
    listed = found if isinstance(found, list) else []
    return [{key: str(one.get(key, "")) for key in ("trigger", "text")} for one in listed if isinstance(one, dict)]


def _items(leaf: dict[str, str], warnings: bool) -> Iterator[str]:
    """Yield the list items of a card's text, those below headings that warn or all others."""
    below = False
    for line in leaf["text"].splitlines()[:LINES]:
        if heading := _HEADING.fullmatch(line):
            below = bool(_WARNING.search(heading["title"]))
        elif below == warnings and (item := _LIST.fullmatch(line)):
            yield item["text"].rstrip()


def _shared(cards: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines that more than half of the cards have, in the order in which they first come."""
    steps: list[_Step] = []
    exact: dict[frozenset[str], _Step] = {}
    for number, lines in enumerate(cards):
        for text in lines:
            words = frozenset(content_words(text)) or frozenset({text.lower()})
            step = exact.get(words) or _near(steps, words)
            if step is None:
                step = _Step(text, words)
                steps.append(step)
            exact.setdefault(words, step)
            step.cards.add(number)
    return [step.text for step in steps if 2 * len(step.cards) > len(cards)]


def _near(steps: Sequence[_Step], words: frozenset[str]) -> _Step | None:
    """Return the first step that says nearly the same."""
    if len(steps) > FAMILIES:
        return None
    return next((one for one in steps if len(one.words & words) >= ALIKE * len(one.words | words)), None)


def _trigger(area: str, triggers: Sequence[str]) -> str:
    """Say when the pattern applies: its area, the words most triggers share, the shortest triggers."""
    counts = Counter(word for trigger in triggers for word in sorted(content_words(trigger)))
    common = [word for word, count in counts.most_common(WORDS) if 2 * count > len(triggers)]
    about = f" about {', '.join(common)}" if common else ""
    shortest = sorted(dict.fromkeys(" ".join(each.split()).rstrip(".") for each in triggers if each.strip()), key=len)
    return f"Work in {area}{about}, such as: {'; '.join(shortest[:TRIGGERS])}."


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
