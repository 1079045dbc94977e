"""Marks of projects with skills of ours: what a session's start is looked for in, without a database."""

import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from gitskills.state import database, inbox, marks
from gitskills.state.paths import Paths, paths


@pytest.fixture
def where() -> Paths:
    """This test's folders."""
    return paths(os.environ)


def note(where: Paths, *roots: Path) -> None:
    """Record a placement in each project, and write the marks."""
    with closing(database.state(where)) as db:
        db.execute("DELETE FROM placement")
        for number, root in enumerate(roots):
            row = (str(number), "a", str(root / ".agents" / "skills"), "real", "t")
            db.execute("INSERT INTO placement VALUES (?, ?, ?, ?, ?)", row)
        marks.note(where, db)


def asked(where: Paths, cwd: Path | str, *, ascii: bool = False) -> bool:
    return inbox.ours(str(where.inbox), json.dumps({"cwd": str(cwd)}, ensure_ascii=ascii).encode())


def test_a_session_is_ours_where_a_skill_of_ours_is_placed(
    where: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a project's folder, by another letter case, in Windows' spelling, through a link; nowhere else, and
    nowhere once nothing is placed. Before anybody looked, everywhere.
    """
    monkeypatch.chdir(tmp_path)
    project, other = tmp_path / "Shop", tmp_path / "else"
    assert asked(where, other)
    note(where, project)
    assert all(asked(where, one) for one in (project, project / "src", str(project).lower(), r"C:\work\Shop"))
    assert not asked(where, other)
    (project / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(project, target_is_directory=True)
    monkeypatch.chdir(tmp_path / "link")
    assert asked(where, tmp_path / "link")
    note(where)
    assert not asked(where, project)


@pytest.mark.parametrize("ascii", [False, True])
def test_names_beyond_ascii_are_found_however_they_are_written(where: Paths, tmp_path: Path, ascii: bool) -> None:
    """`Größe` raw or escaped; a name of nothing else, and the user's own skills, are everywhere."""
    note(where, tmp_path / "Größe")
    assert asked(where, tmp_path / "Größe" / "a", ascii=ascii) and not asked(where, "/nowhere", ascii=ascii)
    for root in (tmp_path / "日本", where.home):
        note(where, root)
        assert asked(where, "/nowhere", ascii=ascii)
