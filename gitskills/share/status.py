"""Where a skill stands: one comparison of three oids decides everything."""

from enum import StrEnum


class Status(StrEnum):
    """The state of one skill on this machine against its library."""

    UP_TO_DATE = "up-to-date"
    AHEAD = "ahead"
    BEHIND = "behind"
    DIVERGED = "diverged"
    MISSING = "missing"
    UNTRACKED = "untracked"


def compare(base: str | None, ours: str | None, theirs: str | None) -> Status:
    """Compare three tree oids: `base` as installed, `ours` on disk, `theirs` upstream; None where there is none.

    Total over every combination. A folder without a base is somebody else's, unless it equals upstream:
    then nothing tells it from an install whose record was lost. A skill removed upstream counts as
    BEHIND while untouched here, and as DIVERGED once edited.
    """
    if ours is None:
        return Status.MISSING if base is not None or theirs is not None else Status.UNTRACKED
    if ours == theirs:
        return Status.UP_TO_DATE
    if base is None:
        return Status.UNTRACKED
    if ours == base:
        return Status.BEHIND
    if theirs == base:
        return Status.AHEAD
    return Status.DIVERGED
