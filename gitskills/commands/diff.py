"""`gitskills diff`: what is edited here, or what upstream changed."""

import click

from gitskills.commands import options


@click.command(short_help="What is edited here, or what upstream changed")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--upstream", is_flag=True, help="What the library changed since the skill was installed.")
@options.glob
@options.as_json
def command(names: tuple[str, ...], upstream: bool, glob: bool, as_json: bool) -> int:
    """Show what was edited here since each skill was installed, or with --upstream what its library changed.

    Exits with 1 when a skill could not be read; the others are shown all the same.
    """
    from gitskills import console
    from gitskills.share.difference import differences

    project = options.project(glob)
    if not project.file.exists():
        raise project.no_sources()
    found = differences(project, names, upstream=upstream)
    if as_json:
        rows = [{"skill": one.skill, "source": one.source, "diff": one.diff, "message": one.problem} for one in found]
        console.emit_json(rows)
    else:
        for one in found:
            console.diff(one.diff.splitlines())
        if not found:
            console.note("no differences")
    for one in found:
        if one.problem:
            console.error(f"{one.skill}: {one.problem}")
    return 1 if any(one.problem for one in found) else 0
