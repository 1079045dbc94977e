"""To which source of gitskills.yaml an adopted skill belongs: one there is, or a new one with just its skills."""

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from gitskills import config
from gitskills.config import Pattern, Source
from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.objects import Found
from gitskills.git.url import Location, normalise
from gitskills.share import upstream
from gitskills.share.add import source_name, written
from gitskills.share.foreign.claim import Claim
from gitskills.share.lockfile import Install
from gitskills.share.origin import Base, Copy
from gitskills.share.project import Project
from gitskills.share.select import Upstream, select, skill_name

Placing = tuple[Copy, Base, Source]
"""A copy, what it was taken from, and the source it is to belong to."""


class Homes:
    """The project's sources, and those that adopting adds to them; nothing is written before `text` is."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.sources: dict[str, Source] = dict(project.config.sources)
        self._caches: dict[str, Cache] = {}
        self._failed: Mapping[str, GitskillsError] = {}
        self._looked: dict[tuple[str, str | None], Upstream] = {}

    def fetch(self, claims: list[Claim], progress: Progress | None) -> None:
        """Fetch every source and what else the claims name, in parallel; what fails shows when it is asked for.

        Sources no claim names count too: they may have a skill of the same name.
        """
        for url in [source.url for source in self.sources.values()] if claims else []:
            with contextlib.suppress(GitskillsError):  # nothing anybody can fetch
                self._cache(url)
        for claim in claims:
            with contextlib.suppress(GitskillsError):
                place = self._place(claim) if claim.url else None
                if place and not any(self._same(source, place) for source in self.sources.values()):
                    self._cache(place.url)
        self._failed = upstream.refresh(self._caches, progress)

    def candidates(self, claim: Claim) -> list[Source]:
        """The sources a copy may have come from: the one its claim names, else all there are.

        Raises GitskillsError where there is none, or it cannot be reached.
        """
        if claim.url is not None:
            return [self._home(claim)]
        if not self.sources:
            whence = f"{claim.tool} took it from {claim.origin}" if claim.tool else "no source is configured"
            raise GitskillsError(f"no repository is known for it: {whence}", "name one with --from URL")
        reached = [one for one in self.sources.values() if self._problem(one.url) is None]
        for source in [] if reached else self.sources.values():
            raise self._problem(source.url) or AssertionError(source)
        return reached

    def cache(self, source: Source) -> Cache:
        """The cache of one of `candidates`."""
        return self._cache(source.url)

    def settle(self, found: Iterable[Placing], lock: Mapping[str, Install]) -> dict[str, GitskillsError]:
        """Make the sources ask for the skills found; returns, by name, why some cannot be had, which are left out.

        All are tried together, since choosing among hundreds of names hundreds of times would take minutes.
        """
        failed: dict[str, GitskillsError] = {}
        before, left = dict(self.sources), {copy.name: (copy, base, source) for copy, base, source in found}
        while True:
            self.sources = dict(before)
            wrong = self._try(left, lock)
            failed |= wrong
            if not wrong:
                return failed
            left = {name: one for name, one in left.items() if name not in wrong}

    def _try(self, found: Mapping[str, Placing], lock: Mapping[str, Install]) -> dict[str, GitskillsError]:
        wrong: dict[str, GitskillsError] = {}
        installs = dict(lock)
        for name, (_, base, source) in found.items():
            there = self._look(source)
            if base.now is None:
                text = f"{source.name} no longer has it, so there is nothing to follow"
                wrong[name] = GitskillsError(text, "it stays as it is")
                continue
            source = self.sources[source.name]
            patterns = _patterns(source, name, there.skills[base.now], there)
            self.sources[source.name] = replace(source, patterns=patterns)
            installs[name] = Install(name, source.name, source.url, source.ref, base.commit, base.now, base.tree)
        wanted, refused = select(self._upstreams(), installs)
        why = {one.name: one.reason for one in refused}
        for name, (_, _, source) in found.items():
            if name not in wrong and (name not in wanted or wanted[name].source.name != source.name):
                text = why.get(name, "another source has it already")
                hint = f"or take it over from that source: `gitskills adopt {name} --from URL`"
                wrong[name] = GitskillsError(text, hint)
        return wrong

    def text(self) -> str:
        """The text of gitskills.yaml with the sources as they are now; comments are kept."""
        where = str(self.project.file)
        text = self.project.text
        for source in self.sources.values():
            old = self.project.config.sources.get(source.name)
            if old is None and source.patterns:
                text = config.with_source(text or "sources: {}\n", source, where=where)
            elif old is not None and old != source:
                text = config.with_patterns(text, source.name, source.patterns, where=where)
        return text

    def _home(self, claim: Claim) -> Source:
        """The source of the claim's repository: one with the ref it names, any other, or a new one."""
        place = self._place(claim)
        here = [one for one in self.sources.values() if self._same(one, place)]
        if here:
            place = normalise(here[0].url, base=self.project.root)  # perhaps by another protocol
        if problem := self._problem(place.url):
            raise problem
        ref = self._ref(claim, place)
        fitting = [one for one in here if one.ref == ref] or [one for one in here if one.ref is None] or here
        if fitting:
            return fitting[0]
        grown = replace(self.project, config=replace(self.project.config, sources=self.sources))
        name = base = source_name(place.url, grown)
        number = 1
        while name in self.sources:
            number += 1
            name = f"{base}-{number}"
        url = written(claim.url or "", place, self.project, self.project.root)
        self.sources[name] = Source(name, url, ref, ())  # asks for nothing yet
        return self.sources[name]

    def _ref(self, claim: Claim, place: Location) -> str | None:
        """The ref a claim wants to follow; None for the default branch, and where it is gone."""
        ref = claim.ref or place.ref
        if ref is None:
            return None
        ref = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        cache = self._cache(place.url)
        if cache.head == f"refs/remotes/origin/{ref}":
            return None
        try:
            cache.resolve(ref)
        except GitskillsError:
            return None
        return ref

    def _same(self, source: Source, place: Location) -> bool:
        with contextlib.suppress(GitskillsError):
            return _repository(normalise(source.url, base=self.project.root).url) == _repository(place.url)
        return False

    def _place(self, claim: Claim) -> Location:
        return normalise(claim.url or "", base=self.project.root)

    def _cache(self, url: str) -> Cache:
        place = normalise(url, base=self.project.root).url
        if place not in self._caches:
            self._caches[place] = Cache.open(place, self.project.paths)
        return self._caches[place]

    def _problem(self, url: str) -> GitskillsError | None:
        """Why a repository could not be fetched; one fetched earlier will do."""
        cache = self._cache(url)
        if cache.exists:
            return None
        if cache.url not in self._failed:
            self._failed = {**self._failed, **upstream.refresh({cache.url: cache}, None)}
        return self._failed.get(cache.url)

    def _look(self, source: Source) -> Upstream:
        key = (self._cache(source.url).url, source.ref)
        if key not in self._looked:
            self._looked[key] = upstream.look(source, self._cache(source.url))
        return replace(self._looked[key], source=source)

    def _upstreams(self) -> list[Upstream]:
        found = []
        for source in self.sources.values():
            with contextlib.suppress(GitskillsError):  # never fetched, or without its ref: `pull` will tell
                if self._cache(source.url).exists:
                    found.append(self._look(source))
        return found


def _patterns(source: Source, name: str, found: Found, there: Upstream) -> tuple[Pattern, ...]:
    """The source's patterns, grown so that they take the skill `found` as `name`."""
    own = skill_name(found, there)
    twins = {one.tree for one in there.skills.values() if skill_name(one, there) == own}
    wanted = Pattern(found.path if len(twins) > 1 else own, None if own == name else name)
    kept = tuple(one for one in source.patterns if not (one.excludes and one.matches(own, found.path)))
    asked = [one for one in kept if not one.excludes and one.matches(own, found.path)]
    if any(one.alias == wanted.alias for one in asked) and len(twins) == 1:
        return kept
    return (*(one for one in kept if not (one.exact and one in asked)), wanted)


def _repository(url: str) -> str:
    """One text for a repository however it is reached: the host and the path, without protocol, user and port."""
    rest = url.partition("://")[2] if "://" in url else url.replace(":", "/", 1)
    host, _, path = rest.rpartition("@")[2].partition("/")
    host = re.sub(r":\d+$", "", host.lower())
    return f"{host}/{path.strip('/').removesuffix('.git').rstrip('/')}"


def folder_of(cwd: Path, claim: Claim, url: str, project: Project) -> Claim:
    """The claim with the repository the user names; `url` may be the page of a folder, and holds from `cwd`."""
    place = normalise(url, base=cwd)
    text = written(url, place, project, cwd)
    return replace(claim, url=text, ref=place.ref or claim.ref, path=place.path or claim.path)
