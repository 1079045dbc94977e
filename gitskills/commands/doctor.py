"""`gitskills doctor`: what works here."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.share.machine import Check

MARKS = {True: ("ok", "green"), False: ("FAILED", "bold red"), None: ("skipped", "yellow")}


@click.command(short_help="What works here and what does not, with the fix")
@click.option("--offline", is_flag=True, help="Do not ask the sources whether they answer.")
@options.glob
@options.as_json
def command(offline: bool, glob: bool, as_json: bool) -> int:
    """Check what gitskills needs on this machine and in this project, with the fix for what does not work.

    Exits 1 when a check fails. A check that was skipped is neither good nor bad; in JSON its `ok` is null.
    """
    from gitskills import console
    from gitskills.share.doctor import examine
    from gitskills.state.paths import paths

    checks = examine(paths(), Path.cwd(), glob=glob, offline=offline)
    checks += [*_hooks(glob), *_models(glob), *_background()]
    if as_json:
        console.emit_json([{"check": c.check, "ok": c.ok, "message": c.message, "fix": c.fix} for c in checks])
    else:
        width = max(len(one.check) for one in checks)
        for one in checks:
            mark, style = MARKS[one.ok]
            console.say((f"{mark:>7}", style), "  ", (f"{one.check:<{width}}", "bold"), f"  {one.message}")
            if one.fix:
                console.say(" " * (width + 11), ("→ ", "dim"), one.fix)
    return 1 if any(one.ok is False for one in checks) else 0


def _hooks(glob: bool) -> "list[Check]":
    """Look at the agents that our hooks are registered with, in the project and for the user."""
    from gitskills.agents.hooks import REGISTRATIONS
    from gitskills.agents.table import Scope
    from gitskills.errors import GitskillsError
    from gitskills.improve import hooks
    from gitskills.share.machine import Check

    try:
        project = options.project(glob)
    except GitskillsError:
        return []  # told already
    scopes: tuple[Scope, ...] = ("global",) if glob else ("project", "global")
    found = []
    for scope in scopes:
        where = hooks.places(project.paths, project.root, scope, tuple(REGISTRATIONS), named=False)
        found += hooks.troubles(hooks.status(project.paths, where, Path.cwd()))
    return [Check(f"hooks {agent}", well, message, fix) for agent, well, message, fix in found]


def _models(glob: bool) -> "list[Check]":
    """Look whether the models that judge and propose are at hand; none of them is asked."""
    from gitskills.commands.targets import model_specs
    from gitskills.errors import GitskillsError
    from gitskills.models.check import at_hand
    from gitskills.share.machine import Check

    try:
        project = options.project(glob)
        specs = model_specs(project)
    except GitskillsError:
        return []  # told already
    found = []
    for role in ("judge", "proposer"):
        try:
            spec = specs(role)
            told = at_hand(spec, role, environ=project.paths.environ, home=project.paths.home)
            hint = f"GITSKILLS_MODEL_{role.upper()} sets another, see the README" if spec == "rules" else ""
            found.append(Check(f"model {role}", True, told, hint))
        except GitskillsError as error:
            found.append(Check(f"model {role}", False, error.message, error.hint))
    return found


def _background() -> "list[Check]":
    """Tell what did not work in the background when the latest session started, and which rows of ledgers wait."""
    import time
    from contextlib import closing

    from gitskills.errors import GitskillsError
    from gitskills.git.url import redact
    from gitskills.share.machine import Check
    from gitskills.state import database, ledger, starts
    from gitskills.state.paths import paths

    try:
        with closing(database.state(paths())) as db:
            problem = starts.problem(db)
            late = ledger.late(db, now=time.time())
    except (GitskillsError, OSError):
        return []  # told already
    found = []
    if problem is not None:
        fix = "run `gitskills pull`; GITSKILLS_AUTOPULL=0 leaves it to you"
        found.append(Check("session start", False, f"{_day(problem[0])}: {problem[1]}", fix))
    for url, count, since in late:
        told = f"rows that wait for {redact(url)} since {_day(since)}: {count}"
        found.append(Check("ledger", None, told, "`gitskills work` shares them, or says why not"))
    return found


def _day(at: float) -> str:
    """A moment, in seconds since the epoch, as this machine's clock tells it."""
    import time

    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
