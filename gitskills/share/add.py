"""`add`: a library becomes a source of the project, then its skills are pulled."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from gitskills import config
from gitskills.config import Pattern, Source
from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git.cache import Cache
from gitskills.git.url import Location, identity, normalise, redact
from gitskills.later import Later
from gitskills.share import upstream
from gitskills.share.begin import begin
from gitskills.share.outcome import Options, Report
from gitskills.share.project import Project
from gitskills.share.pull import pull
from gitskills.share.select import Upstream, Wanted, select, skill_name
from gitskills.state.files import write_atomic
from gitskills.state.lock import locked

_GENERIC = frozenset(
    {"skills", "agent-skills", "claude-skills", "skill"}
)  # names that say nothing about whose they are


@dataclass(frozen=True, slots=True)
class Wish:
    """What to add: `names` (none: all) of the library at `url`, as the source `source`, one skill as `alias`."""

    url: str
    names: tuple[str, ...] = ()
    ref: str | None = None
    source: str | None = None
    alias: str | None = None


def add(
    project: Project,
    wish: Wish,
    cwd: Path,
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
    later: Later | None = None,
) -> Report:
    """Record a source in gitskills.yaml and pull what was asked of it.

    The library is fetched and looked into first: a mistake leaves the file as it was. `later` as for `pull`. Raises
    GitskillsError.
    """
    if wish.alias and len(wish.names) != 1:
        raise GitskillsError("--as renames one skill, so it needs exactly one NAME", exit_code=2)
    place = normalise(wish.url, base=cwd)
    if redact(place.url) != place.url:
        raise GitskillsError(
            f"the URL {redact(place.url)} holds a password or token, and gitskills.yaml is made to be committed",
            "leave it out, and let git remember it: git config --global credential.helper store (or your system's)",
        )
    names = wish.names or ((place.path,) if place.path else ())
    cache = Cache.open(place.url, project.paths)
    cache.refresh(progress=progress)
    source = _source(project, wish, place, names, cwd)
    there = upstream.look(source, cache, bring=True)
    chosen = _chosen(there, source, names, wish.alias)
    before = project.text
    changed = config.with_source(before or "sources: {}\n", source, where=str(project.file))
    grown = replace(project, config=config.parse(changed, where=str(project.file)))
    if not dry_run:
        with locked(project.paths.lock_for(project.root), what=str(project.root)):
            write_atomic(project.file, changed.encode())
    begun = begin(grown, watched=progress is not None, fetched={source.name})
    report = pull(grown, Options(chosen, dry_run=dry_run), progress, begun, later)
    if not dry_run and report.outcomes and all(one.action == "refused" for one in report.outcomes):
        _take_back(project, changed, before)  # else every later pull would stumble over it
    return report


def _take_back(project: Project, written: str, before: str) -> None:
    """Put the file back as it was before `add`, unless somebody has changed it since."""
    with locked(project.paths.lock_for(project.root), what=str(project.root)):
        if project.text != written:
            return
        if before:
            write_atomic(project.file, before.encode())
        else:
            project.file.unlink()


def _source(project: Project, wish: Wish, place: Location, names: tuple[str, ...], cwd: Path) -> Source:
    """The source as the file should have it: an existing one of the same URL grown, else a new one."""
    ref = wish.ref or place.ref
    patterns = tuple(Pattern(name, wish.alias) for name in names) or (Pattern("*"),)
    for old in project.config.sources.values():
        same = identity(normalise(old.url, base=project.root).url) == identity(place.url)
        if same and (ref is None or old.ref == ref) and wish.source in (None, old.name):
            if not names:
                return replace(old, patterns=patterns)
            kept = [one for one in old.patterns if one.name not in {f"!{name}" for name in names}]
            kept = [one for one in kept if one.alias == wish.alias or one.name not in names]
            return replace(old, patterns=tuple(dict.fromkeys([*kept, *patterns])))
    name = wish.source or source_name(place.url, project)
    if name in project.config.sources:
        raise GitskillsError(
            f"there is a source {name!r} already, of another URL or ref", "choose a name with --source"
        )
    return Source(name, written(wish.url, place, project, cwd), ref, patterns)


def _chosen(there: Upstream, source: Source, names: tuple[str, ...], alias: str | None) -> tuple[str, ...]:
    """The names under which the skills asked for will be here; raises GitskillsError where the library lacks one."""
    probe = replace(there, source=replace(source, patterns=tuple(Pattern(name) for name in names) or source.patterns))
    if there.commit is None:
        return ()
    wanted, refused = select([probe], {})
    if names and refused:
        raise GitskillsError("; ".join(f"{one.name}: {one.reason}" for one in refused), "nothing was changed")
    if not wanted:
        raise GitskillsError(
            f"{there.url} holds no skill{' that matches' if names else ': no folder has a SKILL.md'}",
            f"it has: {', '.join(sorted(skill_name(one, there) for one in there.skills.values())[:12]) or 'none'}",
        )
    return (alias,) if alias else (*_called(there, wanted, names), *(one.name for one in refused))


def _called(there: Upstream, wanted: Mapping[str, Wanted], names: tuple[str, ...]) -> list[str]:
    """What skills are called here: other patterns of the source may give some another name.

    Raises GitskillsError for one that was asked for by its own name.
    """
    taken, refused = select([there], {})
    own = {one.found.path: name for name, one in taken.items()}
    for name, one in wanted.items():
        other = own.get(one.found.path, name)
        if other != name and {name, one.found.path} & {*names}:
            raise GitskillsError(f"{name} is taken as {other} already", "change its `as:` in gitskills.yaml")
        clashes = [each.reason for each in refused if each.name == name and one.found.path in names]
        if clashes:
            raise GitskillsError(f"{name}: {clashes[0]}", "nothing was changed; --as NAME gives it another name")
    return sorted(own.get(one.found.path, name) for name, one in wanted.items())


def source_name(url: str, project: Project) -> str:
    """A source's name from its URL: the repository's, with its owner where that alone says little or is taken."""
    bare = url.removesuffix(".git")
    readable = unquote(bare) if url.startswith("file:") else bare  # a folder `my skills` is `my%20skills` in its URL
    plain = "-".join("".join(letter if letter.isprintable() else " " for letter in readable).split())
    parts = [part for part in plain.replace(":", "/").split("/") if part.strip(".")]
    last = parts[-1].lower()
    owner = parts[-2].lower() if len(parts) > 2 else ""
    long = f"{owner}-{last}" if owner and not url.startswith("file:") else last
    return long if last in _GENERIC or last in project.config.sources else last


def written(text: str, place: Location, project: Project, cwd: Path) -> str:
    """The URL as the file should have it: as the user wrote it, but a path holds from the file's own folder."""
    if place.path is not None:
        return place.url
    if not place.url.startswith("file:") or text.startswith("file:"):
        return text.strip()
    path = Path(text).expanduser()
    if path.is_absolute():
        return str(path)
    relative = os.path.relpath(cwd / path, project.root).replace(os.sep, "/")
    return relative if relative.startswith("../") else f"./{relative}"
