"""Where gitskills keeps what is its own."""

import sys
from pathlib import Path

import pytest

from gitskills.state.paths import paths

linux = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these systems have folders of their own")


def test_one_folder_for_everything(tmp_path: Path) -> None:
    """GITSKILLS_HOME holds config, cache and state, whatever XDG says; a relative one is made absolute."""
    found = paths({"HOME": str(tmp_path), "GITSKILLS_HOME": str(tmp_path / "own"), "XDG_CACHE_HOME": "/elsewhere"})
    assert (found.config, found.cache, found.state) == tuple(tmp_path / "own" / x for x in ("config", "cache", "state"))
    assert found.repositories == found.cache / "repositories"
    assert paths({"HOME": str(tmp_path), "GITSKILLS_HOME": "own"}).config == Path.cwd() / "own" / "config"


@linux
def test_the_xdg_folders(tmp_path: Path) -> None:
    """Without GITSKILLS_HOME the XDG folders are used, and their defaults where a variable is missing or relative."""
    environ = {"HOME": "/home/ada", "XDG_CACHE_HOME": "/big/cache", "XDG_STATE_HOME": "relative"}
    found = paths(environ)
    assert found.config == Path("/home/ada/.config/gitskills")
    assert found.cache == Path("/big/cache/gitskills")
    assert found.state == Path("/home/ada/.local/state/gitskills")
    assert found.home == Path("/home/ada") and found.environ is environ


def test_nothing_is_made(tmp_path: Path) -> None:
    """Asking where things are creates none of them."""
    paths({"HOME": str(tmp_path), "GITSKILLS_HOME": str(tmp_path / "own")})
    assert list(tmp_path.iterdir()) == []
