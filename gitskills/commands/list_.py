"""`gitskills list`: the skills that are here, or that could be."""

import click

from gitskills.commands import options


@click.command("list", short_help="The skills installed, or all that the sources have")
@click.option("-a", "--available", is_flag=True, help="What the sources have, installed or not.")
@options.author
@options.glob
@options.as_json
def command(available: bool, author: str | None, glob: bool, as_json: bool) -> int:
    """List the installed skills, or with --available everything the sources have (as last fetched).

    In a repository of skills without sources: the skills it holds.
    """
    from gitskills import console
    from gitskills.share import catalogue

    project = options.project(glob)
    rows = catalogue.there(project) if available or not project.config.sources else catalogue.here(project)
    if author is not None:
        from gitskills.share.trail.authors import created_by

        created = created_by(project, author)
        rows = [row for row in rows if (row.source, row.path) in created]
    if as_json:
        keys = ("name", "description", "source", "version", "commit", "tree")
        console.emit_json([{key: getattr(row, key) for key in keys} for row in rows])
        return 0
    if not rows and author is not None:
        console.note(f"no skill here was created by {author}; `gitskills log --op create` shows who created which")
        return 0
    if not rows:
        console.note("no skills; `gitskills add URL` takes some from a repository")
        return 0
    console.table(
        ("skill", "version", "source", "description"),
        (
            ((row.name, "bold"), f"v{row.version}" if row.version else "", row.source, _short(row.description))
            for row in rows
        ),
        crop=True,
    )
    return 0


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:159] + "…"
