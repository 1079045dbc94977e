"""What `pull` means to do with each skill: decided from three oids before anything is touched."""

from dataclasses import dataclass
from typing import Literal

from gitskills.share.lockfile import Install
from gitskills.share.select import Wanted
from gitskills.share.status import Status, compare

Step = Literal["install", "update", "merge", "keep", "nothing", "remove", "refuse"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one skill: its lock entry, the base last installed here, the tree on disk.

    `foreign` says that something gitskills did not make stands in its place; `claim` is what another tool's record
    says of a skill gitskills does not know. Where base or upstream holds the files on disk in a tree that git itself
    would not write, `ours` is that tree and `disk` the one of the folder.
    """

    install: Install | None
    base: str | None
    ours: str | None
    foreign: bool = False
    claim: str = ""
    disk: str | None = None

    @property
    def old(self) -> str | None:
        """The tree that the folder has when it is read."""
        return self.disk or self.ours


@dataclass(frozen=True, slots=True)
class Plan:
    """One decision: `old` is the tree on disk that `step` starts from, `base` the common ancestor."""

    step: Step
    wanted: Wanted | None
    base: str | None
    old: str | None
    message: str = ""


def base_of(facts: Facts) -> str | None:
    """The tree the copy on disk started from.

    A folder that equals what the lock names is untouched whatever this machine remembers: its owner
    took it from the project's own repository. Otherwise memory beats the lock, which may be newer.
    """
    locked = facts.install.tree if facts.install else None
    return locked if facts.ours == locked or facts.base is None else facts.base


def plan(wanted: Wanted | None, facts: Facts) -> Plan:
    """Decide what to do with one skill; `wanted` is None when it is no longer chosen or no longer upstream."""
    base, ours = base_of(facts), facts.ours
    if wanted is None:
        return _leave(base, facts)
    if facts.foreign:
        return Plan("refuse", wanted, base, facts.old, "a file or link that gitskills did not make stands in its place")
    if facts.claim and base is None and ours is not None:
        return Plan("refuse", wanted, None, facts.old, facts.claim)
    theirs = wanted.found.tree
    match compare(base, ours, theirs):
        case Status.MISSING:
            # Only what this machine installed can have been deleted: a lock alone may be a colleague's.
            return Plan("install", wanted, base, None, "had been deleted here; put back" if facts.base else facts.claim)
        case Status.UP_TO_DATE:
            return Plan("nothing", wanted, base, facts.old)
        case Status.BEHIND:
            return Plan("update", wanted, base, facts.old)
        case Status.AHEAD:
            return Plan("keep", wanted, base, facts.old, "edited here; `gitskills push` publishes it")
        case Status.DIVERGED:
            return Plan("merge", wanted, base, facts.old)
        case Status.UNTRACKED:
            return Plan(
                "refuse",
                wanted,
                None,
                facts.old,
                "a folder of this name that gitskills did not place is kept; `gitskills adopt` takes it over, "
                "`as:` in gitskills.yaml gives the skill another name",
            )


def _leave(base: str | None, facts: Facts) -> Plan:
    if facts.ours in (None, base):
        return Plan("remove", None, base, facts.old)
    message = "edited here, so it is kept; `gitskills push --to SOURCE` publishes it again"
    return Plan("keep", None, base, facts.old, message)
