"""`pull --frozen`: exactly what the lock says, decided in full before anything is written."""

from collections.abc import Mapping

from gitskills.config import Pattern
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.failures import NotFound
from gitskills.git.objects import Found
from gitskills.git.url import redact
from gitskills.share.lockfile import Install
from gitskills.share.plan import Plan
from gitskills.share.project import Project
from gitskills.share.select import Wanted

_HINT = "run `gitskills pull` without --frozen, look at the change, and commit the lock"


def wanted(project: Project, lock: Mapping[str, Install], caches: Mapping[str, Cache]) -> dict[str, Wanted]:
    """The locked skills, each found in its cache at the locked commit, path and tree.

    Raises GitskillsError where the lock and gitskills.yaml disagree, or a library no longer has the commit.
    """
    _agree(project, lock)
    listings: dict[tuple[str, str], Mapping[str, Found]] = {}
    chosen = {}
    for name, install in lock.items():
        cache = caches[install.source]
        place = (install.source, install.commit)
        if place not in listings:
            try:
                listings[place] = objects.skills(cache.git_dir, cache.resolve(install.commit))
            except NotFound as error:
                raise GitskillsError(f"the lock's {name}: {error.message}", _HINT) from error
        found = listings[place].get(install.path)
        if found is None or found.tree != install.tree:
            raise GitskillsError(
                f"the lock's {name} does not match its library: {install.commit[:12]}:{install.path or '.'} "
                f"is {found.tree[:12] if found else 'not a skill'}, not {install.tree[:12]}",
                _HINT,
            )
        chosen[name] = Wanted(name, project.config.sources[install.source], install.url, install.commit, found)
    return chosen


def check(plans: Mapping[str, Plan]) -> None:
    """Refuse plans that would not end in exactly the lock: edited copies, foreign folders, unsafe trees."""
    wrong = {name: plan for name, plan in plans.items() if plan.step in ("keep", "merge", "refuse")}
    if wrong:
        rows = "; ".join(f"{name} ({plan.message or 'edited here'})" for name, plan in sorted(wrong.items()))
        raise GitskillsError(f"--frozen cannot put exactly the lock in place: {rows}", "nothing was written")


def _agree(project: Project, lock: Mapping[str, Install]) -> None:
    if not lock:
        raise GitskillsError(f"there is no lock at {project.lock_path}, or it is empty", _HINT)
    for name, install in lock.items():
        source = project.config.sources.get(install.source)
        if source is None or (redact(source.url), source.ref) != (install.url, install.ref):
            raise GitskillsError(f"the lock's {name} comes from a source gitskills.yaml no longer has so", _HINT)
        if not _asked(source.patterns, name, install.path):
            raise GitskillsError(f"the lock has {name}, for which gitskills.yaml does not ask {source.name}", _HINT)
    for source in project.config.sources.values():
        locked = [(one.skill, one.path) for one in lock.values() if one.source == source.name]
        for pattern in source.patterns:
            if not pattern.excludes and not any(_gives(pattern, name, path) for name, path in locked):
                raise GitskillsError(
                    f"gitskills.yaml asks {source.name} for {pattern.name}, which the lock lacks", _HINT
                )


def _asked(patterns: tuple[Pattern, ...], name: str, path: str) -> bool:
    """Whether a source's patterns may have put the skill at `path` into the lock as `name`."""
    own = path.rpartition("/")[2] or name
    left_out = any(one.excludes and one.matches(own, path) for one in patterns)
    return not left_out and any(not one.excludes and _gives(one, name, path) for one in patterns)


def _gives(pattern: Pattern, name: str, path: str) -> bool:
    """Whether `pattern` may have put the skill at `path` into the lock as `name`."""
    if pattern.alias is not None:
        return pattern.alias == name
    return pattern.matches(name, path) or pattern.matches(path.rpartition("/")[2], path)
