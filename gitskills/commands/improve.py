"""`gitskills improve`: what one session taught, as a commit to review."""

from pathlib import Path
from typing import Literal, cast

import click

from gitskills.commands import options


@click.command()
@click.argument("name")
@click.option(
    "--session", required=True, type=click.Path(exists=True, path_type=Path), help="The transcript an agent wrote."
)
@click.option("--agent", metavar="A", help="The agent that wrote it; found out where it is not said.")
@click.option("--reaction", default="", metavar="TEXT", help="What the user said last, where the transcript lags.")
@click.option("--tool-use", default="", metavar="ID", help="The very use of the skill that is meant.")
@click.option("--publish", type=click.Choice(["review", "direct"]), help="Instead of the library's own policy.")
@options.dry_run
@options.as_json
def command(
    name: str,
    session: Path,
    agent: str | None,
    reaction: str,
    tool_use: str,
    publish: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Judge how the skill NAME did in a session; if its text failed the user, propose a small edit.

    A model judges, another proposes, a gate decides; the result is one commit on a branch of the library, or
    nothing. `gitskills review` shows what waits. Without an agent CLI or key the offline rules are asked.
    """
    from gitskills import console
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
    how = cast(Literal["review", "direct"] | None, publish)
    found = Case(target, shown, targets.models(project, told.agent), identity(project.root), how, dry_run).run()
    if as_json:
        console.emit_json(found.json())
    else:
        style = {"improved": "green", "rejected": "bold red"}.get(found.decision, "yellow")
        console.say((found.decision, style), "  ", (name, "bold"), f"  {console.one_line(found.reason)}")
        wrong = [check for check in found.checks if not check.ok]
        for check in wrong:
            console.say("    ", (check.name, "red"), f"  {console.one_line(check.message)}")
        if found.checks:
            passed = f"{len(found.checks) - len(wrong)} of {len(found.checks)} checks of the gate passed"
            console.say("    ", (passed, "dim"))
        if found.branch:
            console.say("    ", ("on ", "dim"), found.branch, ("  `gitskills review` shows it", "dim"))
    return 1 if found.decision == "rejected" else 0
