"""What the cards commands show a person at a terminal."""

import os
import re
from pathlib import Path

import pytest

from tests.cards.shelves import Shelf, leaf
from tests.codes import Code
from tests.terminals import on_terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def seen(shelf: Shelf, *args: str | Path, columns: int = 80) -> list[str]:
    """Run `cards …` on a terminal of that width; return its lines."""
    env = {"COLUMNS": str(columns)}
    code, text, _ = on_terminal("cards", *map(str, args), cwd=shelf.project, env=env, answers={})
    assert code == 0, text
    return _CODES.sub("", text).replace("\r", "").splitlines()


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """Return a repository of code with one commit."""
    code = Code(tmp_path / "code")
    code.write("a.py", "x = 1\n", "start")
    return code


def test_many_changed_cards_are_counted(tmp_path: Path, code: Code) -> None:
    """Of thirty cards that expire twelve are shown, the rest is one line; so are those unknown for one reason."""
    proof = code.write("gone.py", "y = 1\n")
    cards = [leaf("api", f"old-{number:02}", proof=(proof,), paths=("gone.py",)) for number in range(30)]
    others = [leaf("db", f"no-{number}") for number in range(4)]
    code.git("rm", "-q", "gone.py")
    code.git("commit", "-q", "-m", "remove it")
    shelf = Shelf.make(tmp_path, code, *cards, *others)
    lines = seen(shelf, "expire", "--code", code.folder, "--dry-run")
    assert len([line for line in lines if "cards/api/old-" in line]) == 12, lines
    assert "  expired  … and 18 more; `--json` lists all" in lines
    assert "  unknown  4 cards  it names no proof" in lines and "4 unknown, 30 unreachable" in lines
    assert all(len(line) <= 80 for line in lines)
    everything = shelf.run("expire", "--code", code.folder, "--dry-run").out
    assert everything.count("cards/api/old-") == 30, "where nobody watches nothing is left out"


@pytest.mark.parametrize("columns", [60, 120])
def test_a_found_card_says_what_for_and_why(tmp_path: Path, code: Code, columns: int) -> None:
    """The path stands whole, what it is for is one line of the terminal's width, and why it was chosen is below it."""
    slug = "hide-the-answers-of-secret-questions-everywhere-they-are"
    body = (
        f"## Trigger\n\nHide the answers of secret questions. {'Really all of them. ' * 20}\n\n## Procedure\n\n- Do.\n"
    )
    card = leaf("api/questions", slug, body=body, paths=("src/ask.py",))
    shelf = Shelf.make(tmp_path, code, card)
    assert shelf.run("promote", "--dry-run").code == 0
    asked = ("retrieve", "Hide some answer!", "--paths", "src", "--area", "api")
    lines = seen(shelf, *asked, columns=columns)
    assert f"cards/api/questions/{slug}" in lines[0]
    assert lines[1].startswith("        Hide the answers of secret questions.") and lines[1].endswith("…")
    assert len(lines[1]) <= columns
    why = " ".join(" ".join(lines[2:]).split())
    assert why == "touched src/ask.py · area api/questions · says Hide, answer · confidence 0.50"
