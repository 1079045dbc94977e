"""Which skills a push publishes: the edited ones, or the named; each cleaned, checked and stored as objects."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gitskills.config import Source
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.objects import MANIFEST, Found
from gitskills.share import merging, upstream
from gitskills.share.describe import describe
from gitskills.share.foreign.claims import told
from gitskills.share.lockfile import Install, safe_name
from gitskills.share.outgoing import Outgoing
from gitskills.share.plan import base_of
from gitskills.share.prepare import prepare
from gitskills.share.survey import Survey
from gitskills.share.unpack import content, known_modes
from gitskills.skills.diagnostic import Diagnostic
from gitskills.skills.file import File
from gitskills.skills.tree import files_oid
from gitskills.state import files
from gitskills.state.files import Unreadable


@dataclass(slots=True)
class Gathered:
    """Skills ready to publish by source, those with nothing to publish, and those refused (with the reason)."""

    ready: dict[str, list[Outgoing]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


class Gather:
    """Collects what a push publishes; `to` names the source for skills that are new."""

    def __init__(self, survey: Survey, db: sqlite3.Connection, to: str | None) -> None:
        self._survey = survey
        self._db = db
        self._project = survey.project
        self._to = to
        self._named = False
        self._listings: dict[str, Mapping[str, Found]] = {}

    def collect(self, names: tuple[str, ...]) -> Gathered:
        """Collect the skills `names`, or every edited one; nothing leaves the machine here."""
        gathered = Gathered()
        self._named = bool(names)
        for name in names or sorted(self._survey.names()):
            try:
                self._named_so(name, gathered)
            except Unreadable as error:  # a FIFO in this folder hides no other skill
                gathered.refused[name] = f"{error.message}; {error.hint}"
        return gathered

    def _named_so(self, name: str, gathered: Gathered) -> None:
        problem = self._survey.disk.gather(name, partial(self._survey.known, name, None))
        live = self._folder(name)
        if problem:
            gathered.refused[name] = problem
        elif live is not None:
            self._one(live, gathered)
        elif self._named:
            gathered.refused[name] = f"there is no folder {self._project.skills_folder / name} with a {MANIFEST}"

    def _folder(self, name: str) -> Path | None:
        """Where the skill `name` is: our folder, an agent's own, or the folder itself that `name` is a path to."""
        places = [self._project.skills_folder / name, *(spot.folder / name for spot in self._survey.disk.spots)]
        if "/" in name or "\\" in name:
            places = [Path(name).absolute()]
        return next((place for place in places if (place / MANIFEST).is_file()), None)

    def _one(self, live: Path, gathered: Gathered) -> None:
        name = live.name
        install = self._survey.lock.get(name)
        facts = self._survey.facts(name, None) if live == self._survey.disk.live(name) else None
        base = base_of(facts) if facts else None
        # One that was named and is not in the lock goes through: a push may have been killed before it wrote it.
        listed = install is not None or not self._named
        if base is not None and facts is not None and facts.ours == base and self._to is None and listed:
            gathered.unchanged.append(name)
            return
        reason = self._refusal(live, install, base)
        if reason:
            gathered.refused[name] = reason
            return
        source = self._project.source(self._to) if self._to else self._source(name, install)
        same = install if install and source == self._home(install) else None
        cache = self._survey.caches[source.name]
        listing = self._listing(source, cache)
        path = self._path(name, same.path if same else None, listing)
        there = listing.get(path)
        before = _files(cache, there) if there else None
        known = self._known(cache, base, there)
        on_disk = files.read(live, known)
        prepared = prepare(on_disk, path.rpartition("/")[2] or name, before)
        if prepared.errors:
            gathered.refused[name] = _told(prepared.errors)
            return
        gathered.ready.setdefault(source.name, []).append(
            Outgoing(
                name=name,
                source=source,
                path=path,
                ours=merging.store_files(cache, prepared.files),
                base=base if same else None,
                summary=describe(self._start(cache, base, there, before), prepared.files),
                live=live,
                disk=files_oid(on_disk),
                clash=merging.recall(self._db, self._project.key, name),
            )
        )

    def _refusal(self, live: Path, install: Install | None, base: str | None) -> str:
        """Why a skill is not published, whatever is in it; "" where nothing speaks against it."""
        claim = self._claim(live) if base is None and install is None else ""
        if claim:
            return claim
        if not safe_name(live.name):
            return "this name cannot be a folder on every system"
        if install is not None and self._to is None and self._home(install) is None:
            return (
                f"it came from {install.source}, which {self._project.file.name} no longer names; "
                f"`gitskills push {live.name} --to SOURCE` publishes it elsewhere"
            )
        return ""

    def _claim(self, live: Path) -> str:
        """Why a folder is another tool's to publish. Keys in its SKILL.md are no reason: they are taken out."""
        disk = self._survey.disk
        if live.parent not in (self._project.skills_folder, *(spot.folder for spot in disk.spots)):
            return ""
        listed = disk.claims.listed(live)
        return told(listed, live.name) if listed else ""

    def _home(self, install: Install) -> Source | None:
        """The source an installed skill came from, None where the file has none such any more."""
        with contextlib.suppress(GitskillsError):
            return self._project.origin(install)
        return None

    def _source(self, name: str, install: Install | None) -> Source:
        """The source a skill goes to: the one it came from, else the only one there is."""
        if install is not None:
            return self._project.origin(install)
        sources = list(self._project.config.sources.values())
        if len(sources) == 1:
            return sources[0]
        shown = " or ".join(f"--to {source.name}" for source in sources)
        raise GitskillsError(f"{name} is new and there are several sources", f"say which one it goes to: {shown}")

    def _listing(self, source: Source, cache: Cache) -> Mapping[str, Found]:
        if source.name not in self._listings:
            if not cache.exists or cache.head is None:  # or a first push was killed before it was noted here
                cache.refresh()
            self._listings[source.name] = upstream.look(source, cache, whole=True).skills
        return self._listings[source.name]

    def _path(self, name: str, installed: str | None, listing: Mapping[str, Found]) -> str:
        """The skill's folder in the library: as installed, as found there, else beside the others."""
        if installed is not None:
            return installed
        there = [path for path, found in listing.items() if found.name == name]
        if len(there) == 1:
            return there[0]
        parents = Counter(path.rpartition("/")[0] for path in listing if path and not path.startswith("cards/"))
        parent = parents.most_common(1)[0][0] if parents and "skills" not in parents else "skills"
        return f"{parent}/{name}" if parent else name

    def _start(
        self, cache: Cache, base: str | None, there: Found | None, before: Mapping[str, File] | None
    ) -> Mapping[str, File] | None:
        """What the user's edit started from, to say what they changed: others may have changed more since."""
        if base is None or (there is not None and there.tree == base):
            return before
        if objects.resolve(cache.git_dir, base) is None:
            return before
        return {path: File(data, mode) for path, mode, data in content(cache, base)}

    def _known(self, cache: Cache, base: str | None, there: Found | None) -> dict[str, int]:
        known = known_modes(there.entries) if there else {}
        if base and (there is None or base != there.tree) and objects.resolve(cache.git_dir, base):
            known = known_modes(objects.entries(cache.git_dir, base)) | known
        return known


def _files(cache: Cache, found: Found) -> dict[str, File]:
    return {path: File(data, mode) for path, mode, data in content(cache, found.tree)}


def _told(errors: Iterable[Diagnostic]) -> str:
    shown = [f"{one.path}:{one.line}: {one.message}" if one.path else one.message for one in errors]
    return "; ".join(shown[:5]) + (f"; and {len(shown) - 5} more" if len(shown) > 5 else "")
