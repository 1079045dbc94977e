"""Measure pull, status and start-up beside plain git and plain Python, on the largest real library, in one run.

Each figure is a whole process; the two sides of a ratio run in turn, so that a busy machine hurts both alike. The
package is compiled first, as installing it does.
"""

import argparse
import compileall
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT, SHARED
from tests.remotes import smart_http

LIBRARY = "awesome-copilot"
DISTANCE = 20  # milliseconds each way: a git host in the same country
AGENTS = "agents: [claude-code, codex]\n"


def timed(command: list[str] | str, folder: Path, home: Path | None = None) -> float:
    """Run a command to its end in `folder`; return its seconds."""
    environment = dict(os.environ) | ({"GITSKILLS_HOME": str(home)} if home else {})
    begun = time.perf_counter()
    subprocess.run(
        command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, shell=isinstance(command, str)
    )
    return time.perf_counter() - begun


def gitskills(*args: str) -> list[str]:
    """The command line of the gitskills under test."""
    return [sys.executable, "-m", "gitskills", *args]


def project(folder: Path, url: str) -> Path:
    """Make a project that takes everything from `url` for two agents."""
    folder.mkdir(parents=True)
    (folder / "gitskills.yaml").write_text(f"sources:\n  lib:\n    url: {url}\n{AGENTS}", encoding="utf-8")
    return folder


@contextmanager
def daemon(base: Path) -> Iterator[str]:
    """Serve the repositories below `base` by git daemon on this machine; yields the URL's beginning."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    listen = ["--listen=127.0.0.1", f"--port={port}", "--reuseaddr"]
    process = subprocess.Popen(["git", "daemon", *listen, f"--base-path={base}", "--export-all"])
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield f"git://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def far(base: str, milliseconds: int) -> Iterator[str]:
    """Put a distance before the remote `base`: each way takes so long; yields the URL's beginning there."""
    port = base.rpartition(":")[2]
    command = [sys.executable, "-m", "tests.benchmarks.far", port, str(milliseconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"git://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


def first_pull(url: str, root: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Time a first pull for two agents, and `git clone --depth 1` with a `cp -r` for each of the two."""
    ours, theirs = [], []
    for number in range(rounds + 1):
        here = root / f"first-{abs(hash(url))}-{number}"
        place = project(here / "project", url)
        ours.append(timed(gitskills("pull"), place, here / "home"))
        copy = "mkdir one two && cp -r clone/skills/. one && cp -r clone/skills/. two"
        (here / "plain").mkdir()
        theirs.append(timed(f"git clone -q --depth 1 {url} clone && {copy}", here / "plain"))
    return ours[1:], theirs[1:]


def pairs(one: Callable[[], float], other: Callable[[], float], rounds: int) -> tuple[list[float], list[float]]:
    """Run two measurements in turn, after one round that does not count."""
    both = [(one(), other()) for _ in range(rounds + 1)][1:]
    return [first for first, _ in both], [second for _, second in both]


def ratio(name: str, limit: float, ours: list[float], theirs: list[float]) -> None:
    """Print how many times as long ours takes, pair by pair."""
    each = [one / other for one, other in zip(ours, theirs, strict=True)]
    mine, their = statistics.median(ours), statistics.median(theirs)
    print(f"{name:<46} {mine:7.3f} s  {their:7.3f} s  x{statistics.median(each):5.2f}   limit x{limit}")


def above(name: str, limit: float, ours: list[float], theirs: list[float]) -> None:
    """Print by how many seconds ours takes longer, pair by pair."""
    each = [one - other for one, other in zip(ours, theirs, strict=True)]
    mine, their = statistics.median(ours), statistics.median(theirs)
    print(f"{name:<46} {mine:7.3f} s  {their:7.3f} s  +{statistics.median(each):5.2f} s limit +{limit} s")


def peak(command: list[str], folder: Path, home: Path) -> float:
    """Run a command; return the peak memory, in MB, of the largest process it needed."""
    environment = dict(os.environ, GITSKILLS_HOME=str(home))
    code = "import resource,subprocess,sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    out = subprocess.run([sys.executable, "-c", code, *command], cwd=folder, env=environment, capture_output=True)
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return int(out.stdout) / unit


def main() -> int:
    """Measure and print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    bundle = SHARED / "repos" / f"{LIBRARY}.bundle" if SHARED else None
    if bundle is None or not bundle.is_file():
        print(f"skipped: no repos/{LIBRARY}.bundle; GITSKILLS_SHARED names the folder that holds it")
        return 0
    compileall.compile_dir(ROOT / "gitskills", quiet=1)
    root = Path(tempfile.mkdtemp())
    try:
        measure(bundle, root, rounds)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 0


@contextmanager
def host(library: Path, folder: Path) -> Iterator[str]:
    """Serve a copy of a library as hosts do, by smart HTTP and with filters; yields the URL's beginning."""
    copy = folder / "library.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(library), str(copy)], check=True)
    with smart_http(folder) as server:
        yield server.serve(copy).removesuffix("/open/library.git")


def measure(bundle: Path, root: Path, rounds: int) -> None:
    """Print every figure of issue "Share" that concerns pull, status and start-up."""
    served = root / "served"
    remote = served / "library.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(bundle), str(remote)], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["git", "-C", str(remote), "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
    print(f"{'median of ' + str(rounds) + ' rounds, whole processes':<46} {'ours':>9}  {'other':>9}")
    with daemon(served) as base, far(base, DISTANCE) as away:
        remotes = {
            f"{2 * DISTANCE} ms away": f"{away}/library.git",
            "on this machine": f"{base}/library.git",
            "in a folder": remote.as_uri(),
        }
        with host(remote, root / "host") as near, far(near, DISTANCE) as web:
            remotes |= {f"{2 * DISTANCE} ms away, by HTTP": f"{web.replace('git:', 'http:')}/open/library.git"}
            for name, url in remotes.items():
                ratio(f"first pull, {name} : clone and cp -r", 1.3, *first_pull(url, root, rounds))
        place, home = project(root / "project", f"{base}/library.git"), root / "home"
        timed(gitskills("pull"), place, home)
        asked = ["git", "ls-remote", f"{base}/library.git"]
        again = pairs(lambda: timed(gitskills("pull"), place, home), lambda: timed(asked, root), rounds)
        above("pull, nothing new : git ls-remote", 0.25, *again)
        status = [timed(gitskills("status"), place, home) for _ in range(rounds + 1)][1:]
        above("status", 0.25, status, [0.0] * rounds)
        fresh = project(root / "memory" / "project", f"{base}/library.git")
        print(f"{'first pull, peak memory of a process':<46} {peak(gitskills('pull'), fresh, root / 'm'):7.0f} MB")
    nothing = [sys.executable, "-c", "pass"]
    version = [shutil.which("gitskills", path=str(Path(sys.executable).parent)) or "gitskills", "--version"]
    begin = pairs(lambda: timed(version, root), lambda: timed(nothing, root), rounds * 3)
    ratio("gitskills --version : python -c pass", 4, *begin)


if __name__ == "__main__":
    sys.exit(main())
