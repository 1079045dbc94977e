"""`gitskills demo`: the main job on a throw-away team of two."""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gitskills.share.tour import Person, Step


@click.command(short_help="Watch two people share, merge and improve skills")
@click.option("--keep", is_flag=True, help="Leave the folder, to look around in it.")
def command(keep: bool) -> int:
    """Watch two people share skills: a library, a push, a pull, a merge, the audit trail.

    Everything happens in a temporary folder with real commands; no network, no model, nothing of yours is touched.
    """
    from gitskills import console
    from gitskills.share.tour import act, cast, story

    with ExitStack() as stack:
        if keep:
            folder = tempfile.mkdtemp(prefix="gitskills-demo-")
        else:
            made = tempfile.TemporaryDirectory(prefix="gitskills-demo-", ignore_cleanup_errors=True)
            folder = stack.enter_context(made)
        root = Path(folder).resolve()
        people = cast(root)
        for step in story(root):
            if step.told:
                console.say()
                console.say((step.told, "bold"))
            code = _run(people[step.who], step, root) if step.command else 0
            if code:
                console.error(f"the demo stopped: {step.command[0]} ended with {code}")
                return 1
            if step.edit:
                act(people[step.who], step.edit)
                console.say((f"{step.who} edits .agents/skills/{step.edit[0]}/SKILL.md", "italic"))
    console.say()
    console.say((f"The folder is {folder}" if keep else "That was all; the temporary folder is gone.", "dim"))
    return 0


def _run(person: "Person", step: "Step", root: Path) -> int:
    """Run one command as the person, on this very terminal."""
    from gitskills import console
    from gitskills.git.command import environment

    shown = [part.replace(f"{root}", "…") if str(root) in part else part for part in step.command]
    words = [f'"{part}"' if " " in part else part for part in shown]
    console.say((f"{person.name.lower()}$ ", "green"), " ".join(words))
    sys.stdout.flush()
    program = [sys.executable, "-m", "gitskills"] if step.command[0] == "gitskills" else ["git"]
    variables = environment() | person.environment | {"PAGER": "cat"}
    return subprocess.run([*program, *step.command[1:]], cwd=person.project, env=variables, check=False).returncode
