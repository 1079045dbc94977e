"""Every line of a skill is traced to the commit git would name, across the renames our trail knows."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.git.lines import kept
from gitskills.git.trailers import Event, format
from gitskills.share.trail import audit
from gitskills.share.trail.audit import Want
from gitskills.share.trail.blame import Line, blame
from gitskills.state import database
from gitskills.state.paths import paths
from tests.conftest import SkillRepo
from tests.repositories import Commit, git


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """Open the index of the test's home."""
    connection = database.index(paths())
    yield connection
    connection.close()


def lines(
    db: sqlite3.Connection, git_dir: Path, name: str, file: str = "SKILL.md", *, want: Want | None = None
) -> list[Line]:
    """Blame a file of a skill at main."""
    tip = git("rev-parse", "main", cwd=git_dir).decode().strip()
    return blame(audit.read(db, git_dir, tip, want=want), git_dir, tip, name, file, want=want)


@pytest.mark.parametrize("name", ["superpowers", "mattpocock-skills"])
def test_real_skills(bundles: Callable[[str], Path], db: sqlite3.Connection, name: str) -> None:
    """For every skill of a real library, renamed ones too, each line's text and commit are those of `git blame`."""
    git_dir = bundles(name)
    tip = git("rev-parse", "main", cwd=git_dir).decode().strip()
    trail = audit.read(db, git_dir, tip)
    for path in trail.skills():
        ours = blame(trail, git_dir, tip, path)
        out = git("blame", "-s", "-l", "--root", "main", "--", f"{path}/SKILL.md", cwd=git_dir).decode()
        theirs = [line.split(" ")[0] for line in out.split("\n")[:-1]]
        assert [line.commit for line in ours] == theirs, path
        text = git("show", f"main:{path}/SKILL.md", cwd=git_dir).decode()
        assert "\n".join(line.text for line in ours) == text.removesuffix("\n")
        assert all(line.op for line in ours)


def test_evidence_and_person(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A line carries the author, the operation and the sessions that its commit's trailers name."""
    event = Event("a", "improve", evidence=("codex:1#2", "codex:1#3"))
    improved = Commit({"a/SKILL.md": "one\nnew\n"}, format("a: better", "", event), "Bob <bob@example.com>")
    git_dir = skill_repo([{"a/SKILL.md": "one\n"}, improved])
    first, second = lines(db, git_dir, "a")
    assert (first.line, first.text, first.op, first.author) == (1, "one", "create", "Ada Lovelace <ada@example.com>")
    assert first.evidence == ()
    assert (second.op, second.author, second.evidence) == ("improve", "Bob <bob@example.com>", event.evidence)


def test_a_rename_only_the_trailers_know(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """Where `Skill-Base` says a rewritten skill is a renamed one, the lines that stayed keep their first author."""
    before = skill_repo([{"a/SKILL.md": "keep\nold\n"}], name="before.git")
    tree = git("rev-parse", "main:a", cwd=before).decode().strip()
    text = "new 1\nnew 2\nkeep\nnew 3\nnew 4\nnew 5\n"
    renamed = Commit({"a/SKILL.md": None, "b/SKILL.md": text}, format("b: rename", "", Event("b", "edit", base=tree)))
    git_dir = skill_repo([{"a/SKILL.md": "keep\nold\n"}, renamed])
    assert [line.op for line in lines(db, git_dir, "b")] == ["edit", "edit", "create", "edit", "edit", "edit"]


def test_a_blobless_repository_fetches_once(
    library: Callable[[str], Path], tmp_path: Path, db: sqlite3.Connection
) -> None:
    """The versions of the file that are missing are asked for in one batch, then blame is the whole repository's."""
    whole, part = library("mattpocock-skills"), tmp_path / "part.git"
    git("config", "uploadpack.allowFilter", "true", cwd=whole)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=whole)
    git("clone", "-q", "--bare", "--filter=blob:none", whole.as_uri(), part)
    batches = []

    def want(oids: Iterable[str]) -> None:
        batches.append(set(oids))
        git(
            "fetch", "-q", "--stdin", "--no-write-fetch-head", "origin", cwd=part, stdin="\n".join(batches[-1]).encode()
        )

    assert lines(db, part, "wayfinder", want=want) == lines(db, whole, "wayfinder")
    assert len(batches) == 2, "one for the renames of the history, one for the file"


def test_other_files_and_odd_bytes(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """Any file of the skill can be asked for; CRLF stays, bytes that are no UTF-8 are replaced, no last newline is."""
    git_dir = skill_repo([{"a/SKILL.md": "x\n", "a/data/odd.txt": b"one\r\n\xff\x1b[31m\nlast"}])
    assert [line.text for line in lines(db, git_dir, "a", "data/odd.txt")] == ["one\r", "\ufffd\x1b[31m", "last"]


def test_a_file_older_than_the_skill(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A line written before the folder was a skill has its commit and person, and no operation."""
    git_dir = skill_repo([{"a/notes.md": "early\n"}, {"a/SKILL.md": "x\n"}])
    (line,) = lines(db, git_dir, "a", "notes.md")
    assert (line.text, line.op, line.author) == ("early", "", "Ada Lovelace <ada@example.com>")
    assert line.date.startswith("2026-01-01T00:00:00")


@pytest.mark.parametrize(
    ("name", "file"), [("a", "no.md"), ("a", "../b/SKILL.md"), ("gone", "SKILL.md"), ("twice", "x")]
)
def test_what_is_not_there(skill_repo: SkillRepo, db: sqlite3.Connection, name: str, file: str) -> None:
    """A file outside the skill, a removed skill and a name that two skills have are errors that say so."""
    first = {
        "a/SKILL.md": "1",
        "b/SKILL.md": "2",
        "gone/SKILL.md": "3",
        "p/twice/SKILL.md": "4",
        "q/twice/SKILL.md": "5",
    }
    git_dir = skill_repo([first, {"gone/SKILL.md": None}])
    with pytest.raises(GitskillsError) as caught:
        lines(db, git_dir, name, file)
    assert caught.value.hint


@given(old=st.lists(st.sampled_from("abc"), max_size=8), new=st.lists(st.sampled_from("abc"), max_size=8))
@settings(max_examples=60)
def test_kept_lines(tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str]) -> None:
    """Kept lines are equal, in order, and as many as git diff leaves unchanged."""
    git_dir = tmp_path_factory.mktemp("kept") / "r.git"
    git("init", "-q", "--bare", git_dir)
    texts = ["".join(f"{line}\n" for line in lines).encode() for lines in (old, new)]
    oids = [git("hash-object", "-w", "--stdin", cwd=git_dir, stdin=text).decode().strip() for text in texts]
    same = kept(git_dir, oids[0], oids[1])
    assert all(old[was - 1] == new[now - 1] for now, was in same.items())
    assert list(same.values()) == sorted(same.values())
    stat = git("diff", "--numstat", *oids, cwd=git_dir).decode().split()
    assert len(same) == len(new) - int(stat[0] if stat else 0)


def test_json_is_plain(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """Whatever the file holds, a line can be written as JSON."""
    git_dir = skill_repo([{"a/SKILL.md": b"\xf0\x9f\xa6 \xed\xa0\x80\n"}])
    assert json.dumps([line.text for line in lines(db, git_dir, "a")])
