"""Claude Code's hooks and transcripts, as seen with 2.1.197.

A transcript is JSON lines, one per block of a message, each with a `uuid` that stays the same in a fork. A subagent
has a file of its own beside it, in `<session>/subagents/`.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from gitskills.agents.payload import Event, Payload, common
from gitskills.agents.table import AGENTS, base
from gitskills.agents.transcript import Records, allowed, by_name, content, records
from gitskills.sessions.draft import Draft, splice
from gitskills.sessions.session import Session
from gitskills.sessions.values import between, mapping, parsed, prose, sequence, string, without

ID = "claude-code"
SUBAGENTS = 64  # files of subagents that are read

_EVENTS: dict[str, Event] = {
    "SessionStart": "session-start",
    "UserPromptSubmit": "prompt",
    "UserPromptExpansion": "skill",
    "PreToolUse": "tool",
    "Stop": "stop",
    "SessionEnd": "session-end",
}
_TYPED = re.compile(r"/([\w.:-]+)(?:\s+(.*))?", re.DOTALL)
_BODY = re.compile(r"Base directory for this skill: ([^\n]+)\n*(.*)", re.DOTALL)
_AGAIN = "(Re-invocation of /"
# What the program puts where the user's words stand.
_INJECTED = (
    "<local-command-", "<bash-input>", "<bash-stdout>", "<bash-stderr>", "<task-notification>",
    "Caveat: The messages below were generated", "This session is being continued from a previous conversation",
)  # fmt: skip


def payload(event: str, data: Mapping[str, Any]) -> Payload:
    """Return what a hook was told. A skill that the user types is told twice, before and with the prompt."""
    told = common(ID, event, data, _EVENTS)
    prompt_id = string(data.get("prompt_id"))
    if told.event == "tool" and told.tool == "Skill":
        skill, args = string(told.tool_input.get("skill")).lstrip("/"), string(told.tool_input.get("args"))
        return replace(told, event="skill", skill=skill, arguments=args)
    if told.event == "skill":
        name, args = string(data.get("command_name")).lstrip("/"), string(data.get("command_args"))
        return replace(told, skill=name, how="typed", arguments=args, tool_use_id=prompt_id)
    if told.event == "prompt" and (typed := _TYPED.fullmatch(told.prompt.strip())):
        args = (typed[2] or "").strip()
        return replace(told, skill=typed[1], how="typed", arguments=args, tool_use_id=prompt_id)
    return told


def roots(home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folder that holds a folder of sessions for each project."""
    return (base(AGENTS[ID], home, environ) / "projects",)


def locate(payload: Payload, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the transcript that the payload names; it may not be written yet, and never is without persistence."""
    places = roots(home, environ)
    if payload.transcript:
        path = allowed(payload.transcript, places)
        return path if path.is_file() else None
    return by_name(places[0], "*/{}.jsonl", payload.session)


def session(path: Path, id: str = "", placed: Collection[str] = (), home: str = "") -> Session:
    """Return the session of a transcript, each subagent's part after the call that started it."""
    main = records(path)
    seen: set[str] = set()
    links: dict[str, str] = {}
    start = Draft(ID, id, placed=placed, home=home)
    found = _read(main, start, seen, links)
    found = found if found.id else replace(found, id=path.stem)
    parts: list[tuple[str, Session]] = []
    for file in islice(_subagents(path), SUBAGENTS):
        within = file.stem.removeprefix("agent-")
        if call := _call(file):
            links.setdefault(within, call)
        draft = Draft(ID, found.id, found.cwd, placed, home, within)
        parts.append((within, _read(records(file), draft, seen, links)))
    return _joined(found, parts, links)


def _subagents(path: Path) -> Iterable[Path]:
    """The transcripts of a session's subagents; no links, which could lead anywhere."""
    files = sorted((path.with_suffix("") / "subagents").glob("agent-*.jsonl"))
    return (file for file in files if file.is_file() and not file.is_symlink())


def _call(file: Path) -> str:
    """The id of the tool use that started a subagent, from the file that says so."""
    meta = file.with_suffix(".meta.json")
    if not meta.is_file() or meta.is_symlink():
        return ""
    return string(mapping(parsed(content(meta)[0].decode("utf-8", "replace"))).get("toolUseId"))


def _joined(found: Session, parts: list[tuple[str, Session]], links: Mapping[str, str]) -> Session:
    """Put each subagent's part after its call, which may stand in the part of another subagent."""
    while parts:
        calls = {turn.tool_use_id for turn in found.turns if turn.kind == "tool_use"}
        at = next((index for index, (within, _) in enumerate(parts) if links.get(within) in calls), 0)
        within, part = parts.pop(at)
        found = splice(found, part, links.get(within, ""))
    return found


def _read(file: Records, draft: Draft, seen: set[str], links: dict[str, str]) -> Session:
    """Read a file's records into a session; `links` learns which call started which subagent."""
    within = draft.within
    typed: dict[str, tuple[int, str, str, str]] = {}
    for record in file.items:
        uuid = string(record.get("uuid"))
        if uuid and uuid in seen:
            continue
        seen.add(uuid)
        side = string(record.get("agentId")) or "subagent" if record.get("isSidechain") is True else ""
        draft.within = within or side
        draft.id = draft.id or string(record.get("sessionId"))
        draft.cwd = string(record.get("cwd")) or draft.cwd
        match record.get("type"):
            case "user":
                _user(draft, record, typed, links)
            case "assistant":
                _assistant(draft, record)
    return draft.session(skipped=file.skipped, complete=file.complete)


def _user(
    draft: Draft, record: Mapping[str, Any], typed: dict[str, tuple[int, str, str, str]], links: dict[str, str]
) -> None:
    """Take what stands where a user speaks: words, a typed command, results of tools, a skill's instructions."""
    said = mapping(record.get("message")).get("content")
    uuid, prompt_id = string(record.get("uuid")), string(record.get("promptId"))
    if record.get("isMeta") is True:
        _instructions(draft, record, prose(said), typed)
        return
    for block in sequence(said):
        block = mapping(block)
        if block.get("type") == "tool_result":
            call = string(block.get("tool_use_id"))
            draft.result(call, prose(block.get("content")), failed=block.get("is_error") is True, id=uuid)
            if started := string(mapping(record.get("toolUseResult")).get("agentId")):
                links[started] = call
    text = without(prose(said), "<system-reminder>", "</system-reminder>").strip()
    if record.get("isCompactSummary") is True or text.startswith(_INJECTED):
        return
    if name := between(text, "<command-name>", "</command-name>").lstrip("/"):
        args = between(text, "<command-args>", "</command-args>")
        draft.user(f"/{name} {args}".strip(), uuid)
        typed.update({key: (len(draft.turns) - 1, name, args, prompt_id) for key in (uuid, prompt_id) if key})
    else:
        draft.user(text, uuid)


def _instructions(
    draft: Draft, record: Mapping[str, Any], text: str, typed: dict[str, tuple[int, str, str, str]]
) -> None:
    """Take the instructions that the agent was given: only a typed command that is a skill brings some."""
    body = _BODY.match(text)
    if not body and not text.startswith(_AGAIN):
        return
    path, words = (body[1].strip(), body[2].strip()) if body else ("", "")
    if call := string(record.get("sourceToolUseID")):
        draft.learned(call, path=path, text=words)
        return
    for key in (string(record.get("parentUuid")), string(record.get("promptId"))):
        if key in typed:
            turn, name, args, prompt_id = typed.pop(key)
            typed.pop(prompt_id, None)
            draft.invoked(name, "typed", prompt_id, arguments=args, path=path, text=words, turn=turn)
            return


def _assistant(draft: Draft, record: Mapping[str, Any]) -> None:
    """Take what the agent said and which tools it called."""
    uuid = string(record.get("uuid"))
    said = mapping(record.get("message")).get("content")
    if isinstance(said, str):
        draft.assistant(prose(said), uuid)
    for block in map(mapping, sequence(said)):
        if block.get("type") == "text":
            draft.assistant(string(block.get("text")), uuid)
        elif block.get("type") == "tool_use":
            name, call, input = string(block.get("name")), string(block.get("id")), mapping(block.get("input"))
            draft.use(name, input, call, uuid)
            if name == "Skill":
                skill = string(input.get("skill")).lstrip("/")
                draft.invoked(skill, "tool", call, arguments=string(input.get("args")))
