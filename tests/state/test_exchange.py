"""Two folders swapped: at every instant a reader finds the old one or the new one."""

import sys
import threading
from pathlib import Path

import pytest

from gitskills.state import exchange


def folder(path: Path, version: str) -> Path:
    path.mkdir()
    for name in ("SKILL.md", "more"):
        (path / name).write_text(version)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot swap two folders in one step")
def test_two_folders_change_places(tmp_path: Path) -> None:
    """After an exchange each name has the other's content."""
    one, other = folder(tmp_path / "one", "1"), folder(tmp_path / "other", "2")
    if not exchange.exchange(one, other):
        pytest.skip("this file system cannot swap two folders")
    assert (one / "SKILL.md").read_text() == "2" and (other / "SKILL.md").read_text() == "1"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot swap two folders in one step")
def test_nothing_to_swap_with_is_an_error(tmp_path: Path) -> None:
    """A missing side is an OSError, and the other side stays where it is."""
    one = folder(tmp_path / "one", "1")
    with pytest.raises(OSError):
        exchange.exchange(one, tmp_path / "nowhere")
    assert (one / "SKILL.md").read_text() == "1"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot swap two folders in one step")
def test_a_reader_never_misses_the_folder(tmp_path: Path) -> None:
    """While versions are swapped in 200 times, another thread finds the folder and its file each time it looks."""
    live = folder(tmp_path / "live", "0")
    if not exchange.exchange(live, folder(tmp_path / "probe", "0")):
        pytest.skip("this file system cannot swap two folders")
    faults: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            if not live.is_dir():
                faults.append("absent")
            try:
                (live / "SKILL.md").read_text()
            except OSError as error:
                faults.append(str(error))

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(200):
        new = folder(tmp_path / f"new{number}", str(number))
        exchange.replace(new, live, tmp_path / f"old{number}")
    done.set()
    reader.join()
    assert not faults
    assert (live / "SKILL.md").read_text() == "199" and not (tmp_path / "new199").exists()


@pytest.mark.parametrize("atomic", [True, False])
def test_replace_puts_the_old_one_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atomic: bool) -> None:
    """With the atomic swap and without it, the new folder is in place and the old one aside."""
    if not atomic:
        monkeypatch.setattr(exchange, "_swapper", lambda: None)
    new, live, aside = folder(tmp_path / "new", "2"), folder(tmp_path / "live", "1"), tmp_path / "aside"
    exchange.replace(new, live, aside)
    assert (live / "SKILL.md").read_text() == "2" and (aside / "SKILL.md").read_text() == "1" and not new.exists()


def test_without_the_swap_a_failure_puts_the_old_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the second of two renames fails, the old folder stands again."""
    monkeypatch.setattr(exchange, "_swapper", lambda: None)
    live = folder(tmp_path / "live", "1")
    with pytest.raises(OSError):
        exchange.replace(tmp_path / "nowhere", live, tmp_path / "aside")
    assert (live / "SKILL.md").read_text() == "1" and not (tmp_path / "aside").exists()
