"""How a card stands, for every combination of what git may know."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.cards.expiry import EXPIRED, STALE, Facts, at_home, elsewhere, stand
from gitskills.cards.heads import Head

OIDS = [letter * 40 for letter in "abcd"]
NOTHING = Head("cards/x/y", "0" * 40, "0" * 40, "leaf", "y", "", "", "", (), (), ())


def facts(**known: Any) -> Facts:
    """Return facts about main."""
    return Facts("", "main", **known)


subsets = st.frozensets(st.sampled_from(OIDS))
heads = st.builds(
    NOTHING._replace,
    proof=st.lists(st.sampled_from(OIDS), unique=True).map(tuple),
    paths=st.lists(st.sampled_from(["a", "b"]), unique=True).map(tuple),
    repo=st.sampled_from(["", "one", "two", "host/one", "host/two"]),
    expired=st.sampled_from(["", "why"]),
    stale=st.sampled_from(["", "why"]),
)


@st.composite
def known(draw: st.DrawFn) -> Facts:
    """Draw facts that go together: what is reached or copied is here."""
    here = draw(subsets)
    reached, copied, unsearched = (draw(subsets) & here for _ in range(3))
    lacking = draw(st.sampled_from(["", "a shallow clone"]))
    gone = frozenset() if lacking else draw(st.frozensets(st.just(NOTHING.path)))
    shares = {} if lacking else draw(st.dictionaries(st.just(NOTHING.path), st.floats(0, 1)))
    doubted = frozenset() if lacking or gone else draw(st.frozensets(st.just(NOTHING.path)))
    repo = draw(st.sampled_from(["", "one", "host/one"]))
    searched = copied - reached, unsearched - reached - copied
    return Facts(repo, "main", lacking, here, reached, *searched, gone, doubted, shares)


@given(heads, known())
def test_only_certainty_expires(card: Head, told: Facts) -> None:
    """A card expires only where history is whole and all its proofs are here and out of it, or all its paths gone.

    The history is that of its own repository: what another host or path has says nothing of it.
    """
    found = stand(card, told)
    if found.action == "expired":
        lost = set(card.proof) <= told.here and not set(card.proof) & (told.reached | told.copied)
        assert not told.lacking and card.proof
        assert lost or card.path in told.gone
    if "/" in card.repo and "/" in told.repo and card.repo != told.repo:
        assert not found.metadata
    if found.state == "unknown":
        assert not found.metadata


@given(heads, known())
def test_marks_agree_with_the_state(card: Head, told: Facts) -> None:
    """What is written brings the marks to the state, and a second look at the same facts writes nothing."""
    found = stand(card, told)
    marks = dict(found.metadata)
    after = card._replace(
        expired=(marks[EXPIRED] or "") if EXPIRED in marks else card.expired,
        stale=(marks[STALE] or "") if STALE in marks else card.stale,
    )
    again = stand(after, told)
    assert not again.metadata and again.action == "" and again.state == found.state
    if found.state != "unknown" and not ("/" in card.repo and "/" in told.repo and card.repo != told.repo):
        assert bool(after.expired) == (found.state == "unreachable")
        assert found.state == "unreachable" or bool(after.stale) == (found.state == "stale")


def test_an_incomplete_clone_restores_nothing() -> None:
    """A card may have expired by its paths, of which such a clone tells nothing: the mark stays until a whole one."""
    card = NOTHING._replace(proof=(OIDS[0],), expired="every path it touched is gone from main")
    told = facts(here={OIDS[0]}, reached={OIDS[0]})
    assert (stand(card, replace(told, lacking="a partial clone")).state, stand(card, told).action) == (
        "unknown",
        "restored",
    )


@pytest.mark.parametrize(("share", "state"), [(0.6, "reachable"), (0.61, "stale"), (1.0, "stale")])
def test_more_than_the_churn_is_stale(share: float, state: str) -> None:
    """Exactly the share given is not yet stale."""
    card = NOTHING._replace(proof=(OIDS[0],))
    told = facts(here={OIDS[0]}, reached={OIDS[0]}, rewritten={card.path: share})
    assert stand(card, told, 0.6).state == state


def test_a_stale_card_stays_so_where_nothing_is_known_of_its_lines() -> None:
    """In a partial clone the mark of an earlier look stays, with its words."""
    card = NOTHING._replace(proof=(OIDS[0],), stale="80% of its lines were rewritten since")
    found = stand(card, facts(here={OIDS[0]}, reached={OIDS[0]}, lacking="a partial clone"))
    assert (found.state, found.reason, found.action) == ("stale", card.stale, "")


def test_a_proof_that_is_here_counts_whatever_the_repository_is_called() -> None:
    """A fork has another name and the same commits; what it has not says nothing, and it marks nothing."""
    card = NOTHING._replace(proof=(OIDS[0],), repo="example.com/theirs")
    told = Facts("example.com/ours", "main", here={OIDS[0]}, reached={OIDS[0]})
    assert stand(card, told).state == "reachable"
    behind = replace(told, reached=frozenset())
    assert stand(card, behind).state == "unknown" and stand(card._replace(repo="ours"), behind).state == "unreachable"
    changed = replace(told, gone={card.path}, rewritten={card.path: 1.0})
    assert (stand(card, changed).state, stand(card._replace(repo=""), changed).state) == ("reachable", "unreachable")
    assert not stand(card._replace(expired="left"), told).metadata
    assert stand(card._replace(stale="rewritten"), told).state == "stale"


@pytest.mark.parametrize(
    ("repo", "other", "two", "one"),
    [
        ("github.com/acme/app", "github.com/me/app", True, False),
        ("github.com/acme/app", "work/Acme/app", False, True),
        ("example.com:2222/a/b", "example.com/a/b", False, True),
        ("app", "github.com/acme/other", False, False),
        ("app", "other", False, False),
        ("app", "app", False, True),
        ("", "github.com/acme/app", False, True),
    ],
)
def test_a_fork_has_another_path(repo: str, other: str, two: bool, one: bool) -> None:
    """An alias for a host or its port make no other repository; of a folder's name neither is certain."""
    assert elsewhere(repo, other) is elsewhere(other, repo) is two
    assert at_home(repo, other) is at_home(other, repo) is one
