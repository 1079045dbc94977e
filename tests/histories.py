"""Branching histories drawn by Hypothesis, and what they did to skills told the slow way."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from gitskills.git import objects
from tests.repositories import EPOCH, git

PATHS = ("a/SKILL.md", "a/notes.md", "b/SKILL.md", "b/x/SKILL.md", "b/x/y.md", "c/SKILL.md", "c/run.sh", "README.md")
TEXTS = ("one\n", "two\n", "one\nand\nmore\n")


class Drawn(NamedTuple):
    """A commit: how far back its parents lie (1: the commit before), and the files it writes (None: deletes)."""

    parents: tuple[int, ...]
    files: dict[str, str | None]


HISTORIES = st.lists(
    st.builds(
        Drawn,
        st.lists(st.integers(1, 4), min_size=1, max_size=2, unique=True).map(tuple),
        st.dictionaries(st.sampled_from(PATHS), st.none() | st.sampled_from(TEXTS), max_size=4),
    ),
    min_size=1,
    max_size=12,
)


def build(path: Path, history: list[Drawn]) -> list[str]:
    """Make a bare repository of the history, in which every commit has a ref; return the commits' oids in order."""
    git("init", "-q", "--bare", "--initial-branch=main", path)
    git("fast-import", "--quiet", cwd=path, stdin=b"".join(_stream(history)))
    refs = [f"refs/heads/c{number}" for number in range(len(history))]
    oids = git("rev-parse", *refs, cwd=path).decode().split()
    git("update-ref", "refs/heads/main", oids[-1], cwd=path)
    return oids


def _stream(history: list[Drawn]) -> Iterator[bytes]:
    for number, commit in enumerate(history):
        when = f"Ada Lovelace <ada@example.com> {EPOCH + 60 * number} +0000"
        head = f"commit refs/heads/c{number}\nmark :{number + 1}\nauthor {when}\ncommitter {when}\n"
        yield f"{head}data 2\n{number % 10}\n".encode()
        parents = [number + 1 - back for back in commit.parents if back <= number]
        for word, parent in zip(("from", "merge"), parents, strict=False):
            yield f"{word} :{parent}\n".encode()
        for path, text in commit.files.items():
            if text is None:
                yield f"D {path}\n".encode()
            else:
                yield f"M 100644 inline {path}\ndata {len(text)}\n{text}".encode()
        yield b"\n"


Told = dict[str, set[tuple[str, str, str]]]
"""Per commit: each skill's path, tree before and tree after."""


def told_slowly(git_dir: Path, commits: list[str]) -> Told:
    """Compare each commit's listing with its first parent's.

    A skill that only comes to light, or is hidden, as the skill around it goes or comes is no change of that skill.
    """
    told: Told = {}
    for commit in commits:
        parent = objects.resolve(git_dir, f"{commit}^1")
        now = objects.skills(git_dir, commit)
        before = objects.skills(git_dir, parent) if parent else {}
        told[commit] = set()
        for path in {*now, *before}:
            old = before[path].tree if path in before else ""
            new = now[path].tree if path in now else ""
            if old != new and not (
                parent and _folder(git_dir, parent, path) == _folder(git_dir, commit, path) is not None
            ):
                told[commit].add((path, old, new))
    return told


def _folder(git_dir: Path, commit: str, path: str) -> str | None:
    return objects.resolve(git_dir, f"{commit}:{path}")
