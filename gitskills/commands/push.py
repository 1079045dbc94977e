"""`gitskills push`: publish local edits and new skills."""

from pathlib import Path

import click

from gitskills.commands import options


@click.command(short_help="Publish edited or new skills as commits in your name")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("-m", "--message", default="", help="What changed and why: the commit's subject, then its body.")
@click.option("--to", metavar="SOURCE", help="The source a new skill goes to, where there are several.")
@click.option("--direct", "review", flag_value="direct", help="Commit on the library's branch.")
@click.option(
    "--review", "review", flag_value="review", help="Propose on a branch of your own, with the page to open it."
)
@click.option("--fork", metavar="URL", help="Propose from this repository of yours, where you may not push.")
@options.glob
@options.dry_run
@options.as_json
def command(
    names: tuple[str, ...],
    message: str,
    to: str | None,
    review: str | None,
    fork: str | None,
    glob: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Publish edited skills, or the skills NAME (a new one is a folder with a SKILL.md), as commits in your name.

    Each is validated and scanned first, merged with what others pushed meanwhile, and never forced.
    Without --direct or --review the library's own gitskills.yaml decides (`library: push:`).
    """
    from gitskills import console
    from gitskills.git.url import normalise
    from gitskills.share.publish import Options
    from gitskills.share.push import new_here, push

    if fork and review == "direct":
        raise click.UsageError("--fork proposes for review; --direct commits on the library's branch")
    wanted = None if review is None else review == "review"
    url = normalise(fork, base=Path.cwd()).url if fork else None
    project = options.project(glob)
    with console.progress() as progress:
        rows = push(project, Options(names, message, to, wanted, dry_run, url), progress)
    for name in [] if rows or names or as_json else new_here(project):
        console.note(f"{name} is new here: `gitskills push {name}` publishes it")
    return options.tell_pushed(rows, as_json=as_json, dry_run=dry_run)
