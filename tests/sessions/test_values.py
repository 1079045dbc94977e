"""The door for JSON of unknown shape lets nothing through that is not what it promises."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitskills.sessions import values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_any_value_becomes_what_is_promised(value: Any) -> None:
    """Each function returns its type, whatever it is given, and texts that UTF-8 can spell."""
    assert isinstance(values.mapping(value), dict)
    assert isinstance(values.sequence(value), list | tuple)
    for text in (values.string(value), values.prose(value), values.written(value)):
        text.encode()
        assert "\0" not in text and "\r" not in text


def test_halves_of_characters_and_control_characters_are_replaced() -> None:
    """JSON can spell what no text should hold."""
    assert values.string(json.loads(r'"a\ud800b\u0000c\u001b[31m\r\nd\te"')) == "a\ufffdb\ufffdc\ufffd[31m\nd\te"


def test_nesting_too_deep_is_no_value() -> None:
    """A hundred thousand brackets neither raise nor crash."""
    assert values.parsed("[" * 100_000) is None and values.parsed('{"a":' * 100_000) is None
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert values.written(deep) == ""
    while deep:  # taken apart by hand: freeing it at once would recurse
        deep = deep[0]


def test_numbers_too_long_are_no_value() -> None:
    """Python refuses to read integers of very many digits; that is no error of ours."""
    assert values.parsed("9" * 100_000) is None


def test_prose_takes_text_from_blocks() -> None:
    """Text blocks of every agent's spelling, images as a word, and nothing of tools."""
    blocks = [{"type": "text", "text": "a"}, {"type": "input_text", "text": "b"}, {"text": "c"}, "d"]
    assert (
        values.prose([*blocks, {"type": "image", "source": {}}, {"type": "tool_use", "text": "no"}, 5, None])
        == "a\nb\nc\nd\n[image]"
    )


def test_cutting_out_what_stands_between() -> None:
    """Pairs are taken out, an unclosed one stays, and many unclosed ones take no time."""
    assert values.without("a<x>b</x>c<x>d", "<x>", "</x>") == "ac<x>d"
    assert values.between("a<x> b </x>c", "<x>", "</x>") == "b" and values.between("<x>b", "<x>", "</x>") == ""
    assert values.without("<x>" * 1_000_000, "<x>", "</x>") == "<x>" * 1_000_000
