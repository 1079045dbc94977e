"""Search by meaning as well: what shares no word is found, what is like nothing is not, and only news are embedded."""

import sqlite3
from pathlib import Path

import pytest

from gitskills.share.search import index, semantic
from gitskills.state import database
from gitskills.state.paths import paths
from tests.embedders import Concepts
from tests.share.search.test_index import LIBRARY, Library


@pytest.fixture
def db(home: Path) -> sqlite3.Connection:
    """An index with the small library."""
    connection = database.index(paths())
    Library(LIBRARY).into(connection)
    return connection


def found(db: sqlite3.Connection, query: str, embedder: Concepts, n: int = 10) -> list[str]:
    """Names of the skills found."""
    return [hit.name for hit in semantic.search(db, query, ["team"], n, embedder)]


def test_what_shares_no_word_is_found_by_meaning(db: sqlite3.Connection) -> None:
    """Words alone find nothing for a `rollout on the cluster`; the embedder knows what is meant."""
    assert index.search(db, "rollout cluster", ["team"]) == []
    assert found(db, "rollout cluster", Concepts()) == ["deploy"]
    (hit,) = semantic.search(db, "rollout cluster", ["team"], 10, Concepts())
    assert (hit.source, hit.path) == ("team", "skills/deploy") and hit.description.startswith("Ship a service")


def test_what_is_like_nothing_is_not_found(db: sqlite3.Connection) -> None:
    """A prompt near to no skill, by word or meaning, finds none; an empty one neither, whatever is asked of it."""
    assert found(db, "zebra", Concepts()) == []
    for odd in ("", " ", "\0", 'AND OR NOT "', "\ud800", "x" * 50_000):
        assert found(db, odd, Concepts()) == []
    assert found(db, "rollout", Concepts(), n=0) == []


def test_a_skills_own_name_stays_first(db: sqlite3.Connection) -> None:
    """Who writes a skill's very name gets it first, whatever else is meant; scores fall from first to last."""
    hits = semantic.search(db, "code review", ["team"], 10, Concepts())
    assert hits[0].name == "code-review"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert found(db, "map-markers", Concepts())[0] == "map-markers"


def test_only_what_changed_is_embedded_again(db: sqlite3.Connection) -> None:
    """Vectors are kept by blob and model: a second search embeds nothing, a changed skill one text, a new model all."""
    embedder = Concepts()
    found(db, "rollout", embedder)
    assert len(embedder.embedded) == len(LIBRARY)
    again = Concepts()
    found(db, "rollout", again)
    assert again.embedded == []
    Library(LIBRARY | {"deploy": ("Ship it.", "Run it.")}).into(db)
    found(db, "rollout", again)
    assert len(again.embedded) == 1
    other = Concepts("concepts-2")
    found(db, "rollout", other)
    assert len(other.embedded) == len(LIBRARY)


def test_other_sources_are_left_out(db: sqlite3.Connection) -> None:
    """Only the skills of the sources asked for are found, by meaning too."""
    Library({"secret": ("Ship to Kubernetes.", "helm cluster rollout")}).into(db, "other")
    assert found(db, "rollout cluster", Concepts()) == ["deploy"]
