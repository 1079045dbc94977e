"""`gitskills review`: the improvements that wait for a person."""

from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.commands.waiting import Waiting
    from gitskills.improve.decide import Accepted
    from gitskills.share.project import Project

ONE = ("show", "reject", "check", "report")
ACTIONS = ("list", "show", "accept", "reject", "check", "report")


@click.command(short_help="The improvements that wait: look, accept, reject")
@click.argument("action", metavar="[ACTION]", type=click.Choice(ACTIONS), default="list")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="With accept: every candidate that waits.")
@click.option("--verified", is_flag=True, help="With --all: only those the gate verified.")
@click.option("--by-policy", is_flag=True, help="With --all: only where the library says improve: direct.")
@click.option("--source", metavar="S", help="Only this library; `origin` is the one whose clone you stand in.")
@click.option("--why", metavar="W", help="With reject: the reason, kept with the candidate.")
@click.option("--title", is_flag=True, help="With report: only the title of the pull request.")
@options.dry_run
@options.as_json
def command(
    action: str,
    ids: tuple[str, ...],
    every: bool,
    verified: bool,
    by_policy: bool,
    source: str | None,
    why: str | None,
    title: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """ACTION is list (the default), show (diff and evidence), accept, reject, check or report.

    ID is SKILL/FINGERPRINT as listed, its end, or the candidate's branch. Accepting merges into the default branch and
    deletes the candidate's branch, any number in one push; rejecting keeps it under a hidden ref, so that it is not
    proposed again. For CI, check puts all questions of the gate again, to the commit and not to what its message
    claims, and report prints the text of a pull request. In a clone of a library its remote `origin` is meant.
    """
    if action in ONE and len(ids) != 1:
        raise click.UsageError(f"{action} takes one ID")
    if action == "accept" and not (ids or every):
        raise click.UsageError("name what to accept, or --all")
    if (verified or by_policy) and not every:
        raise click.UsageError("--verified and --by-policy belong to --all")
    if action == "reject" and not why:
        raise click.UsageError("say --why; the reason is kept, so that it is not proposed again")
    from gitskills.commands import waiting

    project = options.project(False)
    found = waiting.read(project, source)
    if action == "accept":
        return _accept(project, waiting.choose(found, ids, every, verified), verified, by_policy, dry_run, as_json)
    if action == "list":
        return _list(found, as_json=as_json)
    one = waiting.pick(found, ids[0])
    if action == "reject":
        return _reject(project, one, why or "", dry_run=dry_run, as_json=as_json)
    if action == "report":
        return _report(one, title=title, as_json=as_json)
    return _check(one, as_json=as_json) if action == "check" else _show(one, as_json=as_json)


def _list(found: "list[Waiting]", *, as_json: bool) -> int:
    from gitskills import console
    from gitskills.commands import waiting

    waiting.bring(found)
    if as_json:
        console.emit_json([one.row() for one in found])
    elif not found:
        console.note("no improvement waits for review")
    else:
        rows = [((one.candidate.id, "bold"), one.checked.status, one.weakness) for one in found]
        console.table(("candidate", "gate", "weakness"), rows)
    return 0


def _show(one: "Waiting", *, as_json: bool) -> int:
    from gitskills import console

    found, diff = one.candidate, one.diff()
    if as_json:
        console.emit_json(one.row() | {"why": found.why, "diff": diff})
        return 0
    console.say((found.id, "bold"), f"  {console.one_line(found.subject)}")
    for text in found.why.splitlines():
        console.say(f"  {console.one_line(text)}".rstrip())
    told = {"gate": found.event.gate, "judge": found.event.judge, "proposer": found.event.proposer}
    for key, value in (told | {"evidence": ", ".join(found.event.evidence)}).items():
        if value:  # nobody judges where a person accepts what users asked for
            console.say((f"  {key:<9}", "dim"), console.one_line(value))
    _say_checks(one)
    console.diff(diff.splitlines())
    return 0


def _check(one: "Waiting", *, as_json: bool) -> int:
    from gitskills import console

    if as_json:
        console.emit_json(one.row())
    else:
        _say_checks(one)
    return 1 if one.checked.reasons else 0


def _say_checks(one: "Waiting") -> None:
    from gitskills import console

    found = one.checked
    for check in found.checks:
        if not check.ok:
            console.say("    ", (check.name, "red"), f"  {console.one_line(check.message)}")
    passed = f"{len(found.checks) - len(found.reasons)} of {len(found.checks)} checks of the gate passed"
    console.say((f"  {found.status}: {passed}", "dim"))


def _report(one: "Waiting", *, title: bool, as_json: bool) -> int:
    from gitskills import console
    from gitskills.improve import report

    name = report.title(one.candidate)
    text = "" if title else report.body(one.candidate, one.checked, one.diff())
    if as_json:
        console.emit_json({"title": name, "body": text})
    else:
        console.say(name if title else text.rstrip("\n"))
    return 0


def _accept(
    project: "Project", chosen: "list[Waiting]", verified: bool, by_policy: bool, dry_run: bool, as_json: bool
) -> int:
    from gitskills import console
    from gitskills.git.commit import identity
    from gitskills.improve.decide import Terms, accept
    from gitskills.share.policy import policy

    rows: list[Accepted] = []
    who = identity(project.root)
    for source in dict.fromkeys(one.source for one in chosen):
        some = [one for one in chosen if one.source == source]
        cache = some[0].cache
        terms = Terms(verified, by_policy, dry_run)
        rows += accept(
            *(cache, some[0].branch, [one.candidate for one in some]),
            *(lambda tip, cache=cache: policy(cache, tip), who, terms),
        )
    if as_json:
        console.emit_json([{"id": row.id, "commit": row.commit, "message": row.message} for row in rows])
    elif not rows:
        console.note("nothing to accept: no candidate that waits claims evals" if verified else "nothing to accept")
    for row in [] if as_json else rows:
        told = (row.commit or "")[:10] or ("" if row.passes else row.message)
        console.say(_fate(row, dry_run), "  ", (row.id, "bold"), f"  {told}".rstrip())
    return 0 if dry_run or by_policy or all(row.commit for row in rows) else 1


def _fate(row: "Accepted", dry_run: bool) -> tuple[str, str]:
    """What became of a candidate, or would, and how that is shown."""
    if dry_run:
        return ("would be accepted", "green") if row.passes else ("would not be accepted", "yellow")
    return ("accepted", "green") if row.commit else ("not accepted", "yellow")


def _reject(project: "Project", one: "Waiting", why: str, *, dry_run: bool, as_json: bool) -> int:
    from gitskills import console
    from gitskills.git.commit import identity
    from gitskills.improve.decide import reject

    commit = None if dry_run else reject(one.cache, one.candidate, why, identity(project.root))
    if as_json:
        console.emit_json([{"id": one.candidate.id, "commit": commit, "message": why}])
    else:
        console.say(("would be rejected" if dry_run else "rejected", "yellow"), "  ", (one.candidate.id, "bold"))
    return 0
