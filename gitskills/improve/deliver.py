"""From a decided candidate to the remote: a branch to review, the default branch, or the shelf of the rejected.

One push makes it true; all before may be killed and repeated. A branch of this name that is there already is the
same edit from somebody else: then there is nothing to do.
"""

import contextlib
from dataclasses import dataclass, replace
from typing import Literal

from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.commit import Identity
from gitskills.git.failures import AuthFailed, NonFastForward, PushRefused, RemoteError
from gitskills.git.rounds import until_pushed
from gitskills.git.trailers import Event
from gitskills.improve import candidate
from gitskills.improve.words import line

Way = Literal["review", "direct", "rejected"]

# The remote was just read from: a push that it wants other credentials for is one that this user may not make.
REFUSED = (PushRefused, AuthFailed)


@dataclass(frozen=True, slots=True)
class Draft:
    """An edit on its way: the skill's folder in the library, its trees before and after, what the commit says."""

    path: str
    tree: str
    subject: str
    body: str
    event: Event


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where a draft went; `new` is False where the same edit was there already, `told` is why it went no further."""

    commit: str
    branch: str
    new: bool = True
    told: str = ""


def send(way: Way, cache: Cache, onto: tuple[str, str], draft: Draft, who: Identity) -> Delivered | None:
    """Deliver a draft that was decided on `onto`, a branch and its tip; None where the skill itself moved meanwhile."""
    branch, tip = onto
    if way == "rejected":
        return to_shelf(cache, tip, draft, who)
    return to_review(cache, tip, draft, who) if way == "review" else to_default(cache, branch, draft, who)


def to_review(cache: Cache, tip: str, draft: Draft, who: Identity) -> Delivered:
    """Push the draft as its branch; where the remote refuses that, keep it here for review. Raises a RemoteError."""
    ref = candidate.branch_ref(draft.event.skill, draft.event.edit)
    local = candidate.local_ref(draft.event.skill, draft.event.edit)
    branch = ref.removeprefix("refs/heads/")
    for place in (f"refs/remotes/origin/{branch}", local):
        if (there := objects.resolve(cache.git_dir, place)) is not None:
            return Delivered(there, branch, new=False)
    commit = candidate.write(cache, tip, draft.path, draft.tree, (draft.subject, draft.body), draft.event, who)
    try:
        cache.push([(commit, ref)])
    except NonFastForward:
        cache.refresh()
        return Delivered(objects.resolve(cache.git_dir, f"refs/remotes/origin/{branch}") or commit, branch, new=False)
    except REFUSED as error:
        objects.update_ref(cache.git_dir, local, commit, None, "gitskills: the remote takes no branch")
        return Delivered(commit, branch, told=f"kept on this machine only: {line(error.message)}")
    return Delivered(commit, branch)


def again(source: str, cache: Cache) -> int:
    """Push the candidates that only this machine has once more; returns how many the remote took. Raises RemoteError.

    Rights come later, and a refusal costs no more than an attempt: the first one ends it.
    """
    taken = 0
    for one in candidate.waiting(source, cache):
        if not one.local:
            continue
        try:
            cache.push([(one.commit, f"refs/heads/{one.branch}")])
        except REFUSED:
            break
        except NonFastForward:  # the same edit, from elsewhere
            cache.refresh()
        objects.delete_ref(cache.git_dir, one.ref)
        taken += 1
    return taken


def to_shelf(cache: Cache, tip: str, draft: Draft, who: Identity) -> Delivered:
    """Keep a rejected draft under its hidden ref, here and, where it may be pushed, on the remote."""
    ref = candidate.rejected_ref(draft.event.skill, draft.event.edit)
    there = objects.resolve(cache.git_dir, ref)
    if there is not None:
        return Delivered(there, ref, new=False)
    commit = candidate.write(cache, tip, draft.path, draft.tree, (draft.subject, draft.body), draft.event, who)
    objects.update_ref(cache.git_dir, ref, commit, None, "gitskills: rejected")
    # Who may not push keeps it on this machine, which is enough not to propose it here again.
    with contextlib.suppress(RemoteError):
        cache.push([(commit, ref)])
    return Delivered(commit, ref)


def to_default(cache: Cache, branch: str, draft: Draft, who: Identity) -> Delivered | None:
    """Push the draft onto the default branch by fast-forward; None where the skill itself moved meanwhile.

    Others' commits that leave the skill alone only mean another parent, and no model is asked again. A default branch
    that takes no push from this user leaves it to people: then the draft waits for review.
    """

    def attempt() -> Delivered | None:
        tip = objects.resolve(cache.git_dir, f"refs/remotes/origin/{branch}^{{commit}}")
        if tip is None:
            raise GitskillsError(f"the remote has no branch {branch!r}")
        found = objects.skills(cache.git_dir, tip).get(draft.path)
        if found is None or found.tree != draft.event.base:
            return None
        commit = candidate.write(cache, tip, draft.path, draft.tree, (draft.subject, draft.body), draft.event, who)
        try:
            cache.push([(commit, f"refs/heads/{branch}")])
        except REFUSED:
            waits = to_review(cache, tip, draft, who)
            return replace(waits, told=waits.told or f"{branch} takes no push from this user: it waits for review")
        return Delivered(commit, branch)

    return until_pushed(attempt, cache.refresh)
