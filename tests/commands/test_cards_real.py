"""Cards of every change two real projects merged: what expires is what history says, and nothing else."""

from pathlib import Path

import pytest

from gitskills.cards.card import Card
from tests.cards.shelves import Shelf, leaf
from tests.codes import Code
from tests.conftest import SHARED
from tests.repositories import git

NAMES = ("copier", "pre-commit")


def clone(name: str, folder: Path, *options: str) -> Code:
    """Clone a real project, or skip where it is not at hand."""
    bundle = SHARED / "code" / f"{name}.bundle" if SHARED else None
    if bundle is None or not bundle.is_file():
        pytest.skip(f"no {name}.bundle: set GITSKILLS_SHARED to the folder that holds code/{name}.bundle")
    head = git("bundle", "list-heads", bundle).decode().split()[1].removeprefix("refs/heads/")
    git("clone", "-q", "--no-checkout", "--branch", head, *options, bundle, folder)
    return Code(folder)


def cards(code: Code) -> list[Card]:
    """Return a leaf for every change on the first-parent chain, with the files it touched."""
    log = (
        "log",
        "-z",
        "--first-parent",
        "--diff-merges=first-parent",
        "--no-renames",
        "--name-only",
        "--format=%x01%H",
    )
    made: list[Card] = []
    for record in code.git(*log, "--format=%x01%H").split("\x01")[1:]:
        commit, _, names = record.partition("\0")
        paths = tuple(name.strip("\n") for name in names.split("\0") if name.strip("\n") and " " not in name)
        made.append(leaf(f"area-{len(made) % 20}", f"card-{len(made)}", proof=(commit.strip(),), paths=paths[:10]))
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_card_of_a_real_history_loses_its_proof(tmp_path: Path, name: str) -> None:
    """Against the tip every proof is reachable; a card expires only when all its files are gone; twice is once."""
    code = clone(name, tmp_path / "code")
    made = cards(code)
    shelf = Shelf.make(tmp_path, code, *made)
    rows = shelf.expire()
    there = set(code.git("ls-tree", "-r", "--name-only", "HEAD").splitlines())
    assert len(rows) == len(made) > 500
    for card in made:
        row = rows[card.path]
        gone = bool(card.paths) and there.isdisjoint(card.paths)
        assert row["state"] in (("unreachable",) if gone else ("reachable", "stale")), (card, row)
    assert {row["action"] for row in shelf.expire().values()} == {""} and len(shelf.log()) == 2


def test_a_real_history_that_was_rewritten_keeps_what_was_copied(tmp_path: Path) -> None:
    """After a rebase of the last twenty changes without one of them, only the card of that one expires."""
    code = clone("copier", tmp_path / "code")
    code.git("reset", "-q", "--hard", "HEAD")
    chain = code.git("rev-list", "--first-parent", "--no-merges", "--max-count=20", "HEAD").split()
    base = code.git("merge-base", "--octopus", *chain) + "^"
    code.git("switch", "-q", "-c", "line", base)
    for commit in reversed(chain):
        code.git("cherry-pick", "--allow-empty", "-X", "theirs", commit)
    picked = code.git("rev-list", "--reverse", f"{base}..line").split()
    shelf = Shelf.make(tmp_path, code, *(leaf("api", f"c{n}", proof=(commit,)) for n, commit in enumerate(picked)))
    code.git("switch", "-q", "-c", "rewritten", base)
    code.write("first.txt", "another first change\n")
    code.git("cherry-pick", "--allow-empty", *picked[:-1])
    rows = shelf.expire("--ref", "rewritten")
    states = [rows[f"cards/api/c{n}"]["state"] for n in range(len(picked))]
    assert states == ["reachable"] * (len(picked) - 1) + ["unreachable"]
