"""Counting outcomes by version: each session once, with what small numbers can bear."""

import pytest

from gitskills.measure import stats
from gitskills.measure.stats import Home, Version
from gitskills.measure.team import Row

HOMES = {("skills/a", f"t{n}"): Home(1, n) for n in (1, 2, 3)}


def rows(tree: str, outcomes: str, writer: str = "w") -> list[Row]:
    """A row for each letter: o(k), f(ailed), u(nclear), or - for one that only had it in context."""
    words = {"o": "ok", "f": "failed", "u": "unclear", "-": ""}
    return [
        Row(writer, "skills/a", tree, f"{writer}{n}", words[one], "", False, 1e9 + n) for n, one in enumerate(outcomes)
    ]


def count(told: list[Row]) -> list[Version]:
    return stats.versions(told, HOMES, {"skills/a": 1})


def test_a_session_counts_once_for_a_version_and_a_failure_stays_one() -> None:
    """In context, then unclear, then failed, then ok, told twice by two writers: one failed session of one version."""
    told = [*rows("t1", "-"), *rows("t1", "u"), *rows("t1", "f"), *rows("t1", "o")]
    told += [row._replace(writer="x") for row in told]
    [one] = count(told)
    assert (one.sessions, one.invoked, one.judged, one.ok, one.failed, one.unclear) == (1, 1, 1, 0, 1, 0)
    assert one.writers == {"w", "x"} and one.rate == 1.0


def test_edited_copies_are_apart_and_strangers_nowhere() -> None:
    """Trees that are no version of the library count together as edited copies; paths it never had not at all."""
    told = [*rows("t2", "of"), *rows("e1", "f", "x"), *rows("e2", "o-", "y")]
    told += [row._replace(path="skills/b") for row in told]
    assert [(one.version, one.sessions, one.judged, one.change) for one in count(told)] == [
        (2, 2, 2, None),
        (None, 3, 2, None),
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("ffffffffoo", "oooooooooo", "better"),
        ("oooooooooo", "ffffffffoo", "worse"),
        ("ffffooooo", "fffoooooo", "no difference seen"),
        ("ffff", "oooooooooo", "too few to tell"),
        ("uuuuuu--", "oooooooooo", None),
    ],
)
def test_a_version_is_compared_with_the_one_before(before: str, after: str, said: str | None) -> None:
    """Better or worse only where the numbers bear it; few of them say so, none of them nothing."""
    newer, older = count([*rows("t3", after, "x"), *rows("t1", before)])
    assert (newer.version, older.version, newer.change, older.change) == (3, 1, said, None)


def test_bounds_are_those_of_the_book() -> None:
    """Wilson's interval for 1 of 10 and for none and all of 5 (checked against R's binom.confint)."""
    assert stats.wilson(1, 10) == pytest.approx((0.01787621, 0.40415003), abs=1e-6)
    assert stats.wilson(0, 5) == pytest.approx((0.0, 0.4344825), abs=1e-6)
    assert stats.wilson(5, 5) == pytest.approx((0.5655175, 1.0), abs=1e-6)


def test_failing_is_what_is_current_and_failed_too_often() -> None:
    """Old versions, few sessions and good rates are left out."""
    found = count([*rows("t3", "ffo"), *rows("t2", "fff", "x")])
    assert [one.version for one in stats.failing(found, {1: "t3"}, judged=3, rate=0.4)] == [3]
    for terms in ({"judged": 4, "rate": 0.4}, {"judged": 3, "rate": 0.7}):
        assert list(stats.failing(found, {1: "t3"}, **terms)) == []  # type: ignore[arg-type]
