"""Which skills are wanted, under which names: decisions over listings, with nothing on disk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.config import Pattern, Source
from gitskills.git.objects import Found
from gitskills.share.lockfile import Install
from gitskills.share.select import Upstream, select

COMMIT = "c" * 40


def upstream(source: str, *paths: str, patterns: tuple[Pattern, ...] = (Pattern("*"),), url: str = "") -> Upstream:
    skills = {path: Found(path, f"{abs(hash((source, path))):040x}"[-40:], {}) for path in paths}
    url = url or f"https://example.com/{source}.git"
    return Upstream(Source(source, url, None, patterns), url, COMMIT, skills)


def test_the_root_is_named_after_the_repository() -> None:
    """A skill at the top of a repository has the repository's name, however its URL is written."""
    for url in (
        "https://example.com/acme/writer.git",
        "https://example.com/acme/writer/",
        "git@example.com:acme/writer.git",
        "git@example.com:writer",
        "file:///srv/writer/.git",
    ):
        assert select([upstream("s", "", url=url)], {})[0].keys() == {"writer"}


def test_the_installed_one_stays() -> None:
    """Of several candidates for a name the installed one is kept, wherever another would rank higher."""
    there = upstream("s", "skills/a", "old/a")
    install = Install("a", "s", "u", None, COMMIT, "old/a", "1" * 40)
    wanted, refused = select([there], {"a": install})
    assert wanted["a"].found.path == "old/a" and not refused
    assert select([there], {})[1][0].name == "a"


def test_of_two_asked_for_by_path_none_is_missed_quietly() -> None:
    """A skill that a pattern names by its path and whose name another has is refused; the advice then gives both."""
    paths = ("cards/a/tests", "cards/b/tests")
    there = upstream("s", *paths, patterns=tuple(map(Pattern, paths)))
    install = Install("tests", "s", "u", None, COMMIT, "cards/a/tests", "1" * 40)
    wanted, refused = select([there], {"tests": install})
    assert wanted["tests"].found.path == "cards/a/tests"
    (one,) = refused
    assert one.name == "cards/b/tests" and "{name: cards/b/tests, as: b-tests}" in one.reason
    assert one.reason.endswith(select([there], {})[1][0].reason.rpartition("`skills")[2])
    advised = (Pattern("cards/a/tests"), Pattern("cards/b/tests", "b-tests"))
    wanted, refused = select([upstream("s", *paths, patterns=advised)], {})
    assert {name: one.found.path for name, one in wanted.items()} == dict(zip(("tests", "b-tests"), paths, strict=True))
    assert not refused


def test_of_names_that_differ_in_case_the_installed_one_stays() -> None:
    """A newcomer whose name is another's but for case is the one that is refused, whichever sorts first."""
    install = Install("deploy", "s", "u", None, COMMIT, "skills/deploy", "1" * 40)
    both = [upstream("s", "skills/deploy"), upstream("other", "skills/Deploy")]
    wanted, refused = select(both, {"deploy": install})
    assert wanted.keys() == {"deploy"} and [one.name for one in refused] == ["Deploy"]


def test_several_patterns_may_give_one_skill_once() -> None:
    """A skill matched by a name, a path and a glob is one skill; one with an alias keeps to it."""
    patterns = (Pattern("a"), Pattern("skills/a"), Pattern("*"), Pattern("b", "x"))
    wanted, refused = select([upstream("s", "skills/a", "skills/b", patterns=patterns)], {})
    assert wanted.keys() == {"a", "x"} and not refused


def test_three_sources_with_one_name() -> None:
    """A name that three sources give is refused, with the first two shown, and given to none of them."""
    wanted, refused = select([upstream(name, "skills/a", f"skills/{name}") for name in ("s1", "s2", "s3")], {})
    assert wanted.keys() == {"s1", "s2", "s3"}
    assert {one.name for one in refused} == {"a"} and "s1" in refused[0].reason and "s2" in refused[0].reason


@pytest.mark.parametrize("alias", ["../x", "a/b", ".git", "-rf", "con", ""])
def test_hostile_aliases(alias: str) -> None:
    """An `as:` that is no name of a folder is refused like a library's own unsafe name."""
    wanted, refused = select([upstream("s", "skills/a", patterns=(Pattern("a", alias),))], {})
    assert not wanted or alias == ""
    assert refused or alias == ""


names = st.sampled_from(["a", "b", "A", "c-d", "e"])
paths = st.lists(st.tuples(st.sampled_from(["skills", "x/y", ".claude/skills"]), names), max_size=6)
some = st.lists(st.sampled_from(["*", "a", "!b", "skills/*", "[ab]", "zzz"]).map(Pattern), min_size=1, max_size=3)


@given(st.lists(st.tuples(paths, some), max_size=3))
def test_every_name_is_given_once_or_refused(sources: list[tuple[list[tuple[str, str]], list[Pattern]]]) -> None:
    """Whatever sources hold: no name is given twice or given and refused, every choice is one that was offered."""
    upstreams = [
        upstream(f"s{n}", *(f"{parent}/{name}" for parent, name in listed), patterns=tuple(patterns))
        for n, (listed, patterns) in enumerate(sources)
    ]
    wanted, refused = select(upstreams, {})
    assert len({name.casefold() for name in wanted}) == len(wanted)
    for name, one in wanted.items():
        assert one.name == name and any(one.found in each.skills.values() for each in upstreams)
    assert not {(one.name, one.source) for one in refused} & {(name, one.source.name) for name, one in wanted.items()}
