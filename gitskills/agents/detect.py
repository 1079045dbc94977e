"""Which agents are in use here."""

import os
from collections.abc import Mapping
from pathlib import Path

from gitskills.agents.table import AGENTS, Agent, base


def detect(project: Path | None, home: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of the agents in use in `project` (None: not asked) or by this user, in the table's order.

    A folder listing of the project and of the home folder decides almost everything; no process is started.
    """
    here = _names(project) if project else frozenset()
    around = _names(home)
    return tuple(agent.id for agent in AGENTS.values() if _in_use(agent, project, here, home, around, environ))


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
    place = base(agent, home, environ)
    if place == home / agent.base:
        signs = ("/".join(filter(None, (agent.base, sign))) for sign in agent.user_signs)
        if any(_exists(home, sign, around) for sign in signs):
            return True
    elif any((place / sign).exists() for sign in agent.user_signs):
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
