"""How well `cards retrieve` finds cards: run `python -m tests.benchmarks.retrieval_quality`.

Two real histories: cards are harvested offline (`rules`) from the first 70 % of each, and asked for with the messages
of the later changes, no paths given. A hit is a returned card that touched a file the change touches. Compared with
ranking by token overlap: words of the area three times, those of title and body once. The weights were chosen on
copier; pre-commit only confirmed them. The data is not part of the project: `shared/data/code` beside a parent folder,
or $GITSKILLS_SHARED/code.
"""

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gitskills.cards import index
from gitskills.cards.rank import Lexical, Query, Ranker
from gitskills.cards.semantic import Semantic
from gitskills.git import objects
from gitskills.models.embedder import Embedder
from tests.benchmarks.search_quality import DATA, open_index, queries

NAMES = ("copier", "pre-commit")
K = 3
TOKEN = re.compile("[a-z0-9]{3,}")
DEPENDENCY = re.compile(r"^(?:build|chore)\(deps|autoupdate|pre-commit-ci-update", re.IGNORECASE | re.MULTILINE)
ENV = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c"}

Rank = Callable[[str], Sequence[str]]


class Change(NamedTuple):
    """A later change: its message and the files it touches."""

    message: str
    paths: frozenset[str]


class Card(NamedTuple):
    """What the comparison needs of a card."""

    path: str
    area: str
    text: str
    touched: frozenset[str]


def run(*args: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a program; return what it prints."""
    done = subprocess.run([str(one) for one in args], cwd=cwd, env={**os.environ, **ENV, **(env or {})},
                          capture_output=True, check=True)  # fmt: skip
    return done.stdout.decode("utf-8", "replace")


def harvested(bundle: Path, folder: Path) -> tuple[Path, list[Change]]:
    """Harvest the first 70 % of a history; return the library and the later changes."""
    head = run("git", "bundle", "list-heads", bundle, cwd=folder).split()[1].removeprefix("refs/heads/")
    run("git", "clone", "-q", "--no-checkout", "--branch", head, bundle, "code", cwd=folder)
    code, library, project = folder / "code", folder / "library.git", folder / "project"
    chain = run("git", "rev-list", "--first-parent", "HEAD", cwd=code).split()
    run("git", "branch", "early", chain[len(chain) * 3 // 10], cwd=code)
    run("git", "init", "-q", "--bare", "-b", "main", library, cwd=folder)
    project.mkdir()
    run("git", "init", "-q", "-b", "main", cwd=project)
    run("git", "commit", "-q", "--allow-empty", "-m", "start", cwd=project)
    run("git", "push", "-q", library, "main", cwd=project)
    (project / "gitskills.yaml").write_text(f"sources:\n  team:\n    url: {library}\n", encoding="utf-8")
    env = {"GITSKILLS_HOME": str(folder / "home"), "GITSKILLS_MODEL": "rules"}
    harvest = (sys.executable, "-m", "gitskills", "cards", "harvest", "--code", code, "--ref", "early")
    run(*harvest, "--since", chain[-1], "--json", cwd=project, env=env | {"PYTHONPATH": str(Path(__file__).parents[2])})
    return library, later(code)


def later(code: Path) -> list[Change]:
    """Return the changes after the split that touch files."""
    walk = ("log", "-z", "--first-parent", "--diff-merges=first-parent", "--no-renames", "--name-only")
    found = []
    for record in run("git", *walk, "--format=%x01%B%x03", "early..HEAD", cwd=code).split("\x01")[1:]:
        message, _, names = record.partition("\x03")
        paths = frozenset(name.strip("\n") for name in names.split("\0")) - {""}
        if paths and message.strip():
            found.append(Change(message.strip(), paths))
    return found


def cards(db: sqlite3.Connection) -> list[Card]:
    """Return what the index holds."""
    rows = db.execute(
        "SELECT e.path, d.area, d.description || ' ' || t.body, d.paths FROM card_document d "
        "JOIN card_entry e ON e.document = d.id JOIN card_text t ON t.rowid = d.id ORDER BY e.path"
    )
    return [Card(path, area, text, frozenset(paths.split("\n"))) for path, area, text, paths in rows]


def overlap(known: Sequence[Card]) -> Rank:
    """Rank by raw token overlap."""
    sets = [(set(TOKEN.findall(card.area.lower())), set(TOKEN.findall(card.text.lower()))) for card in known]

    def rank(message: str) -> list[str]:
        said = set(TOKEN.findall(message.lower()))
        scored = [(3 * len(said & area) + len(said & text), -n) for n, (area, text) in enumerate(sets)]
        return [known[-n].path for score, n in sorted(scored, reverse=True)[:K] if score]

    return rank


def ours(db: sqlite3.Connection, most: int = K, ranker: Ranker | None = None) -> Rank:
    """Rank as `cards retrieve` does with `-k`."""
    chosen = ranker or Lexical()
    return lambda message: [one.path for one in chosen.rank(db, Query(message), {"library"}, most)]


def figures(changes: Sequence[Change], known: Sequence[Card], rank: Rank) -> tuple[float, float, float, str]:
    """Return hit@1, hit@3, cards returned per change, and a line that tells them and more."""
    touched, areas = {one.path: one.touched for one in known}, {one.path: one.area for one in known}
    first = third = cards = right = silent = wide = 0
    for change in changes:
        found = rank(change.message)
        hits = [not touched[path].isdisjoint(change.paths) for path in found]
        near = [areas[path] in str(sorted(change.paths)).replace("_", "-").lower() for path in found]
        first, third, silent = first + any(hits[:1]), third + any(hits), silent + (not found)
        cards, right, wide = cards + len(found), right + sum(hits), wide + any(hits + near)
    n = max(len(changes), 1)
    line = (f"hit@1 {first / n:.3f}  hit@3 {third / n:.3f} (or area {wide / n:.3f})  cards {cards / n:.2f}  "
            f"precision {right / max(cards, 1):.3f}  abstained {silent / n:.3f}")  # fmt: skip
    return first / n, third / n, cards / n, line


def main() -> int:
    """Print the figures; 1 where hit@3 is not a quarter better than token overlap at no more cards.

    `--embedder MODEL` adds those of the ranking by meaning as well.
    """
    named = sys.argv[sys.argv.index("--embedder") + 1] if "--embedder" in sys.argv else ""
    embedder = Embedder(named, Path.home()) if named else None
    if DATA is None or not (DATA.parent / "code").is_dir():
        print("no data: put copier.bundle and pre-commit.bundle into shared/data/code beside a parent of this project")
        return 0
    missed = 0
    for name in NAMES:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            library, changes = harvested(DATA.parent / "code" / f"{name}.bundle", Path(folder))
            db = open_index()
            index.refresh(db, "library", library, objects.resolve(library, "main") or "")
        known = cards(db)
        people = [one for one in changes if not DEPENDENCY.search(one.message)]
        print(
            f"{name}: {len(known)} cards, {len(changes)} later changes, {len(people)} of them no update of dependencies"
        )
        base, mine = figures(changes, known, overlap(known)), figures(changes, known, ours(db))
        print(f"  token overlap     {base[3]}\n  cards retrieve    {mine[3]}  hit@3 × {mine[1] / base[1]:.2f}")
        print(f"  people's, overlap {figures(people, known, overlap(known))[3]}")
        print(f"  people's, ours    {figures(people, known, ours(db))[3]}")
        other = [query.text for query in queries(DATA)]
        print(f"  prompts about other things: {sum(not ours(db)(text) for text in other) / len(other):.2f} abstained")
        if embedder is not None:
            meant = ours(db, ranker=Semantic(embedder))
            print(f"  by meaning too    {figures(changes, known, meant)[3]}")
            print(f"  people's          {figures(people, known, meant)[3]}")
            print(f"  prompts about other things: {sum(not meant(text) for text in other) / len(other):.2f} abstained")
        fewer = K
        while mine[2] > base[2] and fewer > 1:  # the comparison counts at no more cards than the other returns
            fewer -= 1
            mine = figures(changes, known, ours(db, fewer))
            print(f"  with -k {fewer}         {mine[3]}  hit × {mine[1] / base[1]:.2f}")
        missed += mine[1] < 1.25 * base[1] or mine[2] > base[2]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
