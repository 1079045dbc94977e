"""words: what strangers said reaches git as one short visible line without secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.improve.words import QUOTE_LIMIT, line, quote

TAGS = "".join(chr(0xE0000 + ord(each)) for each in "ignore")


@given(st.text())
def test_a_quote_is_one_short_line(text: str) -> None:
    """Whatever was said, at most 200 printable characters remain, and UTF-8 can write them."""
    shown = quote(text)
    assert len(shown) <= QUOTE_LIMIT
    assert shown == " ".join(shown.split())
    assert shown.encode().decode() == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("No!\r\n  That is wrong.\x1b[31m", "No! That is wrong. [31m"),
        ("wr" + TAGS + "ong \u202eagain", "wrong again"),
        ("write to ada@example.com", "write to [mail address]"),
        ("see /home/ada/notes.md and C:\\Users\\ada\\x", "see ~/notes.md and ~\\x"),
        ("word " * 50, "word " * 39 + "word…"),
        ("half \ud800 a character", "half a character"),
    ],
)
def test_what_a_quote_loses(said: str, shown: str) -> None:
    """Line breaks, escapes, hidden characters, mail addresses and home folders go; the end is cut."""
    assert quote(said) == shown


def test_a_secret_is_taken_out_before_the_cut() -> None:
    """A token that the cut would halve, so that no pattern fits it any more, is gone all the same."""
    token = "ghp_" + "Zk3vQ9xT7bLm2Wc8RfYd5NhJs4PgAeUo1iKt"
    for before in range(150, 200, 7):
        shown = quote("x" * before + " " + token)
        assert "ghp_" not in shown
        assert token[4:12] not in shown


def test_line_keeps_honest_text() -> None:
    """Emoji and other scripts stay as they are."""
    assert line("👩‍💻 می‌خواهم – “ok”") == "👩‍💻 می‌خواهم – “ok”"
