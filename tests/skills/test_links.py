"""links: a link is followed as the operating system would, inside the tree only."""

import pytest

from gitskills.skills.links import leaves


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a", "b"),
        ("a/b", "../c"),
        ("a/b", "./../a/../c"),
        ("a", "a"),
        ("a", "."),
        ("a/b/c", "../.."),
        ("a", "missing/x"),
        ("a/b", "..//c"),
    ],
)
def test_links_inside_stay(path: str, target: str) -> None:
    """Relative links within the folder, dangling or looping ones included, lead nowhere outside."""
    assert leaves(path, {path: target}) is None


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a", "../b"),
        ("a", ".."),
        ("a/b", "../../c"),
        ("a/b", "c/../../../d"),
        ("a", "b/../.."),
        ("a", "..\\b"),
    ],
)
def test_links_out_are_told(path: str, target: str) -> None:
    """A link that climbs above the folder leads out, with either slash."""
    assert leaves(path, {path: target}) == "leads out of the skill's folder"


@pytest.mark.parametrize("target", ["/etc/passwd", "C:\\x", "c:x", "\\\\server\\share", "//server/share"])
def test_absolute_links_are_told(target: str) -> None:
    """A link to a root, a drive or a server is absolute on some system."""
    assert leaves("a", {"a": target}) == "is absolute"


def test_links_through_links_count_by_where_they_lead() -> None:
    """`deep/x/up` is the root, so one step above it is outside though the words stay inside; a loop ends."""
    links = {"deep/x/up": "../..", "out": "deep/x/up/../secret", "in": "deep/x/up/deep", "p": "q/r", "q": "p"}
    assert leaves("deep/x/up", links) is None
    assert leaves("out", links) == "leads out of the skill's folder"
    assert leaves("in", links) is None
    assert leaves("p", links) is None
    assert leaves("x", {"x": "y", "y": "/etc"}) == "leads to an absolute link"
