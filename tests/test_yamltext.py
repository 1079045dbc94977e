"""yamltext: hostile YAML is refused with its line and in time, friendly YAML is read and edited without loss."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills import yamltext
from gitskills.yamltext import YamlError

BOMBS = {
    "deep brackets": ("[" * 10_000, "yaml-depth", 1),
    "deep brackets by line": ("[\n" * 20_000, "yaml-depth", 33),
    "deep braces": ("{a:\n" * 9_000, "yaml-depth", 33),
    "deep dashes": ("- " * 30_000, "yaml-depth", 1),
    "deep question marks": ("? " * 30_000, "yaml-key", 1),
    "deep indentation": ("".join(" " * depth + "-\n" for depth in range(350)), "yaml-depth", 33),
    "many values": ("- \n" * 21_000, "yaml-too-large", 20_000),
    "aliases": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "yaml-alias", 1),
    "alias alone": ("a: b\nc: *a", "yaml-alias", 2),
    "python tag": ("a: b\nc: !!python/object/apply:os.system ['true']", "yaml-tag", 2),
    "huge tag": ("a: !<" + "%41" * 20_000 + "> b", "yaml-tag", 1),
    "merge key": ("a: b\n<<: {c: d}", "yaml-merge", 2),
    "duplicate key": ("a: 1\nb: 2\n'a': 3", "yaml-duplicate-key", 3),
    "nested duplicate key": ("a:\n  b: 1\n  b: 2", "yaml-duplicate-key", 3),
    "huge key": ("k" * 60_000 + ": v", "yaml-syntax", 1),
    "list as key": ("a: b\n[c]: d", "yaml-key", 2),
    "empty key": ("a: b\n: c", "yaml-key", 2),
    "second document": ("a: b\n---\nc: d", "yaml-documents", 2),
    "NUL": ("a: b\nc: \0", "yaml-character", 2),
    "escape beyond Unicode": ('a: b\nc: "\\U00110000"', "yaml-character", 2),
    "escaped surrogate": ('a: b\nc: "\\ud800"', "yaml-character", 2),
    "raw surrogate": ("a: b\nc: \ud800", "yaml-character", 2),
    "colon in value": ("a: b\nc: d: e", "yaml-syntax", 2),
    "tab": ("a:\n\tb: c", "yaml-syntax", 2),
    "open quote": ('a: b\nc: "d\ne: f\n', "yaml-syntax", 2),
    "open bracket": ("a: b\nc: [d,\ne\n", "yaml-syntax", 2),
    "quotes": ('"' * 60_000, "yaml-syntax", 1),
    "colons": (":" * 60_000, "yaml-syntax", 1),
    "directive": ("%YAML 9.9\n---\na: b", "yaml-syntax", 1),
    "too long": ("# " + "x" * yamltext.SIZE_LIMIT, "yaml-too-large", 1),
    "carriage returns": ("a: b\rc: d\re: [", "yaml-syntax", 3),
    "line separators are no lines": ("a: b\u2028c\nx: [", "yaml-syntax", 2),
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_yaml_is_refused_with_its_line_and_in_time(name: str) -> None:
    """Each attack ends in a YamlError of the right code and line within two seconds."""
    text, code, line = BOMBS[name]
    start = time.monotonic()
    with pytest.raises(YamlError) as caught:
        yamltext.load(text, where="a.yaml")
    assert time.monotonic() - start < 2
    assert (caught.value.code, caught.value.line) == (code, line)
    assert caught.value.message.startswith(f"a.yaml:{line}: ")
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("a: true\nb: no\nc: on\nd: ~\ne:\n", {"a": True, "b": "no", "c": "on", "d": None, "e": None}),
        ("a: 1\nb: 0x1F\nc: 0o17\nd: -2.5e3\ne: 1_000\n", {"a": 1, "b": 31, "c": 15, "d": -2500.0, "e": "1_000"}),
        ("a: 2026-01-01\nb: 12:30\nc: 1.2.3\n", {"a": "2026-01-01", "b": "12:30", "c": "1.2.3"}),
        ("a: '1'\nb: \"x\\ny\"\n", {"a": "1", "b": "x\ny"}),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("a:\n- b\n- {c: [d]}\n1: e\ntrue: f\n", {"a": ["b", {"c": ["d"]}], "1": "e", "true": "f"}),
        ("\ufeffa: b\r\nc: d\r\n", {"a": "b", "c": "d"}),
        ("a: " + "9" * 5_000, {"a": "9" * 5_000}),
    ],
)
def test_plain_yaml_reads_as_the_core_schema_says(text: str, value: Any) -> None:
    """Scalars mean what YAML 1.2's core schema says; keys and dates stay text."""
    assert yamltext.load(text, where="a.yaml") == value


def test_spans_point_at_keys_and_values() -> None:
    """Every key's span gives back its own text, its value's text and its line."""
    text = "a: 'x' # note\nm:\n  k: v\n  e:\nl: [1, {q: z}]\n"
    parsed = yamltext.parse(text, where="a.yaml", first=2)
    shown = {path: (text[s.key : s.key_end], text[s.start : s.end], s.line) for path, s in parsed.spans.items() if path}
    assert shown[("a",)] == ("a", "'x'", 2)
    assert shown[("m", "k")] == ("k", "v", 4)
    assert shown[("m", "e")] == ("e", "", 5)
    assert shown[("l",)] == ("l", "[1, {q: z}]", 6)
    assert shown[("l", 1, "q")] == ("q", "z", 6)


CONFIG = """\
# Our team's skills.
sources:
  team:
    url: "git@example.com:acme/skills.git" # ssh
    skills: ['deploy', "review-*"]
agents:
  - claude-code   # everybody
  - codex

placement: symlink
"""


def test_edit_keeps_comments_order_and_quoting() -> None:
    """Adding to a nested mapping and a list leaves every other line as it was."""

    def change(data: Any) -> None:
        data["agents"].append("goose")
        data["sources"]["other"] = {"url": "acme/other"}

    edited = yamltext.edit(CONFIG, change, where="gitskills.yaml")
    assert set(CONFIG.splitlines()) <= set(edited.splitlines())
    assert yamltext.load(edited, where="x")["agents"] == ["claude-code", "codex", "goose"]
    assert "  - goose\n" in edited


@pytest.mark.parametrize(
    "text", [CONFIG, CONFIG.replace("\n", "\r\n"), "a:   b\n\n\nc: [ 1,2 ]", "", "# only\n", "---\na: b\n"]
)
def test_edit_that_changes_nothing_returns_the_same_text(text: str) -> None:
    """Without a change even unusual spacing stays byte for byte."""
    assert yamltext.edit(text, lambda data: None, where="gitskills.yaml") == text


def test_edit_keeps_line_endings_and_an_empty_texts_comments() -> None:
    """CRLF stays CRLF, and the comments of a text without values stay above the first value."""
    crlf = yamltext.edit("a: b\r\n# note\r\nc: d\r\n", lambda data: data.update(a="x"), where="g")
    assert crlf == "a: x\r\n# note\r\nc: d\r\n"
    assert yamltext.edit("# note", lambda data: data.update(a="x"), where="g") == "# note\na: x\n"
    assert yamltext.edit("---\na: b\n", lambda data: data.update(a="x"), where="g") == "---\na: x\n"


def test_edit_refuses_what_load_refuses() -> None:
    """A text with anchors is not rewritten."""
    with pytest.raises(YamlError):
        yamltext.edit("a: &x b\nc: *x\n", lambda data: None, where="g")


def test_edit_keeps_the_indentation_it_finds() -> None:
    """Wide mappings and indented lists stay as they are, and what is added follows them."""
    text = "sources:\n    team:\n        url: x # c\nagents:\n  - a\n"
    edited = yamltext.edit(text, lambda data: data["sources"].update(other={"url": "y"}), where="g")
    assert edited == "sources:\n    team:\n        url: x # c\n    other:\n        url: y\nagents:\n  - a\n"


def test_edit_of_an_impossible_date_is_our_error() -> None:
    """A text that looks like a date to ruamel and is none ends in YamlError."""
    with pytest.raises(YamlError) as caught:
        yamltext.edit("a: 2026-99-99\n", lambda data: data.update(b="c"), where="g")
    assert caught.value.code == "yaml-edit"


FRAGMENTS = st.sampled_from(
    [
        "a: b\n",
        "- ",
        "  ",
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        ":",
        ": ",
        "#",
        "|\n",
        ">-\n",
        "&a ",
        "*a",
        "!!int ",
        "? ",
        "<<: ",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "\t",
        "\r\n",
        "\\",
        "\\U00110000",
        "\\x",
        "\0",
        "\ufeff",
        "\u2028",
        "é",
        "1e5",
        "~",
    ]
)


@settings(max_examples=1500)
@given(st.lists(FRAGMENTS, max_size=25).map("".join) | st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Reading raises YamlError with a line inside the text, or nothing."""
    try:
        yamltext.load(text, where="fuzz")
    except YamlError as error:
        assert 1 <= error.line <= len(text) + 1
