"""`doctor`: what works here and what does not, each with the fix."""

import contextlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import bare, command, objects
from gitskills.git.probe import reach
from gitskills.git.url import redact
from gitskills.share import lockfile
from gitskills.share.lockfile import Install
from gitskills.share.machine import Check, machine, unwritable
from gitskills.share.project import Project, load
from gitskills.share.spots import Spot, spots
from gitskills.skills.tree import tree_oid
from gitskills.state import files
from gitskills.state.paths import Paths

PATIENCE = 5.0  # seconds for each source

# Records other tools keep of skills they installed; see DESIGN, living with other tools.
_PROJECT_RECORDS = ("skills-lock.json", "apm.lock.yaml", ".clawhub/lock.json")
_PULL = "run `gitskills pull`"


def examine(paths: Paths, cwd: Path, *, glob: bool = False, offline: bool = False) -> list[Check]:
    """Check this machine and the project at `cwd` (the user's own skills with `glob`); `offline` asks no source."""
    found = machine(paths, cwd)
    try:
        project = load(paths, cwd, glob=glob)
    except GitskillsError as error:
        return [*found, Check("configuration", False, error.message, error.hint or "correct the file")]
    return found + _project(project, offline=offline)


def _project(project: Project, *, offline: bool) -> list[Check]:
    present = project.file.exists()
    told = str(project.file) if present else f"no {project.file.name} for {project.root}"
    found = [Check("configuration", True, told, "" if present else "`gitskills add URL` makes one")]
    locked: dict[str, Install] = {}
    try:
        locked = lockfile.read(project.lock_path)
        found.append(Check("lock", True, f"{_count(len(locked), 'skill')} installed"))
    except GitskillsError as error:
        found.append(Check("lock", False, error.message, error.hint))
    found += _sources(project, offline=offline)
    found += [_cache(project, name) for name in project.config.sources]
    found += _agents(project, locked)
    return [*found, _other_tools(project)]


def _sources(project: Project, *, offline: bool) -> list[Check]:
    """Ask every source at the same time whether it answers."""

    def ask(name: str) -> Check:
        check = f"source {name}"
        try:
            url = project.cache(project.config.sources[name]).url
            if offline:
                return Check(check, None, f"skipped: {redact(url)} was not asked (--offline)")
            reach(url, timeout=PATIENCE)
        except GitskillsError as error:
            return Check(check, False, error.message, error.hint or "check the address")
        return Check(check, True, f"{redact(url)} answers")

    names = list(project.config.sources)
    if not names:
        return []
    with ThreadPoolExecutor(min(16, len(names))) as pool:
        return list(pool.map(ask, names))


def _cache(project: Project, name: str) -> Check:
    """Look whether what was fetched of a source can be read."""
    check = f"cache {name}"
    try:
        cache = project.cache(project.config.sources[name])
        if not cache.exists:
            return Check(check, None, "nothing fetched yet", _PULL)
        if not bare.packs_whole(cache.git_dir):
            return Check(check, False, f"{cache.git_dir} has a damaged pack", f"{_PULL}: it fetches everything again")
        command.run("for-each-ref", "--count=1", git_dir=cache.git_dir)  # fails where git sees no repository
        commit = objects.resolve(cache.git_dir, f"{cache.head}^{{commit}}") if cache.head else None
        if commit is None and cache.head:
            return Check(check, False, f"{cache.git_dir} lacks its newest commit", f"{_PULL}: it fetches it again")
        if commit is None:
            return Check(check, True, "the library has no commit on its default branch")
        return Check(check, True, f"{_count(len(objects.skills(cache.git_dir, commit)), 'skill')} at {commit[:10]}")
    except (GitskillsError, OSError) as error:
        return Check(check, False, f"cannot be read: {error}", f"{_PULL}: it fetches everything again")


def _agents(project: Project, locked: dict[str, Install]) -> list[Check]:
    """Look at the agents in use: which, whether their folders can be written, whether they see every skill."""
    try:
        agents, places = project.agents(), spots(project)
    except GitskillsError as error:
        return [Check("agents", False, error.message, error.hint)]
    named = ", ".join(agent.id for agent in agents)
    shared = Spot(project.skills_folder, ".agents/skills", project.skills_folder)
    problems = [problem for place in (shared, *places) if (problem := unwritable(place.folder))]
    return [
        Check("agents", True, named or "none found", "" if named else f"name them under `agents:` in {project.file}"),
        Check(
            "skill folders",
            not problems,
            "; ".join(problems) or ", ".join(place.shown for place in (shared, *places)),
            "make them writable for you" if problems else "",
        ),
        _placed(project, places, locked),
    ]


def _placed(project: Project, places: Iterable[Spot], locked: dict[str, Install]) -> Check:
    """Look whether each installed skill is there, and each agent's link leads to it."""
    gone = [name for name in locked if not (project.skills_folder / name / objects.MANIFEST).is_file()]
    problems = [f"{_list(gone)} not in {project.skills_folder}"] if gone else []
    for place in places:
        broken = _names(place.folder, lambda path: path.is_symlink() and not path.exists())
        unseen = [name for name in locked if name not in (*gone, *broken) and not (place.folder / name).exists()]
        problems += [f"broken links in {place.shown}: {_list(broken)}"] if broken else []
        problems += [f"{place.shown} lacks {_list(unseen)}"] if unseen else []
        sound = [name for name in locked if name not in (*gone, *broken, *unseen) and not place.links(name)]
        apart = [name for name in sound if _tree(place.folder / name) != _tree(project.skills_folder / name)]
        problems += [f"{place.shown} has other content in {_list(apart)}, as `gitskills pull` tells"] if apart else []
    if problems:
        fix = f"{_PULL}; it puts installed skills back. Links to skills no longer installed can be deleted"
        return Check("placed skills", False, "; ".join(problems), fix)
    return Check("placed skills", True, f"{_count(len(locked), 'skill')} in place")


def _other_tools(project: Project) -> Check:
    """Look for what other tools recorded of skills they installed here."""
    if project.scope == "project":
        records = [project.root / name for name in _PROJECT_RECORDS]
    else:
        state = project.paths.environ.get("XDG_STATE_HOME") or str(project.paths.home / ".local" / "state")
        folders = (Path(state) / "skills", project.paths.home / ".agents")
        records = [folder / ".skill-lock.json" for folder in folders]
    found = [str(record) for record in records if record.is_file()]
    if not found:
        return Check("other tools", True, "no records of other tools")
    return Check("other tools", True, f"another tool keeps {_list(found)}", "`gitskills adopt` takes its skills over")


def _tree(folder: Path) -> str | None:
    with contextlib.suppress(OSError, GitskillsError):
        return tree_oid(files.entries(folder))
    return None


def _names(folder: Path, wanted: Callable[[Path], bool]) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if wanted(folder / name))
    except OSError:
        return []


def _list(names: Iterable[str], most: int = 5) -> str:
    shown = list(names)
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
