"""Cards by meaning as well: the ranker plugs in at the seam, abstains, and obeys what expired cards obey."""

import sqlite3
from collections.abc import Mapping

import pytest

from gitskills.cards import index
from gitskills.cards.card import Card, render
from gitskills.cards.rank import Lexical, Query, Ranker
from gitskills.cards.semantic import Semantic
from gitskills.skills.tree import blob_oid
from tests.benchmarks.search_quality import open_index
from tests.cards.shelves import leaf
from tests.embedders import Concepts

TEAPOT = leaf("api/errors", "add-teapot", description="Use when the API needs a teapot error.")
INVOICE = leaf("billing", "round-invoice", description="Use to round amounts of an invoice.")
EXPIRED = leaf("api/old", "old-teapot", description="Use for a teapot error.", expired="its proof left history")


def indexed(*cards: Card) -> sqlite3.Connection:
    """Return an index with these cards."""
    db = open_index()
    texts: Mapping[str, bytes] = {blob_oid(render(card).encode()): render(card).encode() for card in cards}
    rows = [(card.path, blob, "0" * 40) for card, blob in zip(cards, texts, strict=True)]
    index.update(db, "team", rows, lambda blobs: {blob: texts[blob] for blob in blobs})
    return db


def names(
    db: sqlite3.Connection, text: str, ranker: Ranker | None = None, libraries: tuple[str, ...] = ("team",)
) -> list[str]:
    """Names of the cards that fit."""
    return [card.name for card in (ranker or Semantic(Concepts())).rank(db, Query(text), libraries, 3)]


def test_a_card_is_found_by_meaning(tmp_path: object) -> None:
    """A kettle failure is a teapot error, though they share no word."""
    db = indexed(TEAPOT, INVOICE)
    assert names(db, "kettle failure", Lexical()) == []
    assert names(db, "kettle failure") == ["add-teapot"]


@pytest.mark.parametrize("text", ["zebra", "", "kettle cluster critique ledgers"])
def test_it_abstains(text: str) -> None:
    """What is near to no card gets none: without a common word or meaning, and with a meaning that is everybody's."""
    assert names(indexed(TEAPOT, INVOICE), text) == []


def test_expired_cards_and_other_libraries_are_never_returned() -> None:
    """Meaning finds no card that words may not find."""
    db = indexed(EXPIRED)
    assert names(db, "kettle failure teapot error") == []
    assert names(indexed(TEAPOT), "kettle failure", libraries=("other",)) == []


def test_words_lead() -> None:
    """Both rankings are fused: the card that words and meaning agree on comes first, and no card comes twice."""
    found = names(indexed(INVOICE, TEAPOT), "the teapot error, a kettle failure, on an invoice")
    assert found[0] == "add-teapot" and len(found) == len(set(found))
