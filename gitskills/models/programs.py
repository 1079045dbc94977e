"""Where a program is: on PATH, or where version managers put what an interactive shell alone has on PATH."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

# Below the home folder. A worker that a desktop's agent starts has no shell's PATH.
_FOLDERS = (
    ".local/bin", "bin", ".npm-global/bin", ".volta/bin", ".bun/bin", ".deno/bin", ".opencode/bin", ".claude/local",
    ".asdf/shims", ".local/share/mise/shims", ".local/share/pnpm", "Library/pnpm", ".yarn/bin", ".cargo/bin",
    "AppData/Roaming/npm", "AppData/Local/Volta/bin", "AppData/Local/pnpm",
)  # fmt: skip
_SYSTEM = ("/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin")
_VERSIONS = ("bin", "installation/bin", "")  # nvm and n have the first, fnm the second, both on Windows the third


def find(name: str, environ: Mapping[str, str], home: Path) -> Path | None:
    """Return the program `name` as a file that can be run: from PATH, else from a version manager's newest node.

    Only absolute folders are looked in: a file that a project has under this name is never the program.
    """
    suffixes = environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(os.pathsep) if sys.platform == "win32" else [""]
    for folder in _places(environ, home):
        for suffix in suffixes:
            program = folder / f"{name}{suffix}"
            if folder.is_absolute() and program.is_file() and os.access(program, os.X_OK):
                return program
    return None


def _places(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    yield from (Path(folder) for folder in environ.get("PATH", "").split(os.pathsep) if folder)
    yield from (home / folder for folder in _FOLDERS)
    for variable, below in (("VOLTA_HOME", "bin"), ("PNPM_HOME", ""), ("BUN_INSTALL", "bin"), ("N_PREFIX", "bin")):
        if value := environ.get(variable):
            yield Path(value, below)
    if sys.platform != "win32":
        yield from map(Path, _SYSTEM)
    for root in _roots(environ, home):
        for version in _newest(root):
            yield from (version / below for below in _VERSIONS)


def _roots(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """The folders with one folder for each version of node."""
    yield Path(environ.get("NVM_DIR") or home / ".nvm") / "versions" / "node"
    if value := environ.get("NVM_HOME"):  # nvm for Windows
        yield Path(value)
    data = environ.get("XDG_DATA_HOME")
    fnm = environ.get("FNM_DIR")
    places = (
        *([Path(fnm)] if fnm else []),
        Path(data) / "fnm" if data else home / ".local" / "share" / "fnm",
        home / ".fnm",
        home / "Library" / "Application Support" / "fnm",
        home / "AppData" / "Roaming" / "fnm",
    )
    yield from (place / "node-versions" for place in places)
    yield home / ".local" / "share" / "mise" / "installs" / "node"
    yield home / ".asdf" / "installs" / "nodejs"


def _newest(root: Path) -> list[Path]:
    """The versions in a folder, newest first, by their numbers (v20 is newer than v9)."""
    try:
        found = [one for one in root.iterdir() if re.search(r"\d", one.name)]
    except OSError:
        return []
    return sorted(found, key=lambda one: [int(number) for number in re.findall(r"\d+", one.name)], reverse=True)
