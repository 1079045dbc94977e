"""Gemini CLI's hooks and chats, as seen with 0.61.0.

A chat is JSON lines: a header, messages of which the last with an id counts, `{"$set": …}` and `{"$rewindTo": id}`.
Older versions wrote one JSON object. Calls of tools stand in the message, with their results; hooks tell no id of a
call. When a session is resumed, all messages are set anew as the model was sent them: calls and results are parts of
their contents then, and a result's message has the id of its call's. Chats of subagents are in a folder named after
the session; nothing says which call started one.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gitskills.agents.payload import Event, Payload, common
from gitskills.agents.transcript import Records, TranscriptError, allowed, by_name, content, lines
from gitskills.sessions.draft import Draft, splice
from gitskills.sessions.session import Session
from gitskills.sessions.values import between, mapping, parsed, prose, sequence, string

ID = "gemini-cli"
SKILL = "activate_skill"

_EVENTS: dict[str, Event] = {
    "SessionStart": "session-start",
    "BeforeAgent": "prompt",
    "BeforeTool": "tool",
    "AfterAgent": "stop",
    "SessionEnd": "session-end",
}
_TYPED = re.compile(r"/([\w.:-]+)(?=\s|$)")
_LOADED = re.compile(r"Resources loaded from `([^`\n]+)`")
_LISTED = re.compile(r"^[ \t]*(\S[^\n]*[/\\])[ \t]*\n[├└]", re.MULTILINE)
_INJECTED = ("<session_context>", "<hook_context>", "<state_snapshot>")


def payload(event: str, data: Mapping[str, Any]) -> Payload:
    """Return what a hook was told."""
    told = common(ID, event, data, _EVENTS)
    told = replace(told, answer=string(data.get("prompt_response")))
    if told.event == "tool" and told.tool == SKILL:
        return replace(told, event="skill", skill=string(told.tool_input.get("name")))
    if told.event == "prompt" and (typed := _TYPED.match(told.prompt.strip())):
        return replace(told, mentions=(typed[1],))
    return told


def roots(home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folder that holds a folder of chats for each project."""
    moved = environ.get("GEMINI_CLI_HOME", "")
    return ((Path(moved) if moved else home) / ".gemini" / "tmp",)


def locate(payload: Payload, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the chat that the payload names, else the one with the session's id in its name."""
    places = roots(home, environ)
    if payload.transcript:
        # The program was seen to name a folder, and one outside its own: then the id has to do.
        with suppress(TranscriptError):
            if (path := allowed(payload.transcript, places)).is_file():
                return path
    short = payload.session[:8]
    return by_name(places[0], "*/chats/session-*{}.jsonl", short) or by_name(
        places[0], "*/chats/session-*{}.json", short
    )


def session(path: Path, id: str = "", placed: Collection[str] = (), home: str = "") -> Session:
    """Return the session of a chat, with its subagents' parts at the end."""
    found = _read(path, Draft(ID, id, placed=placed, home=home))
    found = found if found.id else replace(found, id=path.stem)
    folder = path.parent / found.id
    if re.fullmatch(r"[\w-]+", found.id) and folder.is_dir() and not folder.is_symlink():
        for file in sorted(folder.glob("*.jsonl"))[:64]:
            if file.is_file() and not file.is_symlink():
                part = Draft(ID, "", found.cwd, placed, home, within=file.stem)
                found = splice(found, _read(file, part))
    return found


def _read(path: Path, draft: Draft) -> Session:
    """Read one file into a session."""
    data, whole = content(path)
    file = lines(data if whole else data[data.find(b"\n") + 1 :])
    if path.suffix == ".json" and isinstance(chat := parsed(data.decode("utf-8", "replace")), dict):
        file = Records((chat, *filter(_is_object, sequence(chat.get("messages")))))
    for record in file.items:
        draft.id = draft.id or string(record.get("sessionId"))
        folders = sequence(record.get("directories"))
        draft.cwd = draft.cwd or next((string(each) for each in folders), "")
    messages = _messages(file.items)
    results = {string(each.get("id")): each for message in messages for each in _parts(message, "functionResponse")}
    for message in messages:
        _message(draft, message, results)
    return draft.session(skipped=file.skipped, complete=file.complete)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _messages(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the messages that count, in the order in which each first came."""
    messages: dict[str, Mapping[str, Any]] = {}
    for record in items:
        changed = mapping(record.get("$set")).get("messages")
        if isinstance(changed, list):
            known, messages = messages, {}
            for each in map(mapping, changed):
                before = known.get(_key(each), each)
                messages[_key(each)] = before if before.get("toolCalls") else each  # a resumed chat says less of calls
        elif isinstance(back := record.get("$rewindTo"), str):
            if back in messages:  # the chat goes on from before this message
                messages = dict(list(messages.items())[: list(messages).index(back)])
        elif "type" in record and isinstance(record.get("id"), str):
            messages[_key(record)] = record
    return list(messages.values())


def _key(message: Mapping[str, Any]) -> str:
    """The id of a message, which that of results may share with the one that has the calls."""
    return string(message.get("id")) + ("/results" if _parts(message, "functionResponse") else "")


def _parts(message: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    """The parts of one kind in a message's content."""
    return [mapping(found) for each in sequence(message.get("content")) if (found := mapping(each).get(kind))]


def _message(draft: Draft, message: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> None:
    """Take one message; `results` of calls by their ids."""
    id = string(message.get("id"))
    text = prose(message.get("content"))
    match message.get("type"):
        case "user" if not text.startswith(_INJECTED):
            draft.user(text, id)
        case "gemini":
            draft.assistant(text, id)
            calls = [mapping(each) for each in sequence(message.get("toolCalls"))]
            known = {string(each.get("id")) for each in calls}
            for call in _parts(message, "functionCall"):
                if (key := string(call.get("id"))) not in known:
                    calls.append({**call, "result": [{"functionResponse": results[key]}] if key in results else []})
            for call in calls:
                _call(draft, call, id)


def _call(draft: Draft, call: Mapping[str, Any], id: str) -> None:
    """Take one call of a tool, and its result where it has one."""
    name, key, args = string(call.get("name")), string(call.get("id")), mapping(call.get("args"))
    draft.use(name, args, key, id)
    shown, status = string(call.get("resultDisplay")), call.get("status")
    answers = [mapping(mapping(each).get("functionResponse")).get("response") for each in sequence(call.get("result"))]
    output = "\n".join(string(mapping(each).get("output")) or string(mapping(each).get("error")) for each in answers)
    failed = status in ("error", "cancelled") or any(mapping(each).get("error") for each in answers)
    if name == SKILL:
        where = _LOADED.search(shown) or _LISTED.search(output)
        path = where[1].rstrip("/\\") if where else ""
        text = between(output, "<instructions>", "</instructions>")
        draft.invoked(string(args.get("name")), "tool", key, path=path, text=text)
    if status in ("success", "error", "cancelled") or output:
        draft.result(key, output or shown, failed=failed, id=id)
