"""What a session that starts leads to, in the worker: the skills pulled, and which of them it has in context."""

import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gitskills import process
from gitskills.errors import GitskillsError
from gitskills.state import marks, starts
from gitskills.state.lock import Busy, locked

if TYPE_CHECKING:
    from gitskills.commands.installed import Installed
    from gitskills.measure.attribution import InContext
    from gitskills.share.project import Project
    from gitskills.state.paths import Paths
    from gitskills.state.starts import Start

PATIENCE = 5.0  # seconds for all that is pulled when a session starts


def begin(where: "Paths", db: sqlite3.Connection, site: "Installed") -> list[str]:
    """Deal with the sessions that have started; returns what did not work, as text.

    GITSKILLS_AUTOPULL=0 leaves out the pull, GITSKILLS_ATTRIBUTION=0 the record of what is in context. Killed
    anywhere, the next run does it again; a session is recorded once, and pulled for by one worker of many.
    """
    try:
        marks.note(where, db)
        if not starts.pending(db):
            return []
        with locked(where.lock_for(where.state / "session-start"), timeout=2 * PATIENCE, what="sessions that start"):
            return _begin(where, db, site)
    except Busy:  # whoever holds it was told of them
        return []
    except OSError as error:  # a full disk: the next worker finds them waiting
        return [str(error)]


def _begin(where: "Paths", db: sqlite3.Connection, site: "Installed") -> list[str]:
    problems = []
    end = time.monotonic() + PATIENCE
    pulled: dict[str, str] = {}
    for start in starts.pending(db):
        problem = ""
        try:
            projects = [one for one in site.projects(start.cwd) if _placed(db, one)]
            if where.environ.get("GITSKILLS_AUTOPULL") != "0":
                for one in projects:
                    if one.key not in pulled:
                        pulled[one.key] = _pull(where, one, end)
                problem = "; ".join(filter(None, (pulled[one.key] for one in projects)))
            if where.environ.get("GITSKILLS_ATTRIBUTION") != "0":
                _attribute(db, site, start, projects)
        except (GitskillsError, OSError) as error:
            problem = str(error)
        starts.settle(db, start, problem)
        problems += [problem] if problem else []
    starts.sweep(db, now=time.time())
    return problems


def _placed(db: sqlite3.Connection, project: "Project") -> bool:
    """Whether gitskills ever placed a skill there: what a clone that nobody pulled in configures is not heeded."""
    return db.execute("SELECT 1 FROM placement WHERE root = ? LIMIT 1", (project.key,)).fetchone() is not None


def _pull(where: "Paths", project: "Project", end: float) -> str:
    """Pull a project's skills in a process of its own, until the moment `end`; returns what did not work, one line."""
    glob = ["--global"] if project.scope == "global" else []
    words = [sys.executable, "-m", "gitskills", "-C", str(project.root), "pull", "--json", *glob]
    environ = dict(where.environ, GIT_TERMINAL_PROMPT="0")
    left = end - time.monotonic()
    if left <= 0:
        return f"{project.root}: no time left to pull"
    try:
        ended = process.run(words, cwd=where.state, env=environ, input=b"", timeout=left)
    except process.Late:
        return f"{project.root}: pulling took longer than {PATIENCE:g} seconds"
    if ended.returncode == 0:
        return ""
    said = ended.err.decode(errors="replace").strip().splitlines()
    return f"{project.root}: {said[0] if said else _refused(ended.out)}"


def _refused(out: bytes) -> str:
    """What a pull's rows say of skills that did not arrive."""
    try:
        rows = json.loads(out)
        return "; ".join(f"{row['skill']}: {row['action']}" for row in rows if row["action"] in ("conflict", "refused"))
    except (ValueError, KeyError, TypeError):
        return "the pull failed"


def _attribute(db: sqlite3.Connection, site: "Installed", start: "Start", projects: "list[Project]") -> None:
    from gitskills.improve.windows import digest
    from gitskills.measure import attribution

    found: dict[str, InContext] = {}
    for project in projects:
        for one in _in_context(project, start.agent):
            found.setdefault(one.skill, one)
    attribution.record(db, digest(site.salt, start.session), start.agent, found.values(), at=start.at)


def _in_context(project: "Project", agent: str) -> "list[InContext]":
    """The skills of one project that an agent finds, as they are on disk."""
    from gitskills.commands import targets
    from gitskills.measure.attribution import InContext
    from gitskills.share import lockfile
    from gitskills.share.standing import standings

    lock = lockfile.read(project.lock_path)
    place = _reads(project, agent)
    found = []
    for row in standings(project).rows:
        install = lock.get(row.skill)
        if install is not None and row.tree is not None and place is not None and (place / row.skill).exists():
            edited = row.tree != row.base
            url = targets.located(project, install.url)
            found.append(InContext(row.skill, install.source, url, install.path, install.commit, row.tree, edited))
    return found


def _reads(project: "Project", agent: str) -> Path | None:
    """The folder of a project in which an agent looks for skills; None for an agent we do not know."""
    from gitskills.agents.table import folder, look_up

    try:
        (known,) = look_up([agent])
    except GitskillsError:
        return None
    if known.reads_shared(project.scope):
        return project.skills_folder
    return folder(known, project.scope, project.root, project.paths.home, project.paths.environ)
