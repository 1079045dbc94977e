"""After a push: the disk, the bases, the lock and the file say what the library now has."""

import sqlite3
from collections.abc import Iterable

from gitskills import config
from gitskills.config import Pattern
from gitskills.git.cache import Cache
from gitskills.git.url import redact
from gitskills.share import installed, landed, lockfile, merging
from gitskills.share.apply import lock_entry
from gitskills.share.lockfile import Install
from gitskills.share.outgoing import Joined, Outgoing
from gitskills.share.publish import Done
from gitskills.share.remove import without
from gitskills.share.survey import Survey
from gitskills.share.unpack import content, known_modes
from gitskills.state.files import write_atomic


class Settle:
    """Records what a push achieved. All of it can be derived again: a pull after a crash does the same."""

    def __init__(self, survey: Survey, db: sqlite3.Connection, cache: Cache) -> None:
        self._survey = survey
        self._db = db
        self._cache = cache

    def record(self, done: Iterable[Done]) -> None:
        """Bring disk and records in line with what upstream has."""
        project = self._survey.project
        lock = lockfile.read(project.lock_path)
        bases: dict[str, tuple[str, str]] = {}
        for one, joined, commit in done:
            url = redact(one.source.url)
            entry = Install(one.name, one.source.name, url, one.source.ref, commit, one.path, joined.tree)
            self._place(one, joined)
            bases[one.name] = (one.source.name, joined.tree)
            before = lock.get(one.name)
            lock[one.name] = lock_entry(before, entry)
            merging.settle(self._db, project.key, self._cache, one.name)
            if before is None or before.source != entry.source:
                self._choose(one, before)
        if bases:
            installed.record(self._survey.caches, project.key, bases, "push")
            landed.forget(self._cache.git_dir, project.key, bases)
            lockfile.write(project.lock_path, lock)
            self._survey.disk.record()

    def _place(self, one: Outgoing, joined: Joined) -> None:
        """Make the real folder what was published: merged with others' work, or cleaned of other tools' keys."""
        disk = self._survey.disk
        if one.live == disk.live(one.name) and joined.tree == one.disk:
            disk.intend({one.name: joined.tree})
        elif one.live == disk.live(one.name) or not disk.live(one.name).exists():
            files = content(self._cache, joined.tree)
            known = known_modes({path: (mode, "") for path, mode, _ in files})
            old = one.disk if one.live == disk.live(one.name) else None
            disk.put(one.name, joined.tree, files, old=old, known=known)
        if one.live != disk.live(one.name):
            disk.claim(one.name, one.live.parent, one.disk)
        disk.spread(one.name, joined.tree)

    def _choose(self, one: Outgoing, before: Install | None) -> None:
        """Make the file take the skill from where it was published: not from a source that it was installed from
        `before`, and from this one, if no pattern does yet."""
        project = self._survey.project
        text = old = project.text
        sources = config.parse(text, where=str(project.file)).sources
        if before is not None and before.source in sources:
            left = without(sources[before.source], {one.name: before.path})
            text = config.with_patterns(text, left.name, left.patterns)
        source = sources[one.source.name]
        fitting = [pattern for pattern in source.patterns if pattern.matches(one.name, one.path)]
        kept = tuple(pattern for pattern in source.patterns if not (pattern.excludes and pattern in fitting))
        chosen = kept if any(pattern in kept for pattern in fitting) else (*kept, Pattern(one.name))
        if chosen != source.patterns:
            text = config.with_patterns(text, source.name, chosen)
        if text != old:
            write_atomic(project.file, text.encode())
