"""Shell completion: click's own, through the lazy group."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run


def bash_is_new() -> bool:
    """Tell whether there is a bash that click's script is made for: 4.4 or newer (macOS ships 3.2)."""
    if sys.platform == "win32" or not shutil.which("bash"):
        return False
    version = subprocess.run(["bash", "-c", "echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))"], capture_output=True)
    return int(version.stdout) >= 404


NEEDS_BASH = pytest.mark.skipif(not bash_is_new(), reason="needs bash 4.4 or newer on a POSIX system")


@pytest.mark.parametrize("shell", [pytest.param("bash", marks=NEEDS_BASH), "zsh", "fish"])
def test_each_shell_gets_a_script(run: Run, shell: str) -> None:
    """The line that the README tells users to put into their shell's configuration prints a script for it."""
    script = run(env={"_GITSKILLS_COMPLETE": f"{shell}_source"})
    assert (script.code, script.err) == (0, "")
    assert "_gitskills_completion" in script.out


@pytest.mark.parametrize(
    ("words", "index", "expected"),
    [
        ("gitskills p", 1, {"pull", "push"}),
        ("gitskills init --c", 2, {"--ci"}),
        ("gitskills init --ci g", 3, {"github", "gitlab"}),
    ],
)
def test_verbs_options_and_choices_are_completed(run: Run, words: str, index: int, expected: set[str]) -> None:
    """What bash asks for at each word comes back, though no command is imported until then."""
    asked = {"_GITSKILLS_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(index)}
    answer = run(env=asked)
    assert (answer.code, answer.err) == (0, "")
    assert {line.partition(",")[2] for line in answer.out.splitlines()} == expected


@NEEDS_BASH
def test_bash_reads_the_script(run: Run, tmp_path: Path) -> None:
    """The script is sound bash and registers the completion for the command's name."""
    (tmp_path / "complete.sh").write_text(run(env={"_GITSKILLS_COMPLETE": "bash_source"}).out, encoding="utf-8")
    shown = subprocess.run(
        ["bash", "-c", "source ./complete.sh && complete -p gitskills"], capture_output=True, text=True, cwd=tmp_path
    )
    assert shown.returncode == 0 and "_gitskills_completion" in shown.stdout, shown.stderr
