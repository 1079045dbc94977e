"""OpenCode's plugin events and its store, as seen with 1.18.33.

Sessions are in one SQLite database; a message's data and that of its parts are JSON. Read are also the events that a
plugin sees and what `opencode run --format json` prints, which hold the same messages and parts. A subagent has a
session of its own, which the call of the tool `task` names.
"""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from sqlite3 import Connection
from typing import Any, NamedTuple

from gitskills.agents.payload import Event, Payload, ours
from gitskills.agents.store import columns, is_store, opened, rows
from gitskills.agents.transcript import TranscriptError, records
from gitskills.sessions.draft import Draft, splice
from gitskills.sessions.session import Session
from gitskills.sessions.values import mapping, parsed, prose, sequence, string

ID = "opencode"
DEPTH = 3  # subagents of subagents that are followed

_EVENTS: dict[str, Event] = {
    "session.created": "session-start",
    "session.idle": "stop",
    "session.deleted": "session-end",
    "chat.message": "prompt",
    "command.execute.before": "skill",
    "tool.execute.before": "tool",
}
# What stands below a skill's text where the user typed its name; then comes what the user wrote after the name.
_BELOW = re.compile(
    r"^Base directory for this skill: ([^\n]+)\nRelative paths in this skill [^\n]*\n?(?:Note: [^\n]*\n?)?",
    re.MULTILINE,
)


@dataclass(slots=True)
class _Message:
    """A message while its parts come in, in the order of their ids' first coming."""

    role: str = ""
    parts: dict[str, Mapping[str, Any]] = field(default_factory=dict)


_Messages = dict[str, _Message]


def payload(event: str, data: Mapping[str, Any]) -> Payload:
    """Return what our plugin told: the name of its hook with what went in and what came out."""
    input, output = mapping(data.get("input")), mapping(data.get("output"))
    hook = string(data.get("hook"))
    name = string(input.get("type")) if hook == "event" else hook
    about = mapping(input.get("properties")) if hook == "event" else input
    info = mapping(about.get("info"))
    id = string(about.get("sessionID")) or string(info.get("id"))
    kind = _EVENTS.get(name, "other") if name else ours(event)
    if info.get("parentID"):
        kind = "other"  # a subagent's session begins or ends
    told = Payload(ID, kind, id, cwd=string(data.get("directory")) or string(info.get("directory")))
    words = prose(output.get("parts"))
    typed = _typed(words)
    if kind == "prompt":
        skill = _last(typed.path) if typed else ""
        said = replace(told, prompt=words, mentions=_mentions(words))
        return replace(said, skill=skill, how="typed", arguments=typed.rest, path=typed.path) if typed else said
    if kind == "skill":
        skill, args = string(input.get("command")), string(input.get("arguments"))
        return replace(told, skill=skill, how="typed", arguments=args, path=typed.path if typed else "")
    if kind == "tool":
        told = replace(told, tool=string(input.get("tool")), tool_use_id=string(input.get("callID")))
        told = replace(told, tool_input=mapping(output.get("args")))
        skill = string(told.tool_input.get("name")) if told.tool == "skill" else ""
        return replace(told, event="skill", skill=skill) if skill else told
    return told


def roots(home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the database of all sessions."""
    if os.path.isabs(own := environ.get("OPENCODE_DB", "")):
        return (Path(own),)
    data = environ.get("XDG_DATA_HOME", "")
    return ((Path(data) if os.path.isabs(data) else home / ".local" / "share") / "opencode" / "opencode.db",)


def locate(payload: Payload, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the database, if there is one."""
    path = roots(home, environ)[0]
    return path if path.is_file() else None


def session(path: Path, id: str = "", placed: Collection[str] = (), home: str = "") -> Session:
    """Return a session of the database, with its subagents' parts, or the session that a stream of events tells."""
    if is_store(path):
        with opened(path) as store:
            return _stored(store, path, id, placed, home)
    file = records(path)
    draft = Draft(ID, id, placed=placed, home=home)
    _told(draft, _streamed(file.items, draft))
    return draft.session(skipped=file.skipped, complete=file.complete)


def _stored(store: Connection, path: Path, id: str, placed: Collection[str], home: str) -> Session:
    """Read the session with this id, else the one that was used last."""
    if not ({"session_id", "data"} <= columns(store, "message") and {"message_id", "data"} <= columns(store, "part")):
        raise TranscriptError(f"{path} is no store of opencode's sessions", "its tables were last seen in 1.18")
    newest = "SELECT id FROM session WHERE parent_id IS NULL ORDER BY time_updated DESC LIMIT 1"
    id = id or next((string(row[0]) for row in rows(store, newest)), "")
    found, links = _one(store, Draft(ID, id, placed=placed, home=home), id)
    waiting = [(id, 0)]
    followed = {id}
    while waiting:
        parent, depth = waiting.pop()
        for (child,) in rows(store, "SELECT id FROM session WHERE parent_id = ? ORDER BY time_created", parent):
            if depth < DEPTH and isinstance(child, str) and child not in followed:
                followed.add(child)
                part, more = _one(store, Draft(ID, id, found.cwd, placed, home, within=child), child)
                found = splice(found, part, links.get(child, ""))
                links.update(more)
                waiting.append((child, depth + 1))
    return found


def _one(store: Connection, draft: Draft, id: str) -> tuple[Session, dict[str, str]]:
    """Read one row of the table of sessions, and which calls in it started which others."""
    for (folder,) in rows(store, "SELECT directory FROM session WHERE id = ?", id):
        draft.cwd = string(folder)
    messages: _Messages = {}
    for key, data in rows(store, "SELECT id, data FROM message WHERE session_id = ? ORDER BY time_created, id", id):
        messages[string(key)] = _Message(string(mapping(_json(data)).get("role")))
    parts = "SELECT message_id, id, data FROM part WHERE session_id = ? ORDER BY id"
    for message, key, data in rows(store, parts, id):
        if message in messages:
            messages[message].parts[string(key)] = mapping(_json(data))
    links = _told(draft, messages)
    return draft.session(), links


def _json(data: object) -> object:
    return parsed(data) if isinstance(data, str) else None


def _streamed(items: Iterable[Mapping[str, Any]], draft: Draft) -> _Messages:
    """Gather the messages of the stream's one session: the one asked for, else the first."""
    messages: _Messages = {}
    for record in items:
        event = mapping(record.get("input")) if record.get("hook") == "event" else record
        about = mapping(event.get("properties")) or event
        said = mapping(record.get("output")) if record.get("hook") == "chat.message" else {}
        info = mapping(about.get("info")) or mapping(said.get("message"))
        session = string(about.get("sessionID")) or string(mapping(record.get("input")).get("sessionID"))
        draft.id = draft.id or session
        if not session or session != draft.id:
            continue
        draft.cwd = draft.cwd or string(info.get("directory"))
        if role := string(info.get("role")):
            messages.setdefault(string(info.get("id")), _Message()).role = role
        for part in map(mapping, [about.get("part"), *sequence(said.get("parts"))]):
            if part:
                # What `run --format json` prints are the agent's parts alone.
                message = messages.setdefault(string(part.get("messageID")), _Message("assistant"))
                message.parts[string(part.get("id"))] = part
    return messages


def _told(draft: Draft, messages: _Messages) -> dict[str, str]:
    """Take the messages, and return which call started which subagent's session."""
    links: dict[str, str] = {}
    for id, message in messages.items():
        if message.role == "user":
            _user(draft, message, id)
            continue
        for part in message.parts.values():
            if part.get("type") == "text":
                draft.assistant(string(part.get("text")), id)
            elif part.get("type") == "tool":
                about = mapping(mapping(part.get("state")).get("metadata"))
                if started := string(about.get("sessionId") or about.get("sessionID")):
                    links[started] = string(part.get("callID"))
                _call(draft, part, id)
    return links


def _user(draft: Draft, message: _Message, id: str) -> None:
    """Take the user's words: of a typed skill what the user wrote, not the text that was put in its place."""
    parts = [part for part in message.parts.values() if not (part.get("synthetic") or part.get("ignored"))]
    words = prose(parts)
    if typed := _typed(words):
        name = _last(typed.path)
        draft.user(f"/{name} {typed.rest}".strip(), id)
        draft.invoked(name, "typed", arguments=typed.rest, path=typed.path, text=typed.text)
    else:
        draft.user(words, id)


def _call(draft: Draft, part: Mapping[str, Any], id: str) -> None:
    """Take one call of a tool, and its result where it has one."""
    tool, call, state = string(part.get("tool")), string(part.get("callID")), mapping(part.get("state"))
    input, output, about = mapping(state.get("input")), string(state.get("output")), mapping(state.get("metadata"))
    draft.use(tool, input, call, id)
    if tool == "skill":
        name = string(input.get("name")) or string(about.get("name"))
        text = _BELOW.split(output.partition(">\n")[2])[0].strip().removeprefix(f"# Skill: {name}").strip()
        draft.invoked(name, "tool", call, path=string(about.get("dir")), text=text)
    if state.get("status") in ("completed", "error"):
        failed = state.get("status") == "error"
        draft.result(call, output or string(state.get("error")), failed=failed, id=id)


class _Typed(NamedTuple):
    text: str
    path: str
    rest: str


def _typed(words: str) -> _Typed | None:
    """Take apart what stands in place of a skill's name that the user typed: its text, its folder, the user's words."""
    below = _BELOW.search(words)
    if below is None:
        return None
    return _Typed(words[: below.start()].strip(), below[1].strip(), words[below.end() :].strip())


def _last(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]


def _mentions(words: str) -> tuple[str, ...]:
    found = re.match(r"/([\w.:-]+)(?=\s|$)", words.strip())
    return (found[1],) if found else ()
