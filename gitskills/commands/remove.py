"""`gitskills remove`: uninstall what gitskills placed."""

import click

from gitskills.commands import options


@click.command(short_help="Uninstall skills, and stop asking for them")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--source", metavar="S", help="Every skill of this source, and the source itself.")
@click.option("--force", is_flag=True, help="Also edited skills; what is dropped stays in the cache as a git tree.")
@options.author
@options.glob
@options.dry_run
@options.as_json
def command(
    names: tuple[str, ...],
    source: str | None,
    force: bool,
    author: str | None,
    glob: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Uninstall the skills NAME and stop asking for them in gitskills.yaml.

    Only folders and links that gitskills made are touched; an edited skill is kept and reported.
    """
    from gitskills import console
    from gitskills.share.remove import remove

    if not names and source is None and author is None:
        raise click.UsageError("name skills to remove, or a --source or an --author")
    project = options.project(glob)
    if author is not None:
        from gitskills.share.trail.authors import installed_by

        names = tuple(dict.fromkeys((*names, *installed_by(project, author))))
    outcomes = remove(project, names, source, force=force, dry_run=dry_run)
    if as_json:
        console.emit_json([one.json() for one in outcomes])
    else:
        options.tell(outcomes, dry_run=dry_run)
    return 1 if any(one.failed or one.action == "kept" for one in outcomes) else 0
