"""Which agents are in use here, and where each one looks for skills."""

import os
from collections.abc import Mapping
from pathlib import Path

from gitskills.agents.table import AGENTS, Agent, Scope

SHARED = ".agents/skills"


def detect(project: Path | None, home: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of the agents in use in `project` (None: not asked) or by this user, in the table's order.

    A folder listing of the project and of the home folder decides almost everything; no process is started.
    """
    here = _names(project) if project else frozenset()
    around = _names(home)
    return tuple(agent.id for agent in AGENTS.values() if _in_use(agent, project, here, home, around, environ))


def folder(agent: Agent, scope: Scope, root: Path, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the agent's own skill folder in the project at `root`, or the user's; None where it has none.

    An agent that reads `.agents/skills` (`Agent.reads_shared`) needs nothing in its own.
    """
    if scope == "project":
        return root / agent.project if agent.project else None
    return _base(agent, home, environ) / agent.user if agent.user else None


def shared_folder(scope: Scope, root: Path, home: Path) -> Path:
    """Return the folder of the real skill folders: `.agents/skills` of the project at `root`, or of the user."""
    return (root if scope == "project" else home) / SHARED


def _base(agent: Agent, home: Path, environ: Mapping[str, str]) -> Path:
    """The folder that holds the agent's user files: where its variable says, else where it is by default."""
    moved = environ.get(agent.variable, "").strip() if agent.variable else ""
    if moved.startswith("~/"):  # from a file of settings, where no shell expands it
        moved = str(home / moved[2:])
    # The XDG specification says to ignore relative values, and elsewhere no two programs would agree on their meaning.
    return Path(moved) if os.path.isabs(moved) else home / agent.base


def _in_use(
    agent: Agent,
    project: Path | None,
    here: frozenset[str],
    home: Path,
    around: frozenset[str],
    environ: Mapping[str, str],
) -> bool:
    if project and any(_exists(project, sign, here) for sign in agent.project_signs):
        return True
    base = _base(agent, home, environ)
    if base == home / agent.base:
        signs = ("/".join(filter(None, (agent.base, sign))) for sign in agent.user_signs)
        if any(_exists(home, sign, around) for sign in signs):
            return True
    elif any((base / sign).exists() for sign in agent.user_signs):
        return True
    return any(_on_path(program, environ) for program in agent.programs)


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _exists(folder: Path, sign: str, names: frozenset[str]) -> bool:
    """Whether `folder` has `sign`; `names` is what the folder holds, so that most answers need no look at the disk."""
    first, _, rest = sign.partition("/")
    return first in names and (not rest or (folder / sign).exists())


def _on_path(program: str, environ: Mapping[str, str]) -> bool:
    """Whether a program of this name can be started."""
    from shutil import which  # 10 ms, and only asked about agents no folder gave away

    return which(program, path=environ.get("PATH", "")) is not None
