"""A folder in git's terms, and writes that are whole or not there."""

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.skills.file import EXECUTABLE, LINK, PLAIN, File
from gitskills.skills.tree import files_oid
from gitskills.state import files
from tests.repositories import git

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit, and links only for some")

SKILL = {
    "SKILL.md": File(b"text\r\n\n"),
    "scripts/run.sh": File(b"#!/bin/sh\n", EXECUTABLE),
    "data/empty": File(b""),
    "data/b.bin": File(bytes(range(256)) * 300),
    "latest": File(b"data/b.bin", LINK),
    "dangling": File(b"nowhere", LINK),
    "ünï cødé/\u6f22": File(b"x"),
}


def write(folder: Path, content: dict[str, File]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path, file in content.items():
        files.write(str(folder), path, file.mode, file.data)
    return folder


@posix
def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Bytes, executable bits, links (dangling ones too) and names survive a write and a read."""
    folder = write(tmp_path / "a", SKILL)
    assert files.read(folder) == SKILL
    assert files.entries(folder).keys() == SKILL.keys()


@posix
def test_a_folders_tree_is_what_git_adds(tmp_path: Path, home: Path) -> None:
    """The oid of a folder on disk is the one `git add` gives it, with core.autocrlf off."""
    folder = write(tmp_path / "a", SKILL)
    git("init", "-q", folder)
    git("add", "-A", cwd=folder)
    assert git("write-tree", cwd=folder).decode().strip() == files_oid(files.read(folder))


def test_by_products_are_no_content(tmp_path: Path) -> None:
    """Caches, virtual environments, editors' and other tools' files are left out, wherever they lie."""
    folder = write(tmp_path / "a", {"SKILL.md": File(b"x"), "src/a.py": File(b"x")})
    for path in ("src/__pycache__/a.pyc", ".venv/bin/python", ".DS_Store", "src/.a.py.swp", "SKILL.md~", ".git/HEAD"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("by-product")
    assert files.entries(folder).keys() == {"SKILL.md", "src/a.py"}
    assert sorted(files.by_products(folder, {})) == [
        ".DS_Store",
        ".git",
        ".venv",
        "SKILL.md~",
        "src/.a.py.swp",
        "src/__pycache__",
    ]


def test_what_git_tracks_is_content_whatever_its_name(tmp_path: Path) -> None:
    """A file with a by-product's name counts where the library has it, and its neighbours still do not."""
    folder = write(
        tmp_path / "a", {"SKILL.md": File(b"x"), "__pycache__/kept": File(b"x"), "__pycache__/no": File(b"x")}
    )
    known = {"__pycache__/kept": PLAIN}
    assert files.entries(folder, known).keys() == {"SKILL.md", "__pycache__/kept"}
    assert files.by_products(folder, known) == ["__pycache__/no"]


def test_empty_folders_do_not_count(tmp_path: Path) -> None:
    """As in git, a folder without files is not there."""
    folder = write(tmp_path / "a", {"SKILL.md": File(b"x")})
    (folder / "empty" / "below").mkdir(parents=True)
    assert files.entries(folder).keys() == {"SKILL.md"}


@posix
def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link to a folder outside is one entry, and nothing behind it is read."""
    write(tmp_path / "outside", {"secret": File(b"x")})
    folder = write(tmp_path / "a", {"SKILL.md": File(b"x")})
    (folder / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    assert files.entries(folder)["out"][0] == LINK
    assert files.read(folder).keys() == {"SKILL.md", "out"}


def test_what_is_neither_file_nor_folder_is_told(tmp_path: Path) -> None:
    """A named pipe is an error that names it, not a read that never ends."""
    if sys.platform == "win32":
        pytest.skip("this system has no named pipes")
    folder = write(tmp_path / "a", {"SKILL.md": File(b"x")})
    os.mkfifo(folder / "pipe")
    with pytest.raises(GitskillsError, match="pipe"):
        files.entries(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    """A name of arbitrary bytes is read, hashed and written back as it is."""
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / os.fsdecode(b"caf\xe9")).write_bytes(b"x")
    git("init", "-q", folder)
    git("add", "-A", cwd=folder)
    read = files.read(folder)
    assert git("write-tree", cwd=folder).decode().strip() == files_oid(read)
    assert files.read(write(tmp_path / "b", read)) == read


def test_writing_never_overwrites(tmp_path: Path) -> None:
    """A file is created or the write fails: what a skill brings never lands in something that is there."""
    folder = write(tmp_path / "a", {"SKILL.md": File(b"x")})
    with pytest.raises(FileExistsError):
        files.write(str(folder), "SKILL.md", PLAIN, b"y")
    assert (folder / "SKILL.md").read_bytes() == b"x"


@posix
def test_writing_never_goes_through_a_link(tmp_path: Path) -> None:
    """Where a link stands, a file of its name is not written to where it points."""
    folder = write(tmp_path / "a", {"SKILL.md": File(b"x")})
    (folder / "out").symlink_to(tmp_path / "target")
    with pytest.raises(FileExistsError):
        files.write(str(folder), "out", PLAIN, b"y")
    assert not (tmp_path / "target").exists()


def test_an_atomic_write_is_whole_or_not_there(tmp_path: Path) -> None:
    """A reader in another thread sees the old bytes or the new ones at every instant, and no other file appears."""
    path, versions = tmp_path / "lock", [b"a" * 70_000, b"b" * 50_000]
    files.write_atomic(path, versions[0])
    seen: set[bytes] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(60):
        files.write_atomic(path, versions[number % 2])
    done.set()
    reader.join()
    assert seen <= set(versions)
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_an_atomic_write_keeps_mode_and_link(tmp_path: Path) -> None:
    """A file kept elsewhere and linked here stays a link, and its permissions stay; new ones follow the umask."""
    real = tmp_path / "dotfiles" / "gitskills.yaml"
    real.parent.mkdir()
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "gitskills.yaml"
    link.symlink_to(real)
    files.write_atomic(link, b"new")
    assert link.is_symlink() and real.read_text() == "new" and stat.S_IMODE(real.stat().st_mode) == 0o640
    before = os.umask(0o027)
    try:
        files.write_atomic(tmp_path / "fresh", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o640


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """Where the target cannot be replaced the error comes up and no temporary file stays."""
    (tmp_path / "lock").mkdir()
    (tmp_path / "lock" / "inside").touch()
    with pytest.raises(OSError):
        files.write_atomic(tmp_path / "lock", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@posix
def test_removing_a_folder_stays_inside_it(tmp_path: Path) -> None:
    """Read-only files go with their folder; what a link points to stays."""
    outside = write(tmp_path / "outside", {"kept": File(b"x")})
    folder = write(tmp_path / "a", {"sub/file": File(b"x")})
    (folder / "out").symlink_to(outside, target_is_directory=True)
    (folder / "sub" / "file").chmod(0o400)
    files.remove_tree(folder)
    (tmp_path / "link").symlink_to(outside, target_is_directory=True)
    files.remove_tree(tmp_path / "link")
    assert [path.name for path in tmp_path.iterdir()] == ["outside"] and (outside / "kept").exists()


def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    """A temporary file of ours goes, and a file of others that is named alike, such as an editor's, stays."""
    path = tmp_path / "gitskills.yaml"
    ours = tmp_path / f".gitskills.yaml.abc{files._TEMPORARY}"
    others = [tmp_path / ".gitskills.yaml.swp", tmp_path / "gitskills.yaml", tmp_path / ".gitskills.yaml.bak"]
    for each in (ours, *others):
        each.touch()
    files.sweep(path)
    assert sorted(tmp_path.iterdir()) == sorted(others)
