"""`gitskills adopt`: take over skill folders that another tool installed."""

from pathlib import Path

import click

from gitskills.commands import options


@click.command(short_help="Take over skill folders that another tool installed")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--from", "url", metavar="URL", help="The repository they came from, where no record tells.")
@options.glob
@options.dry_run
@options.as_json
def command(names: tuple[str, ...], url: str | None, glob: bool, dry_run: bool, as_json: bool) -> int:
    """Take over the skill folders NAME, or all that npx skills, gh skill, apm and their like installed here.

    Finds the commit each was taken from, adds its repository to gitskills.yaml, and counts what differs as edited
    here. No byte of yours is changed, and no other tool's record.
    """
    from gitskills import console
    from gitskills.share.adopt import Wish, adopt

    project = options.project(glob)
    with console.progress() as progress:
        report = adopt(project, Wish(names, url), Path.cwd(), progress, dry_run=dry_run)
    for warning in report.warnings:
        console.note(f"{warning.message}; {warning.hint}")
    if as_json:
        console.emit_json([one.json() for one in report.outcomes])
    elif report.outcomes:
        options.tell(report.outcomes, dry_run=dry_run)
    else:
        console.note("no other tool's record claims a skill folder here; `gitskills adopt NAME --from URL` names one")
    return 1 if report.failed else 0
