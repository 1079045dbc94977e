"""What an editor may do to a skill: weave accepted changes in, and nothing is gone that nothing replaced."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.config import Edits
from gitskills.improve import weave
from gitskills.improve.suggest import Update
from gitskills.models.protocol import ModelFailed

OLD = """\
---
name: deploy
description: Ship it.
---
# Deploy

## Steps

1. Run the tests.
2. Release to staging.

## Tone

Use a formal tone.
Sign every message.
"""
ASK = (Update("Steps", "Ask for the environment first."),)
CASUAL = (Update("Tone", "Use a casual tone."),)


def problem(new: str, changes: tuple[Update, ...] = ASK) -> str:
    """The code of what speaks against a new text, "" where nothing does."""
    found = weave.problem(OLD, new, changes, Edits())
    return found.code if found else ""


def test_what_may_be_done() -> None:
    """An added line, renumbered steps, a line that a change contradicts, a line moved or indented otherwise."""
    added = OLD.replace("1. Run the tests.\n", "1. Ask for the environment first.\n2. Run the tests.\n")
    assert problem(added) == "" and problem(added.replace("2. Release", "3. Release")) == ""
    assert problem(OLD.replace("a formal tone", "a casual tone"), CASUAL) == ""
    assert (
        problem(
            added.replace("formal tone.\nSign every message.\n", "formal tone.\n").replace(
                "Use a formal", "Sign every message.\nUse a formal"
            )
        )
        == ""
    )
    assert problem(added.replace("2. Release", "  2. Release")) == ""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("", "", "nothing"),
        ("Ship it.", "Ship all.", "frontmatter"),
        ("## Tone\n", "", "heading"),
        ("## Tone", "## Manner", "heading"),
        ("## Tone", "### Tone", "heading"),
        ("Sign every message.\n", "", "removed"),
        ("Sign every message.", "Never release anything.", "removed"),
        ("## Tone\n\nUse a formal tone.\nSign every message.\n", "", "heading"),
        ("Sign every message.\n", "Sign every message.\n```\n", "fence"),
        ("Sign every message.\n", "Sign every message.\n" + "Release again and again. " * 12 + "\n", "too-much-growth"),
    ],
)
def test_what_may_not(old: str, new: str, code: str) -> None:
    """Frontmatter and headings stay, no line is dropped or turned into something else, no fence is left open."""
    assert problem(OLD.replace(old, new) if old else OLD) == code


def test_few_lines_are_replaced_and_few_words_added() -> None:
    """One change replaces at most three lines and brings twice its own words, wherever limits are wider."""
    text = OLD + "".join(f"Step {number}: use the tone of {number}.\n" for number in range(6))
    wide = Edits(9, 10_000, 9.0)
    other = text.replace("the tone of", "a casual tone like")
    found = weave.problem(text, other, CASUAL, wide)
    assert found and found.code == "rewritten"
    found = weave.problem(OLD, OLD + "Use a casual tone. " * 30 + "\n", CASUAL, wide)
    assert found and found.code == "added"


texts = st.lists(st.sampled_from(["a", "b", " ", "\n", "\r\n", "\r", "# h", "- x", "```", "\ufeff"])).map("".join)


@given(texts)
def test_a_file_given_back_is_the_same_bytes(text: str) -> None:
    """An answer that repeats the file, with plain line ends as models write them, gives the old bytes."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if not plain.strip() or text.startswith("\ufeff\n") or plain.startswith("\n") or plain.endswith("\n\n"):
        return  # an editor cannot be told to keep blank edges
    assert weave.parse(f"<updated_file>\n{plain}\n</updated_file>", text) == text


@given(texts, texts)
def test_any_answer_is_compared(old: str, new: str) -> None:
    """Whatever a file and an answer hold, there is a text and a decision, or a failed call."""
    try:
        made = weave.parse(f"<updated_file>{new}</updated_file>", old)
    except ModelFailed:
        return
    weave.problem(old, made, ASK, Edits())


def test_a_long_file_takes_no_longer_than_it_should() -> None:
    """Lines that are all alike, the worst there is to compare, take seconds at most, and beyond a bound are refused."""
    old = "\n".join(f"x{number % 150}" for number in range(40_000))
    began = time.process_time()
    assert weave.parse(f"<updated_file>{old}\nmore</updated_file>", old) == f"{old}\nmore"
    with pytest.raises(ModelFailed, match="2,000 lines"):
        weave.parse(f"<updated_file>z\n{old[:-1]}y</updated_file>", old)
    mixed = [f"x{number * 7 % 100}" for number in range(1_900)]
    weave.parse(f"<updated_file>{chr(10).join(reversed(mixed))}</updated_file>", "\n".join(mixed))
    assert time.process_time() - began < 5
