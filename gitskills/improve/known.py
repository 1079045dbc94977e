"""What is known of an edit already: whether an earlier try, or another machine, published it, wherever that was."""

import contextlib
from dataclasses import dataclass

from gitskills.git.cache import Cache
from gitskills.git.command import GitFailed, run
from gitskills.git.failures import RemoteError
from gitskills.git.trailers import parse
from gitskills.improve import candidate
from gitskills.improve.candidate import Candidate
from gitskills.improve.propose import Attempt
from gitskills.improve.words import line


@dataclass(frozen=True, slots=True)
class Known:
    """Something published: it waits on its `branch`, was `rejected` (no branch), or is on the default branch.

    `evidence` are the trailers that name the sessions it came from, where they were asked for.
    """

    commit: str
    branch: str
    reason: str
    fingerprint: str = ""
    rejected: bool = False
    evidence: tuple[str, ...] = ()


def published(cache: Cache, source: str, skill: str, evidence: str, branch: str) -> Known | None:
    """What was published of this evidence: a candidate that waits, a rejected one, a commit on `branch`."""
    for one in candidate.waiting(source, cache):
        if one.event.skill == skill and evidence in one.event.evidence:
            return Known(one.commit, one.branch, one.why.partition("\n")[0], one.event.edit)
    for one in candidate.rejected(source, cache):
        if one.event.skill == skill and evidence in one.event.evidence:
            return Known(one.commit, "", one.why.partition("\n")[0], one.event.edit, rejected=True)
    words = ("log", "--max-count=1", "--format=%H %s", "--fixed-strings", f"--grep=Skill-Evidence: {evidence}")
    tip = f"refs/remotes/origin/{branch}"
    commit, _, subject = run(*words, tip, "--", git_dir=cache.git_dir).decode("utf-8", "replace").partition(" ")
    return Known(commit, branch, subject.strip()) if commit else None


def made(cache: Cache, source: str, skill: str, fingerprint: str, branch: str, since: str) -> Known | None:
    """What was published of this edit: a candidate that waits, a rejected one, a commit on `branch` after `since`."""
    waiting = candidate.waiting(source, cache)
    for one in (*waiting, *candidate.rejected(source, cache)):
        if (one.event.skill, one.event.edit) == (skill, fingerprint):
            kept = one in waiting
            why = one.why.partition("\n")[0]
            place = one.branch if kept else ""
            return Known(one.commit, place, why, fingerprint, rejected=not kept, evidence=one.event.evidence)
    words = ("log", "-z", "--format=%H%n%B", "--fixed-strings", f"--grep=Skill-Edit: {fingerprint}")
    out = run(*words, f"{since}..refs/remotes/origin/{branch}", "--", git_dir=cache.git_dir)
    for row in out.decode("utf-8", "replace").split("\0"):
        commit, _, message = row.partition("\n")
        event = parse(message)
        if event is not None and (event.skill, event.edit) == (skill, fingerprint):
            return Known(commit, branch, message.partition("\n")[0], fingerprint, evidence=event.evidence)
    return None


def tried(cache: Cache, source: str, skill: str) -> list[Attempt]:
    """What waits about a skill and what was rejected, newest first, with what it would have changed."""
    waiting = candidate.waiting(source, cache)
    both = [(one, True) for one in waiting] + [(one, False) for one in candidate.rejected(source, cache)]
    about = [each for each in both if each[0].event.skill == skill]
    found = sorted(about, key=lambda each: each[0].date, reverse=True)  # as text: a writer may claim any date
    with contextlib.suppress(RemoteError, GitFailed):  # without the texts there is less to tell
        candidate.bring(cache, [one.commit for one, _ in found])
        return [_attempt(cache, *each) for each in found]
    return [_attempt(None, *each) for each in found]


def _attempt(cache: Cache | None, one: Candidate, waits: bool) -> Attempt:
    why = one.why if waits else one.why.rpartition("Rejected: ")[2]
    changed = candidate.changed(cache, one.commit) if cache else ()
    said = one.subject.removeprefix(f"{one.event.skill}: ")
    return Attempt("proposed" if waits else "rejected", said, line(why), one.event.edit, changed)
