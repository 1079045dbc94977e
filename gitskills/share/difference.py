"""`diff`: what was edited here, or what upstream changed, as git shows it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.command import run
from gitskills.git.objects import Found
from gitskills.share import merging
from gitskills.share.place import Disk
from gitskills.share.plan import base_of
from gitskills.share.project import Project
from gitskills.share.select import Wanted, select
from gitskills.share.standing import look
from gitskills.share.survey import Survey
from gitskills.share.unpack import file_oids
from gitskills.share.upstream import caches
from gitskills.skills.tree import EMPTY_TREE
from gitskills.state import database


@dataclass(frozen=True, slots=True)
class Difference:
    """The unified diff of one skill, or in `problem` why there is none to be had."""

    skill: str
    source: str
    diff: str
    problem: str = ""


def differences(project: Project, names: tuple[str, ...], *, upstream: bool = False) -> list[Difference]:
    """Compare each installed skill (or those named) with its base: the disk, or with `upstream` the library's tip.

    Nothing leaves this machine unless a file of an old version must be fetched. A skill that cannot be read hides no
    other. Raises GitskillsError where nothing can be compared.
    """
    with contextlib.closing(database.state(project.paths)) as db, Disk(project, db) as disk:
        survey = Survey(project, disk, caches(project))
        unknown = set(names) - survey.names()
        if unknown:
            raise GitskillsError(f"gitskills has not installed {', '.join(sorted(unknown))} here")
        return list(_each(project, survey, sorted(names or survey.names()), upstream=upstream))


def _each(project: Project, survey: Survey, names: list[str], *, upstream: bool) -> Iterator[Difference]:
    wanted = select(look(project, survey.caches), survey.lock)[0]
    for name in names:
        install = survey.lock.get(name)
        try:
            found = _one(survey, name, wanted.get(name), upstream=upstream)
        except GitskillsError as error:  # a FIFO, a name that is not UTF-8, a file nobody may read
            yield Difference(name, install.source if install else "", "", error.message)
        else:
            if found is not None:
                yield found


def _one(survey: Survey, name: str, wanted: Wanted | None, *, upstream: bool) -> Difference | None:
    """Compare one skill; None where nothing differs, or nothing of its library is on this machine."""
    install = survey.lock.get(name)
    cache = survey.caches.get(install.source) if install else None
    facts = survey.facts(name, wanted)
    base = base_of(facts)
    if install is None or cache is None or not cache.exists or base is None:
        return None
    copies = survey.disk.edited_copies(name)
    if upstream:
        now = wanted.found.tree if wanted else EMPTY_TREE
    elif copies:
        now = merging.store_folder(cache, copies[0], {})
    elif facts.ours in (None, base):
        return None
    else:
        now = merging.store_folder(cache, survey.disk.live(name), survey.known(name, wanted))
    return Difference(name, install.source, _diff(cache, name, base, now)) if now != base else None


def _diff(cache: Cache, name: str, old: str, new: str) -> str:
    trees = [Found("", tree, objects.entries(cache.git_dir, tree)) for tree in (old, new) if tree != EMPTY_TREE]
    cache.want(file_oids(trees))
    out = run(
        "diff",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "-M",
        f"--src-prefix=a/{name}/",
        f"--dst-prefix=b/{name}/",
        old,
        new,
        git_dir=cache.git_dir,
    )
    return out.decode("utf-8", "replace")
