"""`gitskills diff`: what is edited here, or what upstream changed."""

import click

from gitskills.commands import options


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--upstream", is_flag=True, help="What the library changed since the skill was installed.")
@options.glob
@options.as_json
def command(names: tuple[str, ...], upstream: bool, glob: bool, as_json: bool) -> int:
    """Show what was edited here since each skill was installed, or with --upstream what its library changed."""
    from gitskills import console
    from gitskills.share.difference import differences

    found = differences(options.project(glob), names, upstream=upstream)
    if as_json:
        console.emit_json([{"skill": one.skill, "source": one.source, "diff": one.diff} for one in found])
        return 0
    for one in found:
        console.diff(one.diff.splitlines())
    if not found:
        console.note("no differences")
    return 0
