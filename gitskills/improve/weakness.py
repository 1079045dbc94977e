"""When two sessions showed the same weakness of a skill: their words about it are mostly the same.

Identity of text is too strict for sentences that models write, and a model is no judge of it: one told of known
weaknesses finds them again, and then the sessions are not independent. So words are compared. A weakness is named by
the judge's reason (or the proposer's `weakness`); it is read as the set of its words: folded, without endings of
English, without function words and words that every such sentence has, and without those of the skill's name and
description. Two are the same where nothing but order differs, or where at least `SHARED` words are in both and make
up `SHARE` of the shorter one. A miss only makes an edit wait for one more session; so the bar is rather high.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple
from unicodedata import normalize

SHARED, SHARE = 3, 0.6

_WORD = re.compile(r"[^\W_]+")
# Scripts that write without spaces: pairs of characters stand for words.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_ENDINGS = ("ing", "ed", "es", "s", "e")
_FUNCTION_WORDS = """
a an the this that these those it its they them their there here he she his her you your we our us i my me
and or but nor so if then else when while where which who whom whose what how why as than too very just only
of in on at to from by for with without into onto over under about after again also any all each every some
is are was were be been being am do does did done has have had having can could may might must shall should
will would not no never always dont doesnt didnt isnt wasnt cant wont
skill skills agent agents assistant model user users task instruction instructions text rule section step
say says said tell tells told mention mentions state states specify specifies lack lacks miss misses missing
omit omits describe fail fails failed wrong wrongly incorrect correct correctly need needs instead
"""
_COMMON = frozenset(_FUNCTION_WORDS.split())


class Sighting(NamedTuple):
    """A session (its salted hash) and what was said there of the skill's weakness."""

    session: str
    text: str


def words(text: str) -> frozenset[str]:
    """Return the words by which a weakness is known."""
    found = set()
    for word in _WORD.findall(normalize("NFKC", text).casefold().replace("'", "").replace("’", "")):
        if _UNSPACED.search(word):
            found |= {word[at : at + 2] for at in range(max(len(word) - 1, 1))}
        elif word not in _COMMON:
            found.add(_stem(word))
    return frozenset(found)


def same(one: str, two: str, *, about: str = "") -> bool:
    """Whether two texts speak of one weakness; `about` is the skill's name and description, whose words don't count."""
    first, second = words(one), words(two)
    if first == second:
        return bool(first)
    first, second = first - words(about), second - words(about)
    shared = len(first & second)
    return shared >= SHARED and shared >= SHARE * min(len(first), len(second))


def sessions(weakness: str, sightings: Iterable[Sighting], *, about: str = "") -> tuple[str, ...]:
    """Return the different sessions that showed this weakness, sorted."""
    return tuple(sorted({each.session for each in sightings if same(weakness, each.text, about=about)}))


def shown(
    who: str, reason: str, weakness: str, seen: tuple[Iterable[Sighting], Iterable[Sighting]], *, about: str = ""
) -> tuple[str, ...]:
    """Return the sessions that showed a weakness, `who` included, by what judges and what proposers said of it.

    `seen` are the sightings by judges' reasons and those by the weaknesses that were named.
    """
    by_reason, by_name = seen
    found = {who, *sessions(reason, by_reason, about=about), *sessions(weakness, by_name, about=about)}
    return tuple(sorted(found))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word.removesuffix(ending)
    return word
