"""`gitskills cards template`: what a repository of code runs after a merge."""

import click

FILES = {
    "post-merge": "post-merge",
    "github": ".github/workflows/gitskills-cards.yml",
    "gitlab": ".gitlab/gitskills-cards.gitlab-ci.yml",
}


@click.command(short_help="Print a git hook or CI job that harvests after merges")
@click.argument("what", type=click.Choice(list(FILES)))
def command(what: str) -> int:
    """Print what harvests cards after each merge: a git hook, or a CI job.

    It belongs into the repository of code: .git/hooks/post-merge (executable), .github/workflows/, or what
    .gitlab-ci.yml includes. None of them ever fails a merge.
    """
    from gitskills.state.templates import templates

    click.echo(templates("code")[FILES[what]].decode(), nl=False)
    return 0
