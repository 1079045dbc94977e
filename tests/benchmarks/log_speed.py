"""Measure `gitskills log` beside git's own log: a synthetic library of 2,000 skills and 20,000 commits.

Prints ratios of whole processes, each command's best of several runs taken in turn, so that a busy machine hurts both.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.synthetic import build

FIRST, SECOND = 1.5, 0.3  # the limits: times git's log, and seconds


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Run a command with its output in a file; return its seconds."""
    with (folder / "out").open("wb") as out:
        begun = time.perf_counter()
        subprocess.run(command, stdout=out, env=environment, check=True)
        return time.perf_counter() - begun


def measure(git_dir: Path, folder: Path, rounds: int) -> dict[str, float]:
    """Return the best seconds of git's log, our first and second one, and the second as JSON."""
    environment = dict(os.environ, GITSKILLS_HOME=str(folder / "home"))
    git = ["git", "--git-dir", str(git_dir), "log", "--format=%H", "--name-only"]
    ours = [sys.executable, "-m", "gitskills", "-C", str(git_dir), "log"]
    best: dict[str, float] = {}
    for _ in range(rounds):
        shutil.rmtree(folder / "home", ignore_errors=True)
        for name, command in {"git": git, "first": ours, "second": ours, "json": [*ours, "--json"]}.items():
            best[name] = min(timed(command, folder, environment), best.get(name, 1e9))
    return best


def main() -> int:
    """Build the library, measure, print; exit 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skills", type=int, default=2000)
    parser.add_argument("--commits", type=int, default=20_000)
    parser.add_argument("--library", type=Path, help="an existing bare library instead of a new synthetic one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        git_dir = options.library or folder / "library.git"
        if options.library is None:
            begun = time.perf_counter()
            build(git_dir, skills=options.skills, commits=options.commits)
            print(f"synthetic library     {time.perf_counter() - begun:6.2f} s")
        best = measure(git_dir.absolute(), folder, options.rounds)
    ratio = best["first"] / best["git"]
    print(f"git log --name-only   {best['git']:6.2f} s")
    print(f"gitskills log, first  {best['first']:6.2f} s = {ratio:.2f} x git (limit {FIRST})")
    print(f"gitskills log, again  {best['second']:6.2f} s (limit {SECOND})")
    print(f"  the same as JSON    {best['json']:6.2f} s (limit {SECOND})")
    return 0 if ratio <= FIRST and max(best["second"], best["json"]) <= SECOND else 1


if __name__ == "__main__":
    sys.exit(main())
