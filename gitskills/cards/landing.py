"""Changes of cards as commits on upstream's fresh tip, pushed without force; begun again where others were first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitskills.cards import shelf
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.failures import PushRefused
from gitskills.git.folders import above
from gitskills.git.rounds import until_pushed
from gitskills.git.series import Step, write
from gitskills.git.trailers import Event, format

if TYPE_CHECKING:
    from gitskills.git.commit import Identity

_FILE = "/SKILL.md"


@dataclass(frozen=True, slots=True)
class Site:
    """A library as cards reach it: its cache, the branch to publish on (None: the default), who commits."""

    cache: Cache
    ref: str | None
    who: Callable[[], Identity]

    def tip(self) -> tuple[str, str | None]:
        """Return the branch and its commit as last fetched; None for an empty library."""
        named = self.ref or self.cache.head
        if named is None and self.cache.empty:
            return self.cache.unborn() or "main", None
        branch = (named or "main").removeprefix("refs/remotes/origin/").removeprefix("refs/heads/")
        tip = objects.resolve(self.cache.git_dir, f"refs/remotes/origin/{branch}^{{commit}}")
        if tip is None and self.cache.head is not None:
            raise GitskillsError(f"{branch!r} is no branch of the library", "give the source a branch as `ref:`")
        return branch, tip

    def bring(self, tip: str | None) -> None:
        """Make sure that the cards at a commit are here: a blobless cache has only those that somebody looked at."""
        if tip is not None:
            self.cache.want(blob for _, blob, _ in shelf.listing(self.cache.git_dir, tip))


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: texts of files by their path in the library (None: removed), and what it says."""

    files: Mapping[str, str | None]
    subject: str
    body: str
    events: tuple[Event, ...]


def land(
    site: Site,
    change: Callable[[Path, str | None], Sequence[Change]],
    *,
    dry_run: bool = False,
    whole: bool = True,
) -> str | None:
    """Publish what `change` makes of the library's tip, in one push; returns the last commit.

    None where there is nothing to publish, or for `dry_run`. `change` is called again with a new tip when others
    pushed first; all cards at it are here then, unless it brings what it needs itself (not `whole`).
    """

    def attempt() -> str | None:
        branch, tip = site.tip()
        if whole:
            site.bring(tip)
        wanted = change(site.cache.git_dir, tip)
        if not wanted or dry_run:
            return None
        _make_sure(wanted, shelf.taken(site.cache.git_dir, tip)[1])
        steps = list(_steps(wanted, _folders(site.cache.git_dir, tip)))
        commit = write(site.cache.git_dir, tip, steps, site.who())
        try:
            site.cache.push([(commit, f"refs/heads/{branch}")])
        except PushRefused as refused:
            hint = f"cards go straight to {branch}: let whoever runs this push there, or give the source another `ref:`"
            raise GitskillsError(refused.message, hint) from refused
        return commit

    site.cache.refresh()
    return until_pushed(attempt, site.cache.refresh)


def _steps(wanted: Sequence[Change], folders: set[str]) -> Iterator[Step]:
    """Yield the commits; each also names the card that holds a changed one, for that is a change of it to every reader.

    Of folders in one another the outermost is the skill (CONTRACT, "Library layout"), and a node's folder holds its
    leaves. `folders` are those of the cards there are.
    """
    for one in wanted:
        changed = {path.removesuffix(_FILE) for path in one.files if path.endswith(_FILE)}
        folders |= changed
        said = {event.skill for event in one.events}
        holders = {next((each for each in reversed([*above(path)]) if each in folders), path) for path in changed}
        names = [(path, path.rpartition("/")[2]) for path in sorted(holders)]
        # A card above may be called as one below it in another area: it has an event of its own.
        further = [Event(name, one.events[0].op) for path, name in names if path not in changed or name not in said]
        yield Step(one.files, format(one.subject, one.body, *one.events, *further))


def _make_sure(wanted: Sequence[Change], others: set[str]) -> None:
    """Raise GitskillsError where somebody's file, link or submodule stands where a folder of cards would be."""
    for path in (path for one in wanted for path in one.files):
        if held := next((each for each in above(path) if each in others), ""):
            raise GitskillsError(f"{held} in the library is no folder, and cards need one there", "rename it")


def _folders(git_dir: Path, tip: str | None) -> set[str]:
    return {path for path, _, _ in shelf.listing(git_dir, tip)} if tip else set()
