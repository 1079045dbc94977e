"""Dying on purpose: a program that runs one verb in forked children and kills each at another moment.

Run as `python -m tests.crashes JOB`, JOB being the JSON of a `Job`. A process of its own, because it forks: the one
that runs the tests has threads. Nothing in the product knows of this: the functions through which every change to the
disk and every process goes are wrapped here, and the n-th call to any of them is the last thing a child does.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

assert sys.platform != "win32", "there is no fork and no kill -9"

WRAPPED: list[tuple[Any, str]] = [
    *((os, name) for name in ("rename", "replace", "mkdir", "rmdir", "unlink", "symlink", "link", "write", "open")),
    (subprocess, "Popen"),
]


@dataclass
class Job:
    """What to do `times` times: copy `start` to `work`, run `verb` there until it is killed, run it to the end.

    `work` holds the project `root`, the home `store` of gitskills and the remote `library.git`. `by` is
    "calls" (die at the n-th change, n spread over all there are) or "time" (die after a random moment, one in each of
    `times` equal parts of `beyond` times the time a whole run took: a later one may take longer). `environ` is set
    for the verb. With `statements` what changes the state database counts as changes too.
    """

    start: str
    work: str
    root: str
    store: str
    verb: list[str]
    times: int
    seed: int
    by: str = "calls"
    environ: dict[str, str] = field(default_factory=dict)
    statements: bool = False
    beyond: float = 1.1


def main(text: str) -> None:
    """Carry out a job, and print one JSON line for each round: what stood there after the kill, and in the end."""
    import gitskills.cli  # loaded once, for all children
    import gitskills.commands.group
    import gitskills.commands.pull
    import gitskills.commands.push
    import gitskills.commands.suggest
    import gitskills.commands.work
    import gitskills.improve.accept
    import gitskills.improve.case
    import gitskills.improve.sweep
    import gitskills.improve.worker
    import gitskills.share.pull
    import gitskills.share.push
    import gitskills.share.round  # noqa: F401

    job = Job(**json.loads(text))
    chance = random.Random(job.seed)
    fresh(job)
    calls = count(job)
    took = duration(job)
    for number in range(job.times):
        fresh(job)
        at = calls * (number * 2 + 1) // (job.times * 2) if job.by == "calls" else 0
        part = took * job.beyond / job.times
        after = part * (number + chance.random()) if job.by == "time" else None
        status = run(job, at=at if job.by == "calls" else None, after=after)
        crashed = look(job)
        again = [run(job) for _ in range(2 if number % 5 == 0 else 1)]  # the second has nothing to do
        row: dict[str, Any] = {
            "at": at,
            "after": after,
            "killed": os.WIFSIGNALED(status),
            "crashed": crashed,
            "end": look(job),
        }
        row["codes"] = [os.waitstatus_to_exitcode(code) for code in again]
        row["said"] = (Path(job.work) / "said").read_text(errors="replace")
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


def fresh(job: Job) -> None:
    """Put the work folder back to the start, times of files included."""
    shutil.rmtree(job.work, ignore_errors=True)
    shutil.copytree(job.start, job.work, symlinks=True)


def count(job: Job) -> int:
    """How many changes a whole run makes; it starts from the state of the job and ends with it changed."""
    reached, writes = os.pipe()
    run(job, tell=writes)
    os.close(writes)
    with os.fdopen(reached) as pipe:
        return int(pipe.read())


def duration(job: Job) -> float:
    """Seconds that a whole run takes."""
    fresh(job)
    begun = time.monotonic()
    run(job)
    return time.monotonic() - begun


def run(job: Job, *, at: int | None = None, after: float | None = None, tell: int | None = None) -> int:
    """Run the verb in a child that dies before change number `at`, or `after` seconds; returns its wait status."""
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)
            os._exit(play(job, at, tell))
        finally:
            os._exit(70)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def play(job: Job, at: int | None, tell: int | None) -> int:
    """In the child: set the stage, arm the trap, run the verb."""
    from gitskills.cli import main as verb

    work = Path(job.work)
    os.environ.update(job.environ, GITSKILLS_HOME=str(work / job.store))
    os.chdir(work / job.root)
    with open(work / "said", "a") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    counter = arm(at, job.statements)
    code = verb(job.verb)
    sys.stdout.flush()
    sys.stderr.flush()
    if tell is not None:
        os.write(tell, str(counter()).encode())
    return code


def arm(at: int | None, statements: bool) -> Callable[[], int]:
    """Wrap every function that changes something; returns what tells how often they were called."""
    done = 0

    def before(plain: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            done += 1
            if at is not None and done > at:
                os.kill(os.getpid(), signal.SIGKILL)
            return plain(*args, **kwargs)

        return call

    for module, name in WRAPPED:
        plain = getattr(module, name)
        if isinstance(plain, type):  # Popen: others inherit from it
            plain.__init__ = before(plain.__init__)  # type: ignore[misc]
        else:
            setattr(module, name, before(plain))
    if statements:
        count: Callable[[], None] = before(lambda: None)

        class Counting(sqlite3.Connection):
            def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
                if sql.startswith(("BEGIN", "COMMIT", "INSERT", "UPDATE", "DELETE")):
                    count()
                return super().execute(sql, *args)

        plain_connect: Any = sqlite3.connect
        factory = {"factory": Counting}

        def connect(path: Any, **kwargs: Any) -> sqlite3.Connection:
            opened: sqlite3.Connection = plain_connect(path, **kwargs, **factory if "state." in str(path) else {})
            return opened

        sqlite3.connect = connect  # type: ignore[assignment]
    from gitskills.state import exchange

    swap = exchange._swapper()
    if swap is not None:
        trapped = before(swap)
        exchange._swapper = lambda: trapped  # type: ignore[assignment]
    return lambda: done


def look(job: Job) -> dict[str, Any]:
    """What stands in the project now: each skill's files, the links of agents, staging folders, the lock's text."""
    root = Path(job.work) / job.root
    skills = root / ".agents" / "skills"
    found: dict[str, Any] = {"skills": {}, "links": {}, "stages": [], "lock": None, "saved": {}}
    for folder in sorted(skills.iterdir()) if skills.is_dir() else ():
        found["skills"][folder.name] = files(folder)
    for place in (root / ".claude" / "skills",):
        for link in sorted(place.iterdir()) if place.is_dir() else ():
            found["links"][link.name] = os.readlink(link) if link.is_symlink() else files(link)
    found["stages"] = [str(path) for path in root.rglob(".gitskills-stage")]
    lock = root / "gitskills.lock"
    found["lock"] = lock.read_text() if lock.exists() else None
    found["temporary"] = [path.name for path in root.iterdir() if path.name.startswith(".gitskills.")]
    kept = Path(job.work) / job.store / "state" / "recovered"
    found["saved"] = {path.name: files(path) for path in sorted(kept.iterdir())} if kept.is_dir() else {}
    remote = Path(job.work) / "library.git"
    found["log"] = git(remote, "log", "--format=%s", "--all").splitlines()
    found["refs"] = git(remote, "for-each-ref", "--format=%(refname)").splitlines()
    found["published"] = {}
    if job.statements:
        found["kept"] = kept_rows(Path(job.work) / job.store / "state" / "state.sqlite3")
    if job.verb[0] != "push":
        return found
    for path in git(remote, "ls-tree", "-r", "--name-only", "main").splitlines() if found["log"] else ():
        found["published"][path] = git(remote, "show", f"main:{path}")
    return found


def kept_rows(file: Path) -> dict[str, list[Any]]:
    """What the state database says of jobs and verdicts."""
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as db:
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'verdict'").fetchone() is None:
            return {"jobs": [], "verdicts": []}
        return {
            "jobs": [done for (done,) in db.execute("SELECT done FROM job")],
            "verdicts": [outcome for (outcome,) in db.execute("SELECT outcome FROM verdict")],
        }


def git(repository: Path, *args: str) -> str:
    """What git says in the remote; a broken repository is an error."""
    return subprocess.run(["git", *args], cwd=repository, capture_output=True, text=True, check=True).stdout


def files(folder: Path) -> dict[str, str]:
    """The files of a folder, by path, as text."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    main(sys.argv[1])
