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
        bases: dict[str, str | None] = {}
        for one, joined, commit in done:
            url = redact(one.source.url)
            entry = Install(one.name, one.source.name, url, one.source.ref, commit, one.path, joined.tree)
            self._place(one, joined)
            bases[one.name] = joined.tree
            before = lock.get(one.name)
            lock[one.name] = lock_entry(before, entry)
            merging.settle(self._db, project.key, self._cache, one.name)
            if before is None:
                self._choose(one)
        if bases:
            installed.update(self._cache.git_dir, project.key, bases, "push")
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

    def _choose(self, one: Outgoing) -> None:
        """Add a newly published skill to what the file takes from its source, if no pattern does yet."""
        project = self._survey.project
        text = project.text
        source = config.parse(text, where=str(project.file)).sources[one.source.name]
        if any(pattern.matches(one.name, one.path) and not pattern.excludes for pattern in source.patterns):
            return
        patterns = (*source.patterns, Pattern(one.name))
        write_atomic(project.file, config.with_patterns(text, source.name, patterns).encode())
