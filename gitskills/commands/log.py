"""`gitskills log`: what was done to the skills, by whom, and on what evidence."""

from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.console import Span
    from gitskills.share.project import Project
    from gitskills.share.trail.rows import Row

OPS = ("create", "edit", "improve", "revert", "remove", "harvest", "supersede", "expire", "promote", "inject")
STYLES = {"create": "green", "improve": "magenta", "harvest": "magenta", "revert": "yellow", "remove": "red"}


@click.command(short_help="The audit trail of all skills or one, across renames")
@click.argument("name", required=False)
@click.option("-n", "count", type=click.IntRange(min=0), metavar="N", help="Show at most N changes.")
@click.option("--op", type=click.Choice(OPS), help="Show only changes of this kind.")
@options.glob
@options.as_json
def command(name: str | None, count: int | None, op: str | None, glob: bool, as_json: bool) -> None:
    """Show the audit trail of all skills or of one, newest first, across renames.

    It is read from the commits themselves: their trailers where they have them, their trees where they don't.
    Cards put into briefs leave no commit: `--op inject` shows those that this machine's ledger has.
    """
    from gitskills import console
    from gitskills.share.trail import audit, looking

    if op == "inject":
        return _injections(options.project(glob), name, count, as_json)
    with looking.look(options.project(glob), name) as looks:
        found = looking.rows(looks, op=op, limit=count)
        if as_json:
            texts = (audit.as_json(row, one.named(row), one.library.source) for one, row in found)
            click.echo("[" + ",\n".join(texts) + "]")
        else:
            console.page((_line(row, one.named(row)) for one, row in found), crop=True)


def _injections(project: "Project", name: str | None, count: int | None, as_json: bool) -> None:
    """Print which cards were put into briefs; see `commands/injections.py`."""
    from gitskills import console
    from gitskills.commands.injections import injections

    rows = injections(project, name, count)
    if as_json:
        console.emit_json(rows)
        return
    for row in rows:
        name, said = (console.one_line(str(row[key])) for key in ("skill", "summary"))
        console.say((f"{str(row['date'])[:10]} ", "yellow"), ("inject", "cyan"), (f"  {name}", "bold"), f"  {said}")


def _line(row: "Row", name: str) -> "tuple[Span, ...]":
    from gitskills.console import one_line

    version = "-" if row.version is None else f"v{row.version}"
    return (
        (row.commit[:10], "yellow"),
        f" {row.date[:10]} {version:>5} ",
        (f"{row.op:<9}", STYLES.get(row.op, "cyan")),
        (f" {one_line(name)}", "bold"),
        f"  {one_line(row.summary.removeprefix(f'{name}: '))} ",
        (f"({one_line(row.author)})", "dim"),
    )
