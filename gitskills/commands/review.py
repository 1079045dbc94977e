"""`gitskills review`: the improvements that wait for a person."""

from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.git.cache import Cache
    from gitskills.improve.candidate import Candidate
    from gitskills.share.project import Project


@click.command()
@click.argument("action", metavar="[ACTION]", type=click.Choice(["list", "show", "accept", "reject"]), default="list")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="With accept: every candidate that waits.")
@click.option("--verified", is_flag=True, help="With --all: only those the gate verified.")
@click.option("--why", metavar="W", help="With reject: the reason, kept with the candidate.")
@options.dry_run
@options.as_json
def command(
    action: str, ids: tuple[str, ...], every: bool, verified: bool, why: str | None, dry_run: bool, as_json: bool
) -> int:
    """ACTION is list (the default), show (diff and evidence), accept or reject.

    ID is SKILL/FINGERPRINT as listed, or its end. Accepting merges into the default branch and deletes the
    candidate's branch, any number in one push; rejecting keeps it under a hidden ref, so that it is not proposed again.
    """
    if action in ("show", "reject") and len(ids) != 1:
        raise click.UsageError(f"{action} takes one ID")
    if action == "accept" and not (ids or every):
        raise click.UsageError("name what to accept, or --all")
    if action == "reject" and not why:
        raise click.UsageError("say --why; the reason is kept, so that it is not proposed again")
    project = options.project(False)
    found = _waiting(project)
    chosen = [pair for pair in found if every and (not verified or _gate(pair[1]).startswith("verified"))]
    chosen += [_pick(found, one) for one in ids]
    if action == "accept":
        return _accept(project, chosen, dry_run=dry_run, as_json=as_json)
    if action == "reject":
        return _reject(project, *chosen[0], why or "", dry_run=dry_run, as_json=as_json)
    if action == "show":
        return _show(*chosen[0], as_json=as_json)
    return _list(found, as_json=as_json)


def _waiting(project: "Project") -> "list[tuple[Cache, Candidate]]":
    from gitskills.commands.targets import fetched
    from gitskills.improve.candidate import waiting

    found = []
    for source in project.config.sources.values():
        cache = fetched(project, source)
        found += [(cache, one) for one in waiting(source.name, cache)]
    return found


def _pick(found: "list[tuple[Cache, Candidate]]", id: str) -> "tuple[Cache, Candidate]":
    from gitskills.errors import GitskillsError

    matching = [pair for pair in found if id in (pair[1].id, pair[1].id.rpartition("/")[2])]
    if len(matching) != 1:
        raise GitskillsError(
            f"{'no' if not matching else 'more than one'} candidate is called {id!r}",
            f"waiting: {', '.join(one.id for _, one in found) or 'none'}",
        )
    return matching[0]


def _gate(one: "Candidate") -> str:
    return one.event.gate


def _row(one: "Candidate") -> dict[str, object]:
    return {
        "id": one.id,
        "skill": one.event.skill,
        "branch": one.branch,
        "weakness": one.subject.removeprefix(f"{one.event.skill}: "),
        "decision": _gate(one),
        "checks": [],
        "source": one.source,
        "commit": one.commit,
        "evidence": list(one.event.evidence),
    }


def _list(found: "list[tuple[Cache, Candidate]]", *, as_json: bool) -> int:
    from gitskills import console

    if as_json:
        console.emit_json([_row(one) for _, one in found])
    elif not found:
        console.note("no improvement waits for review")
    else:
        console.table(
            ("candidate", "gate", "weakness"),
            (((one.id, "bold"), _gate(one), str(_row(one)["weakness"])) for _, one in found),
        )
    return 0


def _show(cache: "Cache", one: "Candidate", *, as_json: bool) -> int:
    from gitskills import console
    from gitskills.git import objects
    from gitskills.git.command import run

    trees = [tree for tree in (one.event.base, one.event.tree) if tree]
    oids = [oid for tree in trees for _, oid in objects.entries(cache.git_dir, tree).values()]
    cache.want(oids)
    prefix = [f"--src-prefix=a/{one.event.skill}/", f"--dst-prefix=b/{one.event.skill}/"]
    args = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", *prefix, *trees)
    diff = run(*args, git_dir=cache.git_dir).decode("utf-8", "replace")
    if as_json:
        console.emit_json(_row(one) | {"why": one.why, "diff": diff})
        return 0
    console.say((one.id, "bold"), f"  {console.one_line(one.subject)}")
    for text in one.why.splitlines():
        console.say(f"  {console.one_line(text)}")
    told = {"gate": _gate(one), "judge": one.event.judge, "proposer": one.event.proposer}
    for key, value in (told | {"evidence": ", ".join(one.event.evidence)}).items():
        console.say((f"  {key:<9}", "dim"), console.one_line(value))
    console.diff(diff.splitlines())
    return 0


def _accept(project: "Project", chosen: "list[tuple[Cache, Candidate]]", *, dry_run: bool, as_json: bool) -> int:
    from gitskills import console
    from gitskills.commands.targets import default
    from gitskills.git.commit import identity
    from gitskills.improve.decide import Accepted, accept
    from gitskills.share.policy import policy

    rows: list[Accepted] = []
    who = identity(project.root)
    by_source: dict[str, list[tuple[Cache, Candidate]]] = {}
    for cache, one in chosen:
        by_source.setdefault(one.source, []).append((cache, one))
    for source, pairs in by_source.items():
        cache, some = pairs[0][0], [one for _, one in pairs]
        branch, tip = default(cache, project.source(source).ref)
        if dry_run:
            rows += [Accepted(one.id, None, "would be accepted") for one in some]
        else:
            rows += accept(cache, branch, some, policy(cache, tip), who)
    if as_json:
        console.emit_json([{"id": row.id, "commit": row.commit, "message": row.message} for row in rows])
    for row in [] if as_json else rows:
        style = ("accepted", "green") if row.commit else ("would be" if dry_run else "not accepted", "yellow")
        console.say(style, "  ", (row.id, "bold"), f"  {(row.commit or '')[:10]} {row.message}".rstrip())
    return 0 if dry_run or all(row.commit for row in rows) else 1


def _reject(project: "Project", cache: "Cache", one: "Candidate", why: str, *, dry_run: bool, as_json: bool) -> int:
    from gitskills import console
    from gitskills.git.commit import identity
    from gitskills.improve.decide import reject

    commit = None if dry_run else reject(cache, one, why, identity(project.root))
    if as_json:
        console.emit_json([{"id": one.id, "commit": commit, "message": why}])
    else:
        console.say(("would be rejected" if dry_run else "rejected", "yellow"), "  ", (one.id, "bold"))
    return 0
