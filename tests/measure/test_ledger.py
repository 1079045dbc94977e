"""Sharing the ledger: from the state database to a ref of the library, with real repositories and processes."""

import json
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gitskills.measure.ledger import REF, share
from gitskills.state import database, inbox, ledger
from tests.conftest import SkillRepo
from tests.people import Person, person, skill
from tests.processes import crowd
from tests.repositories import git

AT = 1e9
DAY = "2001/09/09.ndjson"
BODY = skill("deploy", "\n1. Release.\n", description="Ship the shop.")


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library that wants ledgers."""
    return skill_repo({"skills/deploy/SKILL.md": BODY, "gitskills.yaml": "library:\n  ledger: on\n"})


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Ada, who has its skill."""
    someone = person(tmp_path, library, agents="[claude-code]")
    someone.pull()
    return someone


@pytest.fixture
def db(ada: Person) -> Iterator[sqlite3.Connection]:
    """Ada's state database."""
    with closing(database.state(ada.paths)) as opened:
        yield opened


def tell(ada: Person, db: sqlite3.Connection, count: int) -> list[str]:
    """Leave rows about the library."""
    [one] = ada.lock().values()
    return [ledger.append(db, one.url, "outcome", {"skill": "deploy"}, at=AT + n) for n in range(count)]


def shared(library: Path, db: sqlite3.Connection) -> list[str]:
    """The ids in the library's copy of the ledger."""
    text = git("show", f"{REF}{ledger.writer(db)}:{DAY}", cwd=library).decode()
    return [json.loads(line)["id"] for line in text.splitlines()]


def refs(library: Path) -> str:
    return git("for-each-ref", REF, cwd=library).decode()


def test_work_shares_what_waits_commit_on_commit(ada: Person, db: sqlite3.Connection, library: Path) -> None:
    """The real `work` pushes two batches as two commits of nobody's name; nothing waits after."""
    ids = tell(ada, db, 2)
    assert ada.run("work").code == 0
    ids += tell(ada, db, 1)
    assert ada.run("work").code == 0
    assert sorted(shared(library, db)) == sorted(ids) and ledger.libraries(db) == []
    said = git("log", "--format=%an %ae %cn", f"{REF}{ledger.writer(db)}", cwd=library).decode()
    assert len(said.splitlines()) == 2 and "ada" not in said.lower()


def test_a_row_pushed_by_one_that_was_killed_is_not_pushed_again(
    ada: Person, db: sqlite3.Connection, library: Path
) -> None:
    """Killed between the push and its note, with and without the local ref moved: every id stands there once."""
    ids = tell(ada, db, 2)
    assert share(ada.paths, db, lambda cache: True, now=AT) == []
    [cache] = ada.paths.repositories.iterdir()
    ref = REF + ledger.writer(db)
    for forget in (False, True):
        db.execute("UPDATE ledger SET waits = 1")
        if forget:
            git("update-ref", "-d", ref, cwd=cache)
            ids += tell(ada, db, 1)
        assert share(ada.paths, db, lambda cache: True, now=AT) == []
        assert sorted(shared(library, db)) == sorted(ids)
    assert git("rev-list", "--count", ref, cwd=library).decode().strip() == "2"


@pytest.mark.skipif(sys.platform == "win32", reason="hooks of git are shell scripts")
def test_a_refused_push_keeps_the_rows_for_later(ada: Person, db: sqlite3.Connection, library: Path) -> None:
    """A server that takes no such ref: the work is done, doctor tells, and the rows go when it does take it."""
    hook = library / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    ids = tell(ada, db, 1)
    done = ada.run("work")
    assert done.code == 0 and "passed over" in done.err and refs(library) == ""
    assert [row.id for url in ledger.libraries(db) for row in ledger.waiting(db, url)] == ids
    assert ada.run("work", "--drain").err == "nothing to judge\n"  # as hooks say it: left alone for a while
    told = ada.run("doctor", "--offline").out
    assert "rows that wait for" in told and "2001-09-09" in told
    hook.unlink()
    assert ada.run("work").code == 0 and shared(library, db) == ids
    assert "rows that wait" not in ada.run("doctor", "--offline").out


def test_a_library_that_wants_none_gets_none_of_the_past(ada: Person, db: sqlite3.Connection, library: Path) -> None:
    """Rows left while the ledger is off stay on this machine, also when it is turned on later."""
    tell(ada, db, 1)
    assert share(ada.paths, db, lambda cache: False, now=AT) == []
    assert share(ada.paths, db, lambda cache: True, now=AT) == [] and refs(library) == ""


def test_ten_at_once_share_each_row_once(ada: Person, db: sqlite3.Connection, library: Path) -> None:
    """Ten real workers of one machine: no row is lost and none doubled."""
    ids = tell(ada, db, 20)
    assert [done.code for done in crowd([lambda: ada.run("work", "--once")] * 10)] == [0] * 10
    assert sorted(shared(library, db)) == sorted(ids)


def test_two_machines_of_one_name_lose_no_row(ada: Person, db: sqlite3.Connection, library: Path) -> None:
    """A home that was copied to a second machine: both push to one ref, in turn and with rows in common."""
    ids = tell(ada, db, 2)
    shutil.copytree(ada.store, ada.store.with_name("copied"))
    twin = replace(ada, store=ada.store.with_name("copied"))
    with closing(database.state(twin.paths)) as other:
        ids += tell(ada, db, 1) + tell(ada, other, 1)
        assert ledger.writer(db) == ledger.writer(other)
        for paths, one in ((ada.paths, db), (twin.paths, other)):
            assert share(paths, one, lambda cache: True, now=AT) == []
        ids += tell(ada, db, 1)
        assert share(ada.paths, db, lambda cache: True, now=AT) == []
    assert sorted(shared(library, db)) == sorted(ids)


def test_a_library_named_by_a_relative_path_gets_its_rows(tmp_path: Path, library: Path) -> None:
    """`url: ../skills` holds from the project; its rows are shared all the same."""
    (tmp_path / "skills").symlink_to(library)
    someone = person(tmp_path, "../skills", "bob")
    someone.pull()
    assert someone.lock()["deploy"].url == "../skills"
    told = {"session_id": "1", "cwd": str(someone.root), "hook_event_name": "SessionStart", "source": "startup"}
    inbox.write(str(someone.paths.inbox), "session-start", "claude-code", json.dumps(told).encode())
    assert someone.run("work").code == 0
    with closing(database.state(someone.paths)) as db:
        assert ledger.libraries(db) == [] and ledger.writer(db) in refs(library)
