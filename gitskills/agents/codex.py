"""Codex's hooks and rollouts, as seen with 0.169.0.

A rollout has what went to the model and came from it (`response_item`), and events for the screen that say it again;
the former are read, and of the latter only how commands ended. Codex has no tool for skills: the user writes `$name`,
which brings the skill's text along, or the model reads SKILL.md with its shell. The rollout of a subagent is a session
of its own and is not followed.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gitskills.agents.payload import Event, Payload, common
from gitskills.agents.table import AGENTS, base
from gitskills.agents.transcript import allowed, by_name, records
from gitskills.sessions.draft import Draft
from gitskills.sessions.reads import arguments, folder
from gitskills.sessions.session import Session
from gitskills.sessions.values import between, mapping, parsed, prose, sequence, string

ID = "codex"

_EVENTS: dict[str, Event] = {
    "SessionStart": "session-start",
    "UserPromptSubmit": "prompt",
    "PreToolUse": "tool",
    "Stop": "stop",
    "SessionEnd": "session-end",
}
_MENTION = re.compile(r"(?<![\w$])\$([a-z0-9][\w.:-]*)")
# Older rollouts do not say what put a text where the user's words stand.
_INJECTED = re.compile(r"<[a-z_]+>|# AGENTS\.md instructions|# Context from my IDE")
_EXIT = re.compile(r"(?:Process exited with code|exit code:?|exited with) (-?\d+)", re.IGNORECASE)


def payload(event: str, data: Mapping[str, Any]) -> Payload:
    """Return what a hook was told."""
    told = common(ID, event, data, _EVENTS)
    if told.event == "prompt":
        mentions = tuple(dict.fromkeys(found[1].rstrip(".:-") for found in _MENTION.finditer(told.prompt)))
        return replace(told, mentions=mentions, tool_use_id=string(data.get("turn_id")))
    return told


def roots(home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders of rollouts."""
    own = base(AGENTS[ID], home, environ)
    return (own / "sessions", own / "archived_sessions")


def locate(payload: Payload, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the rollout that the payload names, else the one with the session's id in its name."""
    places = roots(home, environ)
    if payload.transcript:
        path = allowed(payload.transcript, places)
        return path if path.is_file() else None
    found = (by_name(place, "**/rollout-*{}.jsonl", payload.session) for place in places)
    return next(filter(None, found), None)


def session(path: Path, id: str = "", placed: Collection[str] = (), home: str = "") -> Session:
    """Return the session of a rollout."""
    file = records(path)
    draft = Draft(ID, id, placed=placed, home=home)
    codes = _codes(file.items)
    seen: set[str] = set()
    for record in file.items:
        item = mapping(record.get("payload"))
        match record.get("type"):
            case "session_meta":
                draft.id = draft.id or string(item.get("id"))
                draft.cwd = draft.cwd or string(item.get("cwd"))
            case "turn_context":
                draft.cwd = string(item.get("cwd")) or draft.cwd
            case "response_item":
                key = f"{item.get('type')} {item.get('id')}"
                if not isinstance(item.get("id"), str) or key not in seen:
                    _item(draft, item, codes)
                seen.add(key)
    return draft.session(skipped=file.skipped, complete=file.complete)


def _codes(items: Collection[Mapping[str, Any]]) -> dict[str, int]:
    """Return how commands ended, by the id of the call."""
    codes: dict[str, int] = {}
    for record in items:
        event = mapping(record.get("payload"))
        if event.get("type") == "item_completed":
            event = mapping(event.get("item"))
        code = event.get("exit_code")
        if isinstance(code, int):
            codes[string(event.get("call_id") or event.get("id"))] = code
    return codes


def _item(draft: Draft, item: Mapping[str, Any], codes: Mapping[str, int]) -> None:
    """Take one item of the conversation with the model."""
    id, call = string(item.get("id")), string(item.get("call_id"))
    match item.get("type"):
        case "message" if item.get("role") == "assistant":
            draft.assistant(prose(item.get("content")), id)
        case "message" if item.get("role") == "user":
            _user(draft, item, id)
        case "function_call":
            draft.use(string(item.get("name")), arguments(item.get("arguments")), call, id)
        case "local_shell_call":
            draft.use("shell", mapping(item.get("action")), call, id)
        case "custom_tool_call":
            draft.use(string(item.get("name")), {}, call, id, said=string(item.get("input")))
        case "function_call_output" | "custom_tool_call_output":
            text, failed = _output(item.get("output"))
            draft.result(call, text, failed=codes[call] != 0 if call in codes else failed, id=id)


def _user(draft: Draft, item: Mapping[str, Any], id: str) -> None:
    """Take the parts of a message in the user's place: each is the user's, or a skill's text, or the program's."""
    about = mapping(item.get("internal_chat_message_metadata_passthrough"))
    kinds = sequence(about.get("content_item_kinds"))
    words = []
    for index, part in enumerate(sequence(item.get("content"))):
        text = prose([part])
        kind = string(kinds[index]) if index < len(kinds) else ""
        if text.startswith("<skill>") and kind in ("", "skills.selected_skill_instructions"):
            _skill(draft, text, string(about.get("turn_id")))
        elif kind.startswith("user.") or (not kind and not _INJECTED.match(text)):
            words.append(text)
    draft.user("\n".join(words), id)


def _skill(draft: Draft, text: str, turn_id: str) -> None:
    """Take a skill that the user's last words named."""
    file = between(text, "<path>", "</path>")
    body = text.partition("</path>")[2].removesuffix("</skill>").strip()
    asked = [index for index, turn in enumerate(draft.turns) if turn.human]
    draft.invoked(
        between(text, "<name>", "</name>"),
        "typed",
        turn_id,
        path=folder(file),
        text=body,
        turn=asked[-1] if asked else 0,
    )


def _output(output: object) -> tuple[str, bool]:
    """Return a tool's output as text, and whether it says that the call failed."""
    value = parsed(output) if isinstance(output, str) and output.startswith("{") else output
    if isinstance(value, dict):
        text = prose(value.get("output") if "output" in value else value.get("content"))
        code = mapping(value.get("metadata")).get("exit_code")
        return text, value.get("success") is False or (isinstance(code, int) and code != 0)
    text = prose(output)
    ended = _EXIT.search(text[:500])
    return text, ended is not None and ended[1] != "0"
