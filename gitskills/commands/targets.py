"""From a project to what `improve` and `review` work on: where the wing that shares meets the wing that improves."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gitskills.errors import GitskillsError

if TYPE_CHECKING:
    from gitskills.config import Source
    from gitskills.git.cache import Cache
    from gitskills.improve.case import Target
    from gitskills.improve.propose import Attempt
    from gitskills.models.embedder import Embedder
    from gitskills.models.protocol import Model
    from gitskills.share.project import Project


def models(project: "Project", agent: str = "") -> Callable[[str], "Model"]:
    """The model for each role, by environment, project and user; `agent` is the one whose session it is."""
    from gitskills.models.choose import model

    paths, spec = project.paths, model_specs(project, agent)
    return lambda role: model(spec(role), role, paths.environ, paths.home)


def model_specs(project: "Project", agent: str = "") -> Callable[[str], str]:
    """Which model each role has; what the user's own gitskills.yaml says is trusted more than what a project's does."""
    from gitskills.models.choose import spec
    from gitskills.share.project import load

    paths = project.paths
    user = load(paths, project.root, glob=True).config.models
    said = project.config.models if project.scope == "project" else {}
    return lambda role: spec(role, environ=paths.environ, home=paths.home, project=said, user=user, agent=agent)


def embedder(project: "Project") -> "Embedder | None":
    """What searches by meaning as well, where environment or user name a model; None where words must do."""
    from gitskills.models.embedder import choose
    from gitskills.share.project import load

    paths = project.paths
    user = load(paths, project.root, glob=True).config.models
    said = project.config.models if project.scope == "project" else {}
    return choose(environ=paths.environ, home=paths.home, project=said, user=user)


def target(project: "Project", name: str) -> "Target":
    """The installed skill `name` as its library has it now; fetches first. Raises GitskillsError."""
    from functools import partial

    from gitskills.git import objects
    from gitskills.git.objects import Found
    from gitskills.improve.case import Target
    from gitskills.share import lockfile
    from gitskills.share.policy import policy
    from gitskills.share.roots import root_name
    from gitskills.share.unpack import contents, file_oids
    from gitskills.skills.file import File

    install = lockfile.read(project.lock_path).get(name)
    if install is None:
        raise GitskillsError(f"gitskills has not installed {name!r} here", "`gitskills list` shows what it has")
    source = project.source(install.source)
    cache = fetched(project, source)
    branch, tip = default(cache, source.ref)
    found: Found | None = objects.skills(cache.git_dir, tip).get(install.path)
    if found is None:
        raise GitskillsError(f"{name} is no longer in its library", "`gitskills pull` follows it")
    cache.want(file_oids([found]))
    files = {path: File(data, mode) for path, mode, data in next(contents(cache, {"": found}))[1]}
    skill = found.name or root_name(cache.git_dir, found.entries) or name
    history = _history(project, cache, tip, install.path)
    said = partial(policy, cache)
    return Target(skill, source.name, cache, branch, tip, install.path, files, said(tip), history, said)


def fetched(project: "Project", source: "Source") -> "Cache":
    """A source's cache, brought up to date, with what was rejected there."""
    from gitskills.improve import candidate

    cache = project.cache(source)
    candidate.fetch(cache)
    return cache


def located(project: "Project", url: str) -> str:
    """A library's URL as records have it: as the lock does, but a path relative to the project made whole.

    Records are read where nobody knows any more which project they were about.
    """
    import os

    from gitskills.git.url import normalise

    whole = "://" in url or os.path.isabs(url)
    place = url if whole else normalise(url, base=project.root).url
    return place if place.startswith("file://") else url


def ledger_wanted(cache: "Cache") -> bool:
    """Whether a library's own gitskills.yaml, on its default branch as last fetched, says `ledger: on`."""
    from gitskills.git import objects
    from gitskills.share.policy import policy

    return policy(cache, objects.resolve(cache.git_dir, f"{cache.head}^{{commit}}") if cache.head else None).ledger


def sources(project: "Project") -> "tuple[Source, ...]":
    """The libraries one decides for: the sources and, in a clone of a library, the remote `origin` it came from."""
    from gitskills import yamltext
    from gitskills.config import Source
    from gitskills.git.command import run

    named = tuple(project.config.sources.values())
    read = yamltext.load(project.text, where=str(project.file))
    if not (isinstance(read, dict) and "library" in read):
        return named
    asked = ("config", "--get", "remote.origin.url")
    origin = run(*asked, cwd=project.root, ok=(0, 1, 128)).decode("utf-8", "replace").strip()
    if not origin:
        return named
    own = Source("origin", origin)
    here = project.cache(own).git_dir
    return (own, *(one for one in named if project.cache(one).git_dir != here))


def default(cache: "Cache", ref: str | None) -> tuple[str, str]:
    """The branch that improvements start from, and its tip."""
    from gitskills.git import objects

    branch = ref or (cache.head or "").removeprefix("refs/remotes/origin/")
    tip = objects.resolve(cache.git_dir, f"refs/remotes/origin/{branch}^{{commit}}") if branch else None
    if tip is None:
        raise GitskillsError(f"{branch or 'the library'} is no branch one could improve", "give the source a branch")
    return branch, tip


def _history(project: "Project", cache: "Cache", tip: str, path: str) -> "tuple[Attempt, ...]":
    """What was improved before, and whether it was taken back, by the trail."""
    from gitskills.improve.propose import Attempt
    from gitskills.share.trail import audit
    from gitskills.state import database

    found: list[Attempt] = []
    with contextlib.closing(database.index(project.paths)) as db:
        rows = list(audit.read(db, cache.git_dir, tip).rows(path))
    back, why = "", ""  # the tree that the latest revert went back to: all between it and that was taken back
    for row in rows:
        said = row.summary.removeprefix(f"{row.name}: ")
        back = "" if row.tree == back else back
        if row.op == "improve":
            edit = str(json.loads(row.trailers).get("Skill-Edit", ""))
            found.append(Attempt("reverted" if back else "accepted", said, why if back else "", edit))
        if row.op == "revert" and not back:
            back, why = row.tree, said
    return tuple(found)


def salt(project: "Project") -> str:
    """This machine's secret for hashing session ids, made when first asked for, once for all who ask."""
    import secrets

    from gitskills.state.files import write_atomic
    from gitskills.state.lock import locked

    file = project.paths.state / "salt"
    if found := _secret(file):
        return found
    with locked(project.paths.lock_for(file), what=str(file)):
        if not _secret(file):
            write_atomic(file, secrets.token_hex(16).encode())
    return _secret(file)


def _secret(file: Path) -> str:
    """The text of a file, "" where there is none."""
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return ""


def skill_text(project: "Project", name: str) -> str:
    """The SKILL.md of an installed skill as it is on disk."""
    file: Path = project.skills_folder / name / "SKILL.md"
    return file.read_text(encoding="utf-8", errors="replace")
