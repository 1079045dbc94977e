"""`adopt`: skill folders that another tool installed become ours, at the commit they were taken from.

Their bytes stay: what differs from that commit counts as edited here. Only where a tool rewrote the frontmatter of
SKILL.md, and nothing that it says, is the library's own file put back. Other tools' records are never changed.
"""

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from gitskills.config import Source
from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.objects import MANIFEST
from gitskills.git.url import redact
from gitskills.share import installed, lockfile, upstream
from gitskills.share.foreign.claim import Claim
from gitskills.share.homes import Homes, folder_of
from gitskills.share.lockfile import Install
from gitskills.share.origin import Base, Copy, Library
from gitskills.share.outcome import NOTHING, Action, Left, Outcome, Report
from gitskills.share.place import Disk
from gitskills.share.project import Project
from gitskills.share.survey import Survey
from gitskills.skills.tree import files_oid
from gitskills.state import database
from gitskills.state.files import write_atomic
from gitskills.state.lock import locked


@dataclass(frozen=True, slots=True)
class Wish:
    """What to take over: the folders `names`, or all that other tools claim; from the repository `url`, if named."""

    names: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """A copy whose origin is known, and the tree its folder had."""

    copy: Copy
    source: Source
    base: Base
    before: str


def adopt(
    project: Project, wish: Wish, cwd: Path, progress: Progress | None = None, *, dry_run: bool = False
) -> Report:
    """Take folders over, and report each; a URL in `wish` holds from `cwd`.

    Raises GitskillsError where nothing can be done at all; what concerns one folder is in its Outcome.
    """
    lockfile.read(project.lock_path)  # a broken lock stops us before the network
    with (
        locked(project.paths.lock_for(project.root), what=str(project.root)),
        contextlib.closing(database.state(project.paths)) as db,
        contextlib.closing(database.index(project.paths)) as index,
        Disk(project, db) as disk,
    ):
        survey = Survey(project, disk, upstream.caches(project))
        if not dry_run:
            disk.recover(cache.git_dir for cache in survey.caches.values() if cache.exists)
        return _Adopt(survey, wish, cwd, index, progress, dry_run=dry_run).run()


class _Adopt:
    def __init__(
        self,
        survey: Survey,
        wish: Wish,
        cwd: Path,
        index: sqlite3.Connection,
        progress: Progress | None,
        *,
        dry_run: bool,
    ) -> None:
        self.survey = survey
        self.project = survey.project
        self.disk = survey.disk
        self.wish = wish
        self.cwd = cwd
        self.index = index
        self.progress = progress
        self.dry_run = dry_run
        self.homes = Homes(survey.project)
        self.outcomes: list[Outcome] = []
        self._libraries: dict[tuple[str, str | None], Library] = {}

    def run(self) -> Report:
        copies = [copy for name in self._names() if (copy := self._copy(name)) is not None]
        self.homes.fetch([copy.claim for copy in copies], self.progress)
        found = [one for copy in copies if (one := self._origin(copy)) is not None]
        failed = self.homes.settle([(one.copy, one.base, one.source) for one in found], self.survey.lock)
        for name, error in failed.items():
            self._refuse(name, error)
        found = [one for one in found if one.copy.name not in failed]
        if not self.dry_run and found:
            text = self.homes.text()
            if text != self.project.text:
                write_atomic(self.project.file, text.encode())
            self._carry_out(found)
        elif found:
            self.outcomes += [self._outcome(one, NOTHING) for one in found]
        return Report(sorted(self.outcomes, key=lambda one: one.skill), {}, warnings=self.disk.claims.problems)

    def _names(self) -> list[str]:
        """The folders meant: those named, else every one that another tool claims (or that --from may explain)."""
        if self.wish.names:
            return list(dict.fromkeys(name.rstrip("/\\") for name in self.wish.names))
        there: dict[str, Path] = {}
        for place in (self.project.skills_folder, *(spot.folder for spot in self.disk.spots)):
            with contextlib.suppress(OSError):
                for folder in place.iterdir():
                    if _real(folder):
                        there.setdefault(folder.name, folder)
        ours = self.survey.names()
        claimed = {name for name, folder in there.items() if self.wish.url or self.disk.claims.refusal(folder)}
        return sorted(claimed - ours)

    def _copy(self, name: str) -> Copy | None:
        """The folder called `name` with the claim on it; what cannot be taken over becomes an outcome."""
        try:
            if name in self.survey.names():
                self._again(name)
                return None
            folder = self._folder(name)
            claim = self.disk.claims.of(folder)
            if claim is None and not self.wish.url:
                for problem in self.disk.claims.problems:
                    raise problem
            claim = claim or Claim("", "")
            if self.wish.url is not None:
                claim = folder_of(self.cwd, claim, self.wish.url, self.project)
        except GitskillsError as error:
            self._refuse(name, error)
            return None
        return Copy(name, folder, claim)

    def _again(self, name: str) -> None:
        """Take over what stands in agents' own folders, with the same content, in the place of a skill of ours."""
        install, live = self.survey.lock.get(name), self.disk.live(name)
        strangers, tree = self.disk.strangers(name), self.disk.tree(name)
        apart = [str(folder) for folder in strangers if tree is None or self.disk.tree_at(folder) != tree]
        if apart:
            raise GitskillsError(
                f"{' and '.join(apart)} differs from {live}",
                f"take over there what you want of it, move it away, then `gitskills pull {name}`",
            )
        left = NOTHING
        if tree is not None and not self.dry_run:
            for folder in strangers:
                self.disk.claim(name, folder.parent, tree)
            self.disk.record()
            left = self.disk.spread(name, tree) if strangers else left
        said = f"taken over: {', '.join(map(str, strangers))}" if strangers else "gitskills installed it itself"
        action: Action = "installed" if strangers else "unchanged"
        source = install.source if install else ""
        self.outcomes.append(Outcome(name, source, action, tree, tree, message=said, left=left))

    def _folder(self, name: str) -> Path:
        """The real folder of a skill we do not know: in its place, or in one agent's own."""
        live = self.disk.live(name)
        if not lockfile.safe_name(name):
            raise GitskillsError(f"{name!r} is no name of a skill's folder", "give the name alone, without a path")
        if self.disk.foreign(name):
            raise GitskillsError(f"{live} is no folder of its own", "a link or file of this name must go first")
        if _real(live):
            return live
        folders = [spot.folder / name for spot in self.disk.spots if _real(spot.folder / name)]
        if not folders:
            raise GitskillsError(f"there is no folder {live} with a {MANIFEST}")
        if len({self.disk.tree_at(folder) for folder in folders}) > 1:
            raise GitskillsError(f"{' and '.join(map(str, folders))} differ", "make them equal, then run again")
        return folders[0]

    def _origin(self, copy: Copy) -> _Found | None:
        try:
            before = files_oid(copy.read({}))
            found = []
            for source in self.homes.candidates(copy.claim):
                base = self._library(source).find(copy)
                if base is not None:
                    found.append((source, base))
            exact = [one for one in found if one[1].ours == one[1].tree]
            source, base = self._single(copy, exact[:1] or found)
            if self.wish.url and not self.wish.names and not exact and not copy.claim.tool:
                return None  # nobody named it, and nothing but its name speaks for it
        except GitskillsError as error:
            if self.wish.names or copy.claim.tool:
                self._refuse(copy.name, error)
            return None
        return _Found(copy, source, base, before)

    def _single(self, copy: Copy, found: list[tuple[Source, Base]]) -> tuple[Source, Base]:
        if not found:
            whose = (
                f" ({copy.claim.tool} took it from {copy.claim.url or copy.claim.origin})" if copy.claim.tool else ""
            )
            if self.wish.url:
                text = f"{redact(self.wish.url)} never had a skill like it{whose}"
                raise GitskillsError(text, f"to publish it as a new one: gitskills push {copy.name}")
            raise GitskillsError(
                f"no source has a skill like it{whose}", f"name its repository: gitskills adopt {copy.name} --from URL"
            )
        if len(found) > 1:
            names = ", ".join(source.name for source, _ in found)
            raise GitskillsError(
                f"several sources have such a skill: {names}", f"choose: gitskills adopt {copy.name} --from URL"
            )
        return found[0]

    def _library(self, source: Source) -> Library:
        cache = self.homes.cache(source)
        key = (cache.url, source.ref)
        if key not in self._libraries:
            self._libraries[key] = Library(self.index, cache, source.ref)
        return self._libraries[key]

    def _carry_out(self, found: list[_Found]) -> None:
        """Place, link, record. Until the record is written the folder counts as a stranger's, and nobody touches it."""
        done: list[_Found] = []
        try:
            for one in found:
                try:
                    left = self._place(one)
                except GitskillsError as error:  # somebody edits it just now
                    self._refuse(one.copy.name, error)
                else:
                    done.append(one)
                    self.outcomes.append(self._outcome(one, left))
        finally:
            self._record(done)

    def _place(self, one: _Found) -> Left:
        """Bring the folder to where skills live, with the content it is to have; returns what stood in the way."""
        name, base, live = one.copy.name, one.base, self.disk.live(one.copy.name)
        content = [(path, file.mode, file.data) for path, file in base.files.items()]
        now: str | None = files_oid(one.copy.read(base.known))
        for spot in self.disk.spots:
            if _real(spot.folder / name) and self.disk.tree_at(spot.folder / name) == one.before:
                self.disk.claim(name, spot.folder, one.before)
        self.disk.record()  # a copy of what we are about to change: after a crash it is still known as one
        if one.copy.folder != live and not self.disk.fetch_in(name, one.copy.folder):
            now = None
        if base.ours != now:
            self.disk.take_over(name, content, old=now, known=base.known)
        return self.disk.spread(name, base.ours)

    def _record(self, done: list[_Found]) -> None:
        lock = lockfile.read(self.project.lock_path)
        for one in done:
            source, base, name = one.source, one.base, one.copy.name
            cache = self.homes.cache(source)
            installed.update(cache.git_dir, self.project.key, {name: base.tree}, "adopt")
            lock[name] = Install(name, source.name, redact(source.url), source.ref, base.commit, base.path, base.tree)
        if done:
            lockfile.write(self.project.lock_path, lock)
            self.disk.intend({one.copy.name: one.base.tree for one in done if one.base.ours == one.base.tree})

    def _outcome(self, one: _Found, left: Left) -> Outcome:
        claim, base, name = one.copy.claim, one.base, one.copy.name
        action: Action = "installed" if base.ours == base.tree else "kept"
        said = [f"taken over{f' from {claim.tool}' if claim.tool else ''}: {base.path or name} at {base.commit[:12]}"]
        if base.restored:
            action = "updated" if action == "installed" else action
            said.append(f"{MANIFEST} has the library's frontmatter again")
        if base.ours != base.tree:
            as_it_was = claim.digest is not None and claim.digest.fits(base.files)
            whose = f"{claim.tool} installed it so, but" if as_it_was else "it was edited here:"
            said.append(f"{whose} it differs from that commit; `gitskills push {name}` publishes how")
        said += self._rest(one)
        return Outcome(name, one.source.name, action, one.before, base.ours, base.commit, "; ".join(said), left)

    def _rest(self, one: _Found) -> list[str]:
        """What to do so that the other tool lets go of the folder."""
        claim, listed = one.copy.claim, self.disk.claims.listed(one.copy.folder)
        rests = [listed.rest] if listed is not None else []
        if not (claim.inside and one.base.restored):
            rests.append(claim.rest)
        return list(dict.fromkeys(filter(None, rests)))

    def _refuse(self, name: str, error: GitskillsError) -> None:
        self._say(name, "refused", "; ".join(filter(None, (error.message, error.hint))))

    def _say(self, name: str, action: Action, message: str, source: str = "") -> None:
        self.outcomes.append(Outcome(name, source, action, message=message))


def _real(folder: Path) -> bool:
    return not os.path.islink(folder) and (folder / MANIFEST).is_file()
