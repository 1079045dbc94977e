"""`gitskills init`: start a library."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitskills import console
from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.share.library import CI


@click.command(short_help="Start a library of skills, with an example")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "none"]),
    default="none",
    show_default=True,
    help="Also add the jobs that validate every pull request and look after improvements.",
)
@options.dry_run
def command(directory: Path, ci: "CI", dry_run: bool) -> None:
    """Start a library of skills in DIRECTORY (default: here), with an example skill and a first commit.

    In a repository that has commits already, the missing files are written and left for you to commit.
    """
    from gitskills.share.library import create

    created = create(directory, ci=ci, dry_run=dry_run)
    for path in created.written:
        console.say("would write " if dry_run else "wrote ", (path, "bold"))
    for path in created.kept:
        console.note(f"kept your {path}")
    if dry_run:
        return
    if created.commit:
        console.say("committed as ", (created.commit[:10], "yellow"))
        console.note("next: push it to a remote your team can reach; then, in any project: gitskills add URL")
    else:
        console.note("next: review these files and commit them")
    if ci == "gitlab" and ".gitlab-ci.yml" in created.kept:
        console.note("add to your .gitlab-ci.yml:  include: [{local: .gitlab/gitskills.gitlab-ci.yml}]")
