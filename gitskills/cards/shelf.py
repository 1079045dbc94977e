"""The cards of a library, read from its bare cache in one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitskills.git import objects
from gitskills.git.command import run

if TYPE_CHECKING:
    from gitskills.cards.card import Card

FOLDER = "cards"


def listing(git_dir: Path, commit: str) -> list[tuple[str, str, str]]:
    """Return folder, blob of SKILL.md and tree of every card at a commit; no blob is read."""
    out = run("ls-tree", "-r", "-t", "-z", "--full-tree", commit, "--", FOLDER, git_dir=git_dir)
    trees: dict[str, str] = {}
    found = []
    for row in out.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        meta, _, path = row.partition("\t")
        if meta.startswith("04"):
            trees[path] = meta[12:]
        elif path.endswith("/SKILL.md") and meta.startswith("100"):
            found.append((path[:-9], meta[12:]))
    return [(path, blob, trees[path]) for path, blob in found]


def taken(git_dir: Path, commit: str | None) -> tuple[set[str], set[str]]:
    """Return the library's folders, and the paths of all that is no folder: files, links, submodules."""
    if commit is None:
        return set(), set()
    folders, others = set[str](), set[str]()
    out = run("ls-tree", "-r", "-t", "-z", "--full-tree", commit, git_dir=git_dir)
    for row in out.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        meta, _, path = row.partition("\t")
        (folders if meta.startswith("04") else others).add(path)
    return folders, others


def read(git_dir: Path, rows: Sequence[tuple[str, str, str]]) -> tuple[list[Card], list[str]]:
    """Return the cards of a listing, and what is wrong with those that are none."""
    return parsed(rows, dict(objects.blobs(git_dir, list(dict.fromkeys(blob for _, blob, _ in rows)))))


def parsed(rows: Sequence[tuple[str, str, str]], texts: Mapping[str, bytes]) -> tuple[list[Card], list[str]]:
    """Return the cards of a listing whose bytes are given by blob, and what is wrong with those that are none."""
    if not rows:
        return [], []
    from gitskills.cards.card import CardError, parse

    cards, broken = [], []
    for path, blob, tree in rows:
        try:
            cards.append(parse(path, texts[blob].decode("utf-8", "replace"), blob=blob, tree=tree))
        except CardError as error:
            broken.append(error.message)
    return cards, broken
