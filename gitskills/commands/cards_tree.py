"""`gitskills cards tree`: what a library's cards are about."""

import time
from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.cards.tree import Row

STYLES = {"live": "green", "stale": "yellow", "expired": "red"}


@click.command(short_help="The tree of cards: areas, leaves, how sure, how fresh")
@click.argument("area", default="")
@click.option("--to", "source", metavar="SOURCE", help="The library of the cards, where there are several.")
@options.as_json
def command(area: str, source: str | None, as_json: bool) -> int:
    """Show the tree of cards, of one AREA or whole: leaves, how sure and how fresh they are, when they were last used.

    The library is shown as last fetched. Uses are those on this machine, as `cards retrieve --record` wrote them.
    """
    from gitskills import console
    from gitskills.commands import shelves
    from gitskills.skills.area import normalise

    wanted = normalise(area)
    rows, broken = shelves.tree(options.project(False), source)
    rows = [row for row in rows if not wanted or f"{row.area}/".startswith(f"{wanted}/")]
    if as_json:
        console.emit_json([_json(row) for row in rows])
    else:
        for row in rows:
            _tell(row)
        if not rows:
            console.say(("no cards", "dim"))
    for problem in broken:
        console.note(("not a card: ", "yellow"), console.one_line(problem))
    return 0


def _json(row: "Row") -> dict[str, object]:
    keys = ("area", "kind", "card", "path", "leaves", "confidence", "state", "reason")
    return {key: getattr(row, key) for key in keys} | {"changed": _when(row.changed), "used": _when(row.used)}


def _when(at: float) -> str | None:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if at else None


def _tell(row: "Row") -> None:
    """Print an area with its count, or a leaf below it."""
    from gitskills import console

    state = (f"  {row.state}", STYLES[row.state]) if row.state else ""
    used = f"  used {(_when(row.used) or '')[:10]}" if row.used else ""
    fresh = f"  {(_when(row.changed) or '')[:10]}" if row.changed else ""
    sure = f"  {row.confidence:.2f}"
    indent = "  " * row.area.count("/")
    if row.kind == "leaf":
        console.say(
            indent, "  ", console.one_line(row.path.rpartition("/")[2]), (sure, "dim"), state, (fresh, "dim"), used
        )
        return
    count = f"  {row.leaves} card{'' if row.leaves == 1 else 's'}"
    console.say(indent, (console.one_line(row.area), "bold"), count, (sure, "dim"), state, (fresh, "dim"), used)
