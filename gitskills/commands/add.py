"""`gitskills add`: take skills from a repository."""

from pathlib import Path

import click

from gitskills.commands import options


@click.command(short_help="Record a repository as a source, and pull its skills")
@click.argument("url")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--ref", help="Branch, tag or commit; by default the remote's default branch.")
@click.option("--source", metavar="S", help="What to call the source in gitskills.yaml.")
@click.option("--as", "alias", metavar="N", help="Install the one skill NAME under another name.")
@options.glob
@options.dry_run
@options.as_json
def command(
    url: str,
    names: tuple[str, ...],
    ref: str | None,
    source: str | None,
    alias: str | None,
    glob: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Record the repository URL as a source and pull its skills: all of them, or those called NAME (globs work).

    URL is anything git fetches, a local path, owner/repo on GitHub, or a folder's page there.
    """
    from gitskills import console
    from gitskills.later import later
    from gitskills.share.add import Wish, add

    project = options.project(glob)
    with console.progress() as progress:
        wish = Wish(url, names, ref, source, alias)
        report = add(project, wish, Path.cwd(), progress, dry_run=dry_run, later=later)
    if as_json:
        console.emit_json([one.json() for one in report.outcomes])
        return 1 if report.failed else 0
    empty = "the library has no skills yet: `gitskills new NAME` starts one, `gitskills push NAME` publishes it"
    options.tell(report.outcomes, dry_run=dry_run, nothing=empty)
    if not project.agents():
        console.note("no agent was found here; agents that read .agents/skills will see the skills")
        console.note("name others in gitskills.yaml: agents: [claude-code, codex]")
    return 1 if report.failed else 0
