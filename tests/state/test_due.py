"""When an event that was just left starts a worker."""

import json
from pathlib import Path

import pytest

from gitskills.state import inbox

PROMPT = b'{"session_id": "5e55-1", "prompt": "again"}'


def test_a_message_matters_where_its_session_has_a_window(tmp_path: Path) -> None:
    """Only a user's message, and only in a session with a mark; what is not marked any more loses its file."""
    folder = str(tmp_path / "inbox")
    inbox.mark(folder, set())
    assert not (tmp_path / "inbox").exists()
    inbox.write(folder, "prompt", "codex", PROMPT)
    assert not inbox.due(folder, "prompt", "claude-code", PROMPT)
    inbox.mark(folder, {"another", "5e55-1", "x" * 400, ""})
    assert inbox.due(folder, "prompt", "claude-code", PROMPT) and not inbox.due(folder, "stop", "claude-code", PROMPT)
    inbox.mark(folder, {"another"})
    assert not inbox.due(folder, "prompt", "claude-code", PROMPT)


def test_a_message_matters_where_a_use_waits(tmp_path: Path) -> None:
    """A use of a skill that no worker has taken yet may be of ours: the next message starts one."""
    folder = str(tmp_path / "inbox")
    inbox.write(folder, "skill", "claude-code", b"{}")
    assert not inbox.due(folder, "skill", "claude-code", b"{}") and inbox.due(folder, "prompt", "claude-code", PROMPT)


@pytest.mark.parametrize(
    ("agent", "prompt", "named"),
    [
        ("codex", "please $deploy the shop", True),
        ("codex", "it costs $5 at $HOME, says $", False),
        ("pi", "/skill:deploy now", True),
        ("pi", "deploy now", False),
        ("cursor", "/deploy now", True),
        ("cursor", "look into /etc", False),
        ("hermes-agent", '[IMPORTANT: The user has invoked the "deploy" skill', True),
        ("hermes-agent", "deploy now", False),
        ("claude-code", "/deploy now", False),  # it tells of that by another event
    ],
)
def test_a_message_matters_that_names_a_skill(tmp_path: Path, agent: str, prompt: str, named: bool) -> None:
    """Where no other event tells of it, the window that the next message is judged by must be opened by someone."""
    folder = str(tmp_path / "inbox")
    for separators in ((",", ":"), (", ", ": ")):
        payload = json.dumps({"cwd": "/srv/shop", "prompt": prompt}, separators=separators).encode()
        inbox.write(folder, "prompt", agent, payload)
        assert inbox.due(folder, "prompt", agent, payload) is named


def test_an_inbox_nobody_takes_is_taken_in_the_end(tmp_path: Path) -> None:
    """Hundreds of events that lead to nothing are cleared away, lest each hook lists them."""
    folder = str(tmp_path / "inbox")
    for _ in range(256):
        assert not inbox.due(folder, "prompt", "claude-code", PROMPT) if (tmp_path / "inbox").exists() else True
        inbox.write(folder, "prompt", "codex", PROMPT)
    assert inbox.due(folder, "prompt", "claude-code", PROMPT)
