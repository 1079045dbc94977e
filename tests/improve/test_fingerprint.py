"""fingerprint: a set of edits has one identity on every machine, in any order and with any white space."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from gitskills.improve.fingerprint import fingerprint, fp8
from gitskills.skills.edit import OPS, Edit

EDITS = st.lists(st.builds(Edit, st.sampled_from(OPS), st.text(max_size=8), st.text(max_size=8)), max_size=4)


@given(EDITS, st.randoms(), st.sampled_from([" ", "\n", "\r\n", "\t  "]))
def test_the_same_edits_in_another_order_with_other_white_space(edits: list[Edit], random: Random, space: str) -> None:
    """A rejected proposal that comes back shuffled and reformatted is known: no further call is made."""
    shuffled = [Edit(each.op, respaced(each.target, space), respaced(each.content, space)) for each in edits]
    random.shuffle(shuffled)
    assert fingerprint(shuffled) == fingerprint(edits)


def respaced(text: str, space: str) -> str:
    return space + (space * 2).join(text.split())


def test_other_edits_have_another_fingerprint() -> None:
    """Operation, target, content and how words are grouped into fields all count."""
    edits = [
        Edit("append", "", "a b"), Edit("append", "", "ab"), Edit("append", "a", "b"), Edit("append", "a b", ""),
        Edit("replace", "a", "b"), Edit("insert_after", "a", "b"), Edit("replace", "b", "a"), Edit("replace", "A", "b"),
    ]  # fmt: skip
    prints = {fingerprint([edit]) for edit in edits} | {fingerprint(edits), fingerprint([]), fingerprint(edits[:2])}
    assert len(prints) == len(edits) + 3


def test_the_fingerprint_is_the_same_on_every_machine() -> None:
    """The value is pinned, for it names refs that machines of different versions share; composed letters are equal."""
    one = fingerprint([Edit("insert_after", "- Run the tests.", "- Prüfe die Migration.")])
    assert one == "ce891fb387f25f457e117dc272791d1ff0d96c192846b4c4214c4e82c865c417"
    assert fp8(one) == one[:8]
    assert fingerprint([Edit("insert_after", "- Run the tests.", "- Pru\u0308fe die Migration.")]) == one
