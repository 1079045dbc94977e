"""How skills did, by version: counted from rows of what happened, each session once, with what the numbers can bear.

Pure. Shares are told with Wilson's interval (E. B. Wilson, 1927), differences of two by Newcombe's method 10 (R. G.
Newcombe, Statistics in Medicine 17, 1998), both at 95 %.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gitskills.measure.team import Row

ENOUGH = 5  # judged sessions on either side before a change is said to have done anything
_Z = 1.959964  # of the normal distribution, for 95 %
_RANK = {"": 0, "unclear": 1, "ok": 2, "failed": 3}  # a failure stays one, and what is unclear takes nothing back

Change = Literal["better", "worse", "no difference seen", "too few to tell"]


@dataclass(frozen=True, slots=True)
class Home:
    """Where a tree belongs: the skill's number and the version, None for a copy that is no version of its library."""

    skill: int
    version: int | None


@dataclass(slots=True)
class Version:
    """What is known of one version (None: copies edited on people's machines, together), times in seconds.

    `sessions` had it in context, `invoked` used it, of these `judged` came to a verdict; `writers` are machines.
    `before` and `change` compare it with the version before it.
    """

    skill: int
    version: int | None
    tree: str
    first: float = 0.0
    last: float = 0.0
    sessions: int = 0
    invoked: int = 0
    ok: int = 0
    failed: int = 0
    unclear: int = 0
    writers: set[str] = field(default_factory=set)
    before: float | None = None
    change: Change | None = None

    @property
    def judged(self) -> int:
        """How many sessions were found to have gone well or badly."""
        return self.ok + self.failed

    @property
    def rate(self) -> float | None:
        """The share of the judged sessions that failed."""
        return self.failed / self.judged if self.judged else None


def wilson(failed: int, judged: int) -> tuple[float, float]:
    """Return the bounds within which the true share lies, of `failed` seen among `judged` (1 or more)."""
    share, square = failed / judged, _Z * _Z
    middle = share + square / (2 * judged)
    half = _Z * sqrt(share * (1 - share) / judged + square / (4 * judged * judged))
    whole = 1 + square / judged
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def compare(before: Version, after: Version) -> Change:
    """Say whether the share of failures changed, as far as the numbers can tell."""
    if min(before.judged, after.judged) < ENOUGH:
        return "too few to tell"
    one, other = before.failed / before.judged, after.failed / after.judged
    low_one, high_one = wilson(before.failed, before.judged)
    low_other, high_other = wilson(after.failed, after.judged)
    low = (other - one) - sqrt((other - low_other) ** 2 + (high_one - one) ** 2)
    high = (other - one) + sqrt((high_other - other) ** 2 + (one - low_one) ** 2)
    return "better" if high < 0 else "worse" if low > 0 else "no difference seen"


def versions(rows: "Iterable[Row]", homes: Mapping[tuple[str, str], Home], skills: Mapping[str, int]) -> list[Version]:
    """Count the rows by version, newest version first, those of one skill together.

    `homes` has each version ever by path and tree, `skills` each path's skill; a row about neither is about nothing
    the library ever had. A session counts once for each version, however many rows and writers tell of it.
    """
    found: dict[tuple[int, int | None], Version] = {}
    best: dict[tuple[int, int | None], dict[str, str]] = {}
    for writer, path, tree, session, outcome, _, _, at in rows:
        home = homes.get((path, tree))
        if home is None and path not in skills:
            continue
        key = (home.skill, home.version) if home is not None else (skills[path], None)
        one = found.get(key)
        if one is None:
            one = found[key] = Version(*key, tree if home is not None else "", at, at)
            best[key] = {}
        one.first, one.last = min(one.first, at), max(one.last, at)
        one.writers.add(writer)
        seen = best[key]
        if _RANK[outcome] >= _RANK[seen.get(session, "")]:
            seen[session] = outcome
    for key, seen in best.items():
        one, outcomes = found[key], list(seen.values())
        one.sessions, one.invoked = len(outcomes), len(outcomes) - outcomes.count("")
        one.ok, one.failed, one.unclear = map(outcomes.count, ("ok", "failed", "unclear"))
    ordered = sorted(found.values(), key=lambda one: (one.skill, one.version is None, -(one.version or 0)))
    _compared(ordered)
    return ordered


def _compared(ordered: Sequence[Version]) -> None:
    """Compare each version with the nearest one before it that was judged."""
    before: Version | None = None
    for one in reversed(ordered):
        if one.version is None or not one.judged:
            continue
        if before is not None and before.skill == one.skill:
            one.before, one.change = before.rate, compare(before, one)
        before = one


def failing(found: Iterable[Version], current: Mapping[int, str], *, judged: int, rate: float) -> Iterator[Version]:
    """Yield the versions that are current (the skill's tree now) and failed too often."""
    for one in found:
        here = one.version is not None and one.tree == current.get(one.skill)
        if here and one.judged >= judged and one.failed >= max(rate * one.judged, 1):
            yield one
