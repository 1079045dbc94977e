"""The invocation that is meant, however late the transcript is."""

from gitskills.sessions.draft import Draft
from gitskills.sessions.find import latest, pinned, search, since
from gitskills.sessions.session import Session


def session(*calls: tuple[str, str]) -> Session:
    draft = Draft("claude-code", "s")
    for name, call in calls:
        draft.use("Skill", {"skill": name}, call, id=f"u-{call}")
        draft.invoked(name, "tool", call, path=f"/skills/{name}")
    return draft.session()


TALK = session(("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"))


def test_pinned_is_by_the_id_alone() -> None:
    """The id decides, not the name; an unknown or empty one is none."""
    assert (found := pinned(TALK, "2")) and found.skill == "b"
    assert pinned(TALK, "9") is None and pinned(TALK, "") is None


def test_latest_goes_by_any_name_and_by_the_folder() -> None:
    """The last of a skill's uses, by its name or its folder's; one that failed was none."""
    assert (found := latest(TALK, {"a"})) and found.tool_use_id == "3"
    draft = Draft("claude-code")
    draft.use("Skill", {}, "1")
    draft.invoked("Pretty name", "tool", "1", path="C:\\skills\\a\\")
    draft.use("Skill", {}, "2")
    draft.invoked("a", "tool", "2")
    draft.result("2", "unknown skill", failed=True)
    assert (found := latest(draft.session(), {"a", "other"})) and found.tool_use_id == "1"
    assert latest(TALK, {"d"}) is None


def test_search_reads_again_until_the_pinned_one_is_there() -> None:
    """The transcript that lags is read again, and no more often than needed."""
    asked: list[int] = []

    def read(attempt: int) -> Session | None:
        asked.append(attempt)
        return [None, session(("a", "1")), TALK][attempt]

    found = search(read, 5, {"a"}, "3")
    assert asked == [0, 1, 2] and found.invocation and found.invocation.turn == 2 and found.session is TALK


def test_search_settles_for_the_latest_when_the_pinned_one_never_comes() -> None:
    """After the last attempt the latest use of the skill has to do; without any, none."""
    found = search(lambda _: TALK, 3, {"a"}, "9")
    assert found.invocation and found.invocation.tool_use_id == "3"
    assert search(lambda _: TALK, 1, {"d"}, "9") == (TALK, None)
    assert search(lambda _: None, 2, {"a"}) == (None, None)


def test_without_an_id_the_skill_itself_is_waited_for() -> None:
    """A typed skill of an agent that tells no id is found as soon as it is written."""
    asked: list[int] = []
    search(lambda attempt: asked.append(attempt) or (TALK if attempt else session(("b", "2"))), 4, {"c"})  # type: ignore[func-returns-value]
    assert asked == [0, 1]


def test_since_gives_what_came_after() -> None:
    """Turns after a known one; all of them where it is unknown."""
    assert [turn.id for turn in since(TALK, "u-2")] == ["u-3", "u-4"]
    assert since(TALK, "u-4") == () and since(TALK, "?") == since(TALK, "") == TALK.turns
