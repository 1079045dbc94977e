"""Which files are read, and how much of them."""

import json
import os
import threading
from pathlib import Path

import pytest

from gitskills.agents import claude_code, transcript
from gitskills.agents.readers import READERS
from gitskills.agents.transcript import TranscriptError, allowed, content, lines, records
from gitskills.sessions.find import search
from gitskills.sessions.session import Session
from tests.agents.test_transcripts import answered, called, said, write


def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    """A folder, nothing, a NUL; where there are such, a pipe nobody writes to and a device without end."""
    names: list[Path] = [tmp_path, tmp_path / "absent", Path("a\0b")]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        names += [tmp_path / "pipe", Path("/dev/zero")]
    for path in names:
        with pytest.raises(TranscriptError) as caught:
            records(path)
        assert caught.value.hint
        for agent in READERS.values():
            with pytest.raises(TranscriptError):
                agent.session(path)


def test_a_very_large_file_is_read_from_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than is read at all the end counts; the line that the beginning cuts is left out."""
    monkeypatch.setattr(transcript, "MOST", 1000)
    path = write(tmp_path / "f.jsonl", [said(str(number), "x" * 50) for number in range(100)])
    ids = [turn.id for turn in claude_code.session(path).turns]
    assert ids and ids == [str(number) for number in range(100 - len(ids), 100)]
    assert len(content(path)[0]) == 1000 and content(path, most=2)[0] == b'{"'


def test_a_line_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted, and the lines around it are read."""
    monkeypatch.setattr(transcript, "LINE", 20)
    found = lines(b'{"a": 1}\n{"b": "' + b"x" * 20 + b'"}\n{"c": 3}\n')
    assert found == transcript.Records(({"a": 1}, {"c": 3}), 1, True)


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_record_that_is_being_written_is_not_half_read(cut: int) -> None:
    """Wherever the last line ends, it is whole or left out, and never counted as broken."""
    whole = json.dumps({"text": "é \\n 😀"}, ensure_ascii=False).encode()
    found = lines(b'{"a": 1}\n' + whole[:cut])
    assert found.skipped == 0 and found.items[0] == {"a": 1}
    assert found.complete == (cut >= len(whole)) and len(found.items) == 1 + (cut >= len(whole))


def test_a_transcript_that_grows_while_it_is_read(tmp_path: Path) -> None:
    """Whenever it is read, it holds whole records in order, and more each time, until the pinned one is there."""
    path = tmp_path / "s.jsonl"
    data = "".join(json.dumps(answered(str(number), called(f"t{number}"))) + "\n" for number in range(400)).encode()
    go = threading.Event()

    def grow() -> None:
        with open(path, "wb", buffering=0) as file:
            for at in range(0, len(data), 777):
                file.write(data[at : at + 777])
                go.set()

    writer = threading.Thread(target=grow)
    writer.start()
    go.wait(10)
    counts = []

    def read(attempt: int) -> Session:
        session = claude_code.session(path)
        assert session.skipped == 0
        assert [turn.id for turn in session.turns] == [str(number) for number in range(len(session.turns))]
        counts.append(len(session.turns))
        if attempt > 20:
            writer.join(10)
        return session

    found = search(read, 100, {"a"}, "t399")
    writer.join(10)
    assert found.invocation and found.invocation.turn == 399 and counts == sorted(counts)


def test_a_transcript_that_is_cut_short_and_begun_anew(tmp_path: Path) -> None:
    """A file that is smaller than it was is read as it is now."""
    path = write(tmp_path / "s.jsonl", [said("1", "a"), said("2", "b")])
    assert len(claude_code.session(path).turns) == 2
    write(path, [said("3", "c")])
    assert [turn.id for turn in claude_code.session(path).turns] == ["3"]


def test_allowed_gives_the_real_path(tmp_path: Path) -> None:
    """What is inside is returned with its links and `..` resolved; a root itself is inside."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert allowed(tmp_path / "a" / "b" / ".." / "x", [tmp_path / "a"]) == (tmp_path / "a" / "x").resolve()
    assert allowed(str(tmp_path / "a"), [tmp_path / "z", tmp_path / "a"]) == (tmp_path / "a").resolve()
    for outside in (tmp_path / "ab", tmp_path, tmp_path / "a" / ".." / "c"):
        with pytest.raises(TranscriptError):
            allowed(outside, [tmp_path / "a"])
