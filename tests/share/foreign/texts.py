"""Texts to read: any JSON, and real records damaged in a few places."""

from hypothesis import strategies as st

WORDS = st.sampled_from(
    ["version", "skills", "source", "sourceType", "github", "git", "ref", "skillPath", "computedHash", "sourceUrl"]
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12), WORDS)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """A text in which some stretches were replaced, doubled or cut out."""
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        put = draw(st.one_of(st.just(""), st.text(max_size=8), st.just(text[start:end] * 2), LEAVES.map(repr)))
        text = text[:start] + put + text[end:]
    return text
