"""What this machine knows of a project's skills: the lock, the bases last installed, the trees on disk."""

import contextlib
from collections.abc import Mapping

from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.objects import Entries
from gitskills.share import installed, lockfile
from gitskills.share.lockfile import Install
from gitskills.share.place import Disk
from gitskills.share.plan import Facts
from gitskills.share.project import Project
from gitskills.share.select import Wanted
from gitskills.share.unpack import known_modes
from gitskills.skills.tree import tree_oid


class Survey:
    """The facts about each skill of a project, read once; `caches` are the caches of its sources, by name."""

    def __init__(self, project: Project, disk: Disk, caches: Mapping[str, Cache]) -> None:
        self.project = project
        self.disk = disk
        self.caches = caches
        self.lock = lockfile.read(project.lock_path)
        self.bases: dict[str, str] = {}
        for cache in caches.values():
            if cache.exists:
                self.bases.update(installed.read(cache.git_dir, project.key))

    def facts(self, name: str, wanted: Wanted | None) -> Facts:
        """Read the facts about the skill `name`; `wanted` is what upstream has for it, if anything."""
        known = self.known(name, wanted)
        disk = self.disk.tree(name, known)
        install, base = self.lock.get(name), self.bases.get(name)
        ours = self._written(disk, install, base, wanted)
        if base is None and install is None and ours is not None and ours == self.disk.placed(name):
            base = ours  # we were about to record it when we were killed
        elif self._published(install, base, ours, wanted):
            base = ours
        else:
            base = self._landed(name, base, ours, wanted) or base
        claim = self._claim(name, ours, wanted) if base is None and install is None else ""
        return Facts(install, base, ours, self.disk.foreign(name), claim, disk)

    def _written(
        self, disk: str | None, install: Install | None, base: str | None, wanted: Wanted | None
    ) -> str | None:
        """The tree that holds the very files on disk in upstream, or in the base: most often the folder's own.

        Tools other than git write trees that git reads but would not make (an empty folder, the mode 100664), so that
        one content has two names. Asked only about a folder that seems edited.
        """
        locked = install.tree if install else None
        theirs = wanted.found.tree if wanted else None
        if disk in (None, base, locked, theirs):
            return disk
        if wanted is not None and _tree(wanted.found.entries) == disk:
            return theirs
        for tree in {base, locked} - {None, theirs}:
            for cache in self.caches.values():
                if cache.exists and objects.resolve(cache.git_dir, str(tree)):
                    if _tree(objects.entries(cache.git_dir, str(tree))) == disk:
                        return tree
                    break
        return disk

    def _published(self, install: Install | None, base: str | None, ours: str | None, wanted: Wanted | None) -> bool:
        """Whether a folder that seems edited is a version upstream had since: put there by a run that was killed
        before it recorded that, or by hand; nothing of it could be lost."""
        if install is None or wanted is None or None in (base, ours) or ours in (base, install.tree):
            return False
        if wanted.found.tree in (base, ours) or wanted.found.path != install.path:
            return False
        cache = self.caches[wanted.source.name]
        if objects.resolve(cache.git_dir, install.commit + "^{commit}") is None:
            return False
        return ours in objects.versions(cache.git_dir, install.commit, wanted.commit, install.path)

    def _landed(self, name: str, base: str | None, ours: str | None, wanted: Wanted | None) -> str | None:
        """What an edited folder held when a push of it landed that was killed before it recorded that, or None."""
        if wanted is None or ours is None or ours == base or wanted.found.tree in (base, ours):
            return None
        from gitskills.share import landed  # most pulls have nothing edited on both sides

        git_dir = self.caches[wanted.source.name].git_dir
        sent = landed.read(git_dir, self.project.key).get(name)
        return sent.base_at(git_dir, base, wanted.commit) if sent else None

    def _claim(self, name: str, ours: str | None, wanted: Wanted | None) -> str:
        """What to tell of another tool's claim on a skill that gitskills does not know."""
        claims = self.disk.claims
        if ours is None and not claims.any:
            return ""  # of hundreds of new skills most often
        live = self.disk.live(name)
        if ours is None:
            listed = claims.listed(live)
            return f"{listed.file} of {listed.tool} lists it too: {listed.rest}" if listed else ""
        if wanted is not None and ours == wanted.found.tree and claims.published(live):
            return ""
        return claims.refusal(live)

    def known(self, name: str, wanted: Wanted | None) -> dict[str, int]:
        """The paths a reader of the skill's folder must be told of (see `unpack.known_modes`)."""
        known = known_modes(wanted.found.entries) if wanted else {}
        base = self.bases.get(name) or (self.lock[name].tree if name in self.lock else None)
        if base and wanted and base == wanted.found.tree:
            return known
        ours = self.disk.tree(name, known)
        if base and ours is not None and ours != base and (wanted is None or ours != wanted.found.tree):
            for cache in self.caches.values():
                if cache.exists and objects.resolve(cache.git_dir, base):
                    return known_modes(objects.entries(cache.git_dir, base)) | known
        return known

    def names(self) -> set[str]:
        """Every skill that gitskills has installed here, by lock or by memory."""
        return self.lock.keys() | self.bases.keys()


def _tree(entries: Entries) -> str | None:
    """The tree that git would write for these files; None where no folder could hold them."""
    with contextlib.suppress(ValueError):
        return tree_oid(entries)
    return None
