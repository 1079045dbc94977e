"""What is asked about the proofs of cards, and of which repositories nothing is."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitskills.cards import examine
from gitskills.cards.heads import Head
from gitskills.cards.verified import Verified
from gitskills.git import code, reach
from gitskills.state import database
from gitskills.state.paths import paths
from tests.codes import Code
from tests.repositories import git


@pytest.fixture
def index() -> Iterator[sqlite3.Connection]:
    """Return the derived index."""
    with contextlib.closing(database.index(paths())) as found:
        yield found


@pytest.mark.parametrize("option", ["", "--depth=1", "--filter=blob:none"])
def test_of_an_incomplete_clone_no_file_is_asked(
    tmp_path: Path, index: sqlite3.Connection, option: str, compared: list[str]
) -> None:
    """What a proof wrote is looked for in a whole clone only: elsewhere git might fetch it, file by file."""
    origin = Code(tmp_path / "origin")
    origin.git("config", "uploadpack.allowFilter", "true")
    proof = origin.write("a.py", "a\n")
    git("clone", "-q", *([option] if option else []), origin.folder.as_uri(), tmp_path / "clone")
    with examine.begin(code.look(tmp_path / "clone"), {proof}, Verified(""), index) as begun:
        assert bool(begun.lacking) == bool(option) and begun.here == [proof] and begun.left() == set()
    assert compared == ([] if option else [proof])


def test_a_card_that_came_meanwhile_is_judged_as_all_are(
    tmp_path: Path, index: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proofs not asked about at first are found to be here, reached or left, and their lines are looked at."""
    monkeypatch.setattr(reach, "_SHARED", 2)
    origin = Code(tmp_path / "origin")
    origin.git("commit", "-q", "--allow-empty", "-m", "start")
    first, second = origin.write("a.py", "one line\n"), origin.write("b.py", "another line\n")
    third = origin.write("c.py", "a third line\n")
    origin.git("reset", "-q", "--hard", second)
    heads = [head("one", first, "a.py"), head("two", second, "b.py"), head("three", third, "c.py")]
    at = code.look(origin.folder)
    with examine.begin(at, {first}, Verified(""), index) as begun:
        facts, found = examine.examine(heads, at, begun)
    assert facts.here == {first, second, third} and facts.reached == found.reached == {first, second}
    assert found.lost == {third} and facts.gone == {"cards/three"}
    assert facts.rewritten == {"cards/one": 0, "cards/two": 0, "cards/three": 1}


def head(name: str, proof: str, path: str) -> Head:
    """Return the head of a leaf with one proof."""
    return Head(f"cards/{name}", "b" * 40, "c" * 40, "leaf", name, "", "", "", (proof,), (), (path,))
