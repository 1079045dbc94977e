"""What is known of an edit already: whether an earlier try published it, wherever that was."""

from dataclasses import dataclass

from gitskills.git.cache import Cache
from gitskills.git.command import run
from gitskills.improve import candidate


@dataclass(frozen=True, slots=True)
class Known:
    """Something published: `waits` on its `branch` or was `rejected` (no branch), or it is on the default branch."""

    commit: str
    branch: str
    reason: str
    fingerprint: str = ""
    rejected: bool = False


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
