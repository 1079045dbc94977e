"""How much of what a commit wrote still stands, against files whose fate is known."""

import contextlib
import sqlite3
from collections.abc import Iterator
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
    with lines.writing(code.git_dir, db, {commit for commit, _ in places}) as wrote:
        return lines.rewritten(code.git_dir, code.oid("HEAD"), {"card": places}, wrote(places)).get("card")


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


def test_what_a_commit_wrote_is_read_once(code: Code, db: sqlite3.Connection, compared: list[str]) -> None:
    """The second time git is asked only for files as they are now."""
    proof = code.write("a.py", "\n".join(TEN) + "\n")
    share(code, db, (proof, "a.py"))
    assert compared == [proof]
    code.write("a.py", "\n".join(TEN[:5]) + "\n")
    assert share(code, db, (proof, "a.py")) == pytest.approx(0.5)
    assert compared == [proof]


def test_commits_nobody_named_are_looked_at_when_asked_for(code: Code, db: sqlite3.Connection) -> None:
    """Lines of a commit that was not begun with, and of another path of a remembered one, are found, too."""
    (code.folder / "b.py").write_text("\n".join(TEN[5:]) + "\n", encoding="utf-8")
    code.git("add", "b.py")
    proof = code.write("a.py", "\n".join(TEN[:5]) + "\n")
    share(code, db, (proof, "a.py"))
    later = code.write("c.py", "one more\n")
    with lines.writing(code.git_dir, db, {proof}) as wrote:
        found = wrote([(proof, "a.py"), (proof, "b.py"), (later, "c.py"), (later, "a.py")])
    assert {path: len(sums) for (_, path), sums in found.items() if sums} == {"a.py": 5, "b.py": 5, "c.py": 1}


@pytest.mark.parametrize("held", [1, 2, 1000])
def test_large_files_are_read_past(
    code: Code, db: sqlite3.Connection, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file too large to look at has written nothing, the next ones are read all the same, in parts of any size."""
    monkeypatch.setattr(lines, "LARGEST", 500)
    monkeypatch.setattr(lines, "_HELD", held)
    for name, text in {"a.py": "first\n", "b.py": "large and larger\n" * 50, "c.py": "second\nthird\n"}.items():
        (code.folder / name).write_text(text, encoding="utf-8")
        code.git("add", name)
    code.git("commit", "-q", "-m", "three")
    proof = code.oid("HEAD")
    with lines.writing(code.git_dir, db, {proof}) as wrote:
        found = wrote([(proof, name) for name in ("a.py", "b.py", "c.py")])
    assert {path: len(sums) for (_, path), sums in found.items()} == {"a.py": 1, "b.py": 0, "c.py": 2}


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
