"""When an event that was just left starts a worker."""

from pathlib import Path

from gitskills.state import inbox

PROMPT = b'{"session_id": "5e55-1", "prompt": "again"}'


def test_a_message_matters_where_its_session_has_a_window(tmp_path: Path) -> None:
    """Only a user's message, and only in a session with a mark; what is not marked any more loses its file."""
    folder = str(tmp_path / "inbox")
    inbox.mark(folder, set())
    assert not (tmp_path / "inbox").exists()
    inbox.write(folder, "prompt", "codex", PROMPT)
    assert not inbox.due(folder, "prompt", PROMPT)
    inbox.mark(folder, {"another", "5e55-1", "x" * 400, ""})
    assert inbox.due(folder, "prompt", PROMPT) and not inbox.due(folder, "stop", PROMPT)
    inbox.mark(folder, {"another"})
    assert not inbox.due(folder, "prompt", PROMPT)


def test_a_message_matters_where_a_use_waits(tmp_path: Path) -> None:
    """A use of a skill that no worker has taken yet may be of ours: the next message starts one."""
    folder = str(tmp_path / "inbox")
    inbox.write(folder, "skill", "claude-code", b"{}")
    assert not inbox.due(folder, "skill", b"{}") and inbox.due(folder, "prompt", PROMPT)


def test_an_inbox_nobody_takes_is_taken_in_the_end(tmp_path: Path) -> None:
    """Hundreds of events that lead to nothing are cleared away, lest each hook lists them."""
    folder = str(tmp_path / "inbox")
    for _ in range(256):
        assert not inbox.due(folder, "prompt", PROMPT) if (tmp_path / "inbox").exists() else True
        inbox.write(folder, "prompt", "codex", PROMPT)
    assert inbox.due(folder, "prompt", PROMPT)
