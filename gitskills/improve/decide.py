"""What a reviewer does with candidates: accept some in one push, or reject one with a reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gitskills.config import Library
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.commit import Identity
from gitskills.git.failures import PushRefused
from gitskills.git.rounds import until_pushed
from gitskills.git.trailers import format
from gitskills.improve import candidate
from gitskills.improve.candidate import Candidate
from gitskills.improve.recheck import Rechecked, recheck

# Seconds of trying while others push. Not many: what stands in the way may be a branch to be deleted that moved.
PATIENCE = 20.0

Policies = Callable[[str], Library]
"""Reads the library's policy at a commit: others may change it while we push."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One candidate after `accept`: the commit that carries it, or why it could not be merged.

    A dry run has no commit to tell; there `passes` says that it would be one.
    """

    id: str
    commit: str | None
    message: str = ""
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what terms candidates are accepted.

    `verified`: only those whose claim of evals holds. `unseen`: only where the library's policy lets improvements in
    without a person, and then the commit names none. With `dry_run` nothing is pushed.
    """

    verified: bool = False
    unseen: bool = False
    dry_run: bool = False


def accept(
    cache: Cache, branch: str, some: Sequence[Candidate], policies: Policies, who: Identity, terms: Terms = Terms()
) -> list[Accepted]:
    """Put candidates onto the default branch in one push, and delete their branches; raises a RemoteError.

    Each is looked at anew. A skill that changed since is merged with; what clashes or fails stays where it is.
    """

    def attempt() -> list[Accepted]:
        tip = head = _tip(cache, branch)
        policy = policies(tip)
        if terms.unseen and policy.improve != "direct":
            told = f"the library's policy is improve: {policy.improve}, so people decide"
            return [Accepted(one.id, None, told) for one in some]
        rows: list[Accepted] = []
        taken: list[Candidate] = []
        for one in some:
            row = _one(cache, head, one, policy, who, terms)
            rows.append(row)
            if row.commit is not None:
                head = row.commit
                taken.append(one)
        if terms.dry_run:
            return [replace(row, commit=None) for row in rows]
        if head == tip:
            return rows
        done = {f"refs/heads/{one.branch}": one.commit for one in taken if not one.local}
        try:
            cache.push([(head, f"refs/heads/{branch}"), *(("", ref) for ref in done)], expect=done)
        except PushRefused as error:
            waits = ", ".join(one.branch for one in taken if not one.local)
            hint = f"merge on the host, by a pull request: {waits}" if waits else "ask somebody who may push there"
            raise GitskillsError(error.message, hint) from error
        for one in taken:
            if one.local:
                objects.delete_ref(cache.git_dir, one.ref)
        return rows

    return until_pushed(attempt, cache.refresh, patience=PATIENCE)


def reject(cache: Cache, one: Candidate, why: str, who: Identity) -> str:
    """Move a candidate to the rejected refs with the reason in its message; returns the commit. Raises RemoteError.

    A remote that takes no such refs loses the branch alone; then this machine keeps the candidate.
    """
    event = replace(one.event, gate="human")
    commit = candidate.again(cache, one.commit, format(one.subject, f"{one.why}\n\nRejected: {why}", event), who)
    ref = candidate.rejected_ref(one.event.skill, one.event.edit)
    kept = [(commit, ref)] if objects.resolve(cache.git_dir, ref) is None else []
    gone = {} if one.local else {f"refs/heads/{one.branch}": one.commit}
    _push(cache, [("", branch) for branch in gone], kept, gone)
    for oid, name in kept:
        objects.update_ref(cache.git_dir, name, oid, None, "gitskills: rejected")
    if one.local:
        objects.delete_ref(cache.git_dir, one.ref)
    return commit


def _push(cache: Cache, must: list[tuple[str, str]], may: list[tuple[str, str]], expect: dict[str, str]) -> None:
    """Push all of it, or, where the remote refuses that, what `must` be."""
    try:
        if must or may:
            cache.push([*must, *may], expect=expect)
    except PushRefused:
        if must:
            cache.push(must, expect=expect)


def _one(cache: Cache, tip: str, one: Candidate, policy: Library, who: Identity, terms: Terms) -> Accepted:
    """Write the commit that accepts one candidate on `tip`."""
    if objects.resolve(cache.git_dir, one.ref) != one.commit:
        return Accepted(one.id, None, "somebody else has decided on it, or changed it, meanwhile")
    found = recheck(cache, tip, one, policy)
    if found.present:
        return Accepted(one.id, None, "the library has this text already; reject the candidate to clear it away")
    if problem := _problem(found, terms):
        return Accepted(one.id, None, problem)
    by = "by the library's policy" if terms.unseen else f"by {who.name}"
    event = replace(one.event, base=found.base, tree=found.tree, gate=one.event.gate if terms.unseen else "human")
    message = (one.subject, f"{one.why}\n\nAccepted {by}.")
    commit = candidate.write(cache, tip, found.path, found.tree, message, event, who)
    return Accepted(one.id, commit, "would be accepted" if terms.dry_run else "", passes=True)


def _problem(found: Rechecked, terms: Terms) -> str:
    """Why a candidate cannot be accepted, "" where it can."""
    if found.status == "rejected":
        return f"fails the gate: {'; '.join(found.reasons)}"
    if terms.verified and found.status != "verified":
        return f"is not verified: {'; '.join(found.reasons) or 'no evals were run'}"
    return ""


def _tip(cache: Cache, branch: str) -> str:
    tip = objects.resolve(cache.git_dir, f"refs/remotes/origin/{branch}^{{commit}}")
    if tip is None:
        raise GitskillsError(f"the remote has no branch {branch!r}")
    return tip
