"""`gitskills push`: publish local edits and new skills."""

import click

from gitskills.commands import options


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("-m", "--message", default="", help="What changed and why: the commit's subject, then its body.")
@click.option("--to", metavar="SOURCE", help="The source a new skill goes to, where there are several.")
@click.option("--direct", "review", flag_value="direct", help="Commit on the library's branch.")
@click.option(
    "--review", "review", flag_value="review", help="Propose on a branch of your own, with the page to open it."
)
@options.glob
@options.dry_run
@options.as_json
def command(
    names: tuple[str, ...], message: str, to: str | None, review: str | None, glob: bool, dry_run: bool, as_json: bool
) -> int:
    """Publish edited skills, or the skills NAME (a new one is a folder with a SKILL.md), as commits in your name.

    Each is validated and scanned first, merged with what others pushed meanwhile, and never forced.
    Without --direct or --review the library's own gitskills.yaml decides (`library: push:`).
    """
    from gitskills import console
    from gitskills.share.push import Options, push

    wanted = None if review is None else review == "review"
    with console.progress() as progress:
        rows = push(options.project(glob), Options(names, message, to, wanted, dry_run), progress)
    if as_json:
        keys = ("skill", "action", "commit", "branch", "url", "message")
        console.emit_json([{key: getattr(row, key) for key in keys} for row in rows])
    else:
        for row in rows:
            if row.action == "unchanged" and not names:
                continue
            place = " ".join(filter(None, ((row.commit or "")[:10], f"on {row.branch}" if row.branch else "")))
            text = "; ".join(filter(None, (place, row.message)))
            console.say((f"{row.action:>9}", options.STYLES[row.action]), "  ", (row.skill, "bold"), f"  {text}")
            if row.url:
                console.say("           open a pull request: ", (row.url, "underline"))
        if not any(row.action != "unchanged" for row in rows):
            console.say(("nothing to publish", "dim"))
        if dry_run:
            console.note("dry run: nothing was published")
    return 1 if any(row.failed for row in rows) else 0
