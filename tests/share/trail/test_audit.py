"""The audit trail agrees with git's own answers, is read once, and reads on where it stopped."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.git import history, objects
from gitskills.git.folders import above
from gitskills.git.trailers import Event, format
from gitskills.share.trail import audit
from gitskills.share.trail.audit import Audit
from gitskills.share.trail.rows import Row
from gitskills.state import database
from gitskills.state.paths import paths
from tests.conftest import SkillRepo
from tests.histories import HISTORIES, Drawn, build
from tests.repositories import Commit, git

REAL = ("superpowers", "mattpocock-skills", "awesome-copilot")


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """Open the index of the test's home."""
    connection = database.index(paths())
    yield connection
    connection.close()


def tip(git_dir: Path, rev: str = "main") -> str:
    """Return a commit's oid."""
    return git("rev-parse", rev, cwd=git_dir).decode().strip()


def content(trail: Audit) -> tuple[list[Row], dict[str, object]]:
    """Return all that a trail says, with skills under their path instead of their number."""
    numbers: dict[int, int] = {}
    rows = [row._replace(skill=numbers.setdefault(row.skill, len(numbers))) for row in trail.rows()]
    return rows, dict(trail.skills(gone=True))


@pytest.mark.parametrize("name", REAL)
def test_rows_of_real_libraries(bundles: Callable[[str], Path], db: sqlite3.Connection, name: str) -> None:
    """Every commit but merges that touched a skill's folder has its row; a merge has one only beyond those."""
    git_dir = bundles(name)
    rows = list(audit.read(db, git_dir, tip(git_dir)).rows())
    merges = set(git("rev-list", "--merges", "main", cwd=git_dir).decode().split())
    found = {(row.commit, row.path) for row in rows if row.commit not in merges}
    found |= {(row.commit, row.origin) for row in rows if row.origin and row.commit not in merges}
    options = ("--full-history", "--no-merges", "--no-renames", "--format=%x01%H", "--name-only", "main")
    logged = git("log", *options, "--", "*SKILL.md", cwd=git_dir).decode()
    theirs = set()
    for record in logged.split("\x01")[1:]:
        commit, *files = record.split()
        theirs |= {(commit, file.removesuffix("SKILL.md").rstrip("/")) for file in files}
    skills = {path for _, path in found if path is not None}
    # awesome-copilot has skills inside skills: they belong to the outermost, which holds the change.
    nested = {(commit, path) for commit, path in theirs if not skills.isdisjoint(above(path))}
    outer = {(commit, next(folder for folder in above(path) if folder in skills)) for commit, path in nested}
    assert found == (theirs - nested) | outer


@pytest.mark.parametrize("name", REAL)
def test_versions_of_real_libraries(bundles: Callable[[str], Path], db: sqlite3.Connection, name: str) -> None:
    """Each skill's v<N> is git's count of first-parent commits over all folders it was in, and its tree is git's."""
    git_dir = bundles(name)
    trail = audit.read(db, git_dir, tip(git_dir))
    skills = trail.skills()
    assert set(skills) == set(objects.skills(git_dir, "main"))
    known: dict[int, set[str]] = {}
    for path, skill in db.execute("SELECT path, skill FROM trail_path"):
        known.setdefault(skill, set()).add(path)
    for number, (path, skill) in enumerate(skills.items()):
        if name == "awesome-copilot" and number % 7:
            continue
        assert skill.tree == tip(git_dir, f"main:{path}")
        folders = next(folders for folders in known.values() if path in folders)
        touched = git("rev-list", "--first-parent", "main", "--", *folders, cwd=git_dir).decode().split()
        assert (skill.version, skill.landed) == (len(touched), touched[0]), path
        assert trail.at(path, f"v{skill.version}").tree == skill.tree


def test_a_moved_and_renamed_skill_has_one_history(bundles: Callable[[str], Path], db: sqlite3.Connection) -> None:
    """`wayfinder`, once decision-mapping and wayfinding in three folders, keeps all its rows under their old names."""
    git_dir = bundles("mattpocock-skills")
    trail = audit.read(db, git_dir, tip(git_dir))
    rows = list(trail.rows("wayfinder"))
    names = list(dict.fromkeys(row.name for row in rows))
    assert names == ["wayfinder", "wayfinding", "decision-mapping"]
    assert rows == list(trail.rows("skills/engineering/wayfinder")) == list(trail.rows("decision-mapping"))
    assert rows[-1].op == "create"
    assert [row.version for row in rows] == sorted((row.version or 0 for row in rows), reverse=True)
    renamed = next(
        row for row in rows if row.origin and row.origin.endswith("decision-mapping") and row.name != "decision-mapping"
    )
    assert renamed.op == "edit"
    assert renamed.summary.endswith("(renamed from decision-mapping)")


def test_second_reading_asks_git_nothing(
    skill_repo: SkillRepo, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tip that was read is answered from the index alone; a new commit is read alone."""
    git_dir = skill_repo([{"a/SKILL.md": "1"}, {"a/SKILL.md": "2"}, {"a/SKILL.md": "3"}])
    first, last = tip(git_dir, "main~1"), tip(git_dir)
    audit.read(db, git_dir, first)
    asked: list[str | None] = []
    real = history.changes

    def changes(git_dir: Path, tip: str, *, since: str | None = None) -> Iterator[history.Change]:
        asked.append(since)
        return real(git_dir, tip, since=since)

    monkeypatch.setattr(history, "changes", changes)
    assert [row.version for row in audit.read(db, git_dir, last).rows()] == [3, 2, 1]
    assert [row.version for row in audit.read(db, git_dir, last).rows()] == [3, 2, 1]
    assert asked == [first]


@given(drawn=HISTORIES, stops=st.lists(st.integers(0, 11), max_size=3))
@settings(max_examples=40)
def test_reading_on_gives_the_same_trail(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Drawn], stops: list[int]
) -> None:
    """Whatever tips were read before, on this branch or others, the trail is the one read at once."""
    folder = tmp_path_factory.mktemp("drawn")
    git_dir = folder / "r.git"
    oids = build(git_dir, drawn)
    once, often = (database.index(paths({"GITSKILLS_HOME": str(folder / name)})) for name in "ab")
    for stop in stops:
        audit.read(often, git_dir, oids[min(stop, len(oids) - 1)])
    assert content(audit.read(often, git_dir, oids[-1])) == content(audit.read(once, git_dir, oids[-1]))


def test_rewritten_history_is_read_again(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """After a force push the trail is that of the new branch, with nothing left of the old."""
    old = skill_repo([{"a/SKILL.md": "1"}, {"a/SKILL.md": "2"}], name="library.git")
    audit.read(db, old, tip(old))
    new = skill_repo([{"a/SKILL.md": "1"}, {"b/SKILL.md": "2"}], name="new.git")
    git("fetch", "-q", new, "+main:main", cwd=old)
    trail = audit.read(db, old, tip(old))
    assert [(row.path, row.version) for row in trail.rows()] == [("b", 1), ("a", 1)]


def merged(skill_repo: SkillRepo, resolution: str) -> Path:
    """Return a library in which two branches edited one skill and a merge left `resolution`."""
    git_dir = skill_repo([{"a/SKILL.md": "0\n", "b/SKILL.md": "0\n"}])
    stream = "".join(
        f"commit refs/heads/{ref}\nmark :{mark}\nauthor {who} <{who}@example.com> {1767225600 + mark} +0000\n"
        f"committer C <c@example.com> {1767225600 + mark} +0000\ndata {len(text)}\n{text}from {start}\n{more}"
        f"M 100644 inline a/SKILL.md\ndata {len(data)}\n{data}\n"
        for ref, mark, who, text, start, more, data in [
            ("side", 1, "Eve", "a: eve's\n", "refs/heads/main^0", "", "eve\n"),
            ("main", 2, "Bob", "a: bob's\n", "refs/heads/main^0", "", "bob\n"),
            ("main", 3, "Ada", "Merge side\n", ":2", "merge :1\n", resolution),
        ]
    )
    git("fast-import", "--quiet", cwd=git_dir, stdin=stream.encode())
    return git_dir


def test_a_merge_shows_its_inner_commit(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A merge that took the branch's text is explained by the branch's commit, which carries the merge's version."""
    rows = audit.read(db, (git_dir := merged(skill_repo, "eve\n")), tip(git_dir)).rows("a")
    assert [(row.author, row.version) for row in rows] == [("Eve", 3), ("Bob", 2), ("Ada Lovelace", 1)]


def test_a_merge_that_made_something_new_is_shown(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A merge whose text is in none of the branch's commits has a row beside theirs, and is the version's tree."""
    trail = audit.read(db, (git_dir := merged(skill_repo, "eve\nbob\n")), tip(git_dir))
    assert [(row.author, row.version) for row in trail.rows("a")] == [
        *(("Ada", 3), ("Eve", 3), ("Bob", 2), ("Ada Lovelace", 1)),
    ]
    assert trail.at("a", "3").tree == tip(git_dir, "main:a") == trail.at("a", trail.at("a", "v3").tree[:8]).tree


def test_a_branch_left_out_has_no_version(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A merge that kept the branch's own side makes no version; the commits it left out have none."""
    trail = audit.read(db, (git_dir := merged(skill_repo, "bob\n")), tip(git_dir))
    rows = trail.rows("a")
    assert [(row.author, row.version) for row in rows] == [("Eve", None), ("Bob", 2), ("Ada Lovelace", 1)]
    assert trail.skills()["a"].version == 2


def test_operations(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """Trailers say the operation; without them it is inferred from the trees and git's `Revert` subject."""
    event = Event("a", "improve", evidence=("codex:1#2",), co_authors=("B <b@example.com>",))
    git_dir = skill_repo(
        [
            Commit({"a/SKILL.md": "1\n", "b/SKILL.md": "1\n"}, "import"),
            Commit({"a/SKILL.md": "2\n", "b/SKILL.md": "2\n"}, format("a: better", "Why.", event)),
            Commit({"a/SKILL.md": "1\n"}, 'Revert "a: better"'),
            Commit({"a/SKILL.md": "3\n"}, "Revert what never was"),
            Commit({"b/SKILL.md": None}, "b: gone\n\nSkill: b\nSkill-Op: dance\n"),
            Commit({"b/SKILL.md": "2\n"}, "Revert gone"),
        ]
    )
    trail = audit.read(db, git_dir, tip(git_dir))
    rows = list(trail.rows())
    assert [(row.name, row.op, row.version) for row in reversed(rows)] == [
        *(("a", "create", 1), ("b", "create", 1), ("a", "improve", 2), ("b", "edit", 2), ("a", "revert", 3)),
        *(("a", "edit", 4), ("b", "remove", 3), ("b", "revert", 4)),
    ]
    assert [row.op for row in trail.rows("a", op="edit")] == ["edit"]
    assert len(list(trail.rows(limit=3))) == 3
    shown = json.loads(audit.as_json(next(row for row in rows if row.op == "improve"), "a", "team"))
    assert shown["trailers"] == {
        **{"Skill": "a", "Skill-Op": "improve", "Skill-Evidence": ["codex:1#2"]},
        "Co-authored-by": ["B <b@example.com>"],
    }
    assert (shown["author"], shown["skill"], shown["version"]) == ("Ada Lovelace <ada@example.com>", "a", 2)


def test_a_name_given_again_is_another_skill(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A skill renamed away and a new one at its old folder have histories, creators and versions of their own."""
    text = "".join(f"line {number}\n" for number in range(9))
    git_dir = skill_repo(
        [
            {"a/SKILL.md": text},
            {"a/SKILL.md": None, "b/SKILL.md": text + "more\n"},
            Commit({"a/SKILL.md": "another\n"}, "a", "Bob <bob@example.com>"),
        ]
    )
    trail = audit.read(db, git_dir, tip(git_dir))
    skills = {path: (skill.version, skill.creator) for path, skill in trail.skills().items()}
    assert skills == {"a": (1, "bob@example.com"), "b": (2, "ada@example.com")}
    assert [row.version for row in trail.rows("a")] == [1]
    assert [row.path for row in trail.rows("b")] == ["b", "a"]


def test_a_removed_skill_is_found_by_its_name(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """The history of a skill that is gone can still be asked for; a name that never was is an error."""
    git_dir = skill_repo([{"a/SKILL.md": "1", "b/SKILL.md": "1"}, {"a/SKILL.md": None}])
    trail = audit.read(db, git_dir, tip(git_dir))
    assert [row.op for row in trail.rows("a")] == ["remove", "create"]
    assert (set(trail.skills()), set(trail.skills(gone=True))) == ({"b"}, {"a", "b"})
    with pytest.raises(GitskillsError):
        trail.rows("c")


def test_versions_are_found_by_number_and_oid(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """v2, 2, a tree's start and a commit's start name a version; what names none or several is an error."""
    git_dir = skill_repo([{"a/SKILL.md": "1"}, {"a/SKILL.md": "2"}, {"a/SKILL.md": "1"}])
    trail = audit.read(db, git_dir, tip(git_dir))
    second = trail.at("a", "v2")
    tree = tip(git_dir, "main~1:a")
    assert second.tree == tree
    assert trail.at("a", "2") == trail.at("a", tree[:12]) == trail.at("a", tip(git_dir, "main~1")) == second
    assert [row.version for row in trail.with_tree(tip(git_dir, "main:a"))] == [3, 1]
    for wrong in ("v4", "0", "zzzz", "", "ab"):
        with pytest.raises(GitskillsError):
            trail.at("a", wrong)


def test_a_blobless_repository_brings_what_renames_need(
    library: Callable[[str], Path], tmp_path: Path, db: sqlite3.Connection
) -> None:
    """The contents that decide renames are asked for in one batch, and the trail is then that of the whole library."""
    whole, part = library("mattpocock-skills"), tmp_path / "part.git"
    git("config", "uploadpack.allowFilter", "true", cwd=whole)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=whole)
    git("clone", "-q", "--bare", "--filter=blob:none", whole.as_uri(), part)
    batches: list[set[str]] = []

    def want(oids: Iterable[str]) -> None:
        batches.append(set(oids))
        git("fetch", "-q", "--stdin", "--no-write-fetch-head", "origin", cwd=part, stdin="\n".join(oids).encode())

    known = content(audit.read(db, part, tip(part), want=want))
    assert known == content(audit.read(db, whole, tip(whole)))
    assert len(batches) == 1


def test_offline_the_trail_is_read_with_what_is_there(
    library: Callable[[str], Path], tmp_path: Path, db: sqlite3.Connection
) -> None:
    """Where contents cannot be had the trail comes without error, and all is looked at again once the tip moves."""
    whole, part = library("mattpocock-skills"), tmp_path / "part.git"
    git("config", "uploadpack.allowFilter", "true", cwd=whole)
    git("clone", "-q", "--bare", "--filter=blob:none", whole.as_uri(), part)

    def want(oids: Iterable[str]) -> None:
        raise GitskillsError("no network")

    assert {row.name for row in audit.read(db, part, tip(part, "main~1"), want=want).rows("wayfinder")} < {
        *("wayfinder", "wayfinding", "decision-mapping"),
    }
    git("fetch", "-q", "--refetch", "--no-filter", "origin", cwd=part)
    names = {row.name for row in audit.read(db, part, tip(part)).rows("wayfinder")}
    assert names == {"wayfinder", "wayfinding", "decision-mapping"}


def test_what_was_read_without_network_is_looked_at_with_it(
    library: Callable[[str], Path], tmp_path: Path, db: sqlite3.Connection
) -> None:
    """A trail read where nobody could ask for contents (`status`) is read again by who can (`log`), once."""
    whole, part = library("mattpocock-skills"), tmp_path / "part.git"
    git("config", "uploadpack.allowFilter", "true", cwd=whole)
    git("clone", "-q", "--bare", "--filter=blob:none", whole.as_uri(), part)
    asked = []

    def want(oids: Iterable[str]) -> None:
        asked.append(list(oids))
        raise GitskillsError("no network")

    audit.read(db, part, tip(part, "main~5"))
    audit.read(db, part, tip(part))
    for _ in range(3):
        audit.read(db, part, tip(part), want=want)
    assert len(asked) == 1
    git("fetch", "-q", "--refetch", "--no-filter", "origin", cwd=part)
    audit.read(db, part, tip(part, "main~3"))
    audit.read(db, part, tip(part), want=want)
    assert len(asked) == 1


def test_few_trails_are_kept(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """However often a branch is rewritten, the index keeps a bounded number of trails of it."""
    git_dir = skill_repo([{"a/SKILL.md": "0"}])
    for number in range(audit.KEPT + 3):
        tree = tip(git_dir, "main^{tree}")
        commit = git("commit-tree", tree, "-m", str(number), cwd=git_dir).decode().strip()
        audit.read(db, git_dir, commit)
    counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("trail", "trail_row")]
    assert counts == [audit.KEPT, audit.KEPT]


def test_processes_read_at_the_same_time(bundles: Callable[[str], Path], db: sqlite3.Connection) -> None:
    """Six processes that read the same new history at once leave one trail, each with the full answer."""
    git_dir = bundles("superpowers")
    program = (
        "import sys; from pathlib import Path; from gitskills.share.trail import audit\n"
        "from gitskills.state import database, paths\n"
        "db = database.index(paths.paths())\n"
        "print(len(list(audit.read(db, Path(sys.argv[1]), sys.argv[2]).rows())))\n"
    )
    command = [sys.executable, "-c", program, str(git_dir), tip(git_dir)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) for _ in range(6)]
    answers = {process.communicate(timeout=60)[0] for process in running}
    rows = len(list(audit.read(db, git_dir, tip(git_dir)).rows()))
    assert answers == {f"{rows}\n".encode()}
    assert db.execute("SELECT count(*) FROM trail").fetchone()[0] == 1
