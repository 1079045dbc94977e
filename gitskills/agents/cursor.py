"""Cursor's hooks and transcripts, by its documentation and by what others read: no program was at hand to see them.

A transcript is JSON lines of messages without ids or times; the results of tools are mostly absent, so what a tool
answered is often not known. There is no tool for skills: their SKILL.md is read.
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
from gitskills.sessions.reads import arguments
from gitskills.sessions.session import Session
from gitskills.sessions.values import between, mapping, prose, sequence, string

ID = "cursor"

_EVENTS: dict[str, Event] = {
    "sessionStart": "session-start",
    "beforeSubmitPrompt": "prompt",
    "preToolUse": "tool",
    "beforeReadFile": "tool",
    "beforeShellExecution": "tool",
    "stop": "stop",
    "sessionEnd": "session-end",
}
_TYPED = re.compile(r"/([\w.:-]+)(?=\s|$)")


def payload(event: str, data: Mapping[str, Any]) -> Payload:
    """Return what a hook was told; a session is called a conversation there."""
    told = common(ID, event, data, _EVENTS)
    root = next((string(each) for each in sequence(data.get("workspace_roots"))), "")
    told = replace(told, session=string(data.get("conversation_id")) or told.session, cwd=told.cwd or root)
    if told.event == "tool" and not told.tool:
        name, key = ("Read", "file_path") if "file_path" in data else ("Shell", "command")
        return replace(told, tool=name, tool_input={key: string(data.get(key))})
    if told.event == "prompt" and (typed := _TYPED.match(told.prompt.strip())):
        return replace(told, mentions=(typed[1],))
    return told


def roots(home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folder that holds a folder for each project."""
    return (base(AGENTS[ID], home, environ) / "projects",)


def locate(payload: Payload, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the transcript that the payload names, else the one that has the conversation's id for its name."""
    places = roots(home, environ)
    if payload.transcript:
        path = allowed(payload.transcript, places)
        return path if path.is_file() else None
    return by_name(places[0], "*/agent-transcripts/**/{}.jsonl", payload.session)


def session(path: Path, id: str = "", placed: Collection[str] = (), home: str = "") -> Session:
    """Return the session of a transcript; the user's words are what stands in `<user_query>`, if there is one."""
    file = records(path)
    draft = Draft(ID, id or path.stem, placed=placed, home=home)
    for record in file.items:
        message = mapping(record.get("message"))
        said = message.get("content")
        if record.get("role") == "user":
            text = prose(said)
            draft.user(between(text, "<user_query>", "</user_query>") or text)
        elif record.get("role") == "assistant":
            _assistant(draft, said)
        if record.get("role") in ("user", "assistant", "tool"):
            _results(draft, said)
    return draft.session(skipped=file.skipped, complete=file.complete)


def _assistant(draft: Draft, said: object) -> None:
    if isinstance(said, str):
        draft.assistant(prose(said))
    for block in map(mapping, sequence(said)):
        if block.get("type") == "text":
            draft.assistant(string(block.get("text")))
        elif block.get("type") == "tool_use":
            draft.use(string(block.get("name")), arguments(block.get("input")), string(block.get("id")))


def _results(draft: Draft, said: object) -> None:
    for block in map(mapping, sequence(said)):
        if block.get("type") == "tool_result":
            call = string(block.get("tool_use_id"))
            draft.result(call, prose(block.get("content")), failed=block.get("is_error") is True)
