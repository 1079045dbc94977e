"""gitskills.yaml: read, checked, and edited without losing a byte of what people wrote."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gitskills import config
from gitskills.config import Config, Edits, Library, Pattern, Source, parse
from gitskills.errors import GitskillsError

FULL = """\
# what we use
sources:
  team:   # ours
    url: git@example.com:acme/skills.git
    ref: main
    skills: ["deploy", "review-*", "!review-old", {name: x, as: acme-x}]
  other: acme/other
agents: [claude-code, codex]   # both
placement: copy
models: {judge: "agent:claude-code/haiku"}
library:
  push: review
  improve: off
  need: 2
  edits: {max: 5, chars: 2000, growth: 0.2}
  ledger: on
"""


def test_the_contracts_file() -> None:
    """Every key of the contract is read as it says."""
    assert parse(FULL) == Config(
        sources={
            "team": Source(
                "team",
                "git@example.com:acme/skills.git",
                "main",
                (Pattern("deploy"), Pattern("review-*"), Pattern("!review-old"), Pattern("x", "acme-x")),
            ),
            "other": Source("other", "acme/other"),
        },
        agents=("claude-code", "codex"),
        placement="copy",
        models={"judge": "agent:claude-code/haiku"},
        library=Library("review", "off", 2, Edits(5, 2000, 0.2), True),
    )


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "{}", "sources:\n", "unknown: {key: [1]}\n"])
def test_an_empty_file_is_all_defaults(text: str) -> None:
    """Nothing said is the default for everything; unknown keys are allowed."""
    assert parse(text) == Config()


def test_a_file_without_policy_shares_no_ledger() -> None:
    """The ledger is on by default in a library that has a policy, and off everywhere else."""
    assert parse("library: {}\n").library.ledger and not parse("sources: {}\n").library.ledger


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sources: [a]", "sources"),
        ("sources: {a: {}}", "sources.a has no url"),
        ("sources: {a: {url: ''}}", "sources.a has no url"),
        ("sources: {a: {url: 1}}", "sources.a has no url"),
        ("sources: {a: {url: x, ref: [1]}}", "sources.a.ref"),
        ("sources: {a: {url: x, ref: 1.10}}", "a number to YAML"),
        ("sources: {a: {url: x, fork: [1]}}", "sources.a.fork"),
        ("sources: {a: {url: x, skills: [{as: y}]}}", "sources.a.skills"),
        ("sources: {a: {url: x, skills: [{name: 'r-*', as: y}]}}", "needs one name"),
        ("sources: {a: {url: x, skills: [[1]]}}", "sources.a.skills"),
        ("agents: {a: 1}", "agents"),
        ("placement: hardlink", "placement"),
        ("library: {push: force}", "library.push"),
        ("library: {improve: maybe}", "library.improve"),
        ("library: {need: -1}", "library.need"),
        ("library: {need: true}", "library.need"),
        ("library: {edits: {growth: lots}}", "library.edits.growth"),
        ("library: []", "library"),
        ("- a\n", "the file"),
        ("a: &x 1\nb: *x\n", "gitskills.yaml"),
        ("a: 1\na: 2\n", "gitskills.yaml"),
        ("a: [1\n", "gitskills.yaml"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, wanted: str) -> None:
    """What cannot be acted upon is an error that names the file and the key, with a hint."""
    with pytest.raises(GitskillsError) as error:
        parse(text)
    assert wanted in error.value.message and "gitskills.yaml" in error.value.message


yaml_texts = st.one_of(
    st.text(),
    st.lists(st.sampled_from(FULL.splitlines(keepends=True))).map("".join),
    st.tuples(st.integers(0, len(FULL)), st.text(max_size=4)).map(lambda x: FULL[: x[0]] + x[1] + FULL[x[0] + 1 :]),
)


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(yaml_texts)
@example("sources:\n  ? [a]\n  : x\n")
@example("\ud800")
@example("a: 0x" + "f" * 5000)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the file holds, reading it gives a configuration or our error."""
    try:
        parse(text)
    except GitskillsError as error:
        assert error.message


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_edit_changes_only_its_lines(newline: str) -> None:
    """Adding and removing a source keep comments, order, quoting and line ends of all the rest."""
    text = FULL.replace("\n", newline)
    added = config.with_source(text, Source("third", "https://example.com/x.git", "v1", (Pattern("a"),)))
    assert parse(added).sources["third"] == Source("third", "https://example.com/x.git", "v1", (Pattern("a"),))
    assert {name: source for name, source in parse(added).sources.items() if name != "third"} == parse(text).sources
    kept = [line for line in added.split(newline) if line in text.split(newline)]
    assert kept == text.split(newline)
    assert ("\r" in added) == ("\r" in newline) and added.count("\r") == (added.count("\n") if "\r" in newline else 0)
    assert config.without_source(added, "third") == text


def test_patterns_are_changed_in_place() -> None:
    """Patterns that stay keep their line and the comment beside it; new ones are appended."""
    text = (
        "sources:\n  team:\n    url: x\n    skills:\n      # about a\n      - a  # why a\n      - b  # why b\n"
        "      # about c\n      - c  # why c\n      - {name: d, as: e}  # why d\n\n"
        "  # the other\n  other: x\n# the end\n"
    )
    changed = config.with_patterns(text, "team", (Pattern("a"), Pattern("c"), Pattern("d", "e"), Pattern("f", "g")))
    assert changed == text.replace("      - b  # why b\n", "").replace(
        "# why d\n", "# why d\n      - name: f\n        as: g\n"
    )
    assert config.with_patterns(text, "team", parse(text).sources["team"].patterns) == text
    renamed = config.with_patterns(text, "team", (Pattern("a"), Pattern("new"), Pattern("c"), Pattern("d", "e")))
    assert renamed == text.replace("- b  # why b", "- new # why b")
    fewer = config.with_patterns(text, "team", (Pattern("b"),))
    assert fewer.endswith("      - b  # why b\n\n  # the other\n  other: x\n# the end\n")


def test_a_comment_above_the_next_source_stays() -> None:
    """Removing a source takes its lines and nothing of its neighbours."""
    text = (
        "# top\nsources:\n  a:\n    url: x  # a's\n  # about b\n  b:\n    url: y\n\n# policy\nlibrary: {push: review}\n"
    )
    assert config.without_source(text, "a") == text.replace("  a:\n    url: x  # a's\n", "")
    assert config.without_source(text, "b") == text.replace("  # about b\n  b:\n    url: y\n", "")


def test_the_short_form_of_a_source_grows() -> None:
    """`name: url` becomes a mapping when there is more to say."""
    text = "sources:\n  # ours\n  a: acme/skills\n"
    written = config.with_source(text, Source("a", "acme/skills", "v1", (Pattern("x"),)))
    assert "  # ours\n  a:\n" in written
    grown = parse(written)
    assert grown.sources["a"] == Source("a", "acme/skills", "v1", (Pattern("x"),))
    assert parse(config.with_patterns(text, "a", (Pattern("x"),))).sources["a"].patterns == (Pattern("x"),)


names = st.from_regex(r"[a-z][a-z0-9.-]{0,8}", fullmatch=True)
patterns = st.builds(Pattern, names) | st.builds(Pattern, names, names)
sources = st.builds(
    Source,
    names,
    st.sampled_from(["acme/skills", "https://example.com/a b?c#d", "../local path", "git@h:x.git", "C:\\x\\y"]),
    st.none() | st.sampled_from(["main", "1.0", "v1", "0123456", "on", "~", "1e3", "feature/x: y"]),
    st.lists(patterns, min_size=1, max_size=4, unique_by=lambda one: one.name).map(tuple) | st.just((Pattern("*"),)),
)


@settings(max_examples=60)
@given(st.lists(sources, max_size=4))
def test_any_source_survives_being_written(listed: list[Source]) -> None:
    """Sources of any url, ref (also one that looks like a number) and patterns are read back as they were written."""
    text = ""
    for source in listed:
        text = config.with_source(text, source)
    assert parse(text).sources == {source.name: source for source in listed}


@pytest.mark.parametrize(
    ("pattern", "name", "path", "wanted"),
    [
        ("deploy", "deploy", "skills/deploy", True),
        ("deploy", "deploy-all", "skills/deploy-all", False),
        ("review-*", "review-pr", "skills/review-pr", True),
        ("plugins/p/*", "x", "plugins/p/skills/x", True),
        ("skills/a", "a", "skills/a", True),
        ("Deploy", "deploy", "skills/deploy", False),
        ("[ab]", "a", "a", True),
        ("*", "", "", True),
    ],
)
def test_what_a_pattern_means(pattern: str, name: str, path: str, wanted: bool) -> None:
    """A pattern is a name or a path of the library, or a glob of either; case counts."""
    assert Pattern(pattern).matches(name, path) is wanted
