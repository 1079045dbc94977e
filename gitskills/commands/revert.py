"""`gitskills revert`: give a skill an earlier version again."""

import click

from gitskills.commands import options


@click.command(short_help="Give a skill an earlier version again, as a new commit")
@click.argument("name")
@click.option("--to", "version", metavar="VERSION", help="v3, a commit or a tree; by default before the last change.")
@click.option("-m", "--message", default="", help="Why: the commit's subject, then its body.")
@click.option("--direct", "review", flag_value="direct", help="Commit on the library's branch.")
@click.option("--review", "review", flag_value="review", help="Propose on a branch of your own.")
@options.glob
@options.dry_run
@options.as_json
def command(
    name: str, version: str | None, message: str, review: str | None, glob: bool, dry_run: bool, as_json: bool
) -> int:
    """Publish a commit that restores an earlier tree of the skill NAME, and pull it.

    History stays: what was reverted can be looked at and brought back. `gitskills log NAME` shows the versions.
    """
    from gitskills import console
    from gitskills.share.publish import Options
    from gitskills.share.revert import revert

    wanted = None if review is None else review == "review"
    with console.progress() as progress:
        row = revert(options.project(glob), name, version, Options((name,), message, None, wanted, dry_run), progress)
    return options.tell_pushed([row], as_json=as_json, dry_run=dry_run)
