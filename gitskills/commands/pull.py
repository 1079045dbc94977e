"""`gitskills pull`: bring the team's skills into every agent."""

from typing import TYPE_CHECKING, cast

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.git.merge import Favor
    from gitskills.share.begin import Begun


@click.command(short_help="Fetch every source; install, update or merge its skills")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--ours", "favor", flag_value="ours", help="Where edits clash, keep what is here.")
@click.option("--theirs", "favor", flag_value="theirs", help="Where edits clash, take upstream's.")
@click.option("--frozen", is_flag=True, help="Install exactly the lock, or fail before any write (for CI).")
@click.option("--offline", is_flag=True, help="Use what was fetched last; no network.")
@options.author
@options.glob
@options.dry_run
@options.as_json
@click.pass_obj
def command(
    begun: "Begun | None",
    names: tuple[str, ...],
    favor: str | None,
    frozen: bool,
    offline: bool,
    author: str | None,
    glob: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Fetch every source and install, update or merge its skills; edits made here are merged, never lost.

    NAME restricts to some skills. A clash leaves the folder as it is and is reported (exit 1).
    """
    from gitskills import console
    from gitskills.later import later
    from gitskills.share.outcome import Options
    from gitskills.share.pull import pull

    side = cast("Favor", favor or "none")
    chosen = Options(names, favor=side, frozen=frozen, offline=offline, author=author, dry_run=dry_run)
    with console.progress() as progress:
        report = pull(begun.project if begun else options.project(glob), chosen, progress, begun, later)
    for source, error in report.unreachable.items():
        console.error(f"{source}: {error.message}", error.hint)
    for warning in report.warnings:
        console.note(f"{warning.message}; {warning.hint}")
    for folder in report.recovered:
        console.note(f"an interrupted run had set an edited folder aside; it is kept at {folder}")
    if as_json:
        console.emit_json([one.json() for one in report.outcomes])
    else:
        options.tell(report.outcomes, dry_run=dry_run)
    return 1 if report.failed else 0
