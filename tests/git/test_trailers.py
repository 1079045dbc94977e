"""Trailers survive the way into a commit message and back, and are read as git reads them."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.git.trailers import KEYS, Event, events, format, one_line, parse, trailers

OID = "0123456789abcdef0123456789abcdef01234567"

# Pieces from which messages are made that look like trailers, nearly like them, or are made to break the reader.
PIECES = st.sampled_from(
    [
        *("\n", "\n\n", " ", "\t", "\r", ":", "#", "---", "Skill: a", "Skill-Op: edit", "\n folded", "Key : v", "Key:"),
        *("Signed-off-by: A <a@b>", "(cherry picked from commit 12)", "Conflicts:\n\tpath\n", "prose here", "é: x"),
        *("# ------------------------ >8 ------------------------\n", "subject\n\n", " : odd", "K-1:v", "two words: v"),
    ]
)
MESSAGES = st.lists(PIECES | st.text(max_size=8), max_size=14).map("".join)
TEXT = st.text(max_size=60)
EVENTS = st.builds(
    Event,
    skill=TEXT.filter(one_line),
    op=TEXT.filter(one_line),
    base=TEXT,
    tree=TEXT,
    edit=TEXT,
    evidence=st.lists(TEXT, max_size=3).map(tuple),
    judge=TEXT,
    proposer=TEXT,
    gate=TEXT,
    proof=st.lists(TEXT, max_size=2).map(tuple),
    calls=st.none() | st.integers(0, 10**6),
    co_authors=st.lists(TEXT, max_size=2).map(tuple),
)


def gits(message: str) -> list[str]:
    """Return git's own reading of a message's trailers."""
    command = ["git", "interpret-trailers", "--parse", "--no-divider"]
    done = subprocess.run(command, input=message.encode("utf-8"), capture_output=True, check=True)
    return done.stdout.decode("utf-8").split("\n")[:-1]


@given(subject=TEXT, body=MESSAGES | TEXT, event=EVENTS)
@settings(max_examples=400)
def test_an_event_comes_back_from_any_message(subject: str, body: str, event: Event) -> None:
    """Whatever the subject, the body and the values hold, reading a written message gives the event written."""
    message = format(subject, body, event)
    assert events(trailers(message)) == [event]


@given(subject=TEXT, body=MESSAGES, event=EVENTS)
@settings(max_examples=60)
def test_git_reads_what_is_written(subject: str, body: str, event: Event) -> None:
    """`git interpret-trailers --parse`, even with its `---` divider, finds exactly the trailers written."""
    message = format(subject, body, event)
    command = ["git", "interpret-trailers", "--parse"]
    done = subprocess.run(command, input=message.encode(), capture_output=True, check=True)
    assert done.stdout.decode().split("\n")[:-1] == [f"{key}: {value}" for key, value in event.trailers()]


@given(message=MESSAGES.filter(lambda text: "\0" not in text))
@settings(max_examples=500)
def test_reading_agrees_with_git(message: str) -> None:
    """Any text without NUL has the trailers git finds in it."""
    message = message.encode("utf-8", "replace").decode()
    assert [f"{key}: {value}" for key, value in trailers(message)] == gits(message)


@given(message=st.text() | MESSAGES)
def test_reading_never_raises(message: str) -> None:
    """No text makes the reader raise."""
    parse(message)


@pytest.mark.parametrize("evil", ["x\nSkill-Op: revert", "x\r\nSkill-Gate: human", "x\x1b[31m", "x\x85y\u2028Skill: z"])
def test_a_value_cannot_forge_a_trailer(evil: str) -> None:
    """Newlines and control characters in a value end as spaces, not as further trailers."""
    message = format("deploy: say it", "", Event("deploy", "edit", gate=evil, evidence=(evil,)))
    assert [key for key, _ in trailers(message)] == ["Skill", "Skill-Op", "Skill-Evidence", "Skill-Gate"]
    assert message.count("\n") == 6
    assert "\x1b" not in message


def test_the_message_looks_as_the_contract_says() -> None:
    """Subject, body and trailers stand apart, in the contract's order, with repeatable keys repeated."""
    event = Event("deploy", "improve", OID, OID, "f" * 16, ("codex:1#2", "codex:1#3"), calls=2, co_authors=("A <a@b>",))
    assert format("deploy: wait for the health check", "Two sessions failed here.", event) == (
        "deploy: wait for the health check\n\nTwo sessions failed here.\n\n"
        f"Skill: deploy\nSkill-Op: improve\nSkill-Base: {OID}\nSkill-Tree: {OID}\nSkill-Edit: ffffffffffffffff\n"
        "Skill-Evidence: codex:1#2\nSkill-Evidence: codex:1#3\nSkill-Calls: 2\nCo-authored-by: A <a@b>\n"
    )


def test_a_commit_of_several_skills_has_several_events() -> None:
    """Each `Skill` trailer opens an event of its own, as a squash of two commits leaves them."""
    found = trailers("both\n\nSkill: a\nSkill-Op: edit\nSkill: b\nSkill-Op: remove\n")
    assert [(event.skill, event.op) for event in events(found)] == [("a", "edit"), ("b", "remove")]


def test_a_message_without_our_trailers_is_no_event() -> None:
    """Other tools' trailers alone make no event."""
    assert parse("fix\n\nSigned-off-by: A <a@b>\n") is None
    assert parse("Skill: in the title\nSkill-Op: edit\n") is None


def test_every_field_has_a_key() -> None:
    """Each value of an event is written under a key of its own."""
    assert set(KEYS) == set(Event.__slots__)
