"""pi's extension events and sessions, as seen with 0.73.1.

A session is JSON lines that form a tree: each entry has an id and its parent's, and the conversation is the path from
the last entry to the root. pi has no tool for skills: the user writes `/skill:name`, which brings the skill's text
along, or the model reads SKILL.md.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from gitskills.agents.payload import Event, Payload, ours
from gitskills.agents.table import AGENTS, base
from gitskills.agents.transcript import allowed, by_name, records
from gitskills.sessions.draft import Draft
from gitskills.sessions.reads import arguments, folder
from gitskills.sessions.session import Session
from gitskills.sessions.values import mapping, prose, sequence, string

ID = "pi"

_EVENTS: dict[str, Event] = {
    "session_start": "session-start",
    "input": "prompt",
    "tool_call": "tool",
    "agent_end": "stop",
    "session_shutdown": "session-end",
}
_TYPED = re.compile(r"/skill:([\w.-]+)(?:\s+(.*))?", re.DOTALL)
_SKILL = re.compile(r'<skill name="([^"\n]*)" location="([^"\n]*)">\n')


def payload(event: str, data: Mapping[str, Any]) -> Payload:
    """Return what our extension told: pi's event under `ev`, and the session's file, whose name has the id."""
    said = mapping(data.get("ev"))
    name = string(data.get("event")) or string(said.get("type"))
    kind = _EVENTS.get(name, "other") if name else ours(event)
    if kind == "prompt" and string(said.get("source")) == "extension":
        kind = "other"  # a program's words, not the user's
    file = string(data.get("sessionFile"))
    prompt = string(said.get("text")) if kind == "prompt" else ""
    typed = _TYPED.fullmatch(prompt.strip())
    return Payload(
        ID,
        kind,
        session=_id(file),
        transcript=file,
        cwd=string(data.get("cwd")),
        prompt=prompt,
        skill=typed[1] if typed else "",
        how="typed" if typed else "tool",
        arguments=(typed[2] or "").strip() if typed else "",
        tool=string(said.get("toolName")) if kind == "tool" else "",
        tool_use_id=string(said.get("toolCallId")) if kind == "tool" else "",
        tool_input=arguments(said.get("input")) if kind == "tool" else {},
        answer=_answer(said) if kind == "stop" else "",
    )


def roots(home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folder that holds a folder of sessions for each project."""
    moved = environ.get("PI_CODING_AGENT_DIR", "")
    return ((Path(moved).expanduser() if moved else base(AGENTS[ID], home, environ)) / "sessions",)


def locate(payload: Payload, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the session file that the payload names; it may not be written yet."""
    places = roots(home, environ)
    if payload.transcript:
        path = allowed(payload.transcript, places)
        return path if path.is_file() else None
    return by_name(places[0], "*/*_{}.jsonl", payload.session)


def session(path: Path, id: str = "", placed: Collection[str] = (), home: str = "") -> Session:
    """Return the session of a file: of several branches the one that was written last."""
    file = records(path)
    draft = Draft(ID, id, placed=placed, home=home)
    for record in file.items:
        if record.get("type") == "session":
            draft.id, draft.cwd = draft.id or string(record.get("id")), string(record.get("cwd"))
    draft.id = draft.id or _id(path.name)
    for entry in _branch([record for record in file.items if record.get("type") != "session"]):
        if entry.get("type") == "message":
            _message(draft, mapping(entry.get("message")), string(entry.get("id")))
    return draft.session(skipped=file.skipped, complete=file.complete)


def _branch(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries from the root to the last one; all of them in a file of the first version, without ids."""
    if not entries or not isinstance(entries[-1].get("id"), str):
        return entries
    known = {entry["id"]: entry for entry in entries if isinstance(entry.get("id"), str)}
    path: list[dict[str, Any]] = []
    at: object = entries[-1]["id"]
    while isinstance(at, str) and at in known:
        entry = known.pop(at)  # so that a ring ends
        path.append(entry)
        at = entry.get("parentId")
    return path[::-1]


def _message(draft: Draft, message: Mapping[str, Any], id: str) -> None:
    """Take one message."""
    said = message.get("content")
    match message.get("role"):
        case "user":
            _user(draft, prose(said), id)
        case "assistant":
            for block in map(mapping, sequence(said)):
                if block.get("type") == "text":
                    draft.assistant(string(block.get("text")), id)
                elif block.get("type") == "toolCall":
                    input = arguments(block.get("arguments"))
                    draft.use(string(block.get("name")), input, string(block.get("id")), id)
        case "toolResult":
            call, tool = string(message.get("toolCallId")), string(message.get("toolName"))
            draft.result(call, prose(said), failed=message.get("isError") is True, tool=tool, id=id)
        case "bashExecution":  # a command that the user ran in the session
            draft.user(f"!{string(message.get('command'))}", id)
            draft.result("", string(message.get("output")), failed=message.get("exitCode") not in (0, None), id=id)


def _user(draft: Draft, words: str, id: str) -> None:
    """Take the user's words, and the skill whose text stands before them."""
    skill = _SKILL.match(words)
    body, closed, rest = words[skill.end() if skill else 0 :].rpartition("\n</skill>")
    if skill is None or not closed:
        draft.user(words, id)
        return
    draft.user(f"/skill:{skill[1]} {rest.strip()}".strip(), id)
    text = re.sub(r"\AReferences are relative to [^\n]*\n", "", body).strip()
    draft.invoked(skill[1], "typed", arguments=rest.strip(), path=folder(skill[2]), text=text)


def _id(file: str) -> str:
    """The id in the name of a session's file, `<time>_<id>.jsonl`."""
    return re.split(r"[/\\]", file)[-1].removesuffix(".jsonl").rpartition("_")[2]


def _answer(said: Mapping[str, Any]) -> str:
    """The agent's last words among the messages of a run."""
    spoken = (prose(each.get("content")) for each in map(mapping, sequence(said.get("messages"))) if _is_agent(each))
    return next(reversed([text for text in spoken if text]), "")


def _is_agent(message: Mapping[str, Any]) -> bool:
    return message.get("role") == "assistant"
