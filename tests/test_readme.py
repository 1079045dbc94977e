"""The README is true: its commands exist with their options, its tour runs, its figures name what makes them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from gitskills.commands.group import SECTIONS, group

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
VERBS = [verb for verbs in SECTIONS.values() for verb in verbs]


def row(verb: str) -> str:
    """Return the verb's line of the command table."""
    found = re.search(rf"^\| `{verb}[ `].*$", README, re.MULTILINE)
    assert found, f"the README's command table has no row for {verb}"
    return found[0]


def command(verb: str) -> click.Command:
    """Return the click command of a verb."""
    found = group.get_command(click.Context(group), verb)
    assert found is not None
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_each_option_of_each_command_is_in_its_row(verb: str) -> None:
    """An option that --help shows stands in the README's row of its command."""
    options = [one for one in command(verb).params if isinstance(one, click.Option)]
    shown = [max(one.opts, key=len) for one in options]
    assert [flag for flag in shown if f"`{flag}" not in row(verb)] == []


@pytest.mark.parametrize("verb", VERBS)
def test_no_row_promises_an_option_there_is_not(verb: str) -> None:
    """An option in the README's row exists, and so do its arguments."""
    exists = {flag for one in command(verb).params for flag in one.opts} | {"--help"}
    promised = set(re.findall(r"`(--?[a-z]+(?:-[a-z]+)*)", row(verb)))
    assert promised - exists == set()
    arguments = [
        one.make_metavar(click.Context(command(verb)))
        for one in command(verb).params
        if one.param_type_name == "argument"
    ]
    assert [name for name in arguments if name not in row(verb).split("`")[1]] == []


def test_help_says_each_command_in_one_line() -> None:
    """In the list of commands nothing is cut off where a terminal has 80 columns."""
    cards = command("cards")
    assert isinstance(cards, click.Group)
    every = [command(verb) for verb in VERBS]
    context = click.Context(cards)
    every += [one for verb in cards.list_commands(context) if (one := cards.get_command(context, verb))]
    told = {one.callback: one.get_short_help_str(10_000) for one in every}
    assert len(told) > 30 and [text for text in told.values() if len(text) > 66] == []


def test_the_table_has_no_command_of_the_past() -> None:
    """Every row of the command table is a command that exists."""
    table = README[README.index("## Commands") : README.index("| exit code")]
    assert re.findall(r"^\| `([a-z]+)", table, re.MULTILINE) == [
        verb for verb in re.findall(r"^\| `([a-z]+)", table, re.MULTILINE) if verb in VERBS
    ]


def test_the_tour_runs_as_it_stands(tmp_path: Path) -> None:
    """Typed in order into one shell, every line of the five-minute tour succeeds."""
    bash = shutil.which("bash")
    if bash is None or sys.platform == "win32":
        pytest.skip("the tour is written for bash")
    blocks = re.findall(r"<!-- tour -->\n```console\n(.*?)```", README, re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(lines) > 10
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "gitskills"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gitskills "$@"\n')
    program.chmod(0o755)
    script = 'set -eux\nexport PATH="$1:$PATH"\n' + "\n".join(lines)
    done = subprocess.run(
        [bash, "-c", script, "tour", program.parent], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "v2" in done.stdout


def test_every_picture_and_file_it_names_is_there() -> None:
    """Relative links of the README lead to files."""
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (Path(__file__).parent.parent / link).exists()] == []
