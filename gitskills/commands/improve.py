"""`gitskills improve`: what sessions taught, as commits to review."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.improve.case import Improved

Publish = Literal["review", "direct"] | None
STYLES = {"improved": "green", "rejected": "bold red"}


@click.command(short_help="Judge how a skill did in a session, and propose a small fix")
@click.argument("name", required=False)
@click.option("--session", type=click.Path(exists=True, path_type=Path), help="The transcript an agent wrote.")
@click.option("--agent", metavar="A", help="The agent that wrote it; found out where it is not said.")
@click.option("--reaction", default="", metavar="TEXT", help="What the user said last, where the transcript lags.")
@click.option("--tool-use", default="", metavar="ID", help="The very use of the skill that is meant.")
@click.option("--all", "every", is_flag=True, help="Every skill that failed too often lately, by what was judged.")
@options.since
@click.option(
    "--min-judged", type=click.IntRange(1), default=3, show_default=True, help="With --all: sessions it takes to tell."
)
@click.option(
    "--failure-rate",
    type=click.FloatRange(0, 1),
    default=0.4,
    show_default=True,
    help="With --all: the share of them that failed.",
)
@click.option("--publish", type=click.Choice(["review", "direct"]), help="review: where the library says direct, too.")
@options.dry_run
@options.as_json
def command(
    name: str | None,
    session: Path | None,
    agent: str | None,
    reaction: str,
    tool_use: str,
    every: bool,
    since: float,
    min_judged: int,
    failure_rate: float,
    publish: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Judge how the skill NAME did in a session; if its text failed the user, propose a small edit.

    A model judges, another proposes, a gate decides; the result is one commit on a branch of the library, or
    nothing. `gitskills review` shows what waits. Without an agent CLI or key the offline rules are asked. With --all
    the sessions are those that failed on this machine, as `gitskills work` judged them; where a library keeps ledgers,
    those of its whole team count for what fails too often.
    """
    from gitskills import console

    how = cast(Publish, publish)
    if every:
        if name or session or agent or reaction or tool_use:
            raise click.UsageError("--all finds the skills and sessions by itself")
        rows = _sweep(since, min_judged, failure_rate, how, dry_run)
        if as_json:
            console.emit_json([row.json() for row in rows])
        elif not rows:
            console.note(f"no skill failed in {failure_rate:.0%} or more of at least {min_judged} judged sessions")
    elif name and session:
        rows = [_one(name, session, agent, reaction, tool_use, how, dry_run)]
        if as_json:
            console.emit_json(rows[0].json())
    else:
        raise click.UsageError("name a skill and a --session, or say --all")
    for row in [] if as_json else rows:
        _tell(row)
    return 1 if any(row.decision == "rejected" for row in rows) else 0


def _sweep(since: float, judged: int, rate: float, publish: Publish, dry_run: bool) -> "list[Improved]":
    import time
    from contextlib import closing

    from gitskills.commands import outcomes
    from gitskills.commands.installed import Installed
    from gitskills.improve.sweep import Sweep, Terms
    from gitskills.state import database
    from gitskills.state.paths import paths

    where = paths()
    with closing(database.state(where)) as db:
        team = outcomes.team(where, db, since=time.time() - since)
        return Sweep(where, db, Installed(where), Terms(since, judged, rate), publish, dry_run, team=team).run()


def _one(
    name: str, session: Path, agent: str | None, reaction: str, tool_use: str, publish: Publish, dry_run: bool
) -> "Improved":
    from gitskills.commands import targets
    from gitskills.git.commit import identity
    from gitskills.improve.case import Case
    from gitskills.improve.witness import read, witness

    project = options.project(False)
    target = targets.target(project, name)
    home = str(project.paths.home)
    placed = (
        str(project.skills_folder / name),
        *(str(place) for place in [project.root / ".claude" / "skills" / name]),
    )
    told = read(session, agent, placed, home)
    names = tuple(dict.fromkeys((name, target.skill)))
    seen = targets.skill_text(project, name)
    shown = witness(told, names, seen, targets.salt(project), reaction=reaction, tool_use=tool_use)
    return Case(target, shown, targets.models(project, told.agent), identity(project.root), publish, dry_run).run()


def _tell(found: "Improved") -> None:
    from gitskills import console

    style = STYLES.get(found.decision, "yellow")
    console.say((found.decision, style), "  ", (found.skill, "bold"), f"  {console.one_line(found.reason)}")
    wrong = [check for check in found.checks if not check.ok]
    for check in wrong:
        console.say("    ", (check.name, "red"), f"  {console.one_line(check.message)}")
    if found.checks:
        passed = f"{len(found.checks) - len(wrong)} of {len(found.checks)} checks of the gate passed"
        console.say("    ", (passed, "dim"))
    if found.branch:
        console.say("    ", ("on ", "dim"), found.branch, ("  `gitskills review` shows it", "dim"))
