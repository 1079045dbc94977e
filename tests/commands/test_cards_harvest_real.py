"""Harvests at full size: two real histories whole, and a crowd that harvests into one library at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitskills.cards import safe, shelf
from gitskills.git import objects
from tests.cards.shelves import Shelf
from tests.codes import Code
from tests.commands.test_cards_real import NAMES, clone
from tests.processes import gitskills
from tests.repositories import git

RULES = {"GITSKILLS_MODEL": "rules"}
CROWD = 50


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_real_history_becomes_cards_that_are_all_valid_and_proven(tmp_path: Path, name: str) -> None:
    """Every change has its row, every card is valid and safe, every proof is a change of the history, keys are unique.

    Promoted and expired against the tip, nothing crashes, a second harvest adds nothing, and the trail is true.
    """
    code = clone(name, tmp_path / "code")
    changes = code.git("rev-list", "--first-parent", "HEAD").split()
    library = Shelf.make(tmp_path, code)
    done = library.run("harvest", "--code", code.folder, "--since", changes[-1], "--json", env=RULES)
    assert done.code in (0, 1) and "Traceback" not in done.err, done.err
    rows = done.json()
    assert [row["commit"] for row in rows] == changes[-2::-1]
    actions = Counter(row["action"] for row in rows)
    assert actions["harvested"] > 500 and actions["superseded"] > 50 and actions["merged"] > 5
    tip = objects.resolve(library.library, "main") or ""
    cards, broken = shelf.read(library.library, shelf.listing(library.library, tip))
    assert broken == [] and len({card.key for card in cards}) == len(cards) == len({card.name for card in cards})
    assert {proof for card in cards for proof in card.proof} <= set(changes)
    texts = {oid: data.decode() for oid, data in objects.blobs(library.library, [card.blob for card in cards])}
    assert [card.path for card in cards if safe.refused(card.path, texts[card.blob])] == []
    assert library.promote(env=RULES)
    assert {row["state"] for row in library.expire().values()} <= {"reachable", "stale", "unreachable"}
    before = library.log()
    again = library.run("harvest", "--code", code.folder, "--since", changes[-1], "--json", env=RULES).json()
    assert {row["action"] for row in again} == {"skipped"} and library.log() == before
    verified = gitskills("verify", "--json", cwd=library.project)
    assert [row for row in verified.json() if not row["ok"]] == []


@pytest.mark.slow
def test_a_crowd_harvests_into_one_library(tmp_path: Path) -> None:
    """Fifty at once, each another change, half of them machines of their own: every card is there, keys are unique."""
    code = Code(tmp_path / "code")
    code.write("start.py", "x = 1\n")
    commits = []
    for number in range(CROWD):
        code.write(
            f"src/part{number % 5}/file{number}.py", f"def thing{number}():\n    return {number}\n", f"teach {number}"
        )
        commits.append(code.oid("HEAD"))
    library = Shelf.make(tmp_path, code)

    def one(number: int) -> int:
        own = {"GITSKILLS_HOME": str(tmp_path / f"home{number}")} if number % 2 else {}
        args = ("harvest", "--code", code.folder, "--commit", commits[number], "--json")
        done = gitskills("cards", *args, cwd=library.project, env=RULES | own, timeout=400)
        assert done.code == 0, done.err
        return len(done.json())

    with ThreadPoolExecutor(CROWD) as pool:
        assert sum(pool.map(one, range(CROWD))) == CROWD
    tip = objects.resolve(library.library, "main") or ""
    cards, broken = shelf.read(library.library, shelf.listing(library.library, tip))
    assert broken == [] and len(cards) == len({card.key for card in cards}) == CROWD
    assert {card.proof for card in cards} == {(commit,) for commit in commits}
    assert git("fsck", "--strict", cwd=library.library) is not None
