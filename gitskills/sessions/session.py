"""What happened in one conversation between a user and an agent, whatever agent it was."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["user", "assistant", "tool_use", "tool_result"]
How = Literal["tool", "typed", "read"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said or done.

    `text` is the words; of a tool use its input as JSON, of a tool result its output. `id` is the agent's own id of
    the record ("" where it gives none), the same in a fork of the session. `failed` is of a tool result. `agent` is
    the id of the subagent whose turn it is, "" in the conversation with the user.
    """

    kind: Kind
    text: str
    id: str = ""
    tool: str = ""
    tool_use_id: str = ""
    failed: bool = False
    agent: str = ""

    @property
    def human(self) -> bool:
        """Whether the user said it: what a subagent is told comes from an agent."""
        return self.kind == "user" and not self.agent


@dataclass(frozen=True, slots=True)
class Invocation:
    """One use of a skill: by the agent's skill tool, typed by the user, or by a read of its SKILL.md.

    `skill` is the name as the agent has it (a folder's, a frontmatter's, or `plugin:name`). `turn` is the index in
    `Session.turns` of the turn that did it. `tool_use_id` is the agent's id for the call; of a typed one it is the id
    of the prompt, where hooks and transcript both tell it, else "". `path` is the skill's folder
    and `text` the instructions that the agent was given, each "" where the transcript does not tell. `failed` is
    true where the agent got no skill: an unknown name, a call that was refused.
    """

    skill: str
    how: How
    turn: int
    tool_use_id: str = ""
    arguments: str = ""
    path: str = ""
    text: str = ""
    failed: bool = False
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation as far as its transcript tells; `cwd` is where the agent works, at the end.

    `own` says that gitskills itself started it. `skipped` counts records that could not be read; `complete` is false
    where the last one was still being written.
    """

    agent: str
    id: str
    cwd: str = ""
    turns: tuple[Turn, ...] = ()
    invocations: tuple[Invocation, ...] = ()
    own: bool = False
    skipped: int = 0
    complete: bool = True
