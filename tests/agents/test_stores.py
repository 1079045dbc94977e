"""The SQLite stores of opencode and hermes-agent: their own tables, read while the agents write."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitskills.agents import hermes_agent, opencode
from gitskills.agents.protocol import Reader
from gitskills.agents.transcript import TranscriptError
from gitskills.sessions.session import Session

AGENTS: list[Reader] = [opencode, hermes_agent]

# The columns that matter, as opencode 1.18.33 and hermes-agent 0.19.0 declare them.
OPENCODE = """
CREATE TABLE session (id text PRIMARY KEY, parent_id text, directory text NOT NULL, time_created integer NOT NULL,
  time_updated integer NOT NULL);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL, data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL, data text NOT NULL);
"""
HERMES = """
CREATE TABLE sessions (id TEXT PRIMARY KEY, source TEXT NOT NULL, started_at REAL NOT NULL, cwd TEXT);
CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, role TEXT NOT NULL, content TEXT,
  tool_call_id TEXT, tool_calls TEXT, tool_name TEXT, active INTEGER NOT NULL DEFAULT 1,
  compacted INTEGER NOT NULL DEFAULT 0);
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An open database in WAL mode, as the agents keep theirs, at tmp_path / store.db."""
    db = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    yield db
    db.close()


def told(session: Session) -> list[tuple[str, str, str]]:
    return [(turn.agent, turn.kind, turn.text) for turn in session.turns]


def opencodes(db: sqlite3.Connection) -> None:
    """Two sessions, the second with a subagent that used a skill."""
    db.executescript(OPENCODE)
    sessions = [
        ("old", None, "/old", 1, 1),
        ("main", None, "/w", 2, 9),
        ("sub", "main", "/w", 3, 8),
        ("kin", "sub", "/w", 4, 7),
    ]
    db.executemany("INSERT INTO session VALUES (?, ?, ?, ?, ?)", sessions)
    messages = [
        *(
            ("m1", "main", 1, "user"),
            ("m2", "main", 2, "assistant"),
            ("m3", "main", 9, "user"),
            ("s1", "sub", 3, "user"),
        ),
        *(("s2", "sub", 4, "assistant"), ("o1", "old", 1, "user"), ("k1", "kin", 5, "user")),
    ]
    db.executemany(
        "INSERT INTO message VALUES (?, ?, ?, ?)", [(*row, json.dumps({"role": role})) for *row, role in messages]
    )
    task = {"status": "completed", "input": {"prompt": "look"}, "output": "found", "metadata": {"sessionId": "sub"}}
    below = "Base directory for this skill: /skills/a\nRelative paths in this skill …\n"
    text = f'<skill_content name="a">\n# Skill: a\n\n# A\n\n{below}'
    skill = {
        "status": "completed",
        "input": {"name": "a"},
        "output": text,
        "metadata": {"name": "a", "dir": "/skills/a"},
    }
    parts: list[tuple[str, str, str, object]] = [
        ("p1", "m1", "main", {"type": "text", "text": "go"}),
        ("p2", "m2", "main", {"type": "tool", "tool": "task", "callID": "c1", "state": task}),
        ("p3", "m3", "main", {"type": "text", "text": "no"}),
        ("p4", "s1", "sub", {"type": "text", "text": "look"}),
        ("p5", "s2", "sub", {"type": "tool", "tool": "skill", "callID": "c2", "state": skill}),
        ("p6", "o1", "old", {"type": "text", "text": "old"}),
        ("p7", "k1", "kin", {"type": "text", "text": "deeper"}),
    ]
    db.executemany("INSERT INTO part VALUES (?, ?, ?, ?)", [(*row, json.dumps(data)) for *row, data in parts])


def test_opencode(store: sqlite3.Connection, tmp_path: Path) -> None:
    """The session asked for, else the last one, with its subagent where the call of the task stands."""
    opencodes(store)
    session = opencode.session(tmp_path / "store.db")
    assert [(agent, text) for agent, kind, text in told(session) if kind == "user"] == [
        ("", "go"), ("sub", "look"), ("", "no"), ("kin", "deeper"),
    ]  # fmt: skip
    (used,) = session.invocations
    assert (used.skill, used.path, used.text, used.agent) == ("a", "/skills/a", "# A", "sub")
    assert session.turns[used.turn].tool_use_id == "c2" and session.turns[1].tool_use_id == "c1"
    assert (session.id, session.cwd) == ("main", "/w")
    assert told(opencode.session(tmp_path / "store.db", "old")) == [("", "user", "old")]
    assert opencode.session(tmp_path / "store.db", "unknown").turns == ()


def test_opencode_sessions_that_are_their_own_parents_end(store: sqlite3.Connection, tmp_path: Path) -> None:
    """A ring of subagents is followed once."""
    opencodes(store)
    store.execute("UPDATE session SET parent_id = 'kin' WHERE id = 'main'")
    assert len(opencode.session(tmp_path / "store.db", "main").turns) == 8


def hermes(db: sqlite3.Connection) -> None:
    db.executescript(HERMES)
    db.executemany("INSERT INTO sessions VALUES (?, 'cli', ?, ?)", [("old", 1.0, "/old"), ("s", 2.0, "/w")])
    call = json.dumps([{"id": "c", "function": {"name": "skill_view", "arguments": '{"name": "x/a"}'}}])
    answer = json.dumps({"success": True, "content": "# A", "skill_dir": "/skills/a"})
    rows = [
        ("s", "user", "go", None, None, None, 0, 1), ("s", "assistant", "", None, call, None, 1, 0),
        ("s", "tool", answer, "c", None, "skill_view", 1, 0), ("s", "user", "taken back", None, None, None, 0, 0),
        ("old", "user", "old", None, None, None, 1, 0), ("s", "user", "no", None, None, None, 1, 0),
    ]  # fmt: skip
    names = "session_id, role, content, tool_call_id, tool_calls, tool_name, active, compacted"
    query = f"INSERT INTO messages ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    db.executemany(query, rows)


def test_hermes(store: sqlite3.Connection, tmp_path: Path) -> None:
    """What was summarized away did happen, what was taken back did not; the last session where none is asked for."""
    hermes(store)
    session = hermes_agent.session(tmp_path / "store.db")
    assert [text for _, kind, text in told(session) if kind == "user"] == ["go", "no"]
    (used,) = session.invocations
    assert (used.skill, used.path, used.text, used.turn, used.failed) == ("x/a", "/skills/a", "# A", 1, False)
    assert (session.id, session.cwd) == ("s", "/w")
    assert told(hermes_agent.session(tmp_path / "store.db", "old")) == [("", "user", "old")]


def test_hermes_before_messages_could_be_taken_back(store: sqlite3.Connection, tmp_path: Path) -> None:
    """Older tables have fewer columns."""
    hermes(store)
    store.executescript("ALTER TABLE messages DROP COLUMN active; ALTER TABLE messages DROP COLUMN compacted")
    store.execute("ALTER TABLE sessions DROP COLUMN cwd")
    session = hermes_agent.session(tmp_path / "store.db", "s")
    assert len([turn for turn in session.turns if turn.human]) == 3 and session.cwd == ""


def test_reading_while_the_agent_writes_waits_for_nobody(store: sqlite3.Connection, tmp_path: Path) -> None:
    """In the middle of a transaction what was committed is read; nothing of ours stays behind."""
    hermes(store)
    before = sorted(path.name for path in tmp_path.iterdir())
    store.execute("BEGIN IMMEDIATE")
    store.execute("INSERT INTO messages (session_id, role, content) VALUES ('s', 'user', 'half')")
    assert "half" not in str(hermes_agent.session(tmp_path / "store.db", "s"))
    store.execute("COMMIT")
    assert "half" in str(hermes_agent.session(tmp_path / "store.db", "s"))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("data", [b"SQLite format 3\0", b"SQLite format 3\0" + b"\x10\x00" * 2000])
def test_a_broken_database_is_an_error_of_ours(agent: Reader, data: bytes, tmp_path: Path) -> None:
    """Cut short or garbled, it is told with the file's name."""
    (tmp_path / "store.db").write_bytes(data)
    with pytest.raises(TranscriptError) as caught:
        agent.session(tmp_path / "store.db")
    assert "store.db" in caught.value.message


@pytest.mark.parametrize("agent", AGENTS)
def test_a_database_of_something_else_is_an_error_of_ours(
    agent: Reader, store: sqlite3.Connection, tmp_path: Path
) -> None:
    """Without the tables, and with tables of those names that have other columns."""
    for script in ("CREATE TABLE x (y)", "CREATE TABLE message (id, data); CREATE TABLE messages (id)"):
        store.executescript(script)
        with pytest.raises(TranscriptError):
            agent.session(tmp_path / "store.db", "s")


TEXTS = st.sampled_from(
    [
        *("user", "assistant", "tool", "[]", "{}", '{"role": "user"}', '{"type": "text", "text": 5}', "[" * 5000, "\0"),
        *('[{"function": 5}]', '{"type": "tool", "state": []}'),
        '{"type": "tool", "tool": "skill", "state": {"input": {"name": "a"}}}',
    ]
)
CELL = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.binary(max_size=9) | TEXTS


LOOSE = """
PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;
CREATE TABLE IF NOT EXISTS session (id, parent_id, directory, time_created, time_updated);
CREATE TABLE IF NOT EXISTS message (id, session_id, time_created, data);
CREATE TABLE IF NOT EXISTS part (id, message_id, session_id, data);
CREATE TABLE IF NOT EXISTS messages (
  id, session_id, role, content, tool_calls, tool_call_id, tool_name, active DEFAULT 1, compacted DEFAULT 0);
BEGIN; DELETE FROM session; DELETE FROM message; DELETE FROM part; DELETE FROM messages;
INSERT INTO session VALUES ('s', 's', 5, 0, 0);
"""


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=5))
def test_any_cells_are_read(rows: list[tuple[object, ...]], tmp_path: Path) -> None:
    """Wrong types in every column: blobs that are no UTF-8, numbers, nothing, JSON of another shape."""
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(LOOSE)
        for id, role, data, more in rows:
            db.execute("INSERT INTO message VALUES (?, 's', ?, ?)", (id, role, data))
            db.execute("INSERT INTO part VALUES (?, ?, 's', CAST(? AS TEXT))", (more, id, data))
            db.execute(
                "INSERT INTO messages VALUES (?, 's', CAST(? AS TEXT), ?, ?, ?, ?, 1, 0)",
                (id, role, data, more, role, id),
            )
        db.execute("COMMIT")
    for agent in AGENTS:
        for turn in agent.session(path, "s").turns:
            turn.text.encode()
