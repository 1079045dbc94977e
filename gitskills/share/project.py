"""Where a command works: one gitskills.yaml with its lock, and the folders below it that agents read."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gitskills import config
from gitskills.config import Config, Source
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.url import normalise, redact
from gitskills.state.paths import Paths

if TYPE_CHECKING:
    from gitskills.agents.table import Agent
    from gitskills.share.lockfile import Install

Scope = Literal["project", "global"]

_NOTHING_HERE = f"no skills here: there is no {config.NAME} in this folder or above, up to its repository"


@dataclass(frozen=True, slots=True)
class Library:
    """A repository of skills to look at: a source's cache, or the repository one stands in; `tip` None when empty."""

    source: str
    git_dir: Path
    tip: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Project:
    """One gitskills.yaml (`file`, which need not exist yet) and `root`, the folder its skills are placed below."""

    paths: Paths
    root: Path
    scope: Scope
    file: Path
    config: Config

    @property
    def lock_path(self) -> Path:
        """The lock beside the file."""
        return self.file.with_name(config.LOCK)

    @property
    def skills_folder(self) -> Path:
        """The folder of the real skill folders: `.agents/skills` of the project, or of the user's home."""
        return self.root / ".agents" / "skills"

    @property
    def text(self) -> str:
        """The file's text, line ends as they are; "" where there is none yet."""
        try:
            return self.file.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return ""

    @property
    def key(self) -> str:
        """A short name for `root` in refs and databases (16 hex digits)."""
        return sha256(os.path.normcase(os.path.realpath(self.root)).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def agents(self) -> "tuple[Agent, ...]":
        """The agents to serve: those the file names, else those found on this machine and in the project."""
        from gitskills.agents.detect import detect
        from gitskills.agents.table import look_up

        named = self.config.agents
        project = None if self.scope == "global" else self.root
        return look_up(named if named is not None else detect(project, self.paths.home, self.paths.environ))

    def source(self, name: str) -> Source:
        """The source called `name`; raises GitskillsError with the names there are."""
        try:
            return self.config.sources[name]
        except KeyError:
            there = ", ".join(sorted(self.config.sources)) or "none yet"
            raise GitskillsError(f"there is no source {name!r} in {self.file}", f"sources: {there}") from None

    def origin(self, install: "Install") -> Source:
        """The source that an installed skill came from, be it called otherwise by now; raises as `source` does."""
        sources = self.config.sources
        if install.source not in sources:
            asked = (install.url, install.ref)
            for one in sources.values():
                if (redact(one.url), one.ref) == asked:
                    return one
        return self.source(install.source)

    def no_sources(self) -> GitskillsError:
        """The error of what needs a source where there is none."""
        told = f"{self.file} names no sources" if self.file.exists() else _NOTHING_HERE
        return GitskillsError(told, "`gitskills add URL` adds one")

    def cache(self, source: Source) -> Cache:
        """The cache repository of a source; nothing is fetched or made."""
        return Cache.open(normalise(source.url, base=self.root).url, self.paths)

    def libraries(self) -> list[Library]:
        """The libraries to look at, offline: each source's cache, else the repository of skills one stands in.

        A source never fetched is left out, and so is one whose ref is gone. Raises GitskillsError where there is none
        at all.
        """
        found = []
        error = GitskillsError("nothing has been fetched yet", "run `gitskills pull`")
        for source in self.config.sources.values():
            try:
                found.append(self.library(source))
            except GitskillsError as problem:
                error = problem
        if not self.config.sources:
            here = _own_repository(Path.cwd())
            if here is None:
                raise GitskillsError(
                    _NOTHING_HERE,
                    "`gitskills add URL` takes skills from a repository; `gitskills init` makes a new library",
                )
            found.append(here)
        elif not found:
            raise error
        return found

    def library(self, source: Source) -> Library:
        """A source as last fetched; raises GitskillsError where it never was, or lacks its ref."""
        cache = self.cache(source)
        if not cache.exists:
            raise GitskillsError(f"the source {source.name} has never been fetched", "run `gitskills pull`")
        tip = cache.resolve(source.ref) if cache.head or source.ref else None
        return Library(source.name, cache.git_dir, tip, cache.url)


def load(paths: Paths, cwd: Path, *, glob: bool = False) -> Project:
    """Find and read the gitskills.yaml that holds at `cwd`, or the user's own with `glob`.

    An absent file is an empty configuration, whose `file` says where it would be written. Raises GitskillsError
    where the folder's path is not UTF-8: neither the databases nor the lock could name it.
    """
    file = paths.config / config.NAME if glob else _find(cwd.absolute(), paths.home)
    root = paths.home if glob else file.parent
    try:
        os.path.realpath(root).encode("utf-8")
    except UnicodeEncodeError:
        raise GitskillsError(
            f"the path of this folder, {os.fsencode(root)!r}, is not UTF-8",
            "rename the folder; if it looks right to you, set a UTF-8 locale: LC_ALL=C.UTF-8",
        ) from None
    return Project(paths, root, "global" if glob else "project", file, _read(file))


def _read(file: Path) -> Config:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise GitskillsError(f"{file} cannot be read: {error}", "it must be a UTF-8 text file you may read") from error
    return config.parse(text, where=str(file))


def _find(cwd: Path, home: Path) -> Path:
    """The gitskills.yaml upwards from `cwd` to its repository's root; where to make one if there is none.

    Outside a repository the search stays in `cwd` and, below the home folder, in its parents: a file
    that somebody else left in a shared folder such as /tmp must not decide what we install.
    """
    chain = [cwd, *cwd.parents]
    repository = next((folder for folder in chain if (folder / ".git").exists()), None)
    if repository is not None:
        chain = chain[: chain.index(repository) + 1]
    elif home in chain:
        chain = chain[: chain.index(home)] or [cwd]
    else:
        chain = [cwd]
    found = next((folder for folder in chain if (folder / config.NAME).is_file()), None)
    return (found or repository or cwd) / config.NAME


def _own_repository(cwd: Path) -> Library | None:
    """The repository `cwd` lies in, as a library, if it is one."""
    for folder in (cwd, *cwd.parents):
        git_dir = folder / ".git"
        if not git_dir.exists() and not ((folder / "HEAD").is_file() and (folder / "objects").is_dir()):
            continue
        git_dir = git_dir if git_dir.exists() else folder
        if git_dir.is_file():  # a linked work tree or submodule: the file names the real one
            pointer = git_dir.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
            git_dir = (folder / pointer).resolve()
        from gitskills.git.objects import resolve

        return Library(folder.name.removesuffix(".git"), git_dir, resolve(git_dir, "HEAD^{commit}"), str(folder))
    return None
