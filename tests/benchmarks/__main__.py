"""Run every benchmark: `python -m tests.benchmarks`; with --smoke a short round that shows that each still runs."""

import subprocess
import sys

FULL = {
    "share_speed": ["--rounds", "9"],
    "log_speed": [],
    "hook_speed": [],
    "search_quality": [],
    "cards_speed": [],
    "retrieval_quality": [],
    "retrieve_speed": [],
}
SMOKE = {
    "share_speed": ["--rounds", "1"],
    "log_speed": ["--rounds", "1", "--skills", "200", "--commits", "2000"],
    "hook_speed": ["--rounds", "3"],
    "search_quality": [],
    "cards_speed": ["--rounds", "1", "--commits", "20000", "--cards", "500"],
    "retrieval_quality": [],
    "retrieve_speed": ["--rounds", "1", "--cards", "2000"],
}


def main() -> int:
    """Run the benchmarks one after the other; in a smoke run a missed limit is printed and is no failure."""
    smoke = "--smoke" in sys.argv[1:]
    failed = 0
    for name, arguments in (SMOKE if smoke else FULL).items():
        print(f"== {name}", flush=True)
        code = subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *arguments], check=False).returncode
        failed = max(failed, 0 if smoke and code == 1 else code)
    return failed


if __name__ == "__main__":
    sys.exit(main())
