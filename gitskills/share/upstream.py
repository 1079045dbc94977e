"""What each source holds: fetched in parallel, or as last fetched."""

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from gitskills.config import Source
from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.command import on_terminal
from gitskills.git.failures import AuthFailed
from gitskills.git.transport import can_be_silent
from gitskills.git.url import redact
from gitskills.share.project import Project
from gitskills.share.roots import root_name
from gitskills.share.select import Upstream


def refresh(caches: Mapping[str, Cache], progress: Progress | None) -> Mapping[str, GitskillsError]:
    """Fetch every source (name → cache) at the same time; returns the sources that could not be, with the error."""
    with refreshing(caches, progress) as failed:
        pass
    return failed


@contextlib.contextmanager
def refreshing(caches: Mapping[str, Cache], progress: Progress | None) -> Iterator[Mapping[str, GitskillsError]]:
    """Fetch every source while the block runs; once it is left, what it was given holds those that failed.

    Several at once ask the person at the terminal nothing: those that must do so take their turns afterwards.
    """
    failed: dict[str, GitskillsError] = {}
    several = len(caches) > 1 and on_terminal()
    asking = [name for name, cache in caches.items() if several and not can_be_silent(cache.url)]

    def one(name: str, *, silent: bool) -> None:
        try:
            replace(caches[name], silent=silent).refresh(progress=progress)
            failed.pop(name, None)
        except GitskillsError as error:
            failed[name] = error
        except OSError as error:  # in a thread nobody else would see it
            failed[name] = GitskillsError(f"{caches[name].git_dir}: {error.strerror}", "see that you may write there")

    threads = [
        threading.Thread(target=one, args=(name,), kwargs={"silent": several}, daemon=True)
        for name in caches
        if name not in asking
    ]
    for thread in threads:
        thread.start()
    yield failed
    for thread in threads:
        thread.join()
    if several:
        asking += [name for name in caches if isinstance(failed.get(name), AuthFailed)]
        for name in asking:
            one(name, silent=False)


def look(source: Source, cache: Cache) -> Upstream:
    """List a source's skills as last fetched; raises GitskillsError where it never was, or its ref is not there."""
    if not cache.exists:
        raise GitskillsError(
            f"{redact(cache.url)} (source {source.name}) has never been fetched", "run `gitskills pull` with a network"
        )
    if cache.head is None and source.ref is None and cache.empty:
        return Upstream(source, cache.url, None, {})
    commit = cache.resolve(source.ref)
    skills = objects.skills(cache.git_dir, commit)
    root = root_name(cache.git_dir, skills[""].entries, cache.want) if "" in skills else ""
    return Upstream(source, cache.url, commit, skills, root)


def caches(project: Project, names: Iterable[str] | None = None) -> dict[str, Cache]:
    """The cache of each source of the project (or of those named), by the source's name."""
    wanted = project.config.sources if names is None else names
    return {name: project.cache(project.source(name)) for name in wanted}
