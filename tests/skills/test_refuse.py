"""refuse: trees that some system could not hold safely are refused with the reason, everyday trees are not."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.skills import refuse
from gitskills.skills.refuse import refusal

PLAIN, LINK, SUBMODULE = 0o100644, 0o120000, 0o160000


@pytest.mark.parametrize(
    "paths",
    [
        [],
        ["SKILL.md", "scripts/run.sh", "assets/logo v2.png", ".gitignore", ".github/x.yml", "git/x", "é/ü.md"],
        ["a/b", "a/c", "A.md", "console.md", "comma.md", "auxiliary/nullable.txt", "com10", ".git-blame", "x~1"],
        ["日本語/説明.md", "emoji-😀.md", "a" * 255],
    ],
)
def test_everyday_names_are_placed(paths: list[str]) -> None:
    """Hidden files, spaces, other scripts and near misses are fine."""
    assert refusal((path, PLAIN, "") for path in paths) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../x", "folder named `..`"),
        ("a/./b", "folder named `.`"),
        ("/etc/x", "absolute"),
        ("a//b", "empty folder name"),
        ("a/", "empty folder name"),
        ("", "empty name"),
        (".git/config", "`.git`"),
        ("a/.GIT", "`.git`"),
        ("GIT~1/x", "`.git`"),
        (".git./x", "`.git`"),
        (".git /x", "`.git`"),
        (".git::$INDEX_ALLOCATION/x", "`.git`"),
        (".g\u200cit/x", "`.git`"),
        ("\ufeff.git", "`.git`"),
        ("con", "Windows reserves"),
        ("a/NUL.txt", "Windows reserves"),
        ("Aux.md", "Windows reserves"),
        ("com1", "Windows reserves"),
        ("lpt\u00b2.x", "Windows reserves"),
        ("CONIN$", "Windows reserves"),
        ("a:b", "Windows bars"),
        ("what?.md", "Windows bars"),
        ("a\\b", "Windows bars"),
        ("a.", "dot or space"),
        ("a /b", "dot or space"),
        ("a\nb", "control character"),
        ("a\x1b[31m", "control character"),
        ("a\udcff", "not UTF-8"),
        ("é" * 128, "longer than 255"),
    ],
)
def test_each_dangerous_name_is_refused(path: str, reason: str) -> None:
    """Every trick has its reason, told in one printable line."""
    told = refusal([("SKILL.md", PLAIN, ""), (path, PLAIN, "")])
    assert told is not None
    assert reason in told
    assert told.isprintable()
    told.encode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("README.md", "readme.md"),
        ("A/x", "a/y"),
        ("é.md", "e\u0301.md"),
        ("straße", "STRASSE"),
        ("a", "a/b"),
        ("a/b", "a"),
    ],
)
def test_names_that_clash_somewhere_are_refused(one: str, other: str) -> None:
    """Case, letter composition, and a file in a folder's place collide on some file system."""
    assert refusal([(one, PLAIN, ""), (other, PLAIN, "")]) is not None


def test_submodules_and_leaving_links_are_refused() -> None:
    """A submodule's content is elsewhere, and a link must stay in the folder."""
    assert "submodule" in (refusal([("lib", SUBMODULE, "")]) or "")
    assert "leads out" in (refusal([("a", LINK, "../x")]) or "")
    assert "absolute" in (refusal([("a", LINK, "/x")]) or "")
    assert "control" in (refusal([("a", LINK, "x\ny")]) or "")
    assert refusal([("a", LINK, "b"), ("b", PLAIN, "")]) is None


@given(
    st.lists(
        st.tuples(st.text(max_size=12), st.sampled_from([PLAIN, LINK, SUBMODULE]), st.text(max_size=12)), max_size=4
    )
)
def test_any_entries_get_an_answer(entries: list[tuple[str, int, str]]) -> None:
    """No name makes it raise, and every reason can be printed."""
    (refusal(entries) or "").encode()


_PARTS = st.one_of(
    st.sampled_from(
        ["con", "CON.txt", "nul", "aux.", "com1", "com10", "lpt9.x", "git~1", ".git", "a.", "x", "..", "."]
    ),
    st.sampled_from(["prn-", "prn_", "con-", "COM1", "a:b", "-x", "_", "com"]),
    st.sampled_from(["", "a ", "aux x", "com1 .a", "com\u00b2", "nul\n", "a" * 255, "b" * 256]),
    st.text("abcgitconprnux019.~-_ :$\u00b2\n", max_size=8),
)


@given(st.lists(_PARTS, min_size=1, max_size=4).map("/".join))
def test_usual_paths_break_no_rule(path: str) -> None:
    """The quick answer about nearly every path is the one that all the rules give."""
    if refuse._USUAL.fullmatch(path):
        assert all(refuse._name(part) is None for part in path.split("/")) and not path.startswith("/")


@given(st.text(st.characters(max_codepoint=127)))
def test_folding_plain_text_is_lowering_it(path: str) -> None:
    """What has no letters to compose is compared as the general rule compares it."""
    assert refuse.folded_path(path) == normalize("NFC", normalize("NFD", path).casefold())
