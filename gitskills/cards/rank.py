"""Which cards fit a piece of work: area and touched paths weigh most, then words; nothing where nothing fits.

Scores count in rare words: a card whose trigger says one word that no other card says scores about 1.7. The weights
are named here and measured by tests/benchmarks/retrieval_quality.py.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gitskills.cards.scope import Scope, scope
from gitskills.skills import area as areas
from gitskills.skills.words import words
from gitskills.state import fulltext

WEIGHTS = (3.0, 1.7, 2.5, 0.33)  # area and name, trigger, touched paths, body
AREA, PATH = 3.0, 4.0  # what the very area and the very paths are worth
TITLE = 1.0  # how much more the first line of a request says than the rest
AGREE = 1.0  # how much more a card says that touches a file which the best cards agree on
REPEAT = 0.5  # what a card is worth less when a better one touches all of its files
SURE = 0.3  # what confidence moves, of a score
STALE, SHARED, FOREIGN = 0.7, 0.9, 0.6  # factors: rewritten since; of no repository or a node; of another repository
LEAST, SHARE = 1.0, 0.25  # rare words a card must share with a request, and of what the request says how much
FEW = 200  # with fewer cards words are taken to be as rare as among so many
LOOKED = 30  # cards looked at closely
POSTINGS = 8_000  # occurrences of words walked through, at about 0.5 µs each

# What a host writes above a merge says nothing of the work; the branch's name does.
_MERGE = re.compile(
    r"^merged? (?:pull request #?\d+ from [^/\s]+/(\S+)|(?:remote-tracking )?branch(?:es)? '?([^'\s]+)'?.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_COLUMNS = (
    "e.library, e.path, e.tree, e.number, d.id, d.blob, d.kind, d.area, d.name, d.repo, d.confidence, d.stale, "
    "d.proof, d.paths"
)
LIVE = "d.kind <> '' AND d.expired = ''"
_IN_AREA = (
    f"SELECT d.id FROM card_document d WHERE {LIVE} AND d.area {{}} AND {{}} ORDER BY d.stale <> '', "
    f"d.confidence DESC, (SELECT max(n.number) FROM card_entry n WHERE n.document = d.id) DESC, d.blob LIMIT {LOOKED}"
)


@dataclass(frozen=True, slots=True)
class Query:
    """A piece of work: what is asked, the area and the paths it will touch, the repository it is in ("": unknown)."""

    text: str = ""
    area: str = ""
    paths: tuple[str, ...] = ()
    repo: str = ""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A card that fits: where it is and what it says of itself; a higher `score` is better, within one query."""

    library: str
    path: str
    tree: str
    number: int
    document: int
    blob: str
    kind: str
    area: str
    name: str
    repo: str
    confidence: float
    stale: str
    proof: tuple[str, ...]
    paths: frozenset[str] = field(repr=False)
    score: float = 0.0


class Ranker(Protocol):
    """What orders cards: at most `n` of the libraries, best first, none where none fits."""

    def rank(self, db: sqlite3.Connection, query: Query, libraries: Collection[str], n: int) -> list[Ranked]:
        """Return the cards that fit."""


class Lexical:
    """Ranks by area, paths and words (BM25); the same index and query always give the same answer."""

    def rank(self, db: sqlite3.Connection, query: Query, libraries: Collection[str], n: int) -> list[Ranked]:
        """Return the cards that fit, and behind them the nodes above the best one, as far as there is room."""
        return choose(db, scores(db, query, libraries), libraries, n)


def scores(db: sqlite3.Connection, query: Query, libraries: Collection[str]) -> dict[Ranked, float]:
    """Return the cards of the libraries that fit, and what each is worth by itself, in rare words."""
    shelf = scope(db, libraries)
    said = _said(shelf, query.text)
    near = {**said, **_touching(shelf, query.paths), **_around(shelf, query.area)}
    found = [card for card in load(db, sorted(near)) if card.library in libraries]
    scored = {card: _score(card, query, said.get(card.document, 0.0)) for card in found}
    return {card: score for card, score in scored.items() if score >= LEAST}


def choose(db: sqlite3.Connection, scored: Mapping[Ranked, float], libraries: Collection[str], n: int) -> list[Ranked]:
    """Return the best `n`, each judged by what it adds to those before it, and nodes above the best where room is."""
    best = _choose(scored, n)
    return (best + _above(db, best, libraries))[:n] if best else []


def _said(shelf: Scope, text: str) -> dict[int, float]:
    """Return how much of a request each of the best documents says, in rare words; nothing where that is too little.

    Enough of the first line is enough: a reason below it that no card gives makes no card fit less.
    """
    text = _MERGE.sub(lambda found: found[1] or found[2], text).strip()
    whole, least = _said_of(shelf, text)
    title, _, rest = text.partition("\n")
    if not rest.strip():
        return {row: score for row, score in whole.items() if score >= least}
    first, enough = _said_of(shelf, title)
    both = {row: whole.get(row, 0.0) + TITLE * first.get(row, 0.0) for row in {**whole, **first}}
    return {row: score for row, score in both.items() if score >= least or first.get(row, 0.0) >= enough}


def _said_of(shelf: Scope, text: str) -> tuple[dict[int, float], float]:
    """Return how much of a text each of the best documents says, and how much of it is enough."""
    asked = words(text)
    # What is only the beginning of another word proves nothing.
    known = {term: held for term, held in fulltext.terms(shelf.db, "card_text", asked, most=POSTINGS).items() if held}
    mine = _held(shelf, known)
    mass = sum(_rarity(held, shelf.size) for held in mine.values()) + max(len(asked) - len(mine), 0)
    return _bm25(shelf, known, mine), max(LEAST, SHARE * mass)


def _rarity(held: int, count: int) -> float:
    """How rare a word is, 1 for one that no other card says."""
    count = max(count, FEW)
    return math.log(1 + count / (held + 0.5)) / math.log(1 + count)


def _held(shelf: Scope, known: Mapping[str, int]) -> dict[str, int]:
    """Return in how many of the libraries' cards each word is, of `known` ones with how many of all have them."""
    if not shelf.libraries:
        return dict(known)
    count = "SELECT count(*) FROM card_text WHERE card_text MATCH ? AND {}"
    held = {term: int(shelf.rows(count, "card_text.rowid", term)[0][0]) for term in known}
    return {term: number for term, number in held.items() if number}


def _bm25(shelf: Scope, known: Mapping[str, int], mine: Mapping[str, int]) -> dict[int, float]:
    """Return the documents that say most of some words, in rare words; `known` and `mine` as `_held` has them."""
    ranking = f"SELECT rowid, bm25(card_text, {', '.join(map(str, WEIGHTS))}) AS score FROM card_text"
    if shelf.size < FEW or shelf.libraries:
        # SQLite takes a word that half of the cards say for worthless, which of three cards is no more than chance,
        # and counts the cards of all libraries.
        # (fts5_aux.c: the weight of a word is ln((N - n + 0.5) / (n + 0.5)), at least 1e-6.)
        found: Counter[int] = Counter()
        for term, held in mine.items():
            theirs = max(math.log((shelf.whole - known[term] + 0.5) / (known[term] + 0.5)), 0.0) or 1e-6
            rows = shelf.rows(f"{ranking} WHERE card_text MATCH ? AND {{}}", "card_text.rowid", term)
            found.update({row: -score / theirs * _rarity(held, shelf.size) for row, score in rows})
        return dict(found.most_common(LOOKED))
    if not mine:
        return {}
    asked = (" OR ".join(mine), LOOKED)
    rows = shelf.db.execute(f"{ranking} WHERE card_text MATCH ? ORDER BY score, rowid LIMIT ?", asked).fetchall()
    return {int(row): -score / math.log(1 + shelf.size) for row, score in rows}


def _touching(shelf: Scope, paths: Sequence[str]) -> dict[int, float]:
    """Return documents that touched some paths, a folder standing for all below it."""
    counts: Counter[int] = Counter()
    for path in paths:
        below = path.rstrip("/") + "/"
        rows = shelf.rows("SELECT t.document FROM card_touch t WHERE path = ? AND {} LIMIT 500", "t.document", path)
        span = (below, below[:-1] + "0")  # "0" is what follows "/" in ASCII
        within = "SELECT t.document FROM card_touch t WHERE path > ? AND path < ? AND {} LIMIT 500"
        counts.update({document for (document,) in [*rows, *shelf.rows(within, "t.document", *span)]})
    return {document: 0.0 for document, _ in counts.most_common(5 * LOOKED)}


def _around(shelf: Scope, area: str) -> dict[int, float]:
    """Return live documents of an area, of those above it, and of those below: of many the fresh, surest, newest."""
    found: dict[int, float] = {}
    for place in [*areas.ancestors(area)][:-1]:
        found.update((document, 0.0) for (document,) in shelf.rows(_IN_AREA.format("= ?", "{}"), "d.id", place))
    if area:
        below = shelf.rows(_IN_AREA.format("> ? AND d.area < ?", "{}"), "d.id", f"{area}/", f"{area}0")
        found.update((document, 0.0) for (document,) in below)
    return found


def load(db: sqlite3.Connection, documents: Sequence[int]) -> list[Ranked]:
    """Return the live cards among some documents."""
    found = []
    for start in range(0, len(documents), 500):
        part = documents[start : start + 500]
        rows = db.execute(
            f"SELECT {_COLUMNS} FROM card_document d JOIN card_entry e ON e.document = d.id "
            f"WHERE d.id IN ({', '.join('?' * len(part))}) AND {LIVE} ORDER BY e.library, e.path", part)  # fmt: skip
        found += [_ranked(row) for row in rows]
    return found


def _ranked(row: Sequence[Any]) -> Ranked:
    names = Ranked.__slots__[:12]
    proof, paths = tuple(row[12].split()), frozenset(row[13].split("\n")) - {""}
    return Ranked(**dict(zip(names, row, strict=False)), proof=proof, paths=paths)


def _score(card: Ranked, query: Query, said: float) -> float:
    """Return what a card is worth to a query, in rare words."""
    score = said
    if query.area and card.area:
        asked, has = query.area.split("/"), card.area.split("/")
        common = next(
            (i for i, (a, b) in enumerate(zip(asked, has, strict=False)) if a != b), min(len(asked), len(has))
        )
        score += AREA * common / max(len(asked), len(has))
    if query.paths and card.paths:
        met = sum(
            path in card.paths or any(one.startswith(path.rstrip("/") + "/") for one in card.paths)
            for path in query.paths
        )
        # Half for how much of the work the card covers, half for how much of the card the work covers.
        score += PATH * (met / len(query.paths) + min(met / len(card.paths), 1.0)) / 2
    if query.repo and card.repo != query.repo:
        score *= SHARED if card.kind == "node" or not card.repo else FOREIGN
    return score * (STALE if card.stale else 1.0) * (1 + SURE * (card.confidence - 0.5))


def _choose(scored: Mapping[Ranked, float], n: int) -> list[Ranked]:
    """Return the best cards one after the other, each judged by what it adds to those before it."""
    top = sorted(scored, key=lambda card: -scored[card])[:LOOKED]
    total = sum(scored[card] for card in top)
    agreed: Counter[str] = Counter()
    for card in top:
        agreed.update({path: scored[card] / total for path in card.paths})
    chosen: list[Ranked] = []
    seen: set[str] = set()

    def worth(card: Ranked) -> float:
        new = card.paths - seen
        agrees = min(max((agreed[path] for path in new), default=0.0), 1.0)
        old = 1 - len(new) / len(card.paths) if card.paths else 0.0
        return scored[card] * (1 - REPEAT * old) * (1 + AGREE * agrees)

    while top and len(chosen) < n:
        # To a tenth of a rare word two are as good: then what is fresh, surer, newer.
        best = max(
            top, key=lambda card: (round(worth(card), 1), not card.stale, card.confidence, card.number, card.path)
        )
        top.remove(best)
        chosen.append(_worth(best, worth(best)))
        seen |= best.paths
    return chosen


def _above(db: sqlite3.Connection, best: Sequence[Ranked], libraries: Collection[str]) -> list[Ranked]:
    """Return the nodes above the best card, the most specific first."""
    found = []
    beside = Scope(db, 0, 0, (best[0].library,))
    query = f"SELECT d.id FROM card_document d WHERE {LIVE} AND d.area = ? AND d.kind = 'node' AND {{}} ORDER BY d.id"
    for steps, area in enumerate(areas.ancestors(best[0].area)):
        rows = beside.rows(f"{query} LIMIT 8", "d.id", area)
        for node in load(db, [document for (document,) in rows]):
            if node.library == best[0].library and node.library in libraries:
                found.append(_worth(node, best[-1].score * 0.5 ** (steps + 1)))
    names = {(card.library, card.path) for card in best}
    return [node for node in found if (node.library, node.path) not in names]


def _worth(card: Ranked, score: float) -> Ranked:
    """Return the card with another score."""
    values = {name: getattr(card, name) for name in card.__slots__} | {"score": round(score, 4)}
    return Ranked(**values)
