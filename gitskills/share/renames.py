"""Following skills that moved in their library (same skill, another folder, perhaps another name) or left it."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

from gitskills.config import Pattern, Source, some
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.objects import MANIFEST, Found
from gitskills.git.url import redact
from gitskills.share import installed
from gitskills.share.lockfile import Install
from gitskills.share.place import Disk
from gitskills.share.select import Upstream, skill_name
from gitskills.share.survey import Survey

SIMILAR = 0.5  # the share of lines two SKILL.md have in common for them to be one skill, as in git's -M50%


def moved(lock: Mapping[str, Install], upstreams: Iterable[Upstream], caches: Mapping[str, Cache]) -> dict[str, Found]:
    """Where installed skills (by name) whose folder left the library went; those that went nowhere are left out."""
    found = {}
    for upstream in upstreams:
        gone = {
            name: install
            for name, install in lock.items()
            if install.source == upstream.source.name and install.path not in upstream.skills
        }
        if gone:
            found.update(_trace(gone, upstream, caches[upstream.source.name]))
    return found


def follow(source: Source, name: str, install: Install, to: Found, upstream: Upstream) -> Source:
    """The source with the pattern that named the skill exactly naming it by its new name or path."""
    new = skill_name(to, upstream)

    def one(pattern: Pattern) -> Pattern:
        if pattern.exact and pattern.name == install.path:
            return replace(pattern, name=to.path)
        old = install.path.rpartition("/")[2]
        return replace(pattern, name=new) if pattern.exact and pattern.name in (old, name) else pattern

    return replace(source, patterns=tuple(map(one, source.patterns)))


def lost(lock: Mapping[str, Install], upstreams: Iterable[Upstream], moved: Iterable[str]) -> set[str]:
    """The installed skills (by name) that their library removed: they did not move, and its URL and ref are the same.

    Where a user points the source elsewhere, or the library is empty, a name that gives nothing stays an error.
    """
    gone = set()
    for upstream in upstreams:
        here = (upstream.source.name, redact(upstream.source.url), upstream.source.ref)
        for name, install in lock.items():
            if upstream.skills and (install.source, install.url, install.ref) == here:
                gone |= {name} if install.path not in upstream.skills else set()
    return gone - set(moved)


def forget(source: Source, name: str, install: Install, upstream: Upstream) -> Source:
    """The source without the pattern that named a lost skill exactly, unless that still gives another skill."""

    def stays(pattern: Pattern) -> bool:
        meant = pattern.name in (install.path, install.path.rpartition("/")[2]) and pattern.alias in (None, name)
        left = any(pattern.matches(skill_name(one, upstream), one.path) for one in upstream.skills.values())
        return not (pattern.exact and meant) or left

    return replace(source, patterns=some(filter(stays, source.patterns)))


def move(disk: Disk, survey: Survey, old: str, new: str, *, dry_run: bool = False) -> None:
    """Give an installed skill's folder, with whatever was edited in it, the new name its library gave it.

    The base is recorded under the new name first: a run killed in between finds both and goes on. A dry run only
    goes on as if that had been done.
    """
    install, base = survey.lock[old], survey.bases.get(old)
    if disk.live(old).is_dir() and not disk.live(old).is_symlink() and not os.path.lexists(disk.live(new)):
        if dry_run:
            disk.foresee(old, new)
        else:
            cache = survey.caches[install.source]
            installed.update(cache.git_dir, survey.project.key, {new: base or install.tree}, f"renamed from {old}")
            disk.rename(old, new)
        survey.bases[new] = base or install.tree


def _trace(gone: Mapping[str, Install], upstream: Upstream, cache: Cache) -> dict[str, Found]:
    """Match skills that left with skills that came since the commit they were installed from."""
    traced: dict[str, Found] = {}
    taken: set[str] = set()
    for name, install in gone.items():
        if objects.resolve(cache.git_dir, install.commit + "^{commit}") is None:
            continue
        before = objects.skills(cache.git_dir, install.commit)
        old = before.get(install.path)
        came = [one for path, one in upstream.skills.items() if path not in before and path not in taken]
        to = _same(old, came) or _alike(old, came, cache) if old else None
        if to is not None:
            taken.add(to.path)
            traced[name] = to
    return traced


def _same(old: Found, came: list[Found]) -> Found | None:
    """A newcomer with the same tree, the same SKILL.md, or the same name in another folder."""
    manifest = old.entries[MANIFEST]
    for matches in (
        [one for one in came if one.tree == old.tree],
        [one for one in came if one.entries[MANIFEST] == manifest],
        [one for one in came if one.name == old.name],
    ):
        if len(matches) == 1:
            return matches[0]
    return None


def _alike(old: Found, came: list[Found], cache: Cache) -> Found | None:
    """The newcomer whose SKILL.md has most lines in common with the old one, if that is enough."""
    if not came:
        return None
    oids = [old.entries[MANIFEST][1], *(one.entries[MANIFEST][1] for one in came)]
    cache.want(oids)
    before, *after = (set(data.split(b"\n")) for _, data in objects.blobs(cache.git_dir, oids))
    scored = [
        (2 * len(before & lines) / (len(before) + len(lines)), one) for lines, one in zip(after, came, strict=True)
    ]
    score, best = max(scored, key=lambda row: row[0])
    return best if score >= SIMILAR else None
