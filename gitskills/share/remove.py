"""`remove`: uninstall what gitskills placed, and stop asking for it; edits are not thrown away unasked."""

import contextlib
from collections.abc import Iterable
from dataclasses import replace

from gitskills import config
from gitskills.config import Pattern, Source, some
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.refs import part
from gitskills.share import merging, upstream
from gitskills.share.apply import Apply, forecast
from gitskills.share.lockfile import Install
from gitskills.share.outcome import Outcome
from gitskills.share.place import Disk
from gitskills.share.plan import Plan, base_of
from gitskills.share.project import Project
from gitskills.share.survey import Survey
from gitskills.state import database
from gitskills.state.files import write_atomic
from gitskills.state.lock import locked


def remove(
    project: Project, names: Iterable[str], source: str | None, *, force: bool = False, dry_run: bool = False
) -> list[Outcome]:
    """Uninstall the skills `names`, or all of `source`, which then leaves the file too.

    An edited skill stays, unless `force`; then its content is kept as a git tree. Raises GitskillsError.
    """
    with (
        locked(project.paths.lock_for(project.root), what=str(project.root)),
        contextlib.closing(database.state(project.paths)) as db,
        Disk(project, db) as disk,
    ):
        survey = Survey(project, disk, upstream.caches(project))
        wanted = _wanted(survey, names, source)
        plans = {name: _plan(survey, name, force=force, dry_run=dry_run) for name in wanted}
        if dry_run:
            return [forecast(name, plan) for name, plan in plans.items()]
        stay = {name for name, plan in plans.items() if plan.step == "keep"}
        _forget(project, {name: survey.lock.get(name) for name in wanted if name not in stay}, source, bool(stay))
        apply = Apply(survey, db, "none", None)
        try:
            outcomes = list(apply.carry_out(plans))
        finally:
            apply.record("remove")
        return outcomes


def _wanted(survey: Survey, names: Iterable[str], source: str | None) -> list[str]:
    wanted = list(dict.fromkeys(names))
    if source is not None:
        survey.project.source(source)
        wanted += [name for name, one in survey.lock.items() if one.source == source and name not in wanted]
    for name in wanted:
        if name not in survey.names():
            from difflib import get_close_matches  # only on the way out with an error

            near = get_close_matches(name, survey.names(), n=3)
            raise GitskillsError(
                f"gitskills has not installed {name!r} here, so it does not remove it",
                f"did you mean {' or '.join(near)}?" if near else "`gitskills list` shows what it has",
            )
    return wanted


def _plan(survey: Survey, name: str, *, force: bool, dry_run: bool) -> Plan:
    facts = survey.facts(name, None)
    base = base_of(facts)
    copies = survey.disk.edited_copies(name)
    if facts.ours in (None, base) and not copies:
        return Plan("remove", None, base, facts.old)
    if not force or copies:
        where = f" in {copies[0]}" if copies else ""
        return Plan(
            "keep",
            None,
            base,
            facts.old,
            f"edited here{where}: `gitskills push {name}` publishes that, `remove --force` drops it",
        )
    return Plan("remove", None, base, facts.old, "" if dry_run else _save(survey, name))


def _save(survey: Survey, name: str) -> str:
    """Keep an edited skill's content as a git tree before it goes; returns where it is."""
    install = survey.lock.get(name)
    cache = survey.caches.get(install.source) if install else None
    if cache is None or not cache.exists:
        raise GitskillsError(f"the edits of {name} cannot be kept anywhere", "copy its folder, then delete it by hand")
    tree = merging.store_folder(cache, survey.disk.live(name), survey.known(name, None))
    ref = f"refs/gitskills/removed/{part(name)}"
    objects.update_ref(cache.git_dir, ref, tree, objects.resolve(cache.git_dir, ref), "gitskills: remove --force")
    return f"its edits are kept as {tree[:12]} in {cache.git_dir}"


def _forget(project: Project, gone: dict[str, Install | None], source: str | None, keep: bool) -> None:
    """Take the removed skills, or the whole source, out of gitskills.yaml."""
    text = before = project.text
    where = str(project.file)
    for one in project.config.sources.values():
        names = {name: install.path for name, install in gone.items() if install and install.source == one.name}
        if one.name == source and not keep:
            text = config.without_source(text, one.name, where=where)
        elif names:
            text = config.with_patterns(text, one.name, without(one, names).patterns, where=where)
    if text != before:
        write_atomic(project.file, text.encode())


def without(source: Source, gone: dict[str, str]) -> Source:
    """The source without the skills `gone` (name → path): their own lines leave, globs get a `!name` beside them."""
    patterns: list[Pattern] = []
    for one in source.patterns:
        if one.exact and (
            one.alias in gone or (one.alias is None and {one.name, one.name.rpartition("/")[2]} & {*gone})
        ):
            continue
        patterns.append(one)
    for name, path in gone.items():
        upstream_name = path.rpartition("/")[2] or name
        taken = any(not one.exact and not one.excludes and one.matches(upstream_name, path) for one in patterns)
        if taken and not any(one.excludes and one.matches(upstream_name, path) for one in patterns):
            patterns.append(Pattern(f"!{upstream_name}"))
    return replace(source, patterns=some(patterns))
