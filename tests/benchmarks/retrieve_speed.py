"""How fast `cards retrieve` is over 100,000 cards: run `python -m tests.benchmarks.retrieve_speed`.

The cards are made up: areas, triggers and bodies of random words as common as words are (Zipf), in a real library that
a project has as its source. Measured: filling the index, a query in this process, the whole command with `--json`, and
what is read again after one card changed.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitskills.cards import index
from gitskills.cards.card import Card, render
from gitskills.cards.rank import Lexical, Query
from gitskills.cards.retrieve import Library, retrieve
from gitskills.git import objects
from gitskills.state.paths import paths
from tests.repositories import Commit, bare_repository

WORDS = 20_000
BUILD, WITHIN, WHOLE = 3_000, 20.0, 250.0  # cards a second; milliseconds in process and as a command


def cards(count: int) -> dict[str, str]:
    """Make up cards: path of SKILL.md to its text."""
    chance = random.Random(2)
    vocabulary = ["".join(chance.choices("bcdfglmnprstvaeiou", k=chance.randint(4, 10))) for _ in range(WORDS)]
    common = [1 / (rank + 10) for rank in range(WORDS)]
    stream = chance.choices(vocabulary, common, k=count * 80)
    found = {}
    for number in range(count):
        said = stream[number * 80 : number * 80 + 80]
        area = f"part-{number % 50}/{vocabulary[number % 997]}"
        touched = tuple(f"src/part{number % 50}/{word}.py" for word in said[:4])
        body = f"## Trigger\n\nx\n\n## Procedure\n\n- {' '.join(said[16:])}.\n"
        card = Card(f"cards/{area}/card-{number}", "leaf", area, f"card-{number}", " ".join(said[:16]), body,
                    key=str(number), proof=(f"{number:040x}",), paths=touched, confidence=0.5)  # fmt: skip
        found[f"{card.path}/SKILL.md"] = render(card)
    return found


def requests(files: Mapping[str, str], count: int) -> list[str]:
    """Make requests of the triggers of some cards and of words that no card has."""
    chance = random.Random(3)
    texts = [files[path].split("description: ")[1].split("\n")[0] for path in chance.sample(sorted(files), count)]
    return [f"please {' '.join(text.split()[:8])} xylophone" for text in texts]


def timed(asked: Sequence[str], ask: object) -> list[float]:
    """Return the milliseconds that each request took, sorted."""
    taken = []
    for text in asked:
        begun = time.perf_counter()
        ask(text)  # type: ignore[operator]
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken)


def main() -> int:
    """Print the figures; 1 where a limit is missed."""
    options = argparse.ArgumentParser()
    options.add_argument("--cards", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=9)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.environ["GITSKILLS_HOME"] = str(folder / "home")
        os.environ["HOME"] = str(folder)
        files = cards(given.cards)
        return measure(folder, files, requests(files, 40), given.rounds)


def measure(folder: Path, files: dict[str, str], asked: Sequence[str], rounds: int) -> int:
    """Measure everything over one library."""
    bare = bare_repository(folder / "library.git", Commit(files, "cards"))
    project = folder / "project"
    project.mkdir()
    (project / "gitskills.yaml").write_text(
        f"sources:\n  team:\n    url: {bare}\n    skills: [none]\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "gitskills"]
    subprocess.run([*command, "pull"], cwd=project, check=False, capture_output=True)
    tip = objects.resolve(bare, "main") or ""
    library = Library("team", str(bare), bare, tip, lambda: None)
    begun = time.perf_counter()
    retrieve(paths(), [library], Query("x"), 1)
    speed = len(files) / (time.perf_counter() - begun)
    from gitskills.state import database

    with_index = database.index(paths())
    ranks = timed(asked, lambda text: Lexical().rank(with_index, Query(text), {library.key}, 11))
    within = timed(asked, lambda text: retrieve(paths(), [library], Query(text), 3))
    print(f"index: {len(files)} cards, {speed:.0f} a second (at least {BUILD})")
    print(f"ranking in process: median {statistics.median(ranks):.1f} ms, slowest {ranks[-1]:.1f} (at most {WITHIN})")
    print(f"retrieve in process, with reading from git: median {statistics.median(within):.1f} ms")
    reread: list[str] = []
    rows = [(path[:-9], blob, "") for path, blob in blobs(with_index)]
    rows[0] = (rows[0][0], "f" * 40, "")
    text = files[f"{rows[0][0]}/SKILL.md"].encode()
    index.update(with_index, library.key, rows, lambda oids: noted(reread, oids, text))
    print(f"read again after one changed card: {len(reread)}")
    subprocess.run([*command, "cards", "retrieve", "x", "--json"], cwd=project, check=False, capture_output=True)
    whole = timed(
        asked[:rounds],
        lambda text: subprocess.run([*command, "cards", "retrieve", text, "--json"], cwd=project, capture_output=True),
    )
    start = timed(["pass"] * rounds, lambda code: subprocess.run([sys.executable, "-c", code]))
    print(f"command: median {statistics.median(whole):.0f} ms (at most {WHOLE:.0f}); "
          f"python3 -c pass: {statistics.median(start):.0f} ms")  # fmt: skip
    kept = speed >= BUILD and statistics.median(ranks) <= WITHIN and statistics.median(whole) <= WHOLE
    return 0 if kept and len(reread) == 1 else 1


def noted(seen: list[str], oids: Sequence[str], text: bytes) -> dict[str, bytes]:
    """Give every blob asked for one text, and keep which were asked for."""
    seen.extend(oids)
    return dict.fromkeys(oids, text)


def blobs(db: object) -> list[tuple[str, str]]:
    """Return path and blob of every card in the index."""
    query = "SELECT e.path || '/SKILL.md', d.blob FROM card_entry e JOIN card_document d ON d.id = e.document"
    return list(db.execute(query))  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
