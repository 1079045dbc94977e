"""`gitskills status`: where every skill stands."""

import click

from gitskills.commands import options

STYLES = {"up-to-date": "green", "ahead": "cyan", "behind": "yellow", "diverged": "bold red", "missing": "bold red"}


@click.command()
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
    rows = found.rows
    if not rows and not project.file.exists():
        raise project.no_sources()
    versions = found.versions(project)
    if as_json:
        console.emit_json(
            [
                {
                    "skill": row.skill,
                    "source": row.source,
                    "status": row.status,
                    "version": versions.get(row.skill),
                    "commit": row.commit,
                    "tree": row.tree,
                    "path": row.path,
                    **({"tool": row.tool} if row.tool else {}),
                    **({"reason": row.reason} if row.reason else {}),
                }
                for row in rows
            ]
        )
    elif not rows:
        console.note("no skills here; `gitskills add URL` takes some from a repository")
    else:
        console.table(
            ("skill", "status", "version", "source"),
            (
                (
                    row.skill,
                    (row.status, STYLES.get(row.status, "dim")),
                    _version(versions.get(row.skill)),
                    row.source or row.tool,
                )
                for row in rows
            ),
        )
        for row in rows:
            if row.reason:
                console.note(f"{row.skill} cannot be placed: {row.reason}")
    untidy = [row for row in rows if row.status not in ("up-to-date", "untracked")]
    return 1 if check and untidy else 0


def _version(number: int | None) -> str:
    return f"v{number}" if number else ""
