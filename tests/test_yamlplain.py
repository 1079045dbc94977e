"""The fast reader of plain YAML: whatever it answers is what the YAML parser reads."""

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gitskills import yamlplain, yamltext

USUAL = """\
# our skills
sources:
  team:
    url: git@example.com:acme/skills.git   # anything git can fetch
    ref: main
    skills: ["deploy", 'review-*', plain]
  other:
    url: https://example.com/a#b

    skills:
    - one
    - "two: three"   # why
agents: [claude-code, codex]
placement: symlink
models:
    judge: agent:claude-code/haiku
library:
  need: 2
  edits:
  ledger: on
improve: false
"""
WORDS = st.sampled_from(
    [
        *("a", "b", "key", ":", ": ", "- ", "-", " ", "  ", "\n", "\n  ", "\n    ", "#", " # c", "'", '"', "[", "]"),
        *(", ", ",", "1", "0.5", "0o7", "1e3", "true", "null", "~", "off", "https://x.y/z", "git@h:p", "*", "&a", "!t"),
        *("{", "}", "|", ">-", "\\n", "a b", ".inf", "---", "...", "2026-01-01", "1:30", "=", "<<", "%", "@", "`", "?"),
        *("? ", "a:", "\t", ": |", ": >", ": >-\n  ", "\n- ", "\n  - ", "\n\n", "- a: ", "é", "🍌", "\u2028", "''"),
    ]
)


def slow(text: str) -> Any:
    """What the YAML parser makes of a text, or its refusal."""
    try:
        return yamltext.load(text, where="t")
    except yamltext.YamlError as error:
        return error


def same(one: Any, other: Any) -> bool:
    """Equal in value and kind, key by key and in order; NaN is itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


@settings(max_examples=1500, deadline=None)
@given(st.lists(WORDS, max_size=14).map("".join))
@example(USUAL)
@example("a:\n- b\n- c\nd: 1\n")
@example("a: b\n  c\n")
@example("a:\n  b: 1\n c: 2\n")
@example("a: [b, 'c]', d]\n")
@example("a: [1, ]\n")
@example("a: b: c\n")
@example("a: 'b' 'c'\n")
@example("a: 'b''c'\n")
@example("a: b #\n")
@example("a:  \n")
@example("a: [x] # y\n")
@example("a: [x]# y\n")
@example("a: x/#y\n")
@example("a:\n  - b: 1\n    c: 2\n  - d\n")
@example("a: >\n  b\n  c\n\n  d\n\n\n  e\n\nf: g\n")
@example("a: |\n\n  b\n")
@example("a: |\n  b\n # c\nd: e\n")
@example("a: >\n  b\n   c\n")
@example("a: >-\n  b\n  ")
@example("a: |\n  b\n\n  # c\n")
@example("".join(f"{' ' * n}a:\n" for n in range(40)))
@example("a" * 2000 + ": b\n")
def test_it_reads_what_yaml_reads(text: str) -> None:
    """Any text: the fast reader says nothing, or exactly what the parser says."""
    found = yamlplain.read(text)
    assert found is None or same(found, slow(text))


@settings(max_examples=500, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["sources", "agents", "url", "x-y"]),
        st.recursive(
            st.sampled_from(["main", "a b", "1", "git@h:p.git", "true", "[a, b]", "'*'", "x  # c", ""]),
            lambda inner: st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, min_size=1, max_size=3),
            max_leaves=8,
        ),
        min_size=1,
    )
)
def test_it_answers_for_nested_mappings(value: dict[str, Any]) -> None:
    """Mappings of plain values in block style are all answered, and rightly."""

    def written(mapping: dict[str, Any], indent: str) -> str:
        rows = []
        for key, one in mapping.items():
            rest = f"\n{written(one, indent + '  ')}" if isinstance(one, dict) else f" {one}".rstrip() + "\n"
            rows.append(f"{indent}{key}:{rest}")
        return "".join(rows)

    text = written(value, "")
    found = yamlplain.read(text)
    assert found is not None and same(found, slow(text))


def test_the_usual_file_is_plain() -> None:
    """A gitskills.yaml as the README writes it needs no YAML library."""
    found = yamlplain.read(USUAL)
    assert found is not None and found == yamltext.load(USUAL, where="t")
    assert found["sources"]["other"]["skills"] == ["one", "two: three"]


@pytest.mark.parametrize(
    "text", ["", "# only\n", "a: &x b\n", "a: |+\n  b\n", "- a\n", "a: {b: c}\n", "a: b\ra: c\n", "é: 1\n"]
)
def test_what_is_not_plain_is_left_to_yaml(text: str) -> None:
    """Anchors, blocks, lists at the root, other characters and the like are not answered."""
    assert yamlplain.read(text) is None
