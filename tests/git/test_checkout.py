"""checkout: git writes files byte for byte, whatever attributes and settings say."""

import os
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.git.checkout import checkout
from tests.repositories import bare_repository, git

PLAIN, EXECUTABLE = 0o100644, 0o100755
DATA = b"one\r\ntwo\nthree $Id$ \xff\x00 four"


def blob(repository: Path, data: bytes) -> str:
    """Store a blob; return its oid."""
    source = repository / "given"
    source.write_bytes(data)
    return git("hash-object", "-w", "--no-filters", str(source), cwd=repository).decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty bare repository."""
    return bare_repository(tmp_path / "library.git", {})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder to write into."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def test_bytes_and_modes_are_as_stored(repository: Path, place: Path) -> None:
    """Line ends, NUL bytes and what is no UTF-8 come out as they went in; only the executable can be executed."""
    oid = blob(repository, DATA)
    checkout(repository, [("a/SKILL.md", PLAIN, oid), ("a/bin/run", EXECUTABLE, oid)], place)
    assert (place / "a/SKILL.md").read_bytes() == (place / "a/bin/run").read_bytes() == DATA
    if os.name != "nt":
        assert os.access(place / "a/bin/run", os.X_OK) and not os.access(place / "a/SKILL.md", os.X_OK)


def test_no_attribute_changes_them(
    repository: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a library's .gitattributes nor the user's settings convert, expand or filter anything."""
    ran = tmp_path / "ran"
    settings = tmp_path / "settings"
    settings.write_text(
        f"[core]\n\tautocrlf = true\n\teol = crlf\n\tattributesFile = {tmp_path}/theirs\n"
        f'[filter "evil"]\n\tsmudge = touch {ran}; cat\n\trequired = true\n'
    )
    rules = "* text eol=crlf ident filter=evil working-tree-encoding=UTF-16\n"
    (tmp_path / "theirs").write_text(rules)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    oid, attributes = blob(repository, DATA), blob(repository, rules.encode())
    checkout(repository, [("a/.gitattributes", PLAIN, attributes), ("a/SKILL.md", PLAIN, oid)], place)
    assert (place / "a/SKILL.md").read_bytes() == DATA and not ran.exists()
    assert (place / "a/.gitattributes").read_bytes() == rules.encode()


def test_what_cannot_be_written_is_an_error(repository: Path, place: Path) -> None:
    """A missing blob, a name too long for the disk and a path that leaves the folder each raise."""
    oid = blob(repository, DATA)
    for path, wanted in [("a/b", "1" * 40), ("a/" + "n" * 300, oid), ("../out", oid), ("a/.git/config", oid)]:
        with pytest.raises(GitskillsError):
            checkout(repository, [("fine/SKILL.md", PLAIN, oid), (path, PLAIN, wanted)], place)
    assert sorted(one.name for one in place.parent.iterdir()) == ["library.git", "place"]


def test_many_files_need_no_more_than_one_call(repository: Path, place: Path) -> None:
    """As many as git spreads over several processes: all of them are there."""
    oid = blob(repository, DATA)
    checkout(repository, [(f"skill-{n}/SKILL.md", PLAIN, oid) for n in range(300)], place)
    assert len(list(place.iterdir())) == 300
    assert all((one / "SKILL.md").read_bytes() == DATA for one in place.iterdir())
