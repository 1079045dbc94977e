"""`search`: the index brought up to what the libraries hold now, then asked."""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gitskills.config import Source
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.objects import MANIFEST, Found
from gitskills.share.project import Library
from gitskills.share.retired import live
from gitskills.share.roots import root_name
from gitskills.share.search.index import Hit, Read, Skill, fresh, search, update
from gitskills.share.select import Upstream, skill_name
from gitskills.state.fulltext import using
from gitskills.state.paths import Paths
from gitskills.state.vectors import Embedder


def find(
    paths: Paths, libraries: Sequence[Library], query: str, n: int = 10, embedder: Embedder | None = None
) -> list[Hit]:
    """Return at most `n` skills of the libraries that fit `query`, best first; a hit's source is the library's name.

    By words, and by meaning as well where there is an `embedder`. A library that moved on since it was indexed is
    indexed first. Raises GitskillsError where no index can be kept.
    """
    named = {_key(library.source, library.url): library.source for library in libraries}

    def work(db: sqlite3.Connection) -> list[Hit]:
        for library in libraries:
            if library.tip is not None and not fresh(db, _key(library.source, library.url), library.tip):
                skills = live(library.git_dir, library.tip, objects.skills(library.git_dir, library.tip))
                root = root_name(library.git_dir, skills[""].entries) if "" in skills else ""
                source = Source(library.source, library.url)
                index(db, Upstream(source, library.url, library.tip, skills, root), library.git_dir)
        return [replace(hit, source=named[hit.source]) for hit in _search(db, query, list(named), n, embedder)]

    return using(paths, work)


def _search(db: sqlite3.Connection, query: str, sources: Sequence[str], n: int, embedder: Embedder | None) -> list[Hit]:
    if embedder is None:
        return search(db, query, sources, n)
    from gitskills.share.search import semantic

    return semantic.search(db, query, sources, n, embedder)


def ready(paths: Paths) -> None:
    """Open the index once, so that making it does not come on top of filling it; what is wrong shows later."""
    with contextlib.suppress(GitskillsError):
        using(paths, lambda db: None)


def indexed(db: sqlite3.Connection, upstream: Upstream) -> bool:
    """Whether the index holds a source as last fetched; an empty one has nothing to hold."""
    return upstream.commit is None or fresh(db, _key(upstream.source.name, upstream.url), upstream.commit)


def index(db: sqlite3.Connection, upstream: Upstream, git_dir: Path) -> None:
    """Index a source as last fetched, unless it already is; SKILL.md files that were not fetched are left for later."""
    key, tip = _key(upstream.source.name, upstream.url), upstream.commit or ""
    if not fresh(db, key, tip):
        update(db, key, _skills(upstream), _reader(git_dir), tip=tip)


def _key(source: str, url: str) -> str:
    """What the index calls a source: by its name as well, since two may take different branches of one repository."""
    return f"{source} {url}"


def _skills(upstream: Upstream) -> list[Skill]:
    """Each skill once, where a library keeps copies of it in several folders."""
    found: dict[tuple[str, str], Skill] = {}
    for one in sorted(upstream.skills.values(), key=_prominence):
        name, blob = _text(skill_name(one, upstream)), one.entries[MANIFEST][1]
        found.setdefault((name, blob), (name, _text(one.path), one.tree, blob))
    return list(found.values())


def _text(raw: str) -> str:
    """A name as text a database takes: git allows any bytes."""
    return raw.encode("utf-8", "replace").decode()


def _prominence(found: Found) -> tuple[bool, int, str]:
    """Sort key by which `select` prefers one of several equal folders."""
    return not found.path.startswith("skills/"), found.path.count("/"), found.path


def _reader(git_dir: Path) -> Read:
    """Read blobs of a repository that may lack some."""

    def read(oids: list[str]) -> list[bytes | None]:
        data = objects.held(git_dir, oids)
        return [data.get(oid) for oid in oids]

    return read
