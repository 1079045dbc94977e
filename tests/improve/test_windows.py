"""Windows, jobs and verdicts in the state database."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from gitskills.commands import targets
from gitskills.improve import windows
from gitskills.improve.windows import Job, Judged
from gitskills.share.project import Project, load
from gitskills.state import database
from gitskills.state.paths import paths

WHO = ("codex", "s1")
VERDICT = Judged("url", "skills/deploy", "t" * 40, "hash", "team", "failed", "skill_defect", "It says no day.")


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """The state database of this test's user."""
    with closing(database.state(paths(os.environ))) as opened:
        yield opened


def opened(db: sqlite3.Connection, skill: str = "deploy", use: str = "u1", *, messages: int = 3) -> None:
    windows.open_(db, WHO, skill, "/shop", use, messages=messages, at=1.0)


def spend(db: sqlite3.Connection, event: str, text: str = "no") -> bool:
    return windows.spend(db, WHO, event, "/t.jsonl", text, at=2.0)


def only(db: sqlite3.Connection) -> Job:
    [job] = windows.jobs(db)
    return job


def test_a_window_is_spent_and_closes(db: sqlite3.Connection) -> None:
    """It gives as many jobs as it has messages; a session without one gives none."""
    assert not spend(db, "e0")
    opened(db, messages=2)
    assert spend(db, "e1") and windows.sessions(db) == {"s1"}
    assert spend(db, "e2") and windows.sessions(db) == set() and not spend(db, "e3")
    assert [(job.agent, job.session, job.skill, job.tool_use) for job in windows.jobs(db)] == [
        ("codex", "s1", "deploy", "u1")
    ] * 2


def test_another_use_moves_the_window(db: sqlite3.Connection) -> None:
    """There is one window per session, pinned to the last use, with all its messages again."""
    opened(db, messages=1)
    opened(db, "review", "u2", messages=1)
    assert spend(db, "e1") and not spend(db, "e2")
    assert (only(db).skill, only(db).tool_use) == ("review", "u2")


def test_a_reaction_is_redacted_then_cut(db: sqlite3.Connection) -> None:
    """No secret is stored, not even one that the cut would have gone through, and at most 8,000 characters."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    opened(db)
    spend(db, "e1", "x " * 3990 + secret + " y" * 5000)
    kept = only(db).reaction
    assert len(kept) <= 8000 and "ghp_a1" not in kept


def test_a_job_counts_its_tries_and_forgets_what_was_said(db: sqlite3.Connection) -> None:
    """Beginning counts; a finished job cannot be begun, and its reaction and transcript are gone."""
    opened(db)
    spend(db, "e1", "something private")
    job = only(db)
    assert [one.tries for _ in range(2) if (one := windows.begin(db, job.id))] == [1, 2]
    windows.finish(db, job, None, at=3.0)
    assert windows.begin(db, job.id) is None and list(windows.jobs(db)) == []
    assert "private" not in "".join(db.iterdump()) and "t.jsonl" not in "".join(db.iterdump())
    assert windows.sessions(db) == {"s1"}


def test_a_failure_closes_its_own_window(db: sqlite3.Connection) -> None:
    """After `failed` no more of this use is judged; a window that has moved on meanwhile stays open."""
    opened(db)
    spend(db, "e1")
    windows.finish(db, only(db), VERDICT, at=3.0)
    assert windows.sessions(db) == set()
    opened(db)
    spend(db, "e2")
    opened(db, "review", "u2")
    windows.finish(db, only(db), VERDICT, at=3.0)
    assert windows.sessions(db) == {"s1"}


def test_one_verdict_counts_per_session_and_tree(db: sqlite3.Connection) -> None:
    """A failure stays one, `unclear` takes nothing back, and another session is another verdict."""
    from dataclasses import replace

    opened(db)
    spend(db, "e1")
    job = only(db)

    def keep(outcome: str, session: str = "hash") -> list[tuple[str, str]]:
        windows.finish(db, job, replace(VERDICT, outcome=outcome, session=session), at=3.0)
        return db.execute("SELECT session, outcome FROM verdict ORDER BY session").fetchall()

    assert keep("unclear") == [("hash", "unclear")]
    assert keep("ok") == [("hash", "ok")]
    assert keep("unclear") == [("hash", "ok")]
    assert not windows.failed(db, "url", "skills/deploy", "t" * 40, "hash")
    assert keep("failed") == keep("ok") == [("hash", "failed")]
    assert windows.failed(db, "url", "skills/deploy", "t" * 40, "hash")
    assert keep("failed", "other") == [("hash", "failed"), ("other", "failed")]
    reasons, named = windows.sightings(db, "url", "skills/deploy", "t" * 40)
    assert [one.session for one in reasons] == ["hash", "other"] and named == []


def test_what_is_over_is_forgotten(db: sqlite3.Connection) -> None:
    """Windows of sessions nobody goes on with, and jobs long done, are swept; open jobs never are."""
    opened(db)
    spend(db, "e1")
    spend(db, "e2")
    first, _ = windows.jobs(db)
    windows.finish(db, first, None, at=3.0)
    windows.sweep(db, now=1.0 + windows.KEPT + windows.OPEN)
    assert windows.sessions(db) == set() and db.execute("SELECT count(*) FROM job").fetchone() == (1,)


def test_one_salt_for_all_who_ask_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that meet on a fresh machine hash a session alike: else it would count as several."""
    for number in range(10):
        monkeypatch.setenv("GITSKILLS_HOME", str(tmp_path / str(number)))
        project, start = load(paths(os.environ), tmp_path), threading.Barrier(6)

        def ask(project: Project = project, start: threading.Barrier = start) -> str:
            start.wait()
            return targets.salt(project)

        with ThreadPoolExecutor(6) as pool:
            found = {one.result() for one in [pool.submit(ask) for _ in range(6)]}
        assert len(found) == 1 and len(found.pop()) == 32
