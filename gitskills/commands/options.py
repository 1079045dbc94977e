"""Options that several verbs share, and the way to the project they work on."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gitskills.share.outcome import Outcome
    from gitskills.share.project import Project
    from gitskills.share.publish import Pushed

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
glob = click.option("--global", "glob", is_flag=True, help="Work on the user's own skills (~/.agents/skills).")
_UNITS = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}


def span(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """Return the seconds of a span of time as users write it, 12h, 30d or 8w; anything else is wrong usage."""
    if value[:-1].isascii() and value[:-1].isdecimal() and value[-1:] in _UNITS:
        return int(value[:-1]) * _UNITS[value[-1]]
    raise click.BadParameter(f"{value!r} is no span of time such as 12h, 30d or 8w", ctx, param)


since = click.option(
    "--since",
    metavar="SPAN",
    callback=span,
    default="30d",
    show_default=True,
    help="How far to look back: 12h, 30d, 8w.",
)
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


def tell(outcomes: "list[Outcome]", *, dry_run: bool, nothing: str = "no skills: nothing to do") -> None:
    """Print what came of each skill, and a count of those with nothing to tell; `nothing` where there is none."""
    from gitskills import console

    told = [one for one in outcomes if one.action != "unchanged" or one.told]
    several = len(told) > 30 and all(one.action == "installed" and one.left == ((), ()) for one in told)
    for one in [] if several else told:
        name = console.one_line(one.skill)
        console.say(*_action(one.action, dry_run), (name, "bold"), f"  {one.told}" if one.told else "", hang=11)
    if several:
        console.say(*_action("installed", dry_run), f"{len(told)} skills")
    rest = len(outcomes) - len(told)
    if rest:
        console.say((f"{rest} skill{'' if rest == 1 else 's'} unchanged", "dim"))
    elif not outcomes:
        console.say((nothing, "dim"), hang=2)
    if dry_run:
        console.note("dry run: nothing was written")


def tell_pushed(rows: "list[Pushed]", *, as_json: bool, dry_run: bool) -> int:
    """Print what came of each skill that was to be published; returns the exit code."""
    from gitskills import console

    failed = 1 if any(row.failed for row in rows) else 0
    if as_json:
        keys = ("skill", "action", "commit", "branch", "url", "message")
        console.emit_json([{key: getattr(row, key) for key in keys} for row in rows])
        return failed
    told = [row for row in rows if row.action != "unchanged" or row.message]
    for row in told:
        commit = "" if dry_run else (row.commit or "")[:10]
        place = " ".join(filter(None, (commit, f"on {row.branch}" if row.branch else "")))
        text = "; ".join(filter(None, (place, row.message)))
        console.say(*_action(row.action, dry_run), (row.skill, "bold"), f"  {text}", hang=11)
        if row.url:
            console.say("           open a pull request: ", (row.url, "underline"))
    if not told:
        console.say(("nothing to publish: no skill is edited here", "dim"))
    if dry_run:
        console.note("dry run: nothing was published")
    return failed


def _action(action: str, dry_run: bool) -> tuple[tuple[str, str], str]:
    """The first column: what was done, or would be."""
    happens = dry_run and action not in ("unchanged", "kept", "conflict", "refused")
    return (f"{'would be ' * happens + action:>9}", STYLES[action]), "  "
