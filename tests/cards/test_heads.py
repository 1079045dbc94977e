"""What is told of a card at a glance is what reading it tells, and odd ones are read."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gitskills.cards import heads
from gitskills.cards.card import CardError, parse, render
from tests.benchmarks.cards_speed import CARD
from tests.cards.shelves import leaf

USUAL = render(leaf("api/errors", "add-teapot", proof=("a" * 40, "b" * 64), paths=("src/a.py", "b.py"), stale="0.70"))
PIECES = st.sampled_from(
    [
        *("'", "''", '"', ": ", ":", " #", "\n", "\n  ", "  gitskills-kind: leaf\n", "  gitskills-proof: x\n", "null"),
        *("true", "1.0", "é", "\u2028", "\t", "\r\n", "---\n", "[a]", "metadata:\n", "- ", "\\", "leaf", " ", "#"),
    ]
)


def slow(text: str) -> str | None:
    """What reading the card tells, None where it is none."""
    try:
        return heads._text(parse("p", text, blob="b"))
    except CardError:
        return None


@settings(max_examples=800, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(USUAL)), st.integers(0, 12), PIECES), max_size=3))
@example([])
def test_a_glance_tells_what_reading_tells(changes: list[tuple[int, int, str]]) -> None:
    """Whatever is cut out of a card or put into it, a glance says nothing or the same."""
    text = USUAL
    for at, cut, piece in changes:
        text = text[:at] + piece + text[at + cut :]
    glanced = heads._glance(text.encode())
    assert glanced is None or glanced == slow(text)


@pytest.mark.parametrize("word", ["null", "True", "FALSE", "nullable", "''", "'null'", "'two  spaces'", "' x'"])
@pytest.mark.parametrize("key", ["name", "  gitskills-area", "  gitskills-paths", "  gitskills-stale"])
def test_words_that_are_no_text_are_read(key: str, word: str) -> None:
    """A value that YAML takes for none, or for true, is told as reading it tells, and so are spaces in quotes."""
    text = re.sub(f"^{key}: .*$", f"{key}: {word}", USUAL, flags=re.MULTILINE)
    glanced = heads._glance(text.encode())
    assert text != USUAL and glanced in (None, slow(text))
    assert (glanced is None) == (word.lower() in ("null", "true", "false") or "  " in word or "' " in word)


def test_the_usual_card_is_told_at_a_glance() -> None:
    """Cards as harvest and promote write them need no YAML; one with a comment in it does."""
    assert heads._glance(USUAL.encode()) == slow(USUAL) is not None
    text = CARD.format(number=7, area=3, key="0" * 16, proof="c" * 40, patch="d" * 40, path="src/f.py")
    assert heads._glance(text.encode()) == slow(text) is not None
    assert heads._glance(USUAL.replace("metadata:", "# why\nmetadata:").encode()) is None
