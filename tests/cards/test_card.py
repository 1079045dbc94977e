"""Cards as text: what is written reads back, and a changed mark changes nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from gitskills.cards.card import Card, parse, render, with_metadata
from gitskills.skills import frontmatter

line = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=60)


@given(line, st.sampled_from(["gitskills-expired", "gitskills-stale", "gitskills-kind"]), line | st.none())
def test_a_mark_changes_one_line_as_yaml_sees_it(description: str, key: str, value: str | None) -> None:
    """Set by lines or through YAML, the frontmatter reads as it shall and the body is the same bytes."""
    card = Card("cards/a/b", "leaf", "a", "b", description, "body\n", key="k", proof=("1" * 40,), confidence=0.5)
    text = render(card)
    changed = with_metadata(text, {key: value})
    expected = frontmatter.keys(frontmatter.split(text))
    expected["metadata"] = {name: said for name, said in expected["metadata"].items() if name != key}
    if value is not None:
        expected["metadata"][key] = value
    assert frontmatter.keys(frontmatter.split(changed)) == expected
    assert frontmatter.split(changed).body == frontmatter.split(text).body


@given(line, line)
def test_what_is_rendered_reads_back(description: str, expired: str) -> None:
    """A card is the same after writing and reading, but for white space at the edges of the body."""
    card = Card("cards/a/b", "leaf", "a", "b", description, "\nbody\n", proof=("12" * 20,), paths=("a.py",), repo="r",
                confidence=0.25, expired=expired)  # fmt: skip
    assert parse("cards/a/b", render(card), blob="") == card
