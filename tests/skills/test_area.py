"""Areas: one form, nothing that leaves the folder of cards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.skills.area import DEPTH, LONGEST, AreaError, ancestors, normalise


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("API / Errors", "api/errors"),
        ("api/errors/", "api/errors"),
        ("src\\Core_v2", "src/core-v2"),
        ("Über/Café", "uber/cafe"),
        (".github/workflows", "github/workflows"),
        ("con/AUX.c", "con-x/aux-c"),
        ("", ""),
        (".", ""),
    ],
)
def test_an_area_has_one_form(text: str, area: str) -> None:
    """Case, spaces, accents and separators make no second area."""
    assert normalise(text) == area
    assert normalise(area) == area


@pytest.mark.parametrize(
    "text",
    ["../x", "a/../b", "a/./b", "/etc", "~/x", "C:/x", "a//b", "a/ /b", "a\nb", "a\0", "x" * 5 + "/a" * 9, "日本"],
)
def test_what_leads_elsewhere_is_no_area(text: str) -> None:
    """Parents, absolute paths, empty parts, control characters and endless depth are refused with a reason."""
    with pytest.raises(AreaError):
        normalise(text)


def test_ancestors_come_most_specific_first() -> None:
    """The walk ends at the root."""
    assert list(ancestors("a/b/c")) == ["a/b/c", "a/b", "a", ""]
    assert list(ancestors("")) == [""]


@given(st.text())
def test_any_text_is_an_area_or_an_area_error(text: str) -> None:
    """Whatever the text, each part of the answer can be a skill's name and none leads out."""
    try:
        area = normalise(text)
    except AreaError:
        return
    parts = area.split("/") if area else []
    assert len(parts) <= DEPTH and len(area) <= LONGEST and normalise(area) == area
    assert all(part and part == part.strip("-") and "--" not in part and len(part) <= 64 for part in parts)
