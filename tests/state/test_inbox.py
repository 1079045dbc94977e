"""The inbox: what hooks leave there comes out once, whoever is killed, whatever is full."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from gitskills.errors import GitskillsError
from gitskills.state import database, events, inbox
from gitskills.state.paths import Paths, paths

NOW = time.time()


@pytest.fixture
def where() -> Paths:
    """This test's own folders."""
    return paths(os.environ)


def put(where: Paths, payload: bytes, event: str = "prompt", agent: str = "claude-code") -> str:
    return inbox.write(str(where.inbox), event, agent, payload)


def taken(where: Paths) -> list[bytes]:
    return [message.payload for message in inbox.take(where.inbox, now=NOW)]


def test_what_is_written_is_taken(where: Paths) -> None:
    """An event comes out as it went in, byte for byte, with its name, time, event and agent, in the order written."""
    name = put(where, b'{"bad json\xff\n')
    put(where, b"second", "session-end", "hermes-agent")
    first, second = inbox.take(where.inbox, now=NOW)
    assert (first.name, first.event, first.agent, first.payload) == (name, "prompt", "claude-code", b'{"bad json\xff\n')
    assert (second.event, second.agent, second.payload) == ("session-end", "hermes-agent", b"second")
    assert abs(first.at - time.time()) < 60 and first.at <= second.at


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_nobody_else_reads_it(where: Paths) -> None:
    """Folders and files are for the user alone."""
    path = where.inbox / "new" / put(where, b"private")
    assert [one.stat().st_mode & 0o077 for one in (where.inbox, path.parent, path)] == [0, 0, 0]


def test_nothing_comes_out_of_an_inbox_that_is_not_there(where: Paths) -> None:
    """Before any hook ran there is no folder, and reading makes none."""
    assert taken(where) == [] and inbox.waiting(where.inbox) == 0 and not where.inbox.exists()


def test_what_is_done_is_gone_and_what_is_not_comes_again(where: Paths) -> None:
    """A reader that stops half-way leaves what it did not finish to the next, and only that."""
    for number in range(3):
        put(where, b"%d" % number)
    for message in inbox.take(where.inbox, now=NOW):
        if message.payload == b"2":
            break
        if message.payload == b"0":
            inbox.done(where.inbox, message.name)
    assert inbox.waiting(where.inbox) == 2
    assert taken(where) == [b"1", b"2"]


def test_two_readers_take_turns(where: Paths) -> None:
    """While one process reads, another is told that the inbox is busy rather than given the same events."""
    put(where, b"one")
    reading = inbox.take(where.inbox, now=NOW)
    assert next(reading).payload == b"one"
    with pytest.raises(GitskillsError, match="inbox"):
        list(inbox.take(where.inbox, now=NOW, timeout=0))
    reading.close()  # type: ignore[attr-defined]


def test_files_of_others_do_no_harm(where: Paths) -> None:
    """A file that no hook wrote is removed, not taken for an event."""
    put(where, b"one")
    for name in ("README", "12.prompt", "x.prompt.claude-code", "12.nonsense.claude-code"):
        (where.inbox / "new" / name).write_text("?")
    assert taken(where) == [b"one"]
    assert sorted(os.listdir(where.inbox / "cur")) == [
        name for name in os.listdir(where.inbox / "cur") if "prompt" in name
    ]


def test_unfinished_files_go_after_a_day_and_a_half(where: Paths) -> None:
    """What a killed hook was writing is swept away when it is old, and left alone while it may still be written."""
    put(where, b"one")
    for name, age in (("old", inbox.STALE + 60), ("fresh", 60)):
        path = where.inbox / "tmp" / name
        path.write_text("half")
        os.utime(path, (NOW - age, NOW - age))
    assert taken(where) == [b"one"]
    assert os.listdir(where.inbox / "tmp") == ["fresh"]


def test_a_write_that_fails_leaves_nothing(where: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the error is raised and no half file stays behind."""

    def full(descriptor: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    put(where, b"one")
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        put(where, b"two")
    assert os.listdir(where.inbox / "tmp") == [] and inbox.waiting(where.inbox) == 1


def test_many_writers_at_once(where: Paths) -> None:
    """Twenty processes that write at the same moment, while one reads, lose and double nothing."""
    code = "import sys; from gitskills.state import inbox; sys.stdin.read()\n"
    code += "for n in range(15): inbox.write(sys.argv[1], 'stop', 'codex', f'{sys.argv[2]}-{n}'.encode())"
    writers = [
        subprocess.Popen([sys.executable, "-c", code, where.inbox, str(number)], stdin=subprocess.PIPE)
        for number in range(20)
    ]
    for writer in writers:  # all have imported, or will go on at once
        assert writer.stdin is not None
        writer.stdin.close()
    got: list[bytes] = []
    while True:
        running = any(writer.poll() is None for writer in writers)
        for message in inbox.take(where.inbox, now=NOW):
            got.append(message.payload)
            inbox.done(where.inbox, message.name)
        if not running:
            break
    assert sorted(got) == sorted(b"%d-%d" % (one, two) for one in range(20) for two in range(15))
    assert all(writer.returncode == 0 for writer in writers)


def test_events_reach_the_database_once(where: Paths) -> None:
    """Each file becomes one row, its file goes, and doing it again adds nothing."""
    for number in range(150):
        put(where, b"%d" % number)
    with contextlib.closing(database.state(where)) as db:
        assert events.absorb(where, db, now=NOW) == 150
        assert events.absorb(where, db, now=NOW) == 0
        assert [message.payload for message in events.pending(db)] == [b"%d" % number for number in range(150)]
        assert len(list(events.pending(db, most=10))) == 10
    assert inbox.waiting(where.inbox) == 0


def test_handled_events_are_not_pending_and_forget_what_they_said(where: Paths) -> None:
    """A worker that has dealt with an event leaves its name behind, not its words."""
    put(where, b"a secret")
    put(where, b"another")
    with contextlib.closing(database.state(where)) as db:
        events.absorb(where, db, now=NOW)
        first = next(events.pending(db))
        events.handle(db, [first.name])
        assert [message.payload for message in events.pending(db)] == [b"another"]
        assert db.execute("SELECT count(*) FROM event WHERE payload = ?", (b"a secret",)).fetchone() == (0,)
        events.absorb(where, db, now=time.time() + events.KEPT + 1)
        assert db.execute("SELECT count(*) FROM event").fetchone() == (1,)


def test_a_file_whose_row_is_there_is_not_taken_again(where: Paths) -> None:
    """Killed after the commit and before the file was removed, the next run finds the row and only removes the file."""
    name = put(where, b"one")
    with contextlib.closing(database.state(where)) as db:
        events.absorb(where, db, now=NOW)
        events.handle(db, [name])
        (where.inbox / "cur" / name).write_bytes(b"one")
        assert events.absorb(where, db, now=NOW) == 0
        assert list(events.pending(db)) == [] and inbox.waiting(where.inbox) == 0


def test_one_event_told_twice_is_one(where: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project's registration and the user's both call: the same words at the same moment count once, later anew."""
    clock = [1_800_000_000_000_000_000]
    monkeypatch.setattr(time, "time_ns", lambda: clock[0])
    put(where, b"same")
    clock[0] += 300_000_000
    put(where, b"same")
    put(where, b"same", "stop")
    put(where, b"same", "prompt", "codex")
    clock[0] += 60_000_000_000
    put(where, b"same")
    with contextlib.closing(database.state(where)) as db:
        assert events.absorb(where, db, now=NOW) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not killed by signal on Windows")
def test_killed_anywhere_nothing_is_lost_or_doubled(where: Paths) -> None:
    """A process that absorbs and is killed at a random moment, again and again, ends with every event just once."""
    code = (
        "from gitskills.state import database, events; from gitskills.state.paths import paths\n"
        "events._BATCH = 3; where = paths(); db = database.state(where); print('ready', flush=True)\n"
        "events.absorb(where, db, now=0)"
    )
    for number in range(400):
        put(where, b"%d" % number)
    for round in range(12):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        time.sleep(round * 0.0015)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with contextlib.closing(database.state(where)) as db:
        events.absorb(where, db, now=NOW)
        found = sorted(int(message.payload) for message in events.pending(db))
    assert found == list(range(400)) and inbox.waiting(where.inbox) == 0
