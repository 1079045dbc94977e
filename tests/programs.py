"""Programs for tests: real executables, written in Python, on every system."""

import json
import sys
from pathlib import Path
from typing import Any

_RECORD = """\
import json, os, sys
from pathlib import Path
argv = sys.argv[1:]
stdin = sys.stdin.buffer.read().decode()
named = [Path(word) for word in [*argv, *os.environ.values()] if word.endswith((".md", ".json", ".toml"))]
files = {{str(path): path.read_text("utf-8") for path in named if path.is_absolute() and path.is_file()}}
seen = {{
    "argv": argv, "env": dict(os.environ), "cwd": os.getcwd(), "stdin": stdin, "inside": sorted(os.listdir()),
    "files": files, "session": os.getsid(0) == os.getpid() if hasattr(os, "getsid") else True,
}}
with open({record!r}, "a", encoding="utf-8") as log:
    log.write(json.dumps(seen) + "\\n")
"""


def executable(folder: Path, name: str, code: str) -> Path:
    """Write a program `name` that runs this Python code; return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / f"{name}-code.py"
    script.write_text(code, encoding="utf-8")
    if sys.platform == "win32":
        program = folder / f"{name}.cmd"
        program.write_text(f'@"{sys.executable}" "{script}" %*\n', encoding="utf-8")
    else:
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return program


def recording(folder: Path, name: str, code: str) -> Path:
    """Write a program that first notes arguments, environment, folder and input in `<name>.jsonl` beside it."""
    executable(folder, name, _RECORD.format(record=str(folder / f"{name}.jsonl")) + code)
    return folder / f"{name}.jsonl"


def recorded(log: Path) -> list[dict[str, Any]]:
    """Return what a recording program noted, call by call."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
