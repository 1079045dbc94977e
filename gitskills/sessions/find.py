"""Find one invocation of a skill in a session."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from gitskills.sessions.session import Invocation, Session, Turn


class Found(NamedTuple):
    """What a search ended with: the session as last read, and the invocation; each None where there is none."""

    session: Session | None
    invocation: Invocation | None


def pinned(session: Session, tool_use_id: str) -> Invocation | None:
    """Return the invocation by this tool use, even a failed one; None where the transcript has none (yet)."""
    if not tool_use_id:
        return None
    return next((each for each in session.invocations if each.tool_use_id == tool_use_id), None)


def latest(session: Session, names: Collection[str]) -> Invocation | None:
    """Return the last invocation of a skill that goes by one of these names or lies in a folder of that name."""
    for each in reversed(session.invocations):
        folder = each.path.replace("\\", "/").rstrip("/").rpartition("/")[2]
        if not each.failed and (each.skill in names or folder in names):
            return each
    return None


def search(
    read: Callable[[int], Session | None],
    attempts: int,
    names: Collection[str],
    tool_use_id: str = "",
) -> Found:
    """Read a session until it holds the pinned invocation, at most `attempts` times, then settle for the latest.

    A transcript lags behind its session. `read` is given the number of the attempt, from 0: it does the waiting
    before all but the first, and returns None where there is no transcript yet. Without a `tool_use_id` the latest
    invocation of the skill is waited for.
    """
    session: Session | None = None
    for attempt in range(max(attempts, 1)):
        session = read(attempt) or session
        found = session and (pinned(session, tool_use_id) if tool_use_id else latest(session, names))
        if found:
            return Found(session, found)
    return Found(session, latest(session, names) if session else None)


def since(session: Session, id: str) -> tuple[Turn, ...]:
    """Return the turns after the last one with this id; all where none has it, or the id is empty."""
    for index in range(len(session.turns) - 1, -1, -1):
        if id and session.turns[index].id == id:
            return session.turns[index + 1 :]
    return session.turns
