"""What pull means to do, decided from the facts alone."""

from itertools import product

import pytest

from gitskills.config import Source
from gitskills.git.objects import Found
from gitskills.share.lockfile import Install
from gitskills.share.plan import Facts, base_of, plan
from gitskills.share.select import Wanted

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)
TREES = (None, A, B, C)
SOURCE = Source("team", "https://example.com/skills.git")


def install(tree: str | None) -> Install | None:
    return None if tree is None else Install("s", "team", SOURCE.url, None, D, "skills/s", tree)


def wanted(tree: str | None) -> Wanted | None:
    return None if tree is None else Wanted("s", SOURCE, SOURCE.url, D, Found("skills/s", tree, {}))


EVERYTHING = list(product(TREES, TREES, TREES, TREES, (False, True)))


@pytest.mark.parametrize("foreign", [False, True])
def test_no_plan_overwrites_or_removes_what_is_not_known(foreign: bool) -> None:
    """Over all 512 combinations of lock, memory, disk and upstream, only untouched copies are replaced or removed."""
    for locked, base, ours, theirs, _ in EVERYTHING:
        made = plan(wanted(theirs), Facts(install(locked), base, ours, foreign))
        untouched = ours is not None and ours in (locked, base)
        match made.step:
            case "update":
                assert untouched and ours != theirs and not foreign
            case "remove":
                assert theirs is None and (ours is None or untouched)
            case "install":
                assert ours is None and not foreign
            case "merge":
                assert None not in (ours, theirs, base_of(Facts(install(locked), base, ours))) and ours != theirs
            case "nothing":
                assert ours == theirs
            case "keep":
                assert ours is not None
            case "refuse":
                assert made.message and (foreign or (locked is None and base is None))
        assert made.old == ours


def test_a_plan_that_was_carried_out_leads_to_rest() -> None:
    """After install, update or nothing, the same facts with the new tree on disk ask for nothing more."""
    for locked, base, ours, theirs, _ in EVERYTHING:
        made = plan(wanted(theirs), Facts(install(locked), base, ours))
        if made.step in ("install", "update", "nothing"):
            assert plan(wanted(theirs), Facts(install(theirs), theirs, theirs)).step == "nothing"
            crashed = Facts(install(locked), base, theirs)  # swapped in, not yet recorded
            assert plan(wanted(theirs), crashed).step == "nothing"


def test_a_folder_that_equals_the_lock_is_untouched() -> None:
    """A copy that came with the project's own repository is no edit, whatever this machine installed before."""
    assert base_of(Facts(install(B), A, B)) == B
    assert plan(wanted(C), Facts(install(B), A, B)).step == "update"


def test_memory_beats_a_lock_that_ran_ahead() -> None:
    """After a colleague's newer lock arrived by git, an untouched old copy is still untouched, an edited one edited."""
    assert plan(wanted(B), Facts(install(B), A, A)).step == "update"
    edited = plan(wanted(B), Facts(install(B), A, C))
    assert (edited.step, edited.base) == ("merge", A)
