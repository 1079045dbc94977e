"""The offline librarian: what it keeps of a change, and that no change makes it fail."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.cards import librarian
from gitskills.cards.kinds import kind
from gitskills.models.recipe import distil
from gitskills.skills.area import normalise


def data(paths: list[str], title: str = "add a thing", text: str = "", **more: Any) -> dict[str, str]:
    """Return the sections of a prompt about a change of these files."""
    files = [
        {"path": path, "kind": kind(path), "status": "changed", "added": 9, "removed": 1, "defines": [], "within": []}
        for path in paths
    ]
    change = {"commit": "c" * 40, "title": title, "text": text}
    return {"change": json.dumps(change), "files": json.dumps(files), "history": json.dumps(more), "acceptance": ""}


@pytest.mark.parametrize(
    ("paths", "area"),
    [
        (["src/api/errors.py", "tests/test_errors.py"], "src/api/errors"),
        (["src/api/a.py", "src/api/b.py", "README.md"], "src/api"),
        (["src/api/__init__.py"], "src/api"),
        ([".github/workflows/ci.yml"], ".github/workflows/ci"),
        (["docs/one.md"], "docs/one"),
        (["~x/日本/f.py"], "-x/f"),
    ],
)
def test_the_area_is_where_the_files_lie(paths: list[str], area: str) -> None:
    """One main file names it; several share their folder; what only code knows (`__init__`) is left out."""
    assert distil(data(paths))["area"] == area
    assert normalise(area)


def test_lock_files_alone_teach_nothing() -> None:
    """No card for what programs write, and one line that says so."""
    found = distil(data(["poetry.lock", "web/package-lock.json"]))
    assert librarian.parse(json.dumps(found)) == librarian.Nothing("it only touches lock files and what programs write")


@pytest.mark.parametrize(
    ("title", "more", "reason"),
    [
        ('Revert "add a thing"', {}, "it takes an earlier change back"),
        ("revert: feat: add a thing", {}, "it takes an earlier change back"),
        ("Black", {"reformatted": True}, "it only changes layout and punctuation"),
        ("...", {}, "nobody said what it is for"),
    ],
)
def test_what_teaches_nothing_makes_no_card(title: str, more: dict[str, Any], reason: str) -> None:
    """A revert, a change of layout alone and one without a word make no card, and say why in one line."""
    sections = data(["src/a.py"], title)
    sections["files"] = json.dumps([one | more for one in json.loads(sections["files"])])
    assert librarian.parse(json.dumps(distil(sections))) == librarian.Nothing(reason)


def test_a_release_and_its_tests_are_told_as_what_they_are() -> None:
    """A bare version is the trigger of a release; what only helps tests is no test to run; references are no words."""
    assert distil(data(["CHANGELOG.md"], "v1.15.0"))["trigger"] == "Release v1.15.0."
    paths = [
        "a.py",
        "tests/conftest.py",
        "testing/util.py",
        "tests/demo/x.yaml",
        "tests/a_test.py",
        "tests/test_b.toml",
    ]
    recipe = distil(data(paths))["procedure"].partition("### Tests")[2].split("\n")[2:]
    assert recipe == ["- Run `pytest tests/a_test.py`.", "- Run the tests in `tests/test_b.toml`."]
    said = distil(data(["a.py"], "add it", "Committed via https://x.example/y.\nCloses #12\n\nIt was missing."))[
        "trigger"
    ]
    assert said == "add it. It was missing."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---------\n\nIt was much too slow.", "It was much too slow."),
        ("It was much too slow.\n---------\nCo-authored-by: Ben <b@example.com>", "It was much too slow."),
        ("Based on #627, but:\n\nIt was much too slow.", "It was much too slow."),
        ("It was much too slow (fix #235).", "It was much too slow."),
        ("It was much too slow, closes #12 and #13.", "It was much too slow."),
        ("Merge branch 'main' into fast\nMake it fast\nAdd a cache", "Make it fast. Add a cache."),
        ("- Make it fast\n- Add a cache", "Make it fast. Add a cache."),
        ("1. Make it fast\n2) Add a cache,\n   and use it", "Make it fast. Add a cache, and use it."),
        ("It was much too slow for the many people of\nGermany, who wait.", None),
        ("Add it.\n\nMake it fast. make it fast.", "Make it fast."),
        ("---\nupdated-dependencies:\n- dependency-name: a/b\n  update-type: major\n...\n\nIt is new.", "It is new."),
        ("Workaround pypa/pip#3461 in the builder.", None),
    ],
)
def test_the_trigger_holds_what_people_said(text: str, said: str | None) -> None:
    """Rules, signatures, merges on the way and settled issues are left out; each item is a sentence of its own."""
    trigger = distil(data(["a.py"], "add it", text))["trigger"]
    assert trigger == f"add it. {' '.join(text.split()) if said is None else said}"


def test_numbers_make_no_other_kind_of_change() -> None:
    """Two releases have one signal, so that the later card renews the earlier one."""
    signals = {distil(data(["setup.cfg"], f"bump: version 1.{n}.0 → 1.{n + 1}.0"))["failing_signal"] for n in range(5)}
    assert len(signals) == 1


def test_what_moved_together_before_makes_it_surer() -> None:
    """Confidence grows with the share of earlier changes that touched these files side by side, and stays below 1."""
    sure = [distil(data(["a.py", "b.py"], together=n, before=10))["confidence"] for n in (0, 5, 10)]
    assert sure == sorted(set(sure)) and sure[0] > 0 and sure[-1] < 1


def test_the_acceptance_names_the_signal() -> None:
    """The first failing test of a report comes before all guesses."""
    sections = data(["a.py"]) | {"acceptance": "....\nFAILED tests/test_a.py::test_one - assert 1 == 2\n"}
    assert distil(sections)["failing_signal"] == "tests/test_a.py::test_one"


@given(st.dictionaries(st.sampled_from(["change", "files", "history", "acceptance"]), st.text()))
def test_no_text_makes_it_raise(sections: dict[str, str]) -> None:
    """Whatever stands in the sections, there is an answer, or a reason in one line."""
    answer = librarian.parse(json.dumps(distil(sections)))
    assert isinstance(answer, (str, librarian.Nothing, librarian.Answer))


names = st.text(st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1, max_size=12)
paths = st.lists(names, min_size=1, max_size=9).map("/".join)


@given(st.lists(paths, min_size=1, max_size=5), st.text(min_size=1), st.text())
def test_every_path_and_every_message_makes_a_card_or_a_reason(files: list[str], title: str, text: str) -> None:
    """No name of a file ends as an area that is none."""
    answer = librarian.parse(json.dumps(distil(data(files, title, text))))
    if isinstance(answer, librarian.Nothing):
        assert "area" not in answer.reason and "\n" not in answer.reason
    else:
        assert isinstance(answer, librarian.Answer)
        assert normalise(answer.area) == answer.area and answer.trigger and answer.procedure


@given(st.text())
def test_any_answer_of_a_model_is_read_or_refused(text: str) -> None:
    """Nothing a model says raises."""
    assert isinstance(librarian.parse(text), (str, librarian.Nothing, librarian.Answer))
