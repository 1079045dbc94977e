"""`gitskills cards expire`: retire cards whose proof left history."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitskills.commands import options
from gitskills.memory import uncollected

if TYPE_CHECKING:
    from gitskills.cards.expire import Expired


@click.command(short_help="Retire cards whose proof left the code's history")
@click.option("--code", "folder", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
              metavar="DIR", help="A clone of the code that the cards are about.")  # fmt: skip
@click.option("--ref", metavar="R", help="The history that counts; default: the default branch as last fetched.")
@click.option("--churn", type=click.FloatRange(0, 1), default=0.6, show_default=True,
              help="A card is stale when more than this share of its lines was rewritten.")  # fmt: skip
@click.option("--to", "source", metavar="SOURCE", help="The library of the cards, where there are several.")
@options.dry_run
@options.as_json
@uncollected()
def command(folder: Path, ref: str | None, churn: float, source: str | None, dry_run: bool, as_json: bool) -> int:
    """Retire the cards whose proof left the history of the code.

    A proof stands while its commit, or one with the same patch, is part of the history: squash, rebase and
    cherry-pick keep it. What cannot be known (a shallow or partial clone, a missing commit) is kept and said so.
    Cards whose lines were mostly rewritten are marked stale. All of it is one commit in the library.
    """
    from gitskills import console
    from gitskills.cards.expire import expire
    from gitskills.commands import shelves
    from gitskills.git import code

    if churn != churn:  # "nan" is within any range
        raise click.UsageError("--churn is a number from 0 to 1")
    project = options.project(False)
    found = expire(shelves.site(project, source), code.look(folder, ref), project.paths, churn=churn, dry_run=dry_run)
    if as_json:
        console.emit_json(
            [
                {
                    "card": card.name,
                    "path": card.path,
                    "state": standing.state,
                    "reason": standing.reason,
                    "action": standing.action,
                }
                for card, standing in found.rows
            ]
        )
    else:
        _tell(found)
    for problem in found.broken:
        console.note(("skipped: ", "yellow"), console.one_line(problem))
    if dry_run:
        console.note("dry run: nothing was written")
    return 0


def _tell(found: "Expired") -> None:
    """Print what changed, for which reasons how much cannot be known, and a count of all states."""
    from collections import Counter

    from gitskills import console
    from gitskills.commands import fitting

    styles = {"expired": "bold red", "restored": "green", "marked": "yellow", "cleared": "green"}
    words = {"marked": "stale", "cleared": "fresh"}
    changed = [(card, standing) for card, standing in found.rows if standing.action]
    shown, left = fitting.first(changed, lambda row: words.get(row[1].action, row[1].action), always="restored")
    for card, standing in shown:
        word = words.get(standing.action, standing.action)
        style = styles.get(standing.action, "dim")
        reason = f"  {console.one_line(standing.reason)}"
        console.say((f"{word:>9}", style), "  ", (console.one_line(card.path), "bold"), reason, hang=11)
    fitting.tell_rest(left, 9)
    unknown: dict[str, list[str]] = {}
    for card, standing in found.rows:
        if standing.state == "unknown" and not standing.action:
            unknown.setdefault(console.one_line(standing.reason), []).append(console.one_line(card.path))
    reasons, left = fitting.first(unknown.items(), lambda row: "unknown")
    for why, paths in reasons:
        which = (paths[0], "bold") if len(paths) == 1 else f"{len(paths)} cards"
        console.say(("  unknown", "dim"), "  ", which, f"  {why}", hang=11)
    if left:
        console.say(("          … and more for other reasons; `--json` lists all", "dim"))
    counts = Counter(standing.state for _, standing in found.rows)
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    console.say((told or "no cards", "dim"))
