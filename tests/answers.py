"""A model that gives prepared answers: a real program on the `command:` backend."""

import json
import sys
from pathlib import Path


def answering(folder: Path, **by_role: object) -> dict[str, str]:
    """Return the environment in which models answer by role, text as it is and all else as JSON.

    Each call leaves its role as a line in the file `calls` of `folder`, and its prompt in `asked-ROLE`.
    """
    texts = {role: one if isinstance(one, str) else json.dumps(one) for role, one in by_role.items()}
    (folder / "answers.json").write_text(json.dumps(texts), encoding="utf-8")
    script = folder / "model.py"
    script.write_text(
        "import json, os, sys\n"
        f"folder, role = {str(folder)!r}, os.environ['GITSKILLS_ROLE']\n"
        "open(folder + '/asked-' + role, 'wb').write(sys.stdin.buffer.read())\n"
        "open(folder + '/calls', 'a').write(role + '\\n')\n"
        "sys.stdout.write(json.load(open(folder + '/answers.json'))[role])\n",
        encoding="utf-8",
    )
    return {"GITSKILLS_MODEL": f"command:{Path(sys.executable).as_posix()} {script.as_posix()}"}
