"""Small Claude Code transcripts: one skill used once, and what the user said of it."""

import json
from pathlib import Path
from typing import Any

NEVER = "No, that was wrong: it went out on a Friday. Never deploy on a Friday."


def transcript(path: Path, skill: str, reaction: str = NEVER, *, session: str = "5e55-1", use: str = "toolu_1") -> Path:
    """Write a session in which the user asked, the agent used `skill` and answered, and the user reacted."""
    base: dict[str, Any] = {"isSidechain": False, "sessionId": session, "cwd": "/home/dev/shop", "version": "2.1.197"}
    said = [
        {"type": "user", "message": {"role": "user", "content": f"please {skill} the shop"}},
        _assistant([{"type": "tool_use", "id": use, "name": "Skill", "input": {"skill": skill}}]),
        _user([{"type": "tool_result", "tool_use_id": use, "content": f"Launching skill: {skill}"}]),
        _assistant([{"type": "text", "text": "Done, the shop is deployed."}]),
        {"type": "user", "message": {"role": "user", "content": reaction}},
    ]
    rows = []
    for number, row in enumerate(said):
        parent = f"u{number - 1}" if number else None
        rows.append(
            base | row | {"uuid": f"u{number}", "parentUuid": parent, "timestamp": f"2026-01-01T00:0{number}:00Z"}
        )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _assistant(content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "assistant", "message": {"id": "m", "type": "message", "role": "assistant", "content": content}}


def _user(content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": content}}
