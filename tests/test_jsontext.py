"""JSON text edited in place: every byte that is not the edit's stays."""

import contextlib
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills import jsontext
from gitskills.jsontext import BOM, Edit, JsonError, Node

SPACES = ["", " ", "\n", "\r\n", "\n  ", "\t", " // note\n", "/* note */", "\n    // a: {\n    "]
KEYS = st.sampled_from(["hooks", "env", "Stop", "a", "ü", '"', "\\", "// no", "/* no */"]) | st.text(max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def render(value: Any, random: Random) -> str:
    """Write a value as nobody's formatter would: odd white space, comments, trailing commas, a byte order mark."""
    spaces = SPACES if random.random() < 0.6 else SPACES[:6]

    def gap() -> str:
        return random.choice(spaces)

    def items(parts: list[str]) -> str:
        trailing = "," + gap() if parts and random.random() < 0.5 else ""
        return gap() + ("," + gap()).join(part + gap() for part in parts) + trailing

    def one(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + items([json.dumps(k) + gap() + ":" + gap() + one(v) for k, v in value.items()]) + "}"
        if isinstance(value, list):
            return "[" + items([one(each) for each in value]) + "]"
        return json.dumps(value, ensure_ascii=random.random() < 0.5)

    return random.choice(["", BOM]) + gap() + one(value) + gap()


def written(values: st.SearchStrategy[Any] = VALUES) -> st.SearchStrategy[tuple[str, Any]]:
    """Values, each with a text that means it."""
    return st.builds(lambda value, seed: (render(value, Random(seed)), value), values, st.integers(0, 1 << 32))


@given(written())
def test_odd_text_is_read_as_written(case: tuple[str, Any]) -> None:
    """Comments, trailing commas and odd white space change nothing of the value."""
    text, value = case
    assert jsontext.parse(text, where="x").value == value


@given(st.data(), written(st.dictionaries(KEYS, VALUES, max_size=3) | st.lists(VALUES, max_size=3)), VALUES)
def test_what_is_inserted_can_be_undone(data: st.DataObject, case: tuple[str, Any], new: Any) -> None:
    """An inserted value is read back at its place among the old ones, and undoing gives the very text back."""
    text, _ = case
    root = jsontext.parse(text, where="x")
    containers = [node for node in walk(root) if node.kind != "scalar"]
    at = data.draw(st.sampled_from(range(len(containers))))
    container = containers[at]
    key = "fresh key" if container.kind == "object" else None
    edit = jsontext.insert(text, container, new, key)
    after = edit.apply(text)
    found = [node for node in walk(jsontext.parse(after, where="x")) if node.kind != "scalar"][at]
    assert found.value == (container.value | {key: new} if key else [*container.value, new])
    assert edit.undo(after) == text


@given(st.data(), written(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4) | st.lists(VALUES, min_size=1)))
def test_removing_leaves_the_others(data: st.DataObject, case: tuple[str, Any]) -> None:
    """Removing any member or element leaves readable text in which all the others are written as before."""
    text, _ = case
    root = jsontext.parse(text, where="x")
    containers = [node for node in walk(root) if node.items]
    at = data.draw(st.sampled_from(range(len(containers))))
    container = containers[at]
    item = data.draw(st.sampled_from(container.items))
    after = jsontext.remove(text, container, item)
    left = jsontext.parse(after, where="x")
    index = container.items.index(item)
    found = [node for node in walk(left) if node.kind != "scalar"]
    number = [node for node in walk(root) if node.kind != "scalar"].index(container)
    rest = [one.value for place, one in enumerate(container.items) if place != index]
    assert [one.value for one in found[number].items] == rest
    assert after.startswith(text[: container.start + 1]) and after.endswith(text[container.end - 1 :])
    kept = [text[one.key_start : one.end] for place, one in enumerate(container.items) if place != index]
    assert [after[one.key_start : one.end] for one in found[number].items] == kept


def walk(node: Node) -> list[Node]:
    return [node, *(below for item in node.items for below in walk(item))]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("{}", '{\n  "k": [\n    1\n  ]\n}'),
        ('{"a": 1}', '{"a": 1, "k": [1]}'),
        ('{\n\t"a": 1\n}\n', '{\n\t"a": 1,\n\t"k": [\n\t\t1\n\t]\n}\n'),
        ('{\r\n  "a": 1\r\n}', '{\r\n  "a": 1,\r\n  "k": [\r\n    1\r\n  ]\r\n}'),
        ('{\n  "a": 1 // one\n}', '{\n  "a": 1, // one\n  "k": [\n    1\n  ]\n}'),
        ('{\n  "a": 1, // one\n}', '{\n  "a": 1, // one\n  "k": [\n    1\n  ]\n}'),
        ("{ // none yet\n}", '{ // none yet\n  "k": [\n    1\n  ]\n}'),
    ],
)
def test_new_text_is_laid_out_as_its_neighbours(text: str, after: str) -> None:
    """Indentation, line ends, comments at the end of a line and trailing commas stay as the file has them."""
    root = jsontext.parse(text, where="x")
    assert jsontext.insert(text, root, [1], "k", unit=jsontext.unit_of(text, root)).apply(text) == after


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "[1",
        '{"a"}',
        '{"a": }',
        "{a: 1}",
        "{'a': 1}",
        "{} {}",
        '"',
        "[01]",
        '["\\x"]',
        "/* {}",
        "tru",
        "[,]",
    ],
)
def test_broken_text_is_an_error_with_its_line(text: str) -> None:
    """What no reader of JSON with comments accepts is refused, and the line is told."""
    with pytest.raises(JsonError, match=r"^settings\.json:4: "):
        jsontext.parse("\n\n\n" + text, where="settings.json")


@given(st.text(alphabet='{}[]",:/*\\ \n\t1a-\ufeff') | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader raise anything but its own error."""
    with contextlib.suppress(JsonError):
        jsontext.parse(text, where="x")


def test_deep_and_long_texts_end() -> None:
    """Nesting without end and numbers of absurd length are refused, not crashed upon."""
    for text in ("[" * 100_000, '{"a":' * 50_000, "1" * 10_000, "/*" * 50_000):
        with pytest.raises(JsonError):
            jsontext.parse(text, where="x")


def test_the_last_of_several_members_counts() -> None:
    """Of two members of one name the later is the value, as agents read it."""
    root = jsontext.parse('{"hooks": 1, "hooks": 2}', where="x")
    found = root.get("hooks")
    assert found is not None and found.value == 2


def test_an_edit_that_moved_is_found() -> None:
    """Undoing works where text was added before the edit, and refuses where the edit is gone or stands twice."""
    edit = Edit(1, "", "NEW")
    assert edit.undo("xx aNEWb") == "xx ab"
    assert edit.undo("ab") is None and edit.undo("a NEW NEW") is None
