"""What a reviewer does with candidates: accept some in one push, or reject one with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gitskills.config import Library
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.commit import Identity
from gitskills.git.failures import NonFastForward
from gitskills.git.merge import merge
from gitskills.git.objects import Found
from gitskills.git.trailers import format
from gitskills.improve import candidate, gate
from gitskills.improve.candidate import Candidate
from gitskills.improve.gate import Facts
from gitskills.skills.file import File

ROUNDS = 12  # times an acceptance starts anew because others pushed


@dataclass(frozen=True, slots=True)
class Accepted:
    """One candidate after `accept`: the commit that carries it, or why it could not be merged."""

    id: str
    commit: str | None
    message: str = ""


def accept(cache: Cache, branch: str, some: Sequence[Candidate], policy: Library, who: Identity) -> list[Accepted]:
    """Put candidates onto the default branch in one push, and delete their branches; raises a RemoteError.

    A skill that changed since is merged with and gated again; what clashes or fails stays where it is.
    """
    for _ in range(ROUNDS):
        tip = head = _tip(cache, branch)
        rows: list[Accepted] = []
        done: list[tuple[str, str]] = []
        for one in some:
            row = _one(cache, head, one, policy, who)
            rows.append(row)
            if row.commit is not None:
                head = row.commit
                done.append(("", f"refs/heads/{one.branch}"))
        if head == tip:
            return rows
        try:
            cache.push([(head, f"refs/heads/{branch}"), *done])
            return rows
        except NonFastForward:
            cache.refresh()
    raise GitskillsError("others kept pushing", "run it again")


def reject(cache: Cache, one: Candidate, why: str, who: Identity) -> str:
    """Move a candidate to the rejected refs with the reason in its message; returns the commit. Raises RemoteError."""
    event = replace(one.event, gate="human")
    commit = candidate.again(cache, one.commit, format(one.subject, f"{one.why}\n\nRejected: {why}", event), who)
    ref = candidate.rejected_ref(one.event.skill, one.event.edit)
    updates = [("", f"refs/heads/{one.branch}")]
    if objects.resolve(cache.git_dir, ref) is None:
        updates.append((commit, ref))
        objects.update_ref(cache.git_dir, ref, commit, None, "gitskills: rejected")
    cache.push(updates)
    return commit


def _one(cache: Cache, tip: str, one: Candidate, policy: Library, who: Identity) -> Accepted:
    """Write the commit that accepts one candidate on `tip`."""
    listing = objects.skills(cache.git_dir, tip)
    path = candidate.path_of(listing, one.event.skill)
    if path is None:
        return Accepted(one.id, None, f"the library has no skill {one.event.skill}")
    now, tree = listing[path].tree, one.event.tree
    if now == tree:
        return Accepted(one.id, None, "the library has this text already; reject the candidate to clear it away")
    if now != one.event.base:
        _bring(cache, (one.event.base, tree, now))
        merged = merge(cache.git_dir, one.event.base, tree, now)
        if not merged.clean:
            return Accepted(one.id, None, f"clashes with what changed since in {', '.join(merged.conflicts)}")
        tree = merged.tree
    facts = Facts(one.event.skill, _files(cache, now), _files(cache, tree), now, policy, asked=True)
    decision = gate.decide(facts)
    if decision.status == "rejected":
        return Accepted(one.id, None, f"fails the gate: {'; '.join(decision.reasons)}")
    event = replace(one.event, base=now, tree=tree, gate="human")
    message = (one.subject, f"{one.why}\n\nAccepted by {who.name}.")
    return Accepted(one.id, candidate.write(cache, tip, path, tree, message, event, who))


def _tip(cache: Cache, branch: str) -> str:
    tip = objects.resolve(cache.git_dir, f"refs/remotes/origin/{branch}^{{commit}}")
    if tip is None:
        raise GitskillsError(f"the remote has no branch {branch!r}")
    return tip


def _bring(cache: Cache, trees: Sequence[str]) -> None:
    oids = [oid for tree in trees for mode, oid in objects.entries(cache.git_dir, tree).values() if mode != 0o160000]
    cache.want(oids)


def _files(cache: Cache, tree: str) -> dict[str, File]:
    _bring(cache, (tree,))
    found = Found("", tree, objects.entries(cache.git_dir, tree))
    stream = objects.blobs(cache.git_dir, [oid for _, oid in found.entries.values()])
    return {path: File(next(stream)[1], mode) for path, (mode, _) in found.entries.items()}
