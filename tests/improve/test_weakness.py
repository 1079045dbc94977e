"""weakness: sessions are counted together only where they speak of the same fault of a skill."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.improve.weakness import Sighting, same, sessions, words

ABOUT = "deploy Deploys the app to a server by image."


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Run migrations.", "  run   MIGRATIONS "),
        (
            "The skill does not say to run the database migrations before restarting the service.",
            "It should tell agents to run database migrations before the service is restarted.",
        ),
        ("Always run the linter before committing code.", "always run linter before you commit the code"),
        ("Die Migration muss vor dem Neustart laufen.", "Vor dem Neustart muss die Migration laufen!"),
        ("数据库迁移必须在重启之前运行", "重启之前必须运行数据库迁移"),
    ],
)
def test_the_same_in_other_words(one: str, two: str) -> None:
    """Order, case, endings, function words and punctuation make no difference."""
    assert same(one, two)
    assert same(two, one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("", ""),
        ("The skill is wrong.", "The agent failed."),
        ("The skill does not say to run the database migrations.", "The skill does not say to push the image first."),
        ("Run the tests before deploying the app image.", "Tag the app image with the commit when deploying."),
        ("It deploys the app image to the wrong server.", "The app image is deployed without a server health check."),
    ],
)
def test_different_weaknesses(one: str, two: str) -> None:
    """Sentences that share only what all sentences about this skill share are two weaknesses."""
    assert not same(one, two, about=ABOUT)


def test_a_session_counts_once() -> None:
    """Two sightings in one session are one; those of other weaknesses are none."""
    text = "Run the database migrations before restarting the service."
    seen = [Sighting("b", text), Sighting("a", text.upper()), Sighting("b", text), Sighting("c", "Push the image.")]
    assert sessions(text, seen) == ("a", "b")


@given(st.text(), st.text())
def test_any_texts_are_compared(one: str, two: str) -> None:
    """The comparison is symmetric, and a text with words is the same as itself."""
    assert same(one, two) == same(two, one)
    assert same(one, one) == bool(words(one))
