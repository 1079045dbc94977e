"""`gitskills new`: start a skill."""

from pathlib import Path

import click

from gitskills import console
from gitskills.commands import options


@click.command(short_help="Start a skill from the template")
@click.argument("name")
@click.option(
    "--in",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to put it in. Default: skills/ of a library, .agents/skills elsewhere.",
)
@options.dry_run
def command(name: str, directory: Path | None, dry_run: bool) -> None:
    """Start the skill NAME from the template: lowercase letters, digits and single hyphens."""
    from gitskills.share.library import new, skills_folder

    written = new(name, skills_folder(Path.cwd()) if directory is None else directory, dry_run=dry_run)
    console.say("would write " if dry_run else "wrote ", (str(written), "bold"))
