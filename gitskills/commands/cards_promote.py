"""`gitskills cards promote`: what the cards of one area share."""

import click

from gitskills.commands import options

STYLES = {"promoted": "green", "updated": "green", "kept": "yellow", "refused": "bold red", "failed": "bold red"}


@click.command(short_help="Distil what an area's cards share into the area's own")
@click.option("--min-leaves", "least", type=click.IntRange(min=2), default=3, show_default=True,
              help="Cards an area must have.")  # fmt: skip
@click.option("--to", "source", metavar="SOURCE", help="The library of the cards, where there are several.")
@options.dry_run
@options.as_json
def command(least: int, source: str | None, dry_run: bool, as_json: bool) -> int:
    """Distil what the live cards of an area share into the area's own card.

    A model finds the pattern (GITSKILLS_MODEL_GENERALISER; offline, the steps that most of the cards share). Areas
    whose cards are as they were cost no call and no commit. An area's card that somebody edited is left alone.
    """
    from gitskills import console
    from gitskills.cards.promote import promote
    from gitskills.commands import fitting, shelves, targets

    project = options.project(False)
    models = targets.models(project)
    found = promote(
        shelves.site(project, source), project.paths, lambda: models("generaliser"), least=least, dry_run=dry_run
    )
    rows = [row for row in found.rows if as_json or row.state != "unchanged"]
    if as_json:
        console.emit_json(
            [
                {
                    "area": row.group.area,
                    "kind": "node",
                    "card": row.group.area.rpartition("/")[2],
                    "path": f"cards/{row.group.area}",
                    "leaves": len(row.group.leaves),
                    "confidence": row.group.confidence,
                    "state": row.state,
                    "reason": row.reason,
                }
                for row in rows
            ]
        )
    else:
        shown, left = fitting.first(rows, lambda row: row.state)
        for row in shown:
            count = f"  {len(row.group.leaves)} cards"
            why = f"  {console.one_line(row.reason)}" if row.reason else ""
            console.say((f"{row.state:>9}", STYLES.get(row.state, "dim")), "  ", (row.group.area, "bold"), count, why)
        fitting.tell_rest(left, 9)
        if not rows:
            console.say(("nothing to promote", "dim"))
    for problem in found.broken:
        console.note(("skipped: ", "yellow"), console.one_line(problem))
    if dry_run:
        console.note("dry run: nothing was asked or written")
    return 1 if any(row.state in ("refused", "failed") for row in found.rows) else 0
