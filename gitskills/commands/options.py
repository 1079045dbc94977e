"""Options that several verbs share, and the way to the project they work on."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gitskills.share.outcome import Outcome
    from gitskills.share.project import Project

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
glob = click.option("--global", "glob", is_flag=True, help="Work on the user's own skills (~/.agents/skills).")
author = click.option("--author", metavar="EMAIL", help="Only skills this person created, by git history.")


def project(glob: bool) -> "Project":
    """The project at the working directory, or the user's own with `glob`."""
    from gitskills.share.project import load
    from gitskills.state.paths import paths

    return load(paths(), Path.cwd(), glob=glob)


STYLES = {
    "installed": "green",
    "updated": "green",
    "merged": "green",
    "pushed": "green",
    "proposed": "green",
    "removed": "yellow",
    "kept": "yellow",
    "conflict": "bold red",
    "refused": "bold red",
    "unchanged": "dim",
}


def tell(outcomes: "list[Outcome]", *, dry_run: bool) -> None:
    """Print what came of each skill, and a count of those with nothing to tell."""
    from gitskills import console

    told = [one for one in outcomes if one.action != "unchanged" or one.problems or one.message]
    several = len(told) > 30 and all(one.action == "installed" and not one.problems for one in told)
    for one in [] if several else told:
        message = "; ".join(filter(None, (one.message, *one.problems)))
        console.say(
            (f"{one.action:>9}", STYLES[one.action]), "  ", (one.skill, "bold"), f"  {message}" if message else ""
        )
    if several:
        console.say(("installed", "green"), f"  {len(told)} skills")
    rest = len(outcomes) - len(told)
    if rest or not outcomes:
        console.say((f"{rest} skill{'' if rest == 1 else 's'} unchanged", "dim"))
    if dry_run:
        console.note("dry run: nothing was written")
