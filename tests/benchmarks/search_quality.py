"""How well and how fast `search` ranks: run `python tests/benchmarks/search_quality.py`.

Quality: prompts that authors of public skills wrote to test them, each with the one skill that should be found. Speed:
the same prompts over a large library made by shuffling sentences. The data (corpus.jsonl and queries-dev.jsonl, with
their README) is not part of the project: `shared/data/search` beside a parent folder, or $GITSKILLS_SHARED/search.
"""

import json
import math
import os
import random
import re
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from gitskills.models.embedder import Embedder  # noqa: E402
from gitskills.share.search import index as ranking  # noqa: E402
from gitskills.share.search import semantic  # noqa: E402
from gitskills.skills.tree import blob_oid  # noqa: E402
from gitskills.state import fulltext, migrations  # noqa: E402

DEPTH = 10  # ranks looked at
LARGE = 100_000  # skills in the made-up library


class Query(NamedTuple):
    """A prompt, the id of the skill that should be found, and the owner of that skill's repository."""

    text: str
    gold: str
    owner: str


class Figures(NamedTuple):
    """Share of prompts whose skill came first or in the first five, MRR and nDCG at 10, and MRR averaged by owner."""

    first: float
    five: float
    mrr: float
    ndcg: float
    by_owner: float


def data_folder() -> Path | None:
    """Return the folder with the benchmark's data, None where this machine has none."""
    named = os.environ.get("GITSKILLS_SHARED")
    places = [Path(named)] if named else [parent / "shared" / "data" for parent in ROOT.parents]
    return next((place / "search" for place in places if (place / "search" / "corpus.jsonl").is_file()), None)


DATA = data_folder()  # looked up at import: tests seal the environment afterwards


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of one JSON object per line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def open_index(path: str = ":memory:") -> sqlite3.Connection:
    """Return an empty index database with its tables."""
    db = sqlite3.connect(path, isolation_level=None)
    for migration in migrations.INDEX:
        migration(db)
    return db


def fill(db: sqlite3.Connection, corpus: Iterable[dict[str, Any]], source: str = "corpus") -> float:
    """Index the corpus as one library whose skills' paths are their ids; returns the seconds it took."""
    files = {skill["id"]: (skill["name"], manifest(skill)) for skill in corpus}
    blobs = {blob_oid(data): data for _, data in files.values()}
    skills = [(name, path, "", blob_oid(data)) for path, (name, data) in files.items()]
    begun = time.perf_counter()
    ranking.update(db, source, skills, lambda oids: (blobs[oid] for oid in oids))
    return time.perf_counter() - begun


def manifest(skill: dict[str, Any]) -> bytes:
    """Write a corpus entry as the SKILL.md it was read from."""
    name, description = json.dumps(skill["name"]), json.dumps(skill["description"])
    return f"---\nname: {name}\ndescription: {description}\n---\n{skill['body']}".encode()


def queries(folder: Path) -> list[Query]:
    """Read the development half of the queries."""
    rows = read_lines(folder / "queries-dev.jsonl")
    return [Query(row["query"], row["gold"], row["gold"].partition("/")[0]) for row in rows]


def ranks(db: sqlite3.Connection, asked: Sequence[Query], embedder: Embedder | None = None) -> list[int]:
    """Return the rank of each query's skill, 0 where it is not among the first `DEPTH`."""

    def search(text: str) -> list[ranking.Hit]:
        if embedder is None:
            return ranking.search(db, text, ["corpus"], DEPTH)
        return semantic.search(db, text, ["corpus"], DEPTH, embedder)

    def one(query: Query) -> int:
        found = [hit.path for hit in search(query.text)]
        return found.index(query.gold) + 1 if query.gold in found else 0

    return list(map(one, asked))


def figures(asked: Sequence[Query], got: Sequence[int]) -> Figures:
    """Reduce ranks to the measures of information retrieval; one relevant skill per query."""
    n = len(got)
    owners = defaultdict(list)
    for query, rank in zip(asked, got, strict=True):
        owners[query.owner].append(1 / rank if rank else 0.0)
    return Figures(
        sum(rank == 1 for rank in got) / n,
        sum(0 < rank <= 5 for rank in got) / n,
        sum(1 / rank for rank in got if rank) / n,
        sum(1 / math.log2(rank + 1) for rank in got if rank) / n,
        sum(sum(each) / len(each) for each in owners.values()) / len(owners),
    )


def spread(asked: Sequence[Query], got: Sequence[int], rounds: int = 2000) -> tuple[float, float]:
    """Return the 90 % interval of MRR when other owners had been asked: a bootstrap over owners, not over prompts."""
    owners = defaultdict(list)
    for query, rank in zip(asked, got, strict=True):
        owners[query.owner].append(1 / rank if rank else 0.0)
    names = sorted(owners)
    chance = random.Random(0)
    means = []
    for _ in range(rounds):
        drawn = [value for name in chance.choices(names, k=len(names)) for value in owners[name]]
        means.append(sum(drawn) / len(drawn))
    means.sort()
    return means[rounds // 20], means[-rounds // 20]


def shuffled(corpus: Sequence[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    """Make up `count` skills from the corpus's names and sentences."""
    chance = random.Random(1)
    text = "\n".join(f"{skill['description']}\n{skill['body']}" for skill in corpus)
    sentences = [sentence for sentence in re.split(r"(?<=[.\n])\s+", text) if sentence.strip()]
    for number in range(count):
        name = f"{chance.choice(corpus)['name']}-{number}"
        description, body = " ".join(chance.choices(sentences, k=4))[:300], " ".join(chance.choices(sentences, k=14))
        yield {"id": name, "name": name, "description": description, "body": body[:1200]}


def latencies(db: sqlite3.Connection, asked: Iterable[Query]) -> list[float]:
    """Return the milliseconds each search took, sorted."""
    taken = []
    for query in asked:
        begun = time.perf_counter()
        ranking.search(db, query.text, ["corpus"], DEPTH)
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken)


def report_latency(name: str, taken: Sequence[float]) -> None:
    """Print the median, the slowest tenth and the slowest search."""
    print(f"{name}: median {taken[len(taken) // 2]:.1f} ms, p90 {taken[len(taken) * 9 // 10]:.1f}, max {taken[-1]:.1f}")


def main() -> None:
    """Print the figures; `--small` leaves out the large library, `--embedder MODEL` searches by meaning as well."""
    if DATA is None:
        print("no data: put corpus.jsonl and queries-dev.jsonl into shared/data/search beside a parent of this project")
        return
    corpus, asked = read_lines(DATA / "corpus.jsonl"), queries(DATA)
    db = open_index()
    print(f"{len(corpus)} skills indexed in {fill(db, corpus) * 1000:.0f} ms; {len(asked)} prompts")
    named = sys.argv[sys.argv.index("--embedder") + 1] if "--embedder" in sys.argv else ""
    got = ranks(db, asked, Embedder(named, Path.home()) if named else None)
    found = figures(asked, got)
    low, high = spread(asked, got)
    print(f"R@1 {found.first:.3f}  R@5 {found.five:.3f}  MRR@10 {found.mrr:.3f}  nDCG@10 {found.ndcg:.3f}")
    print(f"MRR@10 by owner {found.by_owner:.3f}; 90 % interval over owners {low:.3f} to {high:.3f}")
    print(f"ranking parameters: weights {ranking.WEIGHTS}, terms {fulltext.TERMS}, postings {fulltext.POSTINGS}")
    report_latency(f"{len(corpus)} skills", latencies(db, asked))
    if "--small" not in sys.argv:
        large = open_index()
        print(f"{LARGE} made-up skills indexed in {fill(large, shuffled(corpus, LARGE)):.1f} s")
        report_latency(f"{LARGE} skills", latencies(large, asked))
        paste = "\n".join(query.text for query in asked) * 2
        report_latency(
            f"{LARGE} skills, prompt of {len(paste)} characters", latencies(large, [Query(paste, "", "")] * 9)
        )


if __name__ == "__main__":
    main()
