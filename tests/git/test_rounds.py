"""Who was not first begins anew on what the others pushed, for as long as there is patience."""

import pytest

from gitskills.errors import GitskillsError
from gitskills.git.failures import NonFastForward, PushRefused
from gitskills.git.rounds import until_pushed


def test_it_begins_anew_until_the_remote_stands_still() -> None:
    """Each further attempt comes after a refresh, and the last one's answer is given."""
    told: list[str] = []

    def attempt() -> str:
        told.append("attempt")
        if told.count("attempt") < 3:
            raise NonFastForward("moved", url="https://example.com/x")
        return "done"

    assert until_pushed(attempt, lambda: told.append("refresh")) == "done"
    assert told == ["attempt", "refresh", "attempt", "refresh", "attempt"]


def test_patience_ends() -> None:
    """Others who are first for ever are told, with the remote's address; any other refusal ends it at once."""

    def moved() -> str:
        raise NonFastForward("moved", url="https://example.com/x")

    with pytest.raises(GitskillsError, match=r"others kept pushing to https://example.com/x"):
        until_pushed(moved, lambda: None, patience=0.0)

    def refused() -> str:
        raise PushRefused("no", url="https://example.com/x")

    with pytest.raises(PushRefused):
        until_pushed(refused, lambda: pytest.fail("nothing is refreshed"))
