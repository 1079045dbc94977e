"""What a command costs before it does anything: the libraries that light commands must not load."""

import subprocess
import sys

import pytest

HEAVY = {"pygit2", "git", "rich", "ruamel", "detect_secrets", "platformdirs", "hypothesis", "yaml", "requests"}


def loaded(*args: str) -> set[str]:
    """Return the top-level modules that a `gitskills ARGS` process has loaded when it ends."""
    code = "import atexit, sys; atexit.register(lambda: print('\\n', *sys.modules, sep='\\n', file=sys.stderr))\n"
    code += "from gitskills.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stderr.splitlines()}


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["init", "--help"], ["new", "--help"], ["pull", "--help"]])
def test_looking_around_loads_nothing_heavy(args: list[str]) -> None:
    """Help and version come without git libraries, YAML or rich; a command's own imports wait until it runs."""
    assert loaded(*args) & HEAVY == set()


def test_version_loads_no_command_line_at_all() -> None:
    """`--version` is answered before click, dataclasses or json are imported."""
    assert loaded("--version") & {"click", "dataclasses", "json", "subprocess", "inspect"} == set()


def test_a_hook_loads_no_command_line_at_all() -> None:
    """`hook` puts its event away without click, json, sqlite3, or anything heavier."""
    assert loaded("hook", "prompt", "--agent", "codex") & {"click", "json", "sqlite3", "subprocess", *HEAVY} == set()


def test_the_measure_itself_sees_imports() -> None:
    """The list of loaded modules is not empty and holds what the command needed."""
    assert {"gitskills", "click"} <= loaded("--help")
