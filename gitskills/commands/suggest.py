"""`gitskills suggest`: what users said that should hold for every future run of a skill."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    import sqlite3

    from gitskills.improve.accept import Accepted
    from gitskills.improve.suggestions import Suggestion
    from gitskills.state.paths import Paths

ACTIONS = ("list", "accept", "dismiss")
STYLES = {"waiting": "yellow", "accepted": "green", "dismissed": "dim"}


@click.command(short_help="What users said that should hold for every run of a skill")
@click.argument("what", metavar="[WHAT]", default="list")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--session", type=click.Path(exists=True, path_type=Path), help="The transcript an agent wrote.")
@click.option("--agent", metavar="A", help="The agent that wrote it; found out where it is not said.")
@click.option("--all", "every", is_flag=True, help="With list: also those that were decided.")
@options.dry_run
@options.as_json
def command(
    what: str,
    ids: tuple[str, ...],
    session: Path | None,
    agent: str | None,
    every: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """WHAT is a skill's name with a --session to read, list (the default), accept or dismiss.

    A model finds preferences, requests and corrections that should hold for every future run of the skill; they wait
    on this machine. Accepting has the editor model weave them into the skill: what the gate lets through is one
    commit per skill on a branch of the library, or on its default branch by policy. A dismissed one never returns.
    """
    from contextlib import closing

    from gitskills.improve import suggestions
    from gitskills.state import database, notice
    from gitskills.state.paths import paths

    if session is not None and (ids or every):
        raise click.UsageError("a session is read for one skill")
    if session is None and what not in ACTIONS:
        raise click.UsageError(f"name the --session of {what}, or say list, accept or dismiss")
    if session is None and (what == "list") == bool(ids):
        raise click.UsageError("list takes no ID" if ids else f"name what to {what}")
    where = paths()
    with closing(database.state(where)) as db:
        if session is None and what == "list":
            return _list(db, every, as_json)
        try:
            if session is not None:
                return _read(where, db, what, session, agent, dry_run, as_json)
            return (_accept if what == "accept" else _dismiss)(where, db, ids, dry_run, as_json)
        finally:
            notice.tell(where, suggestions.notice(db))


def _read(
    where: "Paths", db: "sqlite3.Connection", name: str, file: Path, agent: str | None, dry_run: bool, as_json: bool
) -> int:
    from time import time

    from gitskills import console
    from gitskills.commands.installed import Installed
    from gitskills.errors import GitskillsError
    from gitskills.improve import suggester, suggestions, windows
    from gitskills.improve.witness import read, witness

    site, cwd = Installed(where), str(options.project(False).root)
    placed = next((one for one in site.placed(cwd) if one.name == name), None)
    if placed is None:
        raise GitskillsError(f"gitskills has not installed {name!r} here", "`gitskills list` shows what it has")
    text = site.text(cwd, name)
    told = read(file, agent, placed.folders, str(where.home))
    witness(told, placed.names, text, site.salt)  # raises where the skill was not used, or the session is our own
    heard = suggester.Heard(told.turns, suggester.evidence(told.agent, windows.digest(site.salt, told.id)))
    known = suggestions.known(db, placed.url, placed.path)
    found, passed = suggester.ask(placed, text, heard, site.models(cwd, told.agent), known, cwd)
    if not dry_run:
        found = suggestions.keep(db, found, at=time())
    for one in passed:
        console.note(console.one_line(one))
    return _show(found, as_json, "nothing in this session should hold for every run")


def _list(db: "sqlite3.Connection", every: bool, as_json: bool) -> int:
    from gitskills.improve import suggestions

    return _show(suggestions.listed(db, every=every), as_json, "no suggestion waits")


def _show(found: "list[Suggestion]", as_json: bool, nothing: str) -> int:
    from gitskills import console

    if as_json:
        console.emit_json([one.json() for one in found])
        return 0
    if not found:
        console.note(nothing)
    for one in found:
        console.say((one.id, "bold"), "  ", (one.status, STYLES[one.status]), f"  {one.skill}: {one.change}")
        for told in filter(None, (f"under {one.section}" if one.section else "", one.reason, one.note)):
            console.say((f"          {console.one_line(told)}", "dim"))
    return 0


def _accept(where: "Paths", db: "sqlite3.Connection", ids: tuple[str, ...], dry_run: bool, as_json: bool) -> int:
    from gitskills import console
    from gitskills.commands.installed import Installed
    from gitskills.improve import suggestions
    from gitskills.improve.accept import accept
    from gitskills.state.lock import locked

    chosen = [suggestions.pick(db, id) for id in dict.fromkeys(ids)]
    groups: dict[tuple[str, str], list[Suggestion]] = {}
    for one in chosen:
        groups.setdefault((one.url, one.path), []).append(one)
    site, done, rows = Installed(where), True, []
    for (url, path), some in groups.items():
        with locked(where.lock_for(where.state / "improve" / url / path), what=some[0].skill):
            found = accept(site, some, dry_run=dry_run)
            if not dry_run:
                suggestions.decide(db, some, "accepted" if found.done else None, "" if found.done else found.message)
        done = done and found.done
        for one in found.some:
            row = one if dry_run else suggestions.pick(db, one.id)
            rows.append(row.json() | _outcome(found))
        if not as_json:
            _tell(found, dry_run)
    if as_json:
        console.emit_json(rows)
    return 0 if done else 1


def _outcome(found: "Accepted") -> dict[str, object]:
    checks = [{"name": one.name, "ok": one.ok, "message": one.message} for one in found.checks]
    keys = ("decision", "message", "branch", "commit")
    return {key: getattr(found, key) for key in keys} | {"checks": checks}


def _tell(found: "Accepted", dry_run: bool) -> None:
    from gitskills import console

    style = "green" if found.done else "bold red"
    named = "would be improved" if dry_run and found.decision == "improved" else found.decision
    told = " ".join(filter(None, (found.commit[:10], f"on {found.branch}" if found.branch else "", found.message)))
    console.say((named, style), "  ", (found.some[0].skill, "bold"), f"  {console.one_line(told)}")
    if not found.done:
        console.note("the suggestions stay waiting")


def _dismiss(where: "Paths", db: "sqlite3.Connection", ids: tuple[str, ...], dry_run: bool, as_json: bool) -> int:
    from gitskills.improve import suggestions

    chosen = [suggestions.pick(db, id) for id in dict.fromkeys(ids)]
    if not dry_run:
        suggestions.decide(db, chosen, "dismissed")
        chosen = [suggestions.pick(db, one.id) for one in chosen]
    return _show(chosen, as_json, "")
