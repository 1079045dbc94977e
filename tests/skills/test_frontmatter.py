"""frontmatter: any text splits and joins, one key changes and nothing else, summaries equal YAML."""

import re
import time
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitskills import yamltext
from gitskills.errors import GitskillsError
from gitskills.skills import frontmatter, plain
from gitskills.skills.frontmatter import FrontmatterError, Summary, join, keys, read, set_key, split, summary
from gitskills.yamltext import YamlError

FENCES = st.sampled_from(["---\n", "---\r\n", "---\r", "--- \t\n", "---", "\ufeff---\n", "----\n", " ---\n", "--- x\n"])
LINES = st.sampled_from(
    [
        "name: deploy\n",
        "description: Ship it.\n",
        "description: 'It''s so'\n",
        'description: "a \\n b"\n',
        "name: null\n",
        "description: >-\n  one\n  two\n",
        "description: |\n  a --- b\n  ---\n",
        "metadata:\n  a: b\n  c: 'd'\n",
        "# note\n",
        "metadata: {a: b}\n",
        "license: a: b\n",
        "x: [1, 2]\n",
        "\n",
        "x: y # z\n",
        "name: 12\n",
        "x:\n",
        "  folded on\n",
        "description: é\u3000\n",
        "description: a\u2028b\n",
        "name: true\n",
        "x: |-\n  p: q\n",
        'y: ""\n',
        "name: a#b:c\n",
    ]
)
BLOCKS = st.lists(LINES, max_size=6).map("".join)
ANY_SKILL = st.builds(
    lambda opening, block, closing, body, crlf: (
        (opening + block + closing + body).replace("\n", "\r\n") if crlf else opening + block + closing + body
    ),
    FENCES,
    BLOCKS,
    FENCES,
    st.text(max_size=40) | st.just("# Deploy\n\n---\n\ntext"),
    st.booleans(),
)


@settings(max_examples=1500)
@given(st.text() | ANY_SKILL)
def test_join_undoes_split_for_any_text(text: str) -> None:
    """No character of any text is lost, added or changed by splitting it."""
    document = split(text)
    assert join(document) == text
    assert document.has_frontmatter or document.body == text


@settings(max_examples=2500)
@given(st.text(max_size=300) | ANY_SKILL | BLOCKS.map(lambda block: f"---\n{block}---\n"), st.booleans())
def test_reading_any_text_raises_only_our_errors(text: str, lenient: bool) -> None:
    """Arbitrary and skill-like text is read, or refused with a line that the file has; a summary never raises."""
    summary(text)
    document = split(text)
    try:
        keys(document, lenient=lenient)
    except YamlError as error:
        assert isinstance(error, GitskillsError)
        assert 1 <= error.line <= text.count("\n") + text.count("\r") + 2


@pytest.mark.parametrize(
    ("text", "block", "body"),
    [
        ("---\nname: a\n---\nbody", "name: a\n", "body"),
        ("---\r\nname: a\r\n---\r\nbody", "name: a\r\n", "body"),
        ("---\rname: a\r---\rbody", "name: a\r", "body"),
        ("\ufeff---\nname: a\n---", "name: a\n", ""),
        ("---  \nname: a\n---\t\nbody", "name: a\n", "body"),
        ("---\n---\nbody", "", "body"),
        ("---\na: |\n  ---\n  x\n---\nb", "a: |\n  ---\n  x\n", "b"),
        ("---\na: 'x --- y'\nb: c---\n---\nb", "a: 'x --- y'\nb: c---\n", "b"),
        ("---\na: b\n----\n--- x\n---\nb", "a: b\n----\n--- x\n", "b"),
    ],
)
def test_the_first_line_of_dashes_alone_closes(text: str, block: str, body: str) -> None:
    """A fence stands alone at column 0; dashes indented, in mid-line or followed by text are data."""
    document = split(text)
    assert (document.block, document.body) == (block, body)
    assert document.has_frontmatter


@pytest.mark.parametrize(
    "text", ["", "# Title\n", "\n---\na: b\n---\n", " ---\na: b\n---\n", "---\na: b\n", "---", "----\n---\n"]
)
def test_a_text_without_both_fences_has_no_frontmatter(text: str) -> None:
    """The first line must be a fence and another must follow."""
    assert not split(text).has_frontmatter
    with pytest.raises(FrontmatterError) as caught:
        keys(split(text))
    assert caught.value.code == "no-frontmatter"


def test_lines_are_those_of_the_file() -> None:
    """An error and a key tell their line counted from the file's first."""
    with pytest.raises(YamlError) as caught:
        keys(split("---\nname: a\nx: *y\n---\n"), where="a/SKILL.md")
    assert caught.value.line == 3
    assert caught.value.message.startswith("a/SKILL.md:3: ")
    assert read(split("---\nname: a\nmetadata:\n  k: v\n---\n")).lines["metadata", "k"] == 4


@pytest.mark.parametrize(
    ("block", "found", "quoted"),
    [
        ("description: Use when: asked\n", {"description": "Use when: asked"}, (2,)),
        ("name: a\ndescription: It's: so\nx: y\n", {"name": "a", "description": "It's: so", "x": "y"}, (3,)),
        ("description: Use when: a\n  and b: c\nname: x\n", {"description": "Use when: a and b: c", "name": "x"}, (2,)),
        ("argument-hint: [issue] [title]\n", {"argument-hint": "[issue] [title]"}, (2,)),
        ("description: *bold* word\n", {"description": "*bold* word"}, (2,)),
        (
            "description: @name does\nmetadata:\n  k: a: b\n",
            {"description": "@name does", "metadata": {"k": "a: b"}},
            (2, 4),
        ),
    ],
)
def test_lenient_reading_quotes_what_needs_quotes(block: str, found: dict[str, Any], quoted: tuple[int, ...]) -> None:
    """Unquoted values that YAML cannot read are read as text, and their lines are told."""
    document = split(f"---\n{block}---\n")
    with pytest.raises(YamlError):
        keys(document)
    result = read(document, lenient=True)
    assert result.keys == found
    assert result.quoted == quoted


@pytest.mark.parametrize("block", ["name: 'a\n", "- a\n- b\n", "text\n", "a: 1\na: 2\n", "x: |\n y\nz\n"])
def test_lenient_reading_still_refuses_what_is_hopeless(block: str) -> None:
    """Quoting cures unquoted values only."""
    with pytest.raises(YamlError):
        keys(split(f"---\n{block}---\n"), lenient=True)


def test_huge_frontmatter_is_refused_before_yaml_sees_it() -> None:
    """More than 64 KiB of frontmatter costs nothing and is an error; fifty million characters are no harm."""
    start = time.monotonic()
    for filler in ("a: b\n" * 200_000, "x" * 50_000_000, "---x\n" * 1_000_000):
        text = f"---\n{filler}\n---\n"
        with pytest.raises(FrontmatterError) as caught:
            keys(split(text), lenient=True)
        assert caught.value.code == "frontmatter-too-large"
        assert summary(text) == Summary(None, "")
    assert time.monotonic() - start < 5


# --- set_key ---------------------------------------------------------------------------------------------------------

SKILL = """\
---
# About the skill.
name: deploy   # the name
description: "Ship it: fast"

license: >-
  Apache
  2.0
metadata:
    # who
    author: 'Ada'
    version: "1"
---

# Deploy
---
"""


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        ("name", "ship", "name: deploy   # the name\n", "name: ship   # the name\n"),
        ("description", 'Say "hi"', '"Ship it: fast"', '"Say \\"hi\\""'),
        ("description", None, 'description: "Ship it: fast"\n', ""),
        ("license", "MIT", "license: >-\n  Apache\n  2.0\n", "license: MIT\n"),
        ("license", None, "license: >-\n  Apache\n  2.0\n", ""),
        ("metadata.author", "O'Hara", "'Ada'", "'O''Hara'"),
        ("metadata.author", None, "    author: 'Ada'\n", ""),
        ("metadata.kind", "leaf", '    version: "1"\n', '    version: "1"\n    kind: leaf\n'),
        ("metadata", None, "metadata:\n    # who\n    author: 'Ada'\n    version: \"1\"\n", ""),
        ("compatibility", "a: b", '    version: "1"\n', "    version: \"1\"\ncompatibility: 'a: b'\n"),
        ("allowed-tools.x.y", "z", '    version: "1"\n', '    version: "1"\nallowed-tools:\n  x.y: z\n'),
        ("absent", None, "", ""),
        ("metadata.absent", None, "", ""),
        ("name", "deploy", "", ""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_set_key_changes_that_key_only(key: str, value: str | None, before: str, after: str, newline: str) -> None:
    """The text after the edit is the text before it with the one expected replacement, in its own line endings."""
    text = SKILL.replace("\n", newline)
    expected = SKILL.replace(before, after, 1).replace("\n", newline) if before else text
    assert set_key(text, key, value) == expected


def test_set_key_survives_bom_comments_and_no_final_newline() -> None:
    """A byte order mark, white space after a fence and a missing last line break stay."""
    text = "\ufeff--- \r\nname: a\r\n---\t\r\nbody"
    assert set_key(text, "name", "b") == "\ufeff--- \r\nname: b\r\n---\t\r\nbody"


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        ("---\nmetadata: {a: b, c: d}\n---\n", "metadata.a", None, "---\nmetadata:\n  c: d\n---\n"),
        ("---\nmetadata: {a: b, c: d}\n---\n", "metadata.a", "x", "---\nmetadata: {a: x, c: d}\n---\n"),
        ("---\nmetadata:\n  a: b\n---\n", "metadata.a", None, "---\n---\n"),
        (
            "---\nname: x\nmetadata:\n  github-ref: y\nz: w\n---\n",
            "metadata.github-ref",
            None,
            "---\nname: x\nz: w\n---\n",
        ),
        ("---\nmetadata:\n---\n", "metadata.a", "b", "---\nmetadata:\n  a: b\n---\n"),
        ("---\n---\n", "name", "a", "---\nname: a\n---\n"),
        ("---\nname:\n---\n", "name", "a", "---\nname: a\n---\n"),
        ("---\nname: a\nmetadata: text\n---\n", "metadata.k", "v", "---\nname: a\nmetadata:\n  k: v\n---\n"),
        ("---\n{name: a, x: y}\n---\n", "name", "b", "---\n{name: b, x: y}\n---\n"),
        ("---\n{name: a, x: y}\n---\n", "x", None, "---\nname: a\n---\n"),
        (
            "---\nmetadata:\n  a: |\n    text\n\nname: x\n---\n",
            "metadata.b",
            "c",
            "---\nmetadata:\n  a: |\n    text\n  b: c\n\nname: x\n---\n",
        ),
        ("---\nmetadata:\n  a: 1\n---\n", "metadata.b", "yes", "---\nmetadata:\n  a: 1\n  b: 'yes'\n---\n"),
    ],
)
def test_set_key_in_odd_layouts(text: str, key: str, value: str | None, expected: str) -> None:
    """Flow style, absent values, a last key and block scalars are edited rightly."""
    assert set_key(text, key, value) == expected


def test_set_key_without_frontmatter_is_an_error() -> None:
    """There is nothing to edit in a text without frontmatter or with YAML that cannot be read."""
    for text in ("# Title\n", "---\na: b: c\n---\n"):
        with pytest.raises(YamlError):
            set_key(text, "name", "x")


VALUES = (
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.sampled_from(["yes", "1", "~", "a: b", "# x"])
)


@settings(max_examples=400)
@given(
    BLOCKS,
    st.sampled_from(["name", "description", "x", "metadata", "metadata.a", "metadata.new", "new"]),
    VALUES,
    st.booleans(),
)
def test_set_key_reads_back_and_keeps_the_rest(block: str, key: str, value: str | None, crlf: bool) -> None:
    """Whatever the layout, after the edit YAML reads the new value there, every other value as before, and the
    lines of other top-level keys are the same lines."""
    text = f"---\n{block}---\nbody"
    text = text.replace("\n", "\r\n") if crlf else text
    try:
        old = keys(split(text))
    except YamlError:
        assume(False)
    head, _, rest = key.partition(".")
    new = set_key(text, key, value)
    found = keys(split(new))
    assert {k: v for k, v in found.items() if k != head} == {k: v for k, v in old.items() if k != head}
    there = found.get(head)
    if rest:
        there = there.get(rest) if isinstance(there, dict) else None
    assert there == value
    assert split(new).body == split(text).body
    if "metadata: {" not in block:
        mine = re.compile(rf"{head}:|[ #\r\n]|$")
        assert [each for each in _lines(new) if not mine.match(each)] == [
            each for each in _lines(text) if not mine.match(each)
        ]


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)", split(text).block)


# --- summary ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "description"),
    [
        ("---\nname: a\ndescription: Ships it, fast.\n---\n", "a", "Ships it, fast."),
        ("---\ndescription: 'It''s: so'\nname: \"a\"\n---\n", "a", "It's: so"),
        ("---\nname: a\ndescription: >-\n  one\n  two\n---\n", "a", "one two"),
        ("---\nname: a\ndescription: |\n  one\n\n  two\n---\n", "a", "one\n\ntwo"),
        ("---\r\nname: a\r\ndescription: b\r\n---\r\n", "a", "b"),
        ("---\nname: a\ndescription: Use when: asked\n---\n", "a", "Use when: asked"),
        ("---\nname: 5\ndescription: true\n---\n", None, ""),
        ("# nothing\n", None, ""),
        ("---\nname: [\n---\n", None, ""),
        ("---\n- a\n---\n", None, ""),
        ("---\nname: \ud800\n---\n", None, ""),
    ],
)
def test_summary_tells_name_and_description(text: str, name: str | None, description: str) -> None:
    """Both are found however they are quoted, and nothing raises."""
    assert summary(text) == Summary(name, description)


PLAINISH = st.text("ab:#'\"- \\\n>|é\u00a0\u2028\u3000~1", max_size=25)
FIELDS = st.builds(
    lambda key, gap, value: f"{key}:{gap}{value}\n",
    st.sampled_from(["name", "description", "metadata", "  k", "x-y", "name "]),
    st.sampled_from([" ", "", "  ", "\n", "\n  k: ", " >-\n  ", " |\n  "]),
    PLAINISH
    | PLAINISH.map("'{}'".format)
    | PLAINISH.map('"{}"'.format)
    | st.sampled_from(["null", "True", "a b", "yes"]),
)


@settings(max_examples=3000)
@given(st.lists(FIELDS, max_size=4).map("".join) | BLOCKS)
def test_the_fast_reader_equals_yaml_whenever_it_answers(block: str) -> None:
    """What plain.read answers, YAML reads, too: no text exists where only the fast way finds a value."""
    fast = plain.read(block)
    if fast is not None:
        full = yamltext.load(block, where="x")
        assert fast == {key: full[key] for key in ("name", "description") if key in full}


def test_the_fast_reader_answers_for_everyday_frontmatter() -> None:
    """Plain, quoted and folded one-paragraph values need no YAML parser."""
    block = (
        "name: deploy\ndescription: 'Ship: it''s fast'\nlicense: MIT\nmetadata:\n  author: ada\n  version: \"1.0\"\n"
        'compatibility: >-\n  Needs git\n  and a shell\nargument-hint: "[env]"\n'
    )
    assert plain.read(block) == {"name": "deploy", "description": "Ship: it's fast"}


def test_the_limit_is_the_frontmatters_alone() -> None:
    """A long body does not count as frontmatter."""
    text = "---\nname: a\ndescription: b\n---\n" + "x" * (2 * frontmatter.FRONTMATTER_LIMIT)
    assert summary(text) == Summary("a", "b")
