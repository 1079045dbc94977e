"""A session while it is being read: records go in, in order, and a `Session` comes out."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gitskills.sessions.marks import is_own
from gitskills.sessions.reads import read
from gitskills.sessions.session import How, Invocation, Session, Turn
from gitskills.sessions.values import written

# A file's first line as tools show it: bare, or with a line number before it.
_FRONTMATTER = re.compile(r"^(?:[ \t]*1?[\t|:→ ]*)---[ \t]*$", re.MULTILINE)


@dataclass(slots=True)
class Draft:
    """What was read so far; `placed`, `cwd` and `home` serve to recognise reads of a SKILL.md (see `reads.read`).

    `within` is the id of the subagent whose records are read, "" for the conversation with the user.
    """

    agent: str
    id: str = ""
    cwd: str = ""
    placed: Collection[str] = ()
    home: str = ""
    within: str = ""
    turns: list[Turn] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)
    _uses: dict[str, str] = field(default_factory=dict)

    def user(self, text: str, id: str = "") -> None:
        """Add what the user said; nothing where that is empty."""
        if text.strip():
            self.turns.append(Turn("user", text, id, agent=self.within))

    def assistant(self, text: str, id: str = "") -> None:
        """Add what the agent said; nothing where that is empty."""
        if text.strip():
            self.turns.append(Turn("assistant", text, id, agent=self.within))

    def use(self, tool: str, input: Mapping[str, Any], tool_use_id: str, id: str = "", *, said: str = "") -> None:
        """Add a call of a tool, and the invocation that it is where it reads a placed SKILL.md.

        `said` is the call in words, where its input is no JSON object.
        """
        self.turns.append(Turn("tool_use", said or written(input), id, tool, tool_use_id, agent=self.within))
        if tool_use_id:
            self._uses[tool_use_id] = tool
        if found := read(tool, input, self.placed, self.cwd, self.home):
            self.invoked(found.skill, "read", tool_use_id, path=found.path)

    def result(self, tool_use_id: str, text: str, *, failed: bool = False, tool: str = "", id: str = "") -> None:
        """Add what a tool answered; a skill whose call failed was not given to the agent."""
        tool = tool or self._uses.get(tool_use_id, "")
        self.turns.append(Turn("tool_result", text, id, tool, tool_use_id, failed, self.within))
        # A command can show the file and fail afterwards.
        shown = _FRONTMATTER.search(text, 0, 2000) is not None
        self.learned(tool_use_id, failed=failed, shown=shown, text=text if text.startswith("---\n") else "")

    def invoked(
        self,
        skill: str,
        how: How,
        tool_use_id: str = "",
        *,
        arguments: str = "",
        path: str = "",
        text: str = "",
        turn: int | None = None,
    ) -> None:
        """Add an invocation, done by the turn with this index, else by the one that was added last."""
        if skill:
            turn = max(len(self.turns) - 1, 0) if turn is None else turn
            self.invocations.append(Invocation(skill, how, turn, tool_use_id, arguments, path, text, agent=self.within))

    def learned(
        self, tool_use_id: str, *, path: str = "", text: str = "", failed: bool = False, shown: bool = False
    ) -> None:
        """Add what a later record tells about the invocation by this call, if there is one.

        `shown` says that a read brought the skill's text, although the call may have `failed`.
        """
        for index in range(len(self.invocations) - 1, -1, -1):
            known = self.invocations[index]
            if tool_use_id and known.tool_use_id == tool_use_id:
                failed = known.failed or (failed and not (shown and known.how == "read"))
                text = known.text or text
                self.invocations[index] = replace(known, path=path or known.path, text=text, failed=failed)
                return

    def session(self, *, skipped: int = 0, complete: bool = True) -> Session:
        """Return what was read."""
        turns = tuple(self.turns)
        own = any(is_own(turn.text) for turn in turns if turn.human)
        return Session(self.agent, self.id, self.cwd, turns, tuple(self.invocations), own, skipped, complete)


def splice(session: Session, other: Session, tool_use_id: str = "") -> Session:
    """Return `session` with the turns of a subagent's session after the tool use that started it, else at the end.

    Turns of the subagent that are there already, by their ids, are not added again.
    """
    known = {(turn.id, turn.kind, turn.tool_use_id) for turn in session.turns if turn.id}
    kept = [index for index, turn in enumerate(other.turns) if (turn.id, turn.kind, turn.tool_use_id) not in known]
    at = len(session.turns)
    for index, turn in enumerate(session.turns):
        if tool_use_id and turn.kind == "tool_use" and turn.tool_use_id == tool_use_id:
            at = index + 1
    place = {index: at + offset for offset, index in enumerate(kept)}
    moved = [replace(each, turn=each.turn + len(kept) * (each.turn >= at)) for each in session.invocations]
    moved += [replace(each, turn=place[each.turn]) for each in other.invocations if each.turn in place]
    turns = (*session.turns[:at], *(other.turns[index] for index in kept), *session.turns[at:])
    return replace(
        session,
        turns=turns,
        invocations=tuple(sorted(moved, key=lambda each: each.turn)),
        skipped=session.skipped + other.skipped,
        complete=session.complete and other.complete,
    )
