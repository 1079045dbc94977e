"""Measure what a hook costs an agent: the registered command line, shell and guard included, beside `python -c pass`.

Whole processes in pairs, taken in turn, so that a busy machine hurts both; medians and the median ratio of pairs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gitskills.agents import hooks
from gitskills.state.paths import paths
from tests.conftest import ROOT

LIMIT = 1.3  # times a bare Python
CASES = {  # what an agent tells while there is nothing to do
    "prompt": ("claude-code", "prompt", b'{"session_id": "s", "prompt": "go on"}'),
    "tool call": ("codex", "skill", b'{"tool_input": {"command": "ls"}}'),
    "end": ("claude-code", "session-end", b'{"session_id": "s"}'),
    "end, 10 MB": ("claude-code", "session-end", b"x" * (10 << 20)),
}


def spent(words: list[str], payload: bytes, environment: dict[str, str]) -> float:
    """Run a process to its end; return its seconds."""
    begun = time.perf_counter()
    subprocess.run(words, input=payload, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def main() -> int:
    """Measure and print each case; exit 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    worst = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        environment = dict(os.environ, GITSKILLS_HOME=temporary)
        where = paths(environment)
        launcher = hooks.launcher_path(where.home, environment)
        launcher.write_text(
            hooks.launcher(sys.executable, ROOT / "gitskills" / "hook.py", where.inbox), encoding="utf-8"
        )
        for name, (agent, event, payload) in CASES.items():
            line = ["sh", "-c", hooks.command(agent, event)]
            bare = [sys.executable, "-c", "pass"]
            pairs = [(spent(bare, b"", environment), spent(line, payload, environment)) for _ in range(rounds)]
            ratio = statistics.median(ours / theirs for theirs, ours in pairs)
            middle = [statistics.median(column) * 1000 for column in zip(*pairs, strict=True)]
            print(f"{name:12} bare Python {middle[0]:5.1f} ms  hook {middle[1]:5.1f} ms  ratio of pairs {ratio:.2f}")
            worst = max(worst, 0.0 if len(payload) > 1 << 20 else ratio)
        kept = len(list(Path(where.inbox, "new").iterdir()))
    print(f"{kept} events kept; limit {LIMIT} times")
    return 1 if worst > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
