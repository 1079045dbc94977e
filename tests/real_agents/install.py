"""Install the agents' real CLIs, each at the version that packages.json pins, into a folder of its own.

`python -m tests.real_agents.install FOLDER` puts each into FOLDER/<agent>, with its program in FOLDER/<agent>/bin, and
says of each what came of it; what is there already is left. Exit code 1 where one could not be had: the tests that
need it are skipped. Nothing is written outside FOLDER but what npm and pip keep in their caches.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PINS = Path(__file__).with_name("packages.json")
PATIENCE = 240.0  # seconds for one; half a minute is usual
AT_ONCE = 3


@dataclass(frozen=True)
class Pin:
    """One agent's package: the registry (npm or pypi), its name there, the exact version, the program it brings."""

    agent: str
    registry: str
    package: str
    version: str
    program: str


class NotInstalled(Exception):
    """Why a CLI cannot be had here."""


def pins() -> list[Pin]:
    """Return what packages.json says."""
    rows: dict[str, dict[str, str]] = json.loads(PINS.read_text("utf-8"))
    return [
        Pin(agent, kind, row[kind], row["version"], row["program"])
        for agent, row in rows.items()
        for kind in ("npm", "pypi")
        if kind in row
    ]


def main(folder: Path) -> int:
    """Install all of them and say how it went."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(lambda pin: _told(pin, folder / pin.agent), pins()))
    sys.stdout.writelines(f"{line}\n" for _, line in told)
    return 0 if all(well for well, _ in told) else 1


def _told(pin: Pin, folder: Path) -> tuple[bool, str]:
    began = time.monotonic()
    stamp = folder / "installed"
    if stamp.is_file() and stamp.read_text() == pin.version:
        return True, f"{pin.agent} {pin.version}: there already"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        _install(pin, folder)
        home = {"HOME": str(folder / "home")}  # some leave settings and logs there at once
        _run([str(folder / "bin" / pin.program), "--version"], cwd=folder, timeout=60, **home)
    except (NotInstalled, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        return False, f"{pin.agent} {pin.version}: CANNOT BE INSTALLED HERE: {error}"
    stamp.write_text(pin.version)
    return True, f"{pin.agent} {pin.version}: installed in {time.monotonic() - began:.0f} s"


def _install(pin: Pin, folder: Path) -> None:
    (folder / "bin").mkdir(parents=True)
    if pin.registry == "pypi":
        _run([sys.executable, "-m", "venv", str(folder / "venv")], cwd=folder)
        python = folder / "venv" / "bin" / "python"
        _run([str(python), "-m", "pip", "install", "-q", "--no-input", f"{pin.package}=={pin.version}"], cwd=folder)
        # A folder of links: that of the venv has a python in it, which must not come first on anybody's PATH.
        (folder / "bin" / pin.program).symlink_to(folder / "venv" / "bin" / pin.program)
        return
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalled("there is no npm")
    options = ["--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1", "--loglevel=error"]
    _run([npm, "install", "--global", "--prefix", str(folder), *options, f"{pin.package}@{pin.version}"], cwd=folder)


def _run(words: list[str], cwd: Path, timeout: float | None = None, **env: str) -> None:
    """Run a program to its end and kill it with all it started where it takes too long; raises NotInstalled."""
    timeout = timeout or PATIENCE
    log = cwd / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            words,
            cwd=cwd,
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        ) as process,
    ):
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise NotInstalled(f"{Path(words[0]).name} took longer than {timeout:.0f} s") from None
    if code:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
        raise NotInstalled(f"{Path(words[0]).name} failed: {' | '.join(lines[-3:])}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
