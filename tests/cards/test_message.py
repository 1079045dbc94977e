"""What people said about a change, without what they said to machines."""

import time

import pytest

from gitskills.cards.message import told
from gitskills.git.changes import Commit, Merged


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("Add it (#12)", "Add it"),
        ("Add it. Resolves #274", "Add it"),
        ("Add it, closes #40.", "Add it"),
        ("Add it (fix #235)", "Add it"),
        ("Update mm.py - fixes #69, #70 (#71)", "Update mm.py"),
        ("Oops, this wrote to the wrong file", "this wrote to the wrong file"),
        ("WIP: add it", "add it"),
        ("fixup! [skip ci] Add it", "Add it"),
        ("Fix #69", "Fix #69"),
        ("Oops", "Oops"),
        ("Always use ordered list marker 1", "Always use ordered list marker 1"),
        ("Work around pypa/pip#3461", "Work around pypa/pip#3461"),
        ("Prefix #1 wins", "Prefix #1 wins"),
    ],
)
def test_a_title_says_what_was_done(title: str, left: str) -> None:
    """Numbers of issues at its end, marks and sighs are no words about the work; something always stays."""
    assert told(Merged(Commit("c" * 40, ("p" * 40,), "Ann", "ann@example.com", title), ()))[0] == left


def test_a_merge_is_called_by_words() -> None:
    """Below a host's own title a line that only parts others is no title: that of the commit it brought is."""
    merge = Commit("c" * 40, ("p" * 40, "d" * 40), "Ann", "ann@example.com", "Merge pull request #1 from a/b\n\n---")
    brought = Commit("d" * 40, ("p" * 40,), "Ann", "ann@example.com", "Add it")
    assert told(Merged(merge, (brought,)))[0] == "Add it"


@pytest.mark.parametrize("title", ["-" * 300_000, "wip " * 100_000, "(#1)" * 100_000, " . fix #1" * 50_000])
def test_odd_titles_take_little_time(title: str) -> None:
    """What could make a pattern slow is read in a moment."""
    begun = time.process_time()
    told(Merged(Commit("c" * 40, (), "Ann", "ann@example.com", title), ()))
    assert time.process_time() - begun < 2
