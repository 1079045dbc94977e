"""From a transcript file to what a judge is shown."""

import re
from hashlib import sha256
from pathlib import Path

from gitskills.agents.payload import Payload
from gitskills.agents.readers import READERS, reader
from gitskills.errors import GitskillsError
from gitskills.improve.case import Witness
from gitskills.improve.windows import digest
from gitskills.sessions.find import latest, pinned
from gitskills.sessions.session import Session
from gitskills.sessions.window import instructions, window
from gitskills.state.paths import Paths

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,80}")


def read(path: Path, agent: str | None, placed: tuple[str, ...], home: str) -> Session:
    """Read a session; without `agent` it is the one whose reader finds most in the file. Raises GitskillsError."""
    if agent is not None:
        return reader(agent).session(path, placed=placed, home=home)
    best: Session | None = None
    for one in READERS.values():
        try:
            found = one.session(path, placed=placed, home=home)
        except GitskillsError:
            continue
        if best is None or _weight(found) > _weight(best):
            best = found
    if best is None or not best.turns:
        raise GitskillsError(f"{path} is no session that we can read", "say which agent wrote it: --agent")
    return best


def recall(
    paths: Paths, agent: str, session: str, cwd: str, folders: tuple[str, ...], transcript: str = ""
) -> Session | None:
    """Return a session that a hook told of, as its transcript has it now; None where there is none (yet).

    `folders` are where the skill in question lies, `transcript` is the file the agent named. Raises GitskillsError for
    one that cannot be read, and OSError.
    """
    one = reader(agent)
    payload = Payload(agent, "prompt", session, transcript, cwd)
    path = one.locate(payload, paths.home, paths.environ)
    return one.session(path, session, folders, str(paths.home)) if path else None


def witness(
    session: Session, names: tuple[str, ...], seen: str, salt: str, *, reaction: str = "", tool_use: str = ""
) -> Witness:
    """Cut out what happened around the use of the skill that goes by `names`; raises GitskillsError where none did.

    `seen` is the SKILL.md of the installed copy, for agents whose transcripts do not hold it. `salt` keeps the
    session's id from being told by its hash.
    """
    if session.own:
        raise GitskillsError("this session is one of gitskills' own model calls", "they are never analysed")
    found = pinned(session, tool_use) or latest(session, names)
    if found is None:
        raise GitskillsError(
            f"{names[0]} was not used in this session",
            f"used there: {', '.join(sorted({one.skill for one in session.invocations})) or 'no skill'}",
        )
    evidence = f"{session.agent}:{digest(salt, session.id)}#{_id(found.tool_use_id) or found.turn}"
    return Witness(window(session, found, reaction), instructions(found.text or seen), evidence)


def _weight(session: Session) -> tuple[int, int, int]:
    return len(session.invocations), len(session.turns), -session.skipped


def _id(said: str) -> str:
    """An agent's id of a tool use; what is no id is words of a transcript, which do not reach git: then its hash."""
    return said if not said or _ID.fullmatch(said) else sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
