"""`gitskills status`: where every skill stands."""

from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.console import Span
    from gitskills.share.standing import Standing

STYLES = {"up-to-date": "green", "ahead": "cyan", "behind": "yellow", "diverged": "bold red", "missing": "bold red"}


@click.command(short_help="Where each skill stands against its library, offline")
@click.option("--fetch", is_flag=True, help="Ask the sources first; otherwise nothing leaves this machine.")
@click.option("--check", is_flag=True, help="Exit 1 unless every skill is up to date.")
@options.glob
@options.as_json
def command(fetch: bool, check: bool, glob: bool, as_json: bool) -> int:
    """Show each skill's state against its library: one comparison of git trees, offline.

    up-to-date · ahead (edited here) · behind (new upstream) · diverged (both) · missing · untracked.
    """
    from gitskills import console
    from gitskills.share.standing import standings

    project = options.project(glob)
    with console.progress() as progress:
        found = standings(project, fetch=fetch, progress=progress)
    for source, error in found.unreachable.items():
        console.error(f"{source}: {error.message}", error.hint)
    rows = found.rows
    if not rows and not project.file.exists():
        raise project.no_sources()
    versions = found.versions(project)
    if as_json:
        console.emit_json([_json(row, versions.get(row.skill)) for row in rows])
    elif not rows:
        console.note("no skills here; `gitskills add URL` takes some from a repository")
    else:
        console.table(("skill", "status", "version", "source"), (_shown(row, versions.get(row.skill)) for row in rows))
        for row in rows:
            if row.reason:
                console.note(f"{row.skill} {'is not updated' if row.commit else 'cannot be placed'}: {row.reason}")
    untidy = [row for row in rows if row.status not in ("up-to-date", "untracked")]
    return 1 if found.unreachable or (check and untidy) else 0


def _json(row: "Standing", version: int | None) -> dict[str, object]:
    found = {key: getattr(row, key) for key in ("skill", "source", "status", "commit", "tree", "path")}
    more = {key: getattr(row, key) for key in ("tool", "reason") if getattr(row, key)}
    return found | {"version": version} | more


def _shown(row: "Standing", version: int | None) -> "tuple[Span, ...]":
    state = (row.status, STYLES.get(row.status, "dim"))
    return (row.skill, state, f"v{version}" if version else "", row.source or row.tool)
