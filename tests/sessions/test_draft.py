"""Records become a session; subagents find their place in it."""

from gitskills.sessions.draft import Draft, splice
from gitskills.sessions.marks import is_own, mark


def main() -> Draft:
    draft = Draft("claude-code", "s")
    draft.user("go", "1")
    draft.use("Agent", {}, "call", "2")
    draft.result("call", "sub done", id="3")
    draft.use("Skill", {}, "own", "4")
    draft.invoked("a", "tool", "own")
    return draft


def sub() -> Draft:
    draft = Draft("claude-code", "s", within="x")
    draft.user("do it", "5")
    draft.use("Skill", {}, "theirs", "6")
    draft.invoked("b", "tool", "theirs")
    return draft


def test_a_subagent_stands_between_its_call_and_the_answer() -> None:
    """Its turns are put there, and every invocation still points at its own turn."""
    whole = splice(main().session(), sub().session(), "call")
    assert [turn.id for turn in whole.turns] == ["1", "2", "5", "6", "3", "4"]
    assert [(each.skill, whole.turns[each.turn].tool_use_id) for each in whole.invocations] == [
        ("b", "theirs"),
        ("a", "own"),
    ]
    assert [turn.human for turn in whole.turns] == [True, False, False, False, False, False]


def test_a_subagent_without_a_known_call_comes_last_and_never_twice() -> None:
    """Where nothing says who started it, it is at the end; what is there already is not told again."""
    whole = splice(main().session(), sub().session())
    assert [turn.id for turn in whole.turns] == ["1", "2", "3", "4", "5", "6"]
    assert splice(whole, sub().session(), "call") == whole


def test_a_read_that_failed_but_showed_the_skill_was_one() -> None:
    """`cat SKILL.md && false` fails and shows it; a refused `cat` does not."""
    for answer, failed in (
        ("Exit code 1\n---\nname: a\n", True),
        ("permission denied", True),
        ("---\nname: a\n---\nx", False),
    ):
        draft = Draft("codex", placed=["/a"])
        draft.use("Bash", {"command": "cat /a/SKILL.md"}, "1")
        draft.result("1", answer, failed=failed)
        (found,) = draft.session().invocations
        assert (found.how, found.failed) == ("read", answer == "permission denied")
        assert found.text == (answer if answer.startswith("---") else "")


def test_empty_words_are_no_turns() -> None:
    """Agents write empty messages around their tool calls."""
    draft = Draft("pi")
    draft.user(" \n")
    draft.assistant("")
    draft.invoked("", "typed")
    assert draft.session().turns == () == draft.session().invocations


def test_our_own_prompts_are_recognised_where_the_user_speaks() -> None:
    """The mark in the user's place makes the session ours; in a tool's output, or inside a line, it says nothing."""
    line = mark("0123-abc")
    assert is_own(f"judge this\n{line}\nplease") and is_own(line + "\r\n") and is_own(f"  {line}")
    for text in (f"x {line}", f"{line} and more", line + "!", "gitskills-internal:", ""):
        assert not is_own(text)
    draft = Draft("codex")
    draft.result("1", line)
    draft.assistant(line)
    assert not draft.session().own
    draft.user(line)
    assert draft.session().own


def test_a_subagents_prompt_does_not_make_the_session_ours() -> None:
    """An agent could write the mark into what it tells a subagent."""
    draft = Draft("codex", within="x")
    draft.user(mark("1"))
    assert not draft.session().own
