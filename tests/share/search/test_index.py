"""Search finds the right skill for a prompt, reads only what is new, and survives anything it is asked or given."""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.share.search import index as search
from gitskills.share.search.index import Hit, fresh, update
from gitskills.skills.tree import blob_oid
from gitskills.skills.words import name_of, parts, words
from gitskills.state import database
from gitskills.state.fulltext import using
from gitskills.state.paths import Paths, paths
from tests.benchmarks import search_quality

LIBRARY = {
    "deploy": ("Ship a service to Kubernetes with Helm. Use when somebody asks for a release.", "Run helm upgrade."),
    "code-review": ("Review a pull request for bugs and style.", "Read the diff twice."),
    "spreadsheets": ("Read and write Excel workbooks.", "Use openpyxl."),
    "map-markers": ("Put annotations on a map.", "Keep one annotation manager for all points."),
    "café-menu": ("Write a menu for a café.", "Prices end in nought."),
}


def manifest(name: str, description: str, body: str) -> bytes:
    """Write a SKILL.md."""
    return f"---\nname: {name}\ndescription: {description}\n---\n{body}\n".encode()


class Library:
    """Skills as blobs, and how often each blob was read."""

    def __init__(self, skills: dict[str, tuple[str, str]]) -> None:
        self.reads: list[str] = []
        self.blobs: dict[str, bytes | None] = {}
        self.skills: list[search.Skill] = []
        for name, (description, body) in skills.items():
            data = manifest(name, description, body)
            self.blobs[blob_oid(data)] = data
            self.skills.append((name, f"skills/{name}", "0" * 40, blob_oid(data)))

    def read(self, oids: list[str]) -> Iterator[bytes | None]:
        """Yield blobs and note which."""
        self.reads += oids
        yield from (self.blobs[oid] for oid in oids)

    def into(self, db: sqlite3.Connection, source: str = "team", tip: str = "") -> None:
        """Index the library."""
        update(db, source, self.skills, self.read, tip=tip)


@pytest.fixture
def where(home: Path) -> Paths:
    """The sealed folders."""
    return paths()


@pytest.fixture
def db(where: Paths) -> Iterator[sqlite3.Connection]:
    """An index with the small library."""
    connection = database.index(where)
    Library(LIBRARY).into(connection)
    yield connection
    connection.close()


def found(db: sqlite3.Connection, query: str, sources: Sequence[str] = ("team",), n: int = 10) -> list[str]:
    """Names of the skills found."""
    return [hit.name for hit in search.search(db, query, sources, n)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("how do I release this to kubernetes?", "deploy"),
        ("please reviewing my pull requests", "code-review"),
        ("summarise sales.xlsx", "spreadsheets"),
        ("My PointAnnotationManager is slow", "map-markers"),
        ("kube", "deploy"),
        ("CAFE", "café-menu"),
        ("cafe\u0301", "café-menu"),
        ("Code review", "code-review"),
        ("openpyxl", "spreadsheets"),
    ],
)
def test_the_right_skill_comes_first(db: sqlite3.Connection, query: str, first: str) -> None:
    """Word forms, file suffixes, joined names, beginnings, accents and names all lead to the skill."""
    assert found(db, query)[0] == first


def test_a_hit_says_which_skill_and_how_well_it_fits(db: sqlite3.Connection) -> None:
    """A hit carries the whole description, source and path, and better ones have higher scores."""
    hits = search.search(db, "review the annotations on the map", ["team"], 10)
    assert [hit.name for hit in hits] == ["map-markers", "code-review"]
    assert hits[0].score > hits[1].score > 0
    assert (hits[0].source, hits[0].path) == ("team", "skills/map-markers")
    assert hits[0].description == "Put annotations on a map."


def test_a_skills_own_name_wins(where: Paths) -> None:
    """The skill that is called what was asked for comes first, even where another speaks of nothing else."""
    skills = {
        "deploy": ("Rarely used.", ""),
        "other": ("deploy deploy deploy deploy", "deploy " * 50),
        "do": ("X.", ""),
    }
    connection = database.index(where)
    Library(skills).into(connection)
    assert found(connection, "deploy") == ["deploy", "other"]
    assert found(connection, "do") == ["do"]
    assert found(connection, "deploy", n=1) == ["deploy"]
    connection.close()


def test_only_the_sources_asked_for_answer(db: sqlite3.Connection) -> None:
    """Skills of other sources stay out, however many fit better, and no source gives nothing."""
    many = {f"kubernetes-{number}": ("Kubernetes kubernetes helm.", "") for number in range(60)}
    Library(many).into(db, "others")
    assert found(db, "kubernetes helm", n=1) == ["deploy"]
    assert len(found(db, "kubernetes helm", ["team", "others"], 100)) == 61
    assert found(db, "kubernetes", []) == found(db, "kubernetes", ["nobody"]) == found(db, "kubernetes", n=0) == []


def test_only_new_text_is_read(db: sqlite3.Connection) -> None:
    """A second update reads nothing; a changed skill is read once; the same file in two sources is kept once."""
    library = Library(LIBRARY)
    library.into(db)
    library.into(db, "copy")
    assert library.reads == []
    changed = Library({**LIBRARY, "deploy": ("Ship to a mainframe.", "")})
    changed.into(db)
    assert len(changed.reads) == 1
    assert found(db, "mainframe") == ["deploy"] and found(db, "kubernetes") == []
    assert found(db, "kubernetes", ["copy"]) == ["deploy"]


def test_more_skills_than_one_statement_takes(db: sqlite3.Connection) -> None:
    """Each of hundreds of skills is found under its own words, before and after some change and one file is shared."""
    many = {f"skill-{number}": (f"About word{number}.", "") for number in range(2 * search._ROWS + 7)}
    Library(many).into(db)
    changed = Library({**many, "skill-3": ("For a mainframe.", "")})
    name, _, tree, blob = changed.skills[5]
    changed.skills.append(("twin", "skills/twin", tree, blob))
    changed.into(db)
    assert len(changed.reads) == 2, "the file under another name is a document of its own"
    last = f"word{2 * search._ROWS + 6}"
    assert [found(db, word) for word in (last, "mainframe", f"word{search._ROWS}")] == [
        [f"skill-{2 * search._ROWS + 6}"],
        ["skill-3"],
        [f"skill-{search._ROWS}"],
    ]
    assert sorted(found(db, "word5")) == [name, "twin"]


def test_what_no_source_has_any_more_is_forgotten(db: sqlite3.Connection) -> None:
    """Text leaves the index with its last entry, so that it stops weighing on the ranking."""
    Library({}).into(db)
    for table in ("search_text", "search_document", "search_entry"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert found(db, "kubernetes") == []


def test_a_tip_is_remembered_once_all_was_read(db: sqlite3.Connection) -> None:
    """`fresh` tells an indexed commit from others; a blob that was missing is asked for again next time."""
    library = Library({**LIBRARY, "deploy": ("Ship a service to a mainframe.", "")})
    oid, whole = library.skills[0][3], library.blobs[library.skills[0][3]]
    library.blobs[oid] = None
    library.into(db, tip="c1")
    assert not fresh(db, "team", "c1") and found(db, "review") == ["code-review"]
    library.blobs[oid] = whole
    library.reads.clear()
    library.into(db, tip="c1")
    assert library.reads == [oid] and fresh(db, "team", "c1") and not fresh(db, "team", "c2")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        b"\xff\xfe",
        b"---\n",
        b"---\nname: [\n---\n",
        b"no frontmatter",
        b"x" * 10_000_000,
        b"---\n" * 9999,
    ],
)
def test_any_file_can_be_indexed(where: Paths, data: bytes) -> None:
    """A SKILL.md that no agent would read is found by its folder's name at least."""
    connection = database.index(where)
    update(connection, "team", [("odd-one", "odd-one", "", blob_oid(data))], lambda oids: [data for _ in oids])
    assert found(connection, "odd one") == ["odd-one"]
    connection.close()


OPERATORS = ['"', "'", "*", "^", ":", "(", ")", "+", "-", "NEAR(", " AND ", " OR ", " NOT ", "{name}:", "\0", "\ud800"]


@hypothesis_settings(max_examples=1000)
@given(st.lists(st.one_of(st.text(), st.sampled_from([*OPERATORS, "deploy", "kubernetes", "the", "🗺️"]))).map("".join))
def test_any_prompt_is_a_valid_query(query: str) -> None:
    """No text raises: quotes, operators, NUL, lone surrogates, emoji, words that all are stop words."""
    hits = search.search(INDEX, query, ["team"], 10)
    assert all(isinstance(hit, Hit) for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def in_memory() -> sqlite3.Connection:
    """An index of the small library for properties, which may not use fixtures of one test."""
    connection = search_quality.open_index()
    Library(LIBRARY).into(connection)
    return connection


INDEX = in_memory()


@pytest.mark.parametrize(
    "query", ["", " ", "\0", "the of and", "?!", '"', "\ud800", "zzzzqqq", "deploy " * 20_000, "ab" * 60_000]
)
def test_odd_prompts(query: str) -> None:
    """Nothing to look for gives nothing, or what little fits; a long prompt is no error."""
    assert [hit.name for hit in search.search(INDEX, query, ["team"], 10)] in ([], ["deploy"])


def test_a_long_prompt_is_read_at_both_ends(db: sqlite3.Connection) -> None:
    """What people paste in the middle does not hide the request before or after it."""
    log = "\n".join(f"error e{number} at 0x{number:08x}" for number in range(4_000))
    assert found(db, f"release to kubernetes\n{log}")[0] == "deploy"
    assert found(db, f"{log}\nreview this pull request")[0] == "code-review"


def test_a_damaged_index_is_built_again(where: Paths) -> None:
    """Whatever happened to the file, the work is done on a new one and nobody is told."""
    library = Library(LIBRARY)

    def work(connection: sqlite3.Connection) -> list[str]:
        library.into(connection)
        return found(connection, "kubernetes")

    using(where, work)
    file = where.cache / "index.sqlite3"
    whole = file.read_bytes()
    chance = random.Random(4)
    for damage in range(12):
        broken = bytearray(whole)
        if damage < 4:
            broken = broken[: chance.randrange(len(broken))]
        else:
            start = 4096 * chance.randrange(len(broken) // 4096) if damage < 8 else 0
            broken[start : start + 2048] = chance.randbytes(2048)
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        file.write_bytes(broken)
        assert using(where, work) == ["deploy"], damage


@pytest.mark.parametrize("table", ["search_text", "search_entry", "search_document", "search_source"])
def test_a_lost_table_is_made_again(where: Paths, table: str) -> None:
    """An index that lacks a table it should have is damaged as well."""
    library = Library(LIBRARY)

    def work(connection: sqlite3.Connection) -> list[str]:
        library.into(connection)
        return found(connection, "kubernetes")

    using(where, work)
    using(where, lambda connection: connection.execute(f"DROP TABLE {table}") and None)
    assert using(where, work) == ["deploy"]


def test_an_index_that_cannot_be_used_is_an_error(where: Paths) -> None:
    """Where the cache folder cannot even hold the file, the message says so."""
    where.cache.parent.mkdir(parents=True, exist_ok=True)
    where.cache.mkdir()
    (where.cache / "index.sqlite3").mkdir()
    with pytest.raises((GitskillsError, sqlite3.OperationalError)):
        using(where, lambda connection: None)


WRITER = """
import sys
from gitskills.share.search.index import update
from gitskills.state.fulltext import using
from gitskills.skills.tree import blob_oid
from gitskills.state.paths import paths
me = sys.argv[1]
for turn in range(5):
    said = "---\\nname: {0}\\ndescription: common word{0} turn{1} by{2}\\n---\\n"
    data = {f"s{n}": said.format(n, turn, me).encode() for n in range(30)}
    skills = [(name, name, "", blob_oid(text)) for name, text in data.items()]
    blobs = {blob_oid(text): text for text in data.values()}
    using(paths(), lambda db: update(db, me, skills, lambda oids: [blobs[oid] for oid in oids]))
"""


def test_processes_share_one_index(where: Paths) -> None:
    """Six processes that index different and equal files at once leave each its last state, whole."""
    started = [subprocess.Popen([sys.executable, "-c", WRITER, str(number)]) for number in range(6)]
    assert [process.wait(60) for process in started] == [0] * 6
    connection = database.index(where)
    for number in range(6):
        assert len(found(connection, "turn4", [str(number)], 50)) == 30
        assert found(connection, "turn3", [str(number)]) == []
    assert connection.execute("SELECT count(*) FROM search_text").fetchone() == (180,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_real_library(bundles: Callable[[str], Path], where: Paths) -> None:
    """Every skill of a real library is found by its own name and by its own description."""
    git_dir = bundles("superpowers")
    skills = objects.skills(git_dir, "HEAD")
    rows = [(each.name, path, each.tree, each.entries["SKILL.md"][1]) for path, each in skills.items()]

    def read(oids: list[str]) -> Iterable[bytes]:
        return (data for _, data in objects.blobs(git_dir, oids))

    connection = database.index(where)
    update(connection, "team", rows, read)
    assert len(rows) == 14
    for name, *_ in rows:
        (hit,) = search.search(connection, name, ["team"], 1)
        assert hit.name == name and found(connection, hit.description)[0] == name
    connection.close()


def test_quality_stays(tmp_path: Path) -> None:
    """On prompts that authors wrote for their skills the right one is found as well as when the ranking was chosen."""
    folder = search_quality.DATA
    if folder is None:
        pytest.skip("no search benchmark here: set GITSKILLS_SHARED to the folder that holds search/corpus.jsonl")
    connection = search_quality.open_index()
    search_quality.fill(connection, search_quality.read_lines(folder / "corpus.jsonl"))
    asked = search_quality.queries(folder)
    measured = search_quality.figures(asked, search_quality.ranks(connection, asked))
    assert measured.mrr >= 0.72 and measured.first >= 0.63 and measured.five >= 0.84 and measured.ndcg >= 0.75


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("The quick-brown_fox isn't", ["quick", "brown", "fox"]),
        ("fix store.py and store.py", ["fix", "store", "py", "python"]),
        ("Ünïcode 日本語 x" + "y" * 99, ["Ünïcode", "日本語"]),
    ],
)
def test_words(prompt: str, expected: list[str]) -> None:
    """A prompt's words come once each in their order, without stop words and endless runs."""
    assert words(prompt) == expected


def test_parts_and_names() -> None:
    """Joined names come apart at their seams, and a phrase spells the name of a skill."""
    assert parts("PointAnnotationManager") == ["point", "annotation", "manager"]
    assert parts("parseJSONFile") == ["parse", "json", "file"]
    assert parts("word") == parts("WORD") == []
    assert name_of("  Code review? ") == "code-review"
