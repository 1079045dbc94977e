"""Measure `gitskills cards expire` beside git: 10,000 cards against a synthetic history of 1,000,000 commits.

Prints ratios of whole processes run in turn. The history is made once and kept in the cache folder of this machine.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

FIRST, SECOND = 1.4, 0.3  # the limits: times git rev-list --count, and seconds more than python -c pass
START = 1_000_000_000
FILES = 50
NEW = 100  # commits that come between the first run and the second

CARD = """\
---
name: card-{number}
description: Use when change number {number} of area {area} is made again.
metadata:
  gitskills-kind: leaf
  gitskills-area: area-{area}
  gitskills-key: '{key}'
  gitskills-proof: '{proof}'
  gitskills-patch-id: '{patch}'
  gitskills-paths: {path}
  gitskills-repo: ''
  gitskills-confidence: '0.50'
---

## Trigger

Change number {number} is made again.

## Procedure

- Edit `{path}`, then run the tests.

## Pitfalls

- Not both lines.
"""


def history(commits: int, folder: Path) -> Path:
    """Return a bare repository with that many commits, every 20th on a branch that is merged, and a commit-graph."""
    made = folder / f"history-{commits}.git"
    if not made.exists():
        building = folder / f"history-{commits}.{os.getpid()}.new"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(building)], check=True)
        imported(building, stream(commits, 0))
        subprocess.run(["git", "-C", str(building), "commit-graph", "write", "--reachable"], check=True)
        building.rename(made)
    return made


def stream(commits: int, begin: int) -> Iterator[bytes]:
    """Yield fast-import commands for commits numbered from `begin`; later ones go on top of main."""
    mark = 0
    on = b"refs/heads/main"
    yield b"" if begin else b"reset refs/heads/main\n"
    while mark < commits:
        extra = b"from refs/heads/main^0\n" if begin and not mark else b""
        if mark > 1 and mark % 20 == 0 and mark + 3 <= commits:
            yield b"reset refs/heads/side\nfrom :%d\n\n" % mark
            yield commit(b"refs/heads/side", begin, mark + 1) + change(begin + mark - 1)
            yield commit(on, begin, mark + 2) + b"from :%d\n" % mark + change(begin + mark)
            yield commit(on, begin, mark + 3) + b"merge :%d\n\n" % (mark + 1)
            mark += 3
        else:
            mark += 1
            yield commit(on, begin, mark) + extra + change(begin + mark - 1)


def commit(ref: bytes, begin: int, mark: int) -> bytes:
    """Return the head of a commit command."""
    message = b"change %d" % (begin + mark)
    who = b"A U Thor <a@example.com> %d +0000" % (START + 60 * (begin + mark))
    return b"commit %s\nmark :%d\ncommitter %s\ndata %d\n%s\n" % (ref, mark, who, len(message), message)


def change(number: int) -> bytes:
    """Return the command that writes one file: every second change adds two lines, one of which the next ones keep."""
    text = b"kept by all\nkept as well\n"
    if number // FILES % 2:
        text += b"comes and goes\nthe line of change %d\n" % number
    return b"M 100644 inline src/file%d.py\ndata %d\n%s\n" % (number % FILES, len(text), text)


def imported(git_dir: Path, pieces: Iterator[bytes]) -> None:
    """Feed a stream to git fast-import."""
    quick = ["-c", "pack.compression=0", "-c", "core.compression=0"]
    command = ["git", "-C", str(git_dir), *quick, "fast-import", "--quiet", "--force", "--depth=0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.writelines(pieces)
    if process.returncode:
        raise SystemExit(f"git fast-import failed with {process.returncode}")


def library(git_dir: Path, code: Path, cards: int) -> None:
    """Make a bare library of cards whose proofs are spread over the whole history."""
    asked = ["git", "-C", str(code), "log", "--first-parent", "--no-merges", "--format=%H %s", "main"]
    listed = subprocess.run(asked, capture_output=True, check=True).stdout.decode().splitlines()
    proofs = random.Random(7).sample(listed, cards)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(git_dir)], check=True)

    def pieces() -> Iterator[bytes]:
        yield commit(b"refs/heads/main", 0, 1)
        for number, line in enumerate(proofs):
            proof, _, changed = line.split(" ")
            area = number % 100
            text = CARD.format(
                number=number,
                area=area,
                proof=proof,
                key=f"{number:016x}",
                patch=f"{number:040x}",
                path=f"src/file{(int(changed) - 1) % FILES}.py",
            )
            name = b"cards/area-%d/card-%d/SKILL.md" % (area, number)
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(text), text.encode())

    imported(git_dir, pieces())


def timed(command: Sequence[str], folder: Path, environment: dict[str, str]) -> float:
    """Run a command with its output in a file; return its seconds."""
    with (folder / "out").open("wb") as out:
        begun = time.perf_counter()
        subprocess.run(command, stdout=out, cwd=folder, env=environment, check=True)
        return time.perf_counter() - begun


def measure(code: Path, folder: Path, rounds: int) -> dict[str, float]:
    """Return the best seconds of git, bare Python, our first run, one with the cards indexed, one after new commits."""
    environment = dict(os.environ, GITSKILLS_HOME=str(folder / "home"))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
    counting = ["git", "-C", str(code), "rev-list", "--count", "main"]
    ours = [sys.executable, "-m", "gitskills", "cards", "expire", "--code", str(code), "--ref", "main", "--json"]
    nothing = [sys.executable, "-c", "pass"]
    best: dict[str, float] = {}

    def note(name: str, command: Sequence[str]) -> None:
        best[name] = min(timed(command, folder, environment), best.get(name, 1e9))

    before = subprocess.run(["git", "-C", str(code), "rev-parse", "main"], capture_output=True, check=True)
    tip = before.stdout.decode().strip()
    for number in range(rounds):
        shutil.rmtree(folder / "home", ignore_errors=True)
        subprocess.run([sys.executable, "-m", "gitskills", "pull"], cwd=folder, env=environment, capture_output=True)
        note("count", counting)
        note("cold", ours)
        (folder / "home" / "state" / "state.sqlite3").unlink(missing_ok=True)
        note("count", counting)
        note("first", ours)
        note("python", nothing)
        imported(code, stream(NEW, 10_000_000 + number * NEW))
        note("again", ours)
        note("python", nothing)
        subprocess.run(["git", "-C", str(code), "update-ref", "refs/heads/main", tip], check=True)
    return best


def main() -> int:
    """Build history and library, measure, print; exit 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--commits", type=int, default=1_000_000)
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "gitskills-benchmarks")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    code = history(options.commits, options.cache.absolute())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        library(folder / "library.git", code, options.cards)
        (folder / "gitskills.yaml").write_text("sources:\n  team:\n    url: ./library.git\n", encoding="utf-8")
        best = measure(code, folder, options.rounds)
    return told(best)


def told(best: dict[str, float]) -> int:
    """Print the figures; return the exit code."""
    first, again = best["first"] / best["count"], best["again"] - best["python"]
    cold = best["cold"] / best["count"]
    print(f"git rev-list --count           {best['count']:6.3f} s")
    print(f"cards expire, nothing indexed  {best['cold']:6.3f} s = {cold:.2f} x git (limit {FIRST})")
    print(f"cards expire                   {best['first']:6.3f} s = {first:.2f} x git (limit {FIRST})")
    print(f"  after {NEW} new commits        {best['again']:6.3f} s = python -c pass + {again:.3f} s (limit {SECOND})")
    return 0 if max(first, cold) <= FIRST and again <= SECOND else 1


if __name__ == "__main__":
    sys.exit(main())
