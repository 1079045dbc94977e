"""The command line: a group that loads a command when it is called, and the one error boundary."""

import importlib
import os
import sys
import tempfile
import traceback
from pathlib import Path

import click

from gitskills import __version__, console
from gitskills.errors import GitskillsError

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


def main(arguments: list[str] | None = None, begun: object = None) -> int:
    """Run one command and return its exit code: 0 done, 1 expected failure, 2 usage, 3 a bug, 130 interrupted.

    `begun` is what was started for the command before the command line could be read; the command's to take.
    """
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by whoever started us (`>&-`): what we say goes nowhere
            setattr(sys, stream, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
    try:
        code = group.main(args=arguments, prog_name="gitskills", standalone_mode=False, obj=begun)
        sys.stdout.flush()
        _remind(sys.argv[1:] if arguments is None else arguments)
        return code if isinstance(code, int) else 0
    except GitskillsError as error:
        console.error(error.message, error.hint)
        return error.exit_code
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        console.note("interrupted")
        return 130
    except BrokenPipeError:
        # The reader left (`gitskills log | head`): nothing to tell, and nothing more to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        console.error(f"{error.strerror or error}{place}", f"the details are in {_write_traceback()}")
        return 1
    except Exception as error:
        if type(error).__module__ == "sqlite3":
            from gitskills.state import database

            if database.out_of_room(error):
                console.error(f"a database of gitskills cannot be written: {error}", database.ROOM)
                return 1
        console.error("this is a bug in gitskills", f"the details are in {_write_traceback()}; please report it")
        return 3


def _remind(words: list[str]) -> None:
    """Tell a person at a terminal, once a day, that suggestions wait; not beside what is about them anyway."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()) or {"suggest", "work", "demo"} & set(words):
        return
    import time

    from gitskills.state import notice
    from gitskills.state.paths import paths

    if text := notice.due(paths(), now=time.time()):
        console.note(text)


def _write_traceback() -> str:
    """Keep the traceback in a log file and return its path, or the traceback where no file can be made."""
    from gitskills.state.paths import paths

    text = f"gitskills {__version__}, Python {sys.version}\n{traceback.format_exc()}"
    for folder in (paths().state / "crashes", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".log", delete=False, encoding="utf-8") as log:
                log.write(text)
            return log.name
        except OSError:
            continue
    return text
