"""What an agent tells a hook of ours, in one shape for all agents."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gitskills.errors import GitskillsError
from gitskills.sessions.marks import is_own
from gitskills.sessions.reads import arguments, read
from gitskills.sessions.session import How
from gitskills.sessions.values import mapping, parsed, string

Event = Literal["session-start", "prompt", "skill", "tool", "stop", "session-end", "other"]
_EVENTS: dict[str, Event] = {
    "session-start": "session-start",
    "prompt": "prompt",
    "skill": "tool",
    "stop": "stop",
    "session-end": "session-end",
}
MOST = 32 * 1024 * 1024  # bytes of a payload that are parsed


@dataclass(frozen=True, slots=True)
class Payload:
    """One event of a session.

    `event` is `skill` where the agent is about to use one, `tool` for any other call of a tool that is about to run,
    and `other` for all that changes nothing for us (a tool's answer, a compaction). A `prompt` has the user's words;
    with a `skill` it invokes that skill itself, so it opens a window and is no reaction; `mentions` are names that
    invoke a skill if there is one of that name. `answer` is the agent's last
    message where it tells it. `subagent` is the id of the subagent it happens in. Texts are as the agent gave them:
    redact them before they are stored or sent.
    """

    agent: str
    event: Event
    session: str = ""
    transcript: str = ""
    cwd: str = ""
    prompt: str = ""
    skill: str = ""
    how: How = "tool"
    mentions: tuple[str, ...] = ()
    arguments: str = ""
    path: str = ""
    tool: str = ""
    tool_use_id: str = ""
    tool_input: Mapping[str, Any] = field(default_factory=dict)
    answer: str = ""
    subagent: str = ""

    @property
    def reaction(self) -> str:
        """What the user said about what came before; "" for a command, and where there is nothing to judge."""
        return "" if self.event != "prompt" or self.skill else self.prompt.strip()

    @property
    def own(self) -> bool:
        """Whether the prompt is one of ours, so that the whole session is to be ignored."""
        return is_own(self.prompt)


class PayloadError(GitskillsError):
    """A payload that is no JSON object."""


def load(raw: bytes) -> Mapping[str, Any]:
    """Return the object that a payload's bytes hold; raises PayloadError."""
    if len(raw) > MOST:
        raise PayloadError(f"a hook's payload has {len(raw):,} bytes", f"at most {MOST:,} are read")
    data = parsed(raw.decode("utf-8-sig", "replace"))
    if not isinstance(data, dict):
        raise PayloadError("a hook's payload is no JSON object", "`gitskills hooks status` shows which hooks are ours")
    return mapping(data)


def common(agent: str, event: str, data: Mapping[str, Any], names: Mapping[str, Event]) -> Payload:
    """Return what the fields tell that most agents have in common, named as claude-code names them.

    `names` maps the agent's events to ours. Where the payload does not say which event it is, it is the one that the
    hook was registered for.
    """
    theirs = string(data.get("hook_event_name"))
    return Payload(
        agent,
        names.get(theirs, "other") if theirs else ours(event),
        session=string(data.get("session_id")),
        transcript=string(data.get("transcript_path")),
        cwd=string(data.get("cwd")),
        prompt=string(data.get("prompt")),
        tool=string(data.get("tool_name")),
        tool_use_id=string(data.get("tool_use_id")),
        tool_input=arguments(data.get("tool_input")),
        answer=string(data.get("last_assistant_message")),
        subagent=string(data.get("agent_id")),
    )


def ours(event: str) -> Event:
    """Return the event that a hook of ours was registered for: a call of a tool is a skill only once recognised."""
    return _EVENTS.get(event, "other")


def recognised(payload: Payload, placed: Collection[str], home: str = "") -> Payload:
    """Return the payload as it is for someone who knows which skills are placed (see `sessions.reads.read`).

    A call of a tool that reads a placed SKILL.md is a `skill`; a prompt that mentions a placed skill invokes it.
    """
    if payload.event == "prompt" and not payload.skill:
        folders = {re.split(r"[/\\]", folder.rstrip("/\\"))[-1] for folder in placed}
        name = next((name for name in payload.mentions if name in folders), "")
        return replace(payload, skill=name, how="typed") if name else payload
    if payload.event != "tool":
        return payload
    found = read(payload.tool, payload.tool_input, placed, payload.cwd, home)
    return replace(payload, event="skill", how="read", skill=found.skill, path=found.path) if found else payload
