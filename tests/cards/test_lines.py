"""How much of what a commit wrote still stands, against files whose fate is known."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gitskills.cards import lines
from gitskills.git import files
from gitskills.state import database
from gitskills.state.paths import paths
from tests.codes import Code

TEN = [f"line number {number}" for number in range(10)]


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """Return the derived index."""
    with contextlib.closing(database.index(paths())) as found:
        yield found


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """Return a repository with one file of other lines."""
    made = Code(tmp_path / "code")
    made.write("a.py", "before\nalso before\n")
    return made


def share(code: Code, db: sqlite3.Connection, *places: tuple[str, str]) -> float | None:
    """Return the share of rewritten lines of one card at HEAD."""
    return lines.rewritten(code.git_dir, db, code.oid("HEAD"), {"card": places}).get("card")


def test_lines_that_stand_are_kept_wherever_they_moved(code: Code, db: sqlite3.Connection) -> None:
    """Lines that moved or were indented count as kept, others as rewritten; what was there before counts not."""
    proof = code.write("a.py", "before\nalso before\n" + "\n".join(TEN) + "\n")
    assert share(code, db, (proof, "a.py")) == 0
    code.write("a.py", "\n".join(f"    {line}" for line in reversed(TEN[:4])) + "\nnew\n" * 9)
    assert share(code, db, (proof, "a.py")) == pytest.approx(0.6)


def test_a_file_that_is_gone_keeps_no_line(code: Code, db: sqlite3.Connection) -> None:
    """Of two files with as many lines, one deleted, half the lines are left."""
    code.write("b.py", "\n".join(TEN) + "\n")
    (code.folder / "c.py").write_text("\n".join(TEN) + "\n", encoding="utf-8")
    code.git("add", "c.py")
    code.git("commit", "-q", "--amend", "-m", "both")
    proof = code.oid("HEAD")
    code.git("rm", "-q", "b.py")
    code.git("commit", "-q", "-m", "remove")
    assert share(code, db, (proof, "b.py"), (proof, "c.py")) == pytest.approx(0.5)


def test_what_says_nothing_is_left_out(code: Code, db: sqlite3.Connection) -> None:
    """Binary files, files of brackets, deletions and paths the commit has not give no share at all."""
    (code.folder / "x.bin").write_bytes(b"\0\1\n" * 50)
    code.git("add", "x.bin")
    proof = code.write("brackets.js", "{\n}\n\n")
    assert share(code, db, (proof, "x.bin"), (proof, "brackets.js"), (proof, "no/such"), (proof, "a.py")) is None


def test_what_a_commit_wrote_is_read_once(code: Code, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time git is asked only for files as they are now."""
    proof = code.write("a.py", "\n".join(TEN) + "\n")
    share(code, db, (proof, "a.py"))
    asked: list[tuple[str, str]] = []
    real = files.at

    def note(git_dir: Path, places: Sequence[tuple[str, str]]) -> list[files.Entry | None]:
        asked.extend(places)
        return real(git_dir, places)

    monkeypatch.setattr(files, "at", note)
    code.write("a.py", "\n".join(TEN[:5]) + "\n")
    assert share(code, db, (proof, "a.py")) == pytest.approx(0.5)
    assert asked == [(code.oid("HEAD"), "a.py")]


def test_paths_of_all_kinds_are_found(code: Code) -> None:
    """Folders and names with spaces, quotes and other scripts are found; only what stands nowhere is gone."""
    for name in ("with space.py", 'quo"te.py', "naïve/日本.py"):
        code.write(name, "text\n")
    code.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    code.git("commit", "-q", "-m", "module")
    tip = code.oid("HEAD")
    names = ["with space.py", 'quo"te.py', "naïve", "naïve/日本.py", "module", "line\nend", "no", "a.py/below"]
    kinds = [one and one.kind for one in files.at(code.git_dir, [(tip, name) for name in names])]
    assert kinds == ["blob", "blob", "tree", "blob", None, "commit", None, None]
    strange = ["../a.py", "/a.py", "", ".", "a//b", ":(glob)*", "*.py", "-r", "nul\0", "\udcff", "x" * 5000, "a.py/"]
    assert files.gone(code.git_dir, tip, [*names, *strange]) == {"no", "a.py/below", *strange}
