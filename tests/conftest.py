"""Every test lives in a sealed world: its own home, no variables of the machine, a fixed identity and clock."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import hypothesis
import pygit2
import pytest
from hypothesis.database import DirectoryBasedExampleDatabase
from pygit2.enums import ConfigLevel

from tests.processes import Result, gitskills
from tests.repositories import EPOCH, History, bare_repository, git

# The git servers, as fixtures `remote` and `web`; `ada`, who has the skills of a test's `library`; and `work`, the
# folder of those who are killed.
pytest_plugins = ["tests.remotes", "tests.stories", "tests.killing"]

ROOT = Path(__file__).resolve().parent.parent

# What a process needs to start at all, here and on Windows. Anything else (agents' homes, proxies, keys, GIT_*) goes.
KEPT = {"PATH", "PATHEXT", "COMSPEC", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP", "TMPDIR", "LANG"}
KEPT |= {"VIRTUAL_ENV", "LD_LIBRARY_PATH", "PROGRAMDATA", "PROGRAMFILES", "NUMBER_OF_PROCESSORS"}
KEPT_PREFIXES = ("PYTEST_", "PYTHON", "COV_", "COVERAGE_")

GITCONFIG = """\
[user]
\tname = Ada Lovelace
\temail = ada@example.com
[init]
\tdefaultBranch = main
"""

# A deadline measures the machine, not the code: others work on it too.
hypothesis.settings.register_profile(
    "gitskills",
    deadline=None,
    print_blob=True,
    database=DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / "examples"),
)
hypothesis.settings.load_profile("gitskills")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Seal the test: a new home folder with a git identity, a bare environment, and `tmp_path` as working directory."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(GITCONFIG, encoding="utf-8")
    for name in os.environ:
        if name.upper() not in KEPT and not name.upper().startswith(KEPT_PREFIXES):
            monkeypatch.delenv(name)
    for name, folder in {
        "HOME": ".",
        "USERPROFILE": ".",
        "APPDATA": "AppData/Roaming",
        "LOCALAPPDATA": "AppData/Local",
        "XDG_CONFIG_HOME": ".config",
        "XDG_CACHE_HOME": ".cache",
        "XDG_DATA_HOME": ".local/share",
        "XDG_STATE_HOME": ".local/state",
        "GITSKILLS_HOME": "gitskills",
    }.items():
        monkeypatch.setenv(name, str(home / folder))
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, f"{EPOCH} +0000")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    _seal_libgit2(home)
    return home


def _seal_libgit2(home: Path) -> None:
    """Point libgit2 at the test's home: it read the real one when the library was loaded, and never looks again."""
    nowhere = str(home / "nowhere")
    pygit2.settings.search_path[ConfigLevel.GLOBAL] = str(home)
    pygit2.settings.search_path[ConfigLevel.XDG] = str(home / ".config" / "git")
    pygit2.settings.search_path[ConfigLevel.SYSTEM] = nowhere
    pygit2.settings.search_path[ConfigLevel.PROGRAMDATA] = nowhere


class SkillRepo(Protocol):
    """Type of the `skill_repo` fixture."""

    def __call__(self, history: History = (), *, name: str = "library.git") -> Path: ...


@pytest.fixture
def skill_repo(tmp_path: Path) -> SkillRepo:
    """Return a function that makes a bare repository with history; see `tests.repositories.bare_repository`."""

    def make(history: History = (), *, name: str = "library.git") -> Path:
        return bare_repository(tmp_path / name, history)

    return make


class Run(Protocol):
    """Type of the `run` fixture."""

    def __call__(
        self,
        *args: str | Path,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        stdin: str = "",
        timeout: float = 60,
    ) -> Result: ...


@pytest.fixture
def run() -> Run:
    """Return the function that runs the real `gitskills` process and returns its code, output and errors."""
    return gitskills


def shared_data() -> Path | None:
    """Return the folder with the bundles of real libraries: $GITSKILLS_SHARED, or `shared/data` beside a parent."""
    if named := os.environ.get("GITSKILLS_SHARED"):
        return Path(named)
    return next((path for parent in ROOT.parents if (path := parent / "shared" / "data").is_dir()), None)


# Read while the machine's environment is still there.
SHARED = shared_data()


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function from a real library's name to its one bare clone in this test process: read it, never write."""
    folder = tmp_path_factory.mktemp("bundles")

    def clone(name: str) -> Path:
        repository = folder / f"{name}.git"
        if not repository.exists():
            bundle = SHARED / "repos" / f"{name}.bundle" if SHARED else None
            if bundle is None or not bundle.is_file():
                pytest.skip(f"no {name}.bundle: set GITSKILLS_SHARED to the folder that holds repos/{name}.bundle")
            git("clone", "-q", "--bare", bundle, repository)
            # A bundle records no HEAD.
            git("symbolic-ref", "HEAD", "refs/heads/main", cwd=repository)
            git("remote", "remove", "origin", cwd=repository)
        return repository

    return clone


@pytest.fixture
def library(bundles: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that clones a real library (`superpowers`, …) to a bare repository of the test's own."""

    def clone(name: str) -> Path:
        return Path(shutil.copytree(bundles(name), tmp_path / f"{name}.git"))

    return clone
