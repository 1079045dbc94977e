"""What the offline generaliser keeps of sibling cards."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gitskills.cards import generalise as asked
from gitskills.cards.generalise import Leaf, Pattern
from gitskills.models.pattern import generalise
from gitskills.models.rules import RulesModel


def pattern(*texts: str) -> Pattern | None:
    """Return what the rules answer about cards with these texts, by way of the prompt every model gets."""
    leaves = [Leaf(f"card-{number}", f"Use for case {number}.", text) for number, text in enumerate(texts)]
    question = asked.prompt("api/errors", leaves, nonce="ab" * 8)
    return asked.parse(RulesModel().ask(asked.SYSTEM, question, role="generaliser"))


def test_steps_of_most_cards_are_kept_in_order() -> None:
    """A step of two in three cards stays, worded a little differently too; one of a single card goes."""
    found = pattern(
        "## Procedure\n- Write the handler.\n- Add a row to docs/errors.md.\n- Run the tests.",
        "## Procedure\n1. Add a row to docs/errors.md\n2. Run the tests.\n3. Deploy.",
        "## Procedure\n* Add rows to `docs/errors.md`.",
    )
    assert found and found.pattern == "- Add a row to docs/errors.md.\n- Run the tests."
    assert "api/errors" in found.trigger and not found.pitfalls


def test_pitfalls_are_told_apart() -> None:
    """What stands below a heading that warns becomes a pitfall and no step."""
    text = "## Procedure\n- Add a row.\n\n## Pitfalls\n- Never sort the rows."
    found = pattern(text, text, text)
    assert found == Pattern(found.trigger if found else "", "- Add a row.", "- Never sort the rows.")


def test_cards_that_share_nothing_have_no_pattern() -> None:
    """Without a shared step nothing is made up."""
    assert pattern("- One thing.", "- Another matter.", "- Quite different.") == Pattern("", "", "")


@given(st.lists(st.text(max_size=200), max_size=6), st.text(max_size=40))
def test_any_cards_give_an_answer(texts: list[str], area: str) -> None:
    """Whatever cards and prompt hold, the answer is one that the contract allows."""
    told = json.dumps([{"trigger": text, "text": text} for text in texts])
    assert asked.parse(json.dumps(generalise({"area": area, "leaves": told}))) is not None
    assert generalise({"leaves": area})["pattern"] == ""


@given(st.text())
def test_any_answer_is_read_or_refused(answer: str) -> None:
    """No text makes the reader of answers raise."""
    asked.parse(answer)


def test_answers_of_other_forms_are_none() -> None:
    """Missing or wrong values are no pattern; lists of steps are one, since models write them."""
    assert asked.parse('{"trigger": "t", "pattern": 3}') is None
    assert asked.parse('{"pattern": "- a"}') is None
    assert asked.parse('{"trigger": "t", "pattern": ["a", "b"]}') == Pattern("t", "- a\n- b", "")
