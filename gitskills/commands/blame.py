"""`gitskills blame`: where each line of a skill comes from."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.console import Span
    from gitskills.share.trail.blame import Line


@click.command(short_help="The commit, person and sessions behind each line")
@click.argument("name")
@click.argument("file", required=False, default="SKILL.md")
@options.glob
@options.as_json
def command(name: str, file: str, glob: bool, as_json: bool) -> None:
    """Show the commit, person and sessions behind each line of a skill's SKILL.md, or of another FILE in it."""
    from gitskills import console
    from gitskills.errors import GitskillsError
    from gitskills.share.trail import looking
    from gitskills.share.trail.blame import blame

    with looking.look(options.project(glob), name) as looks:
        if len(looks) > 1:
            sources = ", ".join(one.library.source for one in looks)
            raise GitskillsError(
                f"several sources have a skill {name}: {sources}", "install one, or rename one by `as:`"
            )
        one = looks[0]
        found = blame(one.trail, one.library.git_dir, one.tip, one.skill or "", file, want=one.want)
    if as_json:
        console.emit_json([asdict(line) for line in found])
    elif sys.stdout.isatty():
        console.page(_grouped(found))
    else:
        columns = ("commit", "date", "op", "author", "evidence", "line", "text")
        rows = (
            (one.commit, one.date, one.op, one.author, " ".join(one.evidence), str(one.line), one.text) for one in found
        )
        console.table(columns, rows)


def _grouped(found: "Iterable[Line]") -> "Iterator[tuple[Span, ...]]":
    """Yield the lines, with what is said of a commit only where its lines begin."""
    commit = ""
    for line in found:
        if line.commit != commit:
            commit = line.commit
            who = line.author.partition(" <")[0]
            yield (
                (commit[:10], "yellow"),
                f" {line.date[:10]} ",
                (f"{line.op or '-':<8}", "cyan"),
                f" {who[:16]:<16} ",
                (_evidence(line.evidence), "magenta"),
            )
        yield (f"{line.line:>6} ", "dim"), line.text


def _evidence(evidence: tuple[str, ...]) -> str:
    """Shorten the sessions behind a line to the first and a count."""
    if not evidence:
        return ""
    more = f" and {len(evidence) - 1} more" if len(evidence) > 1 else ""
    return f"{evidence[0][:40]}{more}"
