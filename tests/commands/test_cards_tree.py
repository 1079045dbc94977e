"""`cards tree`: what a library's cards are about, as last fetched."""

import os
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gitskills.cards.card import render
from gitskills.state import database, ledger
from gitskills.state.paths import paths
from tests.cards.shelves import Shelf, leaf
from tests.codes import Code
from tests.processes import gitskills
from tests.repositories import git


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return a library with four cards in two areas, fetched once."""
    cards = [
        leaf("api/errors", "timeout", confidence=0.4),
        leaf("api/errors", "refusal", confidence=0.6),
        leaf("api/errors", "old-way", expired="its proof is no longer part of main"),
        leaf("db", "index", stale="80% of its lines were rewritten since"),
    ]
    shelf = Shelf.make(tmp_path, Code(tmp_path / "code"), *cards, more={"cards/db/broken/SKILL.md": "no card\n"})
    assert gitskills("pull", cwd=shelf.project).code == 0
    return shelf


def test_the_tree_counts_live_leaves_by_area(shelf: Shelf) -> None:
    """Every area, also one without a card of its own, has its live leaves and how sure they are; states are told."""
    done = shelf.run("tree", "--json")
    rows = {row["path"]: row for row in done.json()}
    areas = {path: (row["leaves"], row["confidence"]) for path, row in rows.items() if row["kind"] == "node"}
    assert areas == {"cards/api": (2, 0.5), "cards/api/errors": (2, 0.5), "cards/db": (1, 0.5)}
    states = {row["card"]: row["state"] for row in rows.values() if row["kind"] == "leaf"}
    assert states == {"timeout": "live", "refusal": "live", "old-way": "expired", "index": "stale"}
    assert all(row["changed"] for row in rows.values() if row["card"]) and "broken" in done.err
    assert list(rows)[:2] == ["cards/api", "cards/api/errors"]


def test_one_area_and_its_text(shelf: Shelf) -> None:
    """An area is asked for in any writing; the text has one line for each row."""
    assert {row["area"] for row in shelf.run("tree", "DB", "--json").json()} == {"db"}
    lines = shelf.run("tree", "api / errors").out.splitlines()
    assert len(lines) == 4 and lines[0].split()[:3] == ["api/errors", "2", "cards"]
    assert shelf.run("tree", "../etc").code == 1


def test_the_last_use_comes_from_the_ledger(shelf: Shelf) -> None:
    """A card put into a brief on this machine shows when."""
    with closing(database.state(paths())) as db:
        ledger.append(
            db, str(shelf.library), "injection", {"card": "cards/db/index", "rank": 1}, at=time.time() - 86400
        )
    rows = {row["card"]: row["used"] for row in shelf.run("tree", "--json").json()}
    assert rows["index"] and not rows["timeout"]


def test_a_library_that_gives_files_one_by_one(tmp_path: Path) -> None:
    """Where the server leaves file contents out, the cards are fetched in one go when somebody looks at them."""
    code = Code(tmp_path / "code")
    code.write("a", "a\n")
    shelf = Shelf.make(tmp_path, code, *(leaf("api", f"card-{n}") for n in range(5)))
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git("config", key, "true", cwd=shelf.library)
    config = shelf.project / "gitskills.yaml"
    config.write_text(f"sources:\n  team:\n    url: file://{shelf.library}\n    skills: [none]\n", encoding="utf-8")
    assert {row["state"] for row in shelf.expire().values()} == {"unknown"}
    shelf.change({"cards/api/card-9/SKILL.md": shelf.text("cards/api/card-1").replace("card-1", "card-9")})
    assert len(shelf.promote(env={"GITSKILLS_MODEL": "rules"})) == 1
    assert {row["leaves"] for row in shelf.run("tree", "--json").json() if row["kind"] == "node"} == {6}


@pytest.mark.skipif(os.name == "nt", reason="no such folder names there")
def test_hostile_cards_stop_no_verb(tmp_path: Path) -> None:
    """A folder's name that looks like a record of git's, a confidence that is no number, areas that lead elsewhere."""
    code = Code(tmp_path / "code")
    code.write("a", "a\n")
    away = [leaf("api", f"card-{n}", confidence=0.5) for n in range(3)]
    away = [
        replace(card, area=area) for card, area in zip(away, ("../skills/deploy", "/etc", "a/../../b"), strict=True)
    ]
    shelf = Shelf.make(tmp_path, code, *away, *(replace(card, path=f"{card.path}-x") for card in away))
    text = render(leaf("api", "odd", description="Release the teapot."))
    shelf.change(
        {
            "cards/a\x01b/SKILL.md": text,
            "cards/q\x01cards/api/odd/SKILL.md": text,
            "cards/zz/SKILL.md": text.replace("0.50", "nan"),
        }
    )
    assert "refused  a\ufffdb" in gitskills("pull", cwd=shelf.project).out
    rows = shelf.run("tree", "--json").json()
    assert {row["confidence"] for row in rows if row["path"] == "cards/zz"} == {0.0}
    assert not [row for row in rows if "NaN" in str(row["confidence"]) or ".." in row["area"]]
    assert len(shelf.run("retrieve", "release the teapot", "--json").json()) == 3
    assert shelf.promote(env={"GITSKILLS_MODEL": "rules"}).keys() == {"api"}
    assert b".." not in git("ls-tree", "-r", "--name-only", "main", cwd=shelf.library)
    assert gitskills("verify", cwd=shelf.project).code == 0
