"""Read the SQLite stores of agents: read-only, while the agent writes them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from gitskills.agents.transcript import TranscriptError, content

WAIT = 5.0  # seconds to wait for an agent that is writing
ROWS = 50_000  # rows of one answer that are read


def is_store(path: Path) -> bool:
    """Whether a file is an SQLite database; raises TranscriptError where it is no plain file."""
    return content(path, most=16)[0] == b"SQLite format 3\0"


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store for reading; raises TranscriptError for all that SQLite says in there."""
    try:
        # A URI, for its mode: the store is never written, nor made where it is not.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT)) as store:
            store.text_factory = _text
            store.execute("PRAGMA trusted_schema = OFF")
            yield store
    except (sqlite3.Error, ValueError) as error:
        raise TranscriptError(f"cannot read {path}: {error}", "is it this agent's store of sessions?") from error


def rows(store: sqlite3.Connection, query: str, *values: str) -> Sequence[Sequence[Any]]:
    """Return the rows of a query, at most `ROWS`."""
    return store.execute(query, values).fetchmany(ROWS)


def columns(store: sqlite3.Connection, table: str) -> set[str]:
    """Return the names of a table's columns; none where there is no such table."""
    return {str(row[1]) for row in store.execute(f"PRAGMA table_info({table})")}


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
