"""Hermes Agent's hooks and its store, as seen with 0.19.0.

Sessions are in one SQLite database, `state.db`. Read is also a file of JSON lines: what hooks were told, of which
`post_llm_call` has the whole conversation, or what `hermes sessions export` writes. Messages are those of the chat
completions protocol. What a subagent (`delegate_task`) did is not followed: its row looks like the continuation of a
compressed session.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from gitskills.agents.payload import Event, Payload, common
from gitskills.agents.store import columns, is_store, opened, rows
from gitskills.agents.table import AGENTS, base
from gitskills.agents.transcript import TranscriptError, records
from gitskills.sessions.draft import Draft
from gitskills.sessions.reads import arguments
from gitskills.sessions.session import Session
from gitskills.sessions.values import between, mapping, parsed, prose, sequence, string

ID = "hermes-agent"
SKILL = "skill_view"

_EVENTS: dict[str, Event] = {
    "on_session_start": "session-start",
    "pre_llm_call": "prompt",
    "pre_tool_call": "tool",
    "post_llm_call": "stop",
    "on_session_end": "session-end",
}
_TYPED = '[IMPORTANT: The user has invoked the "'
_INSTRUCTION = "The user has provided the following instruction alongside the skill invocation: "


def payload(event: str, data: Mapping[str, Any]) -> Payload:
    """Return what a hook was told; most of it stands under `extra`."""
    told = common(ID, event, data, _EVENTS)
    extra = mapping(data.get("extra"))
    told = replace(told, tool_use_id=string(extra.get("tool_call_id")), answer=string(extra.get("assistant_response")))
    if told.event == "tool" and told.tool == SKILL:
        return replace(told, event="skill", skill=string(told.tool_input.get("name")))
    if told.event == "prompt":
        words = string(extra.get("user_message"))
        if words.startswith(_TYPED):
            name, path, _, rest = _typed(words)
            return replace(told, prompt=words, skill=name, how="typed", arguments=rest, path=path)
        return replace(told, prompt=words)
    return told


def roots(home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the database of all sessions."""
    return (base(AGENTS[ID], home, environ) / "state.db",)


def locate(payload: Payload, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the database, if there is one."""
    path = roots(home, environ)[0]
    return path if path.is_file() else None


def session(path: Path, id: str = "", placed: Collection[str] = (), home: str = "") -> Session:
    """Return a session of the database, or the one that lines of hooks or of an export tell."""
    if is_store(path):
        with opened(path) as store:
            return _stored(store, path, Draft(ID, id, placed=placed, home=home))
    file = records(path)
    draft = Draft(ID, id, placed=placed, home=home)
    _messages(draft, _exported(draft, file.items))
    return draft.session(skipped=file.skipped, complete=file.complete)


def _stored(store: Connection, path: Path, draft: Draft) -> Session:
    """Read the session with the draft's id, else the one that was begun last."""
    if not {"session_id", "role", "content", "tool_calls", "tool_call_id", "tool_name"} <= columns(store, "messages"):
        raise TranscriptError(f"{path} is no store of hermes' sessions", "its tables were last seen in 0.19")
    newest = "SELECT id FROM sessions ORDER BY started_at DESC LIMIT 1"
    draft.id = draft.id or next((string(row[0]) for row in rows(store, newest)), "")
    if "cwd" in columns(store, "sessions"):
        for (folder,) in rows(store, "SELECT cwd FROM sessions WHERE id = ?", draft.id):
            draft.cwd = string(folder)
    # A turn that the user took back is inactive; one that was summarized away is, too, but it did happen.
    alive = " AND (active = 1 OR compacted = 1)" if {"active", "compacted"} <= columns(store, "messages") else ""
    names = ("id", "role", "content", "tool_calls", "tool_call_id", "tool_name")
    query = f"SELECT {', '.join(names)} FROM messages WHERE session_id = ?{alive} ORDER BY id"
    _messages(draft, (dict(zip(names, row, strict=True)) for row in rows(store, query, draft.id)))
    return draft.session()


def _exported(draft: Draft, items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the messages of the session asked for, else of the last one: each line has all there were then."""
    found: list[Mapping[str, Any]] = []
    asked = draft.id
    for record in items:
        told = mapping(record.get("stdin")) or record
        id = string(told.get("session_id")) or string(told.get("id"))
        said = sequence(mapping(told.get("extra")).get("conversation_history")) or sequence(told.get("messages"))
        if said and (not asked or id == asked):
            draft.id, draft.cwd = id, string(told.get("cwd"))
            found = [mapping(message) for message in said]
    return found


def _messages(draft: Draft, messages: Iterable[Mapping[str, Any]]) -> None:
    """Take messages of the chat completions protocol; in the database lists are JSON text."""
    for message in messages:
        id = message.get("id")
        key = str(id) if isinstance(id, int) else string(id)
        words = prose(message.get("content"))
        match message.get("role"):
            case "user":
                _user(draft, words, key)
            case "assistant":
                draft.assistant(words, key)
                calls = message.get("tool_calls")
                for call in sequence(parsed(calls) if isinstance(calls, str) else calls):
                    _call(draft, mapping(call), key)
            case "tool":
                _result(draft, message, words, key)


def _user(draft: Draft, words: str, id: str) -> None:
    """Take the user's words, and the skill whose text stands in place of its typed name."""
    if not words.startswith(_TYPED):
        draft.user(words, id)
        return
    name, path, text, rest = _typed(words)
    draft.user(f"/{name} {rest}".strip(), id)
    draft.invoked(name, "typed", arguments=rest, path=path, text=text)


def _typed(words: str) -> tuple[str, str, str, str]:
    """Take apart what stands in place of a typed `/name`: the name, the folder, the skill's text, the user's words."""
    name = between(words, _TYPED, '"')
    body = words.partition("]\n")[2].partition("\n[Skill directory: ")[0].strip()
    path = between(words, "[Skill directory: ", "]")
    rest = words.rpartition(_INSTRUCTION)[2] if _INSTRUCTION in words else ""
    return name, path, body, rest.partition("\n\n[Runtime note:")[0].strip()


def _call(draft: Draft, call: Mapping[str, Any], id: str) -> None:
    """Take one call of a tool."""
    function = mapping(call.get("function"))
    name, input = string(function.get("name")), arguments(function.get("arguments"))
    key = string(call.get("id")) or string(call.get("call_id"))
    draft.use(name, input, key, id)
    if name == SKILL:
        draft.invoked(string(input.get("name")), "tool", key)


def _result(draft: Draft, message: Mapping[str, Any], words: str, id: str) -> None:
    """Take what a tool answered; most answer with a JSON object."""
    key, tool = string(message.get("tool_call_id")), string(message.get("tool_name")) or string(message.get("name"))
    told = mapping(parsed(words)) if words.startswith("{") else {}
    code = told.get("exit_code")
    failed = told.get("success") is False or bool(told.get("error")) or (isinstance(code, int) and code != 0)
    draft.result(key, words, failed=failed, tool=tool, id=id)
    if tool == SKILL and not failed:
        draft.learned(key, path=string(told.get("skill_dir")), text=string(told.get("content")))
