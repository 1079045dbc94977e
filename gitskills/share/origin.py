"""Which commit of a library a folder was taken from, when only the folder and another tool's word are left."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import history, objects
from gitskills.git.cache import Cache
from gitskills.git.objects import MANIFEST, Entries, Found
from gitskills.share.foreign import provenance
from gitskills.share.foreign.claim import Claim
from gitskills.share.trail import audit
from gitskills.share.trail.audit import Audit
from gitskills.share.trail.rows import Row
from gitskills.share.unpack import SUBMODULE, contents, file_oids, known_modes
from gitskills.skills import frontmatter
from gitskills.skills.file import File
from gitskills.skills.tree import files_oid
from gitskills.state import files

MOST = 200  # versions of a skill that are looked at, the newest first


@dataclass(frozen=True, slots=True)
class Copy:
    """A skill folder on disk whose origin is sought, with what another tool says of it."""

    name: str
    folder: Path
    claim: Claim

    def read(self, known: Mapping[str, int]) -> dict[str, File]:
        """Its files now; `known` as for `files.read`."""
        return files.read(self.folder, known)


@dataclass(frozen=True, slots=True)
class Base:
    """Where a copy was taken from: `tree` is what stood at `path` in `commit`.

    `now` is the skill's path in the library today, None where it is gone; `files` is what the folder is to hold
    from now on, `ours` their tree: the copy's own files, but SKILL.md as the library has it (`restored`) where only
    another tool's rewriting of the frontmatter differed. `known` are the modes a reader of the folder must be told.
    """

    commit: str
    path: str
    tree: str
    now: str | None
    files: Mapping[str, File]
    known: Mapping[str, int]
    ours: str
    restored: bool


@dataclass(frozen=True, slots=True)
class _Version:
    commit: str
    path: str
    tree: str
    skill: int | None = None


class Library:
    """The history of one source as last fetched, searched for where copies came from."""

    def __init__(self, db: sqlite3.Connection, cache: Cache, ref: str | None) -> None:
        self._db = db
        self._cache = cache
        self._tip = cache.resolve(ref)
        self._now = objects.skills(cache.git_dir, self._tip)
        self._trail = self._read(self._tip)

    def find(self, copy: Copy) -> Base | None:
        """Find what `copy` was taken from: the version with its very bytes, else the one its claim records, else the
        nearest; None where the library never had such a skill."""
        plain = files_oid(copy.read({}))
        versions = list(self._versions(copy, plain))
        if not versions:
            return None
        exact = [one for one in versions if one.tree == plain]
        found = exact[0] if exact else self._recorded(copy, versions) or self._nearest(copy, versions)
        return self._base(copy, found)

    def _versions(self, copy: Copy, plain: str) -> Iterator[_Version]:
        """Yield the versions the copy may be of, each tree once: what its claim says, then the newest first."""
        seen: set[str] = set()
        for one in self._candidates(copy, plain):
            if one.tree and one.tree not in seen and len(seen) < MOST:
                seen.add(one.tree)
                yield one

    def _candidates(self, copy: Copy, plain: str) -> Iterator[_Version]:
        claim = copy.claim
        trails = [(self._tip, self._trail)]
        for revision in (claim.commit, claim.ref, claim.at):
            tip = self._resolve(revision)
            if revision == claim.commit and tip is not None:
                there = self._at(objects.skills(self._cache.git_dir, tip), copy)
                if there is not None:
                    yield _Version(tip, there.path, there.tree)
            if tip is not None and not any(history.is_ancestor(self._cache.git_dir, tip, at) for at, _ in trails):
                trails.append((tip, self._read(tip)))
        there = self._at(self._now, copy)
        if there is not None and there.tree in (plain, claim.tree):
            yield _Version(self._tip, there.path, there.tree)  # as `pull` would record it
        for _, trail in trails:
            yield from self._of_trail(trail, copy, plain, there)

    def _of_trail(self, trail: Audit, copy: Copy, plain: str, there: Found | None) -> Iterator[_Version]:
        named = self._rows(trail, copy.claim.path) or self._rows(trail, copy.name)
        if not named and there is not None:
            named = self._rows(trail, there.path)
        skills = {row.skill for row in named}
        for tree in filter(None, (plain, copy.claim.tree)):
            same = trail.with_tree(tree)
            yield from map(_version, [row for row in same if row.skill in skills] or same)
        yield from map(_version, named)

    def _rows(self, trail: Audit, name: str | None) -> list[Row]:
        if not name:
            return []
        with contextlib.suppress(GitskillsError):  # there never was such a skill
            return list(trail.rows(name))
        return []

    def _at(self, listing: Mapping[str, Found], copy: Copy) -> Found | None:
        """The skill a copy is of, in one commit's listing: by path, by folder, or by the name in its SKILL.md."""
        if copy.claim.path is not None and copy.claim.path in listing:
            return listing[copy.claim.path]
        same = [one for one in listing.values() if one.name == copy.name]
        if not same:
            texts = self._blobs(one.entries[MANIFEST][1] for one in listing.values())
            same = [one for one in listing.values() if _name(texts[one.entries[MANIFEST][1]]) == copy.name]
        trees = {one.tree for one in same}
        return min(same, key=lambda one: (not one.path.startswith("skills/"), one.path)) if len(trees) == 1 else None

    def _recorded(self, copy: Copy, versions: list[_Version]) -> _Version | None:
        """The version another tool says it installed: by commit, by tree, or by its own hash."""
        claim = copy.claim
        for one in versions:
            if (claim.commit and one.commit == claim.commit) or one.tree == claim.tree:
                return one
        if claim.digest is not None:
            found = {one: Found("", one.tree, objects.entries(self._cache.git_dir, one.tree)) for one in versions}
            self._cache.want(file_oids(found.values()))
            return next((one for one in versions if claim.digest.fits(self._files(found[one]))), None)
        return None

    def _nearest(self, copy: Copy, versions: list[_Version]) -> _Version:
        """The version with most files equal, then with most lines of SKILL.md in common, then the newest."""
        trees = [(one, objects.entries(self._cache.git_dir, one.tree)) for one in versions]
        texts = self._blobs(entries[MANIFEST][1] for _, entries in trees)
        ours = files.entries(copy.folder)
        lines = _lines(copy.read({})[MANIFEST].data)

        def nearness(row: tuple[_Version, Entries]) -> tuple[int, float]:
            entries = row[1]
            equal = sum(1 for path, (_, oid) in ours.items() if path in entries and entries[path][1] == oid)
            theirs = _lines(texts[entries[MANIFEST][1]])
            return equal, (lines & theirs).total() / max((lines | theirs).total(), 1)

        return max(trees, key=nearness)[0]  # the first of equals, which is the newest

    def _base(self, copy: Copy, version: _Version) -> Base:
        known = known_modes(objects.entries(self._cache.git_dir, version.tree))
        here = copy.read(known)
        ours = here if files_oid(here) == version.tree else self._restored(here, version.tree)
        now = self._path_now(version)
        return Base(version.commit, version.path, version.tree, now, ours, known, files_oid(ours), ours != here)

    def _restored(self, ours: dict[str, File], tree: str) -> dict[str, File]:
        """Put the library's SKILL.md back where another tool wrote it anew and changed nothing that it says."""
        entry = objects.entries(self._cache.git_dir, tree).get(MANIFEST)
        mine = ours.get(MANIFEST)
        if entry is None or mine is None:
            return ours
        try:
            if provenance.manifest(mine.data.decode("utf-8")) is None:
                return ours
        except (UnicodeDecodeError, GitskillsError):
            return ours
        theirs = self._blobs([entry[1]])[entry[1]]
        return ours | {MANIFEST: File(theirs, entry[0])} if provenance.same_meaning(mine.data, theirs) else ours

    def _path_now(self, version: _Version) -> str | None:
        """Where the library keeps the skill today, be it renamed."""
        if version.path in self._now:
            return version.path
        skill = next((row.skill for row in self._trail.with_tree(version.tree)), None)
        last = next((row for row in self._trail.rows() if row.skill == skill), None)
        return last.path if last is not None and last.tree and last.path in self._now else None

    def _files(self, found: Found) -> dict[str, File]:
        kept = {path: entry for path, entry in found.entries.items() if entry[0] != SUBMODULE}
        _, rows = next(contents(self._cache, {"": Found("", found.tree, kept)}))
        return {path: File(data, mode) for path, mode, data in rows}

    def _blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        wanted = list(dict.fromkeys(oids))
        self._cache.want(wanted)
        return dict(objects.blobs(self._cache.git_dir, wanted))

    def _resolve(self, revision: str | None) -> str | None:
        if revision is not None:
            with contextlib.suppress(GitskillsError):  # gone, or never there: then something else must tell
                return self._cache.resolve(revision)
        return None

    def _read(self, tip: str) -> Audit:
        return audit.read(self._db, self._cache.git_dir, tip, want=self._cache.want)


def _version(row: Row) -> _Version:
    return _Version(row.commit, row.path, row.tree, row.skill)


def _name(text: bytes) -> str | None:
    return frontmatter.summary(text.decode("utf-8", "replace")).name


def _lines(data: bytes) -> Counter[bytes]:
    return Counter(data.split(b"\n"))
