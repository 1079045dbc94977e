"""`stats`: what the whole team's sessions say of each version, from real ledgers of a real library."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gitskills.measure import team
from gitskills.measure.ledger import REF
from gitskills.state import database, ledger
from tests.conftest import SkillRepo
from tests.people import Person, commit, numbered, person
from tests.repositories import git

AT = "2026-11-20T10:00:00Z"
DAY = "2026/11/20"


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library with one skill that wants ledgers."""
    return skill_repo({"skills/a/SKILL.md": numbered("a"), "gitskills.yaml": "library:\n  ledger: on\n"})


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Ada, who has it."""
    someone = person(tmp_path, library)
    someone.pull()
    return someone


def line(tree: str, number: int, **facts: object) -> bytes:
    row = {"id": f"{number:x}", "at": AT, "event": "outcome", "session": f"{number:016x}", "path": "skills/a"}
    return json.dumps({**row, "tree": tree, "outcome": "failed", "layer": "skill_defect", **facts}).encode()


def told(library: Path, *words: str, stdin: bytes | None = None) -> str:
    return git(*words, cwd=library, stdin=stdin).decode().strip()


def push(library: Path, writer: str, text: bytes, day: str = DAY) -> None:
    """Have a writer's ref of the library hold one file."""
    oid, kind = told(library, "hash-object", "-w", "--stdin", stdin=text), "100644 blob"
    for name in reversed(f"{day}.ndjson".split("/")):
        oid, kind = told(library, "mktree", stdin=f"{kind} {oid}\t{name}\n".encode()), "040000 tree"
    git("update-ref", REF + writer, told(library, "commit-tree", "-m", "rows", oid), cwd=library)


def stats(ada: Person, *words: str) -> list[dict[str, object]]:
    found = ada.run("stats", "--json", "--since", "9999w", *words)
    assert found.code == 0, found.err
    rows = found.json()
    assert isinstance(rows, list)
    return rows


def test_the_whole_team_is_counted_and_only_when_asked_for(ada: Person, library: Path) -> None:
    """Two machines' ledgers and this one's own verdict, by version, newest first; offline nobody is asked, and a
    ledger that grows or goes is followed.
    """
    one = ada.lock()["a"].tree
    commit(library, {"skills/a/SKILL.md": numbered("a", 14)})
    ada.pull()
    two = ada.lock()["a"].tree
    push(library, "w1", b"\n".join(line(one, n) for n in range(6)))
    push(library, "w2", b"\n".join(line(two, n, outcome="ok", layer=None) for n in range(10, 16)))
    with closing(database.state(ada.paths)) as db:
        row = (ada.lock()["a"].url, "skills/a", two, "f" * 16, "team", "failed", "skill_defect", "", "", 1.79e9)
        db.execute("INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    keys = ("version", "judged", "failed", "writers", "change")
    assert [[each[key] for key in keys] for each in stats(ada)] == [[2, 1, 1, 1, None]]
    both = [[2, 7, 1, 2, "better"], [1, 6, 6, 1, None]]
    for words in (["--fetch"], [], ["a"], ["skills/a"]):
        assert [[each[key] for key in keys] for each in stats(ada, *words)] == both
    assert stats(ada, "b") == [] == stats(ada, "--failing")
    push(library, "w2", b"\n".join(line(two, n) for n in range(10, 16)))
    git("update-ref", "-d", f"{REF}w1", cwd=library)
    [bad] = stats(ada, "--failing", "--fetch")
    assert (bad["version"], bad["judged"], bad["failed"], bad["waiting"]) == (2, 7, 7, [])
    report = ada.run("stats", "--since", "9999w", "--failing", "--markdown").out
    assert "| `a` | v2 | 7 | 7 | 100% (65-100) | 2 | nothing |" in report


HOSTILE = [
    b"", b"{", b"[1]", b"null", b'"x"', b"[" * 5000, b"\xff\xfe", b"{}", b'{"event": "outcome"}', b"x" * 3000,
    line("e" * 40, 1, session="../../x"), line("e" * 40, 1, session=5), line("e" * 39, 1), line("../..", 1),
    line("e" * 40, 1, outcome="great"), line("e" * 40, 1, outcome=["ok"]), line("e" * 40, 1, layer={}),
    line("e" * 40, 1, at="2026-11-21T10:00:00Z"), line("e" * 40, 1, at="2026-11-20T99:00:00Z"),
    line("e" * 40, 1, at=1e999), line("e" * 40, 1, path="a\x1b[31m"), line("e" * 40, 1, path="a" * 401),
    line("e" * 40, 1, event="decision"), line("e" * 40, 1, session="0" * 15),
]  # fmt: skip


def test_what_is_no_row_of_ours_is_none() -> None:
    """Broken, foreign, deep, long and misdated lines are passed over; the good one among them is read."""
    good = line("e" * 40, 7)
    assert list(team.parse(b"\n".join(HOSTILE), DAY)) == []
    assert [row[2] for row in team.parse(b"\n".join([*HOSTILE, good, *HOSTILE]), DAY)] == [f"{7:016x}"]
    assert len(list(team.parse(b"\n".join([good] * 30_000), DAY))) == team.LINES


def test_hostile_ledgers_cost_nobody_anything(ada: Person, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refs that hold a file instead of commits, odd names, too much or garbage: no traceback, the rest counts; one
    that tells of one session a thousand times has told of one.
    """
    tree = ada.lock()["a"].tree
    push(library, "w1", b"\n".join(line(tree, 1, id=str(n)) for n in range(1000)))
    push(library, "w2", b"\n".join(HOSTILE))
    push(library, "w3", line(tree, 3), day="2026/11/nope")
    push(library, "w4", b"\n".join([line(tree, 4)] * 9))
    blob = told(library, "hash-object", "-w", "--stdin", stdin=b"x")
    git("update-ref", f"{REF}w5", blob, cwd=library)
    [found] = stats(ada, "--fetch")
    assert (found["judged"], found["failed"], found["writers"]) == (2, 2, 2)
    monkeypatch.setattr(team, "FILE", 500)
    with closing(database.index(ada.paths)) as db:
        db.execute("DELETE FROM team_ref")
        db.execute("DELETE FROM team_file")
        [cache] = ada.paths.repositories.iterdir()
        assert list(team.rows(db, cache, since=0)) == []


def test_this_machines_own_rows_count_once(ada: Person) -> None:
    """What was shared comes back by the ledger: the session is the same, and so is its count."""
    install = ada.lock()["a"]
    with closing(database.state(ada.paths)) as db:
        verdict(db, install.url, install.tree)
        facts: dict[str, ledger.Value] = {"session": "f" * 16, "path": "skills/a", "tree": install.tree}
        ledger.append(db, install.url, "outcome", {**facts, "outcome": "ok", "layer": None}, at=1.79e9)
    assert ada.run("work").code == 0
    [found] = stats(ada, "--fetch")
    assert (found["sessions"], found["ok"], found["writers"], found["rate"]) == (1, 1, 1, 0.0)


def verdict(db: sqlite3.Connection, url: str, tree: str) -> None:
    """Note that a session went well."""
    row = (url, "skills/a", tree, "f" * 16, "team", "ok", None, "", "", 1.79e9)
    db.execute("INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
