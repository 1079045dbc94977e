"""answer: what a model wrote is one JSON object or one tagged text of bounded size, or the call has failed."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gitskills.models.answer import LIMIT, accept, extract_json, extract_tagged
from gitskills.models.protocol import ModelFailed

VERDICT = '{"outcome": "ok", "layer": "not_used"}'
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "answer",
    [
        VERDICT,
        f"  \n{VERDICT}\n",
        f"\ufeff{VERDICT}",
        f"```json\n{VERDICT}\n```",
        f"```\n{VERDICT}\n```\n",
        f"```JSON\r\n{VERDICT}\r\n```".replace("\r", ""),
        f"Here is my verdict:\n\n```json\n{VERDICT}\n```\nI hope that helps.",
        f"Sure:\n  ```json\n  {VERDICT}\n  ```",
    ],
)
def test_one_object_is_an_answer_fenced_or_not(answer: str) -> None:
    """The object itself, in a fence, and in the only fence of some prose."""
    assert extract_json(answer) == {"outcome": "ok", "layer": "not_used"}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I think it went well.",
        f"Sure! {VERDICT}",
        f"{VERDICT} and that is that",
        f"{VERDICT}\n{VERDICT}",
        f"```json\n{VERDICT}\n```\n```json\n{VERDICT}\n```",
        f"```python\n{VERDICT}\n```",
        f"[{VERDICT}]",
        '"ok"',
        "null",
        '{"outcome": "ok"',
        "{'outcome': 'ok'}",
        '{"outcome": "ok", "outcome": "failed"}',
        '{"a": {"outcome": "ok", "outcome": "failed"}}',
        '{"x": NaN}',
        '{"x": Infinity}',
        '{"x": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"x": ' + "9" * 5000 + "}",
        "/etc/passwd",
        "C:\\answer.json",
        '{"x": "a\tb"}',
        '{"a": ' * 33 + "1" + "}" * 33,
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a": "' + "x" * LIMIT + '"}',
    ],
    ids=lambda answer: answer[:24],
)
def test_anything_else_is_a_failed_call(answer: str) -> None:
    """Prose, broken JSON, a path, two objects, a key given twice, what is too deep or too long: no answer, at once."""
    start = time.monotonic()
    with pytest.raises(ModelFailed):
        extract_json(answer)
    assert time.monotonic() - start < 5


def test_a_large_answer_is_read() -> None:
    """Nearly a megabyte of sound JSON is an answer like any other."""
    found = extract_json(json.dumps({"edits": [{"content": "x" * 1000}] * 1000}))
    assert len(found["edits"]) == 1000


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), plain, max_size=5))
def test_every_object_comes_back(value: dict[str, object]) -> None:
    """What a model writes as JSON is read as it was meant, bare or fenced."""
    text = json.dumps(value, ensure_ascii=False)
    assert extract_json(text) == value
    assert extract_json(f"```json\n{json.dumps(value, indent=2)}\n```") == value


@given(st.text() | st.text(alphabet='{}[]":,`\\nul json\n'))
@example("```\n" * 1000)
def test_no_text_raises_anything_else(answer: str) -> None:
    """Whatever a model writes, it is an object or a failed call."""
    with suppress(ModelFailed):
        assert isinstance(extract_json(answer), dict)
    with suppress(ModelFailed):
        extract_tagged(answer, "updated_file")


def test_bytes_become_text() -> None:
    """Line ends are plain, edges bare; a byte order mark is none of it."""
    assert accept(b"\xef\xbb\xbf\r\n two\r\nlines \r\n", "m") == "two\nlines"


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "no answer"), (b" \n\t", "no answer"), (b"\xff\xfe", "UTF-8"), (b"x" * (LIMIT + 1), "1 MB")],
)
def test_bytes_that_are_no_answer(data: bytes, said: str) -> None:
    """Nothing, white space, no UTF-8 and more than a megabyte are failed calls that name the model."""
    with pytest.raises(ModelFailed, match=f"agent:x .*{said}"):
        accept(data, "agent:x")


def test_a_tagged_text_is_taken_as_it_is() -> None:
    """Between the tags every byte counts, but for the line ends at their sides."""
    assert extract_tagged(
        "Done.\n<updated_file>\n---\nname: x\n---\n\n body \n\n</updated_file>\n", "updated_file"
    ) == ("---\nname: x\n---\n\n body \n")
    assert extract_tagged("<updates>[]</updates>", "updates") == "[]"


@pytest.mark.parametrize("answer", ["", "<t>", "</t><t>", "<t>a</t><t>b</t>", "<t><t></t>", "<T>a</T>", "<t>a</t></t>"])
def test_tags_that_are_not_one_pair(answer: str) -> None:
    """A missing, repeated or reversed tag leaves no answer to choose."""
    with pytest.raises(ModelFailed, match="<t>"):
        extract_tagged(answer, "t")
