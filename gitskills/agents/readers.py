"""The agents whose sessions we can follow, each with its module."""

from gitskills.agents import claude_code, codex, cursor, gemini_cli, hermes_agent, opencode, pi
from gitskills.agents.payload import Payload, load
from gitskills.agents.protocol import Reader
from gitskills.errors import GitskillsError

READERS: dict[str, Reader] = {
    claude_code.ID: claude_code,
    codex.ID: codex,
    cursor.ID: cursor,
    gemini_cli.ID: gemini_cli,
    opencode.ID: opencode,
    pi.ID: pi,
    hermes_agent.ID: hermes_agent,
}


def reader(agent: str) -> Reader:
    """Return an agent's module; raises GitskillsError where its sessions cannot be followed."""
    if agent in READERS:
        return READERS[agent]
    raise GitskillsError(f"sessions of {agent!r} cannot be read", f"agents: {', '.join(READERS)}")


def payload(agent: str, event: str, raw: bytes) -> Payload:
    """Return what a hook was told, from its bytes; raises PayloadError, and GitskillsError for an unknown agent."""
    return reader(agent).payload(event, load(raw))
