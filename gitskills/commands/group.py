"""The verbs: a group that loads a command when it is called, in the sections that `--help` shows."""

import importlib
import os
from collections.abc import Sequence

import click

from gitskills import __version__

SECTIONS: dict[str, tuple[str, ...]] = {
    "Use a team's skills": ("add", "pull", "push", "status", "diff", "remove", "adopt"),
    "Look": ("list", "show", "search", "log", "blame", "verify", "revert", "stats"),
    "Learn from sessions": ("improve", "review", "suggest", "work", "cards"),
    "Keep a library": ("init", "new", "validate"),
    "This machine": ("hooks", "doctor", "demo"),
}
HIDDEN = ("hook",)


class LazyGroup(click.Group):
    """Imports `gitskills.commands.<verb>` when that verb is called (click's documentation, "Lazily loading")."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in SECTIONS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (*self.list_commands(ctx), *HIDDEN):
            return None
        module = importlib.import_module(f"gitskills.commands.{_module(cmd_name)}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # only on the way out with an error

            near = get_close_matches(args[0], self.list_commands(ctx), n=2)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {' or '.join(near)}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, names in SECTIONS.items():
            with formatter.section(section):
                rows = []
                for name in names:
                    command = self.get_command(ctx, name)
                    rows.append((name, command.get_short_help_str(90) if command else ""))
                formatter.write_dl(rows)


def _module(verb: str) -> str:
    """The module of a verb; `list` would hide the builtin inside its own module."""
    return {"list": "list_"}.get(verb, verb)


def _change_directory(ctx: click.Context, option: click.Parameter, folders: tuple[str, ...]) -> None:
    for folder in folders:
        try:
            os.chdir(folder)
        except OSError as error:
            raise click.UsageError(f"cannot change to {folder!r}: {error.strerror}") from error


@click.group(
    cls=LazyGroup,
    name="gitskills",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Each command explains itself: gitskills COMMAND --help",
)
@click.option(
    "-C",
    metavar="DIR",
    multiple=True,
    expose_value=False,
    is_eager=True,
    callback=_change_directory,
    help="Run as if started in DIR; later ones are relative to earlier ones.",
)
@click.version_option(__version__, prog_name="gitskills", message="%(prog)s %(version)s")
def group() -> None:
    """Share a team's agent skills in one git repository: pulled into every agent, merged, pushed, audited."""


def run(words: Sequence[str] | None, begun: object) -> int:
    """Run the command that `words` name and return its exit code, 2 for wrong usage; `begun` is the command's to take.

    Raises KeyboardInterrupt where a question was answered by Ctrl-C, and whatever the command raises.
    """
    try:
        arguments = None if words is None else list(words)
        code = group.main(args=arguments, prog_name="gitskills", standalone_mode=False, obj=begun)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        raise KeyboardInterrupt from None
