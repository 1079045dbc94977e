"""A model that gives prepared answers: a real program on the `command:` backend."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

Answers = Callable[..., dict[str, str]]
"""Answers by role → the environment in which models give them; see `answering`."""

DIES = "if role == 'proposer' and role not in before: os.kill(os.getppid(), 9)"
"""Kill whoever asks a proposer for the first time, before it is answered."""


def answering(folder: Path, first: str = "", **by_role: object) -> dict[str, str]:
    """Return the environment in which models answer by role, text as it is and all else as JSON.

    Each call leaves its role as a line in the file `calls` of `folder`, and adds its prompt to `asked-ROLE`. `first` is
    Python that runs before an answer is given; it has the `role`, and the roles asked `before`.
    """
    texts = {role: one if isinstance(one, str) else json.dumps(one) for role, one in by_role.items()}
    (folder / "answers.json").write_text(json.dumps(texts), encoding="utf-8")
    script = folder / "model.py"
    script.write_text(
        "import json, os, sys\n"
        "assert os.environ['GITSKILLS_WORKER'] == '1'\n"
        f"folder, role = {str(folder)!r}, os.environ['GITSKILLS_ROLE']\n"
        "open(folder + '/asked-' + role, 'ab').write(sys.stdin.buffer.read())\n"
        "with open(folder + '/calls', 'a+') as calls:\n"
        "    calls.seek(0)\n"
        "    before = calls.read().split()\n"
        "    calls.write(role + '\\n')\n"
        f"{first}\n"
        "sys.stdout.buffer.write(json.load(open(folder + '/answers.json'))[role].encode())\n",
        encoding="utf-8",
    )
    return {"GITSKILLS_MODEL": f"command:{Path(sys.executable).as_posix()} -I -S {script.as_posix()}"}


def called(folder: Path) -> list[str]:
    """The roles in which models were asked, in order."""
    file = folder / "calls"
    return file.read_text().split() if file.exists() else []
