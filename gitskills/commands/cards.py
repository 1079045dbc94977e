"""`gitskills cards`: what agents learned from merged changes."""

import importlib

import click

VERBS = ("harvest", "retrieve", "expire", "promote", "tree", "template")


class Group(click.Group):
    """Imports `gitskills.commands.cards_<verb>` when that verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb's command."""
        if cmd_name not in VERBS:
            return None
        found = importlib.import_module(f"gitskills.commands.cards_{cmd_name}").command
        assert isinstance(found, click.Command)
        return found


@click.group(cls=Group, short_help="How things are done in a repository, from its merged changes")
def command() -> None:
    """Cards: how things are done in a repository, grown from its merged changes."""
