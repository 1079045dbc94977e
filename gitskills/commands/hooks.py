"""`gitskills hooks`: register with agents, so that they tell gitskills what happens in sessions."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.improve.hooks import Outcome, Standing
    from gitskills.share.project import Project

STYLES = {
    "installed": "green",
    "updated": "green",
    "uninstalled": "yellow",
    "stale": "bold red",
    "broken": "bold red",
    "refused": "bold red",
}


@click.command(short_help="Have agents tell gitskills what happens in sessions")
@click.argument("action", metavar="ACTION", type=click.Choice(["install", "uninstall", "status"]))
@click.option("--agent", "agents", metavar="A", multiple=True, help="Only this agent; may be given again.")
@options.glob
@options.dry_run
@options.as_json
def command(action: str, agents: tuple[str, ...], glob: bool, dry_run: bool, as_json: bool) -> int:
    """Register gitskills' hooks with agents, take them back, or say how they stand: install, uninstall, status.

    Without --global this edits the project's agent settings, which a team can commit: the command in them does
    nothing where gitskills is not installed. Only our own entries are touched, and uninstall restores the file.
    Nothing leaves this machine by a hook: what an agent tells goes into a folder here.
    """
    from gitskills.agents.hooks import REGISTRATIONS
    from gitskills.improve import hooks

    project = options.project(glob)
    here = tuple(agent.id for agent in project.agents())
    ids = agents or (here if action == "install" else tuple(REGISTRATIONS))
    where = hooks.places(project.paths, project.root, project.scope, ids, named=bool(agents))
    if action == "install":
        if not dry_run:
            _mark(project)
        return _tell(hooks.install(project.paths, where, dry_run=dry_run), as_json=as_json, dry_run=dry_run)
    if action == "uninstall":
        return _tell(hooks.uninstall(project.paths, where, dry_run=dry_run), as_json=as_json, dry_run=dry_run)
    standings = hooks.status(project.paths, where, Path.cwd())
    shown = [one for one in standings if one.state != "absent" or one.agent in (agents or here)]
    return _status(shown, as_json=as_json)


def _mark(project: "Project") -> None:
    """Have the hooks know from the first session on where skills of ours are."""
    from contextlib import closing, suppress

    from gitskills.state import database, marks
    from gitskills.state.lock import Busy

    with suppress(Busy, OSError), closing(database.state(project.paths)) as db:
        marks.note(project.paths, db)


def _tell(outcomes: "list[Outcome]", *, as_json: bool, dry_run: bool) -> int:
    from gitskills import console
    from gitskills.agents.trust import FIX

    if as_json:
        console.emit_json(
            [{"agent": o.agent, "action": o.action, "path": str(o.path), "message": o.message} for o in outcomes]
        )
    else:
        told = [one for one in outcomes if one.action != "unchanged"]
        for one in told:
            happens = "would be " if dry_run and one.action != "refused" else ""
            console.say((f"{happens}{one.action:>11}", STYLES[one.action]), f"  {one.agent}  {one.message or one.path}")
        if not told:
            console.say(("nothing to do", "dim"))
        for one in told:
            if one.action in ("installed", "updated") and one.agent in FIX and not dry_run:
                console.note(f"{one.agent} runs new hooks only with your approval: {FIX[one.agent]}")
        if any(one.agent == "opencode" and one.action == "installed" for one in told) and not dry_run:
            console.note("opencode fetches its own plugin package when it next starts, once; without network it waits")
        if dry_run:
            console.note("dry run: nothing was written")
    return 1 if any(one.action == "refused" for one in outcomes) else 0


def _status(standings: "list[Standing]", *, as_json: bool) -> int:
    from gitskills import console

    if as_json:
        keys = ("agent", "state", "message", "trust")
        console.emit_json([{key: getattr(one, key) for key in keys} | {"path": str(one.path)} for one in standings])
    else:
        rows = [((s.agent, "bold"), (s.state, STYLES.get(s.state, "dim")), s.message, str(s.path)) for s in standings]
        console.table(["agent", "hooks", "", "file"], rows)
    return 1 if any(one.state in ("stale", "broken") for one in standings) else 0
