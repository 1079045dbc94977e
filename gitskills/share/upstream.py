"""What each source holds: fetched in parallel, or as last fetched."""

from collections.abc import Iterable, Mapping

from gitskills.config import Source
from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.url import redact
from gitskills.share.fetching import Fetching
from gitskills.share.project import Project
from gitskills.share.retired import live
from gitskills.share.roots import root_name
from gitskills.share.select import Upstream


def refresh(caches: Mapping[str, Cache], progress: Progress | None) -> Mapping[str, GitskillsError]:
    """Fetch every source (name → cache) at the same time; returns the sources that could not be, with the error."""
    return Fetching(caches, watched=progress is not None, progress=progress).finish()


def look(source: Source, cache: Cache, *, bring: bool = False, whole: bool = False) -> Upstream:
    """List a source's skills as last fetched, without expired cards unless the `whole` library is asked for.

    `bring` may go to the network for cards that were never fetched. Raises GitskillsError where the source never was,
    or its ref is not there.
    """
    if not cache.exists:
        raise GitskillsError(
            f"{redact(cache.url)} (source {source.name}) has never been fetched", "run `gitskills pull` with a network"
        )
    if cache.head is None and source.ref is None and cache.empty:
        return Upstream(source, cache.url, None, {})
    commit = cache.resolve(source.ref)
    skills = objects.skills(cache.git_dir, commit)
    root = root_name(cache.git_dir, skills[""].entries, cache.want) if "" in skills else ""
    shown = skills if whole else live(cache.git_dir, commit, skills, cache.want if bring else None)
    return Upstream(source, cache.url, commit, shown, root)


def caches(project: Project, names: Iterable[str] | None = None) -> dict[str, Cache]:
    """The cache of each source of the project (or of those named), by the source's name."""
    wanted = project.config.sources if names is None else names
    return {name: project.cache(project.source(name)) for name in wanted}
