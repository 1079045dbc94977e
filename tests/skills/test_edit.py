"""edit: all edits or none, each at its one place, never in protected text, whatever the text and the model say."""

import time
from itertools import permutations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gitskills.config import Edits
from gitskills.skills import regions
from gitskills.skills.edit import OPS, ROOM, Edit, Rejected, apply, check

FREE = Edits(max=99, chars=1_000_000, growth=10.0)
HEAD = "---\nname: deploy\ndescription: Deploys the app.\n---\n"
SKILL = (
    HEAD
    + """
# Deploy

Build the image, then push it.

## Before

- Run the tests.
- Ask for a review.

## Steps

```bash
make image
make push
```

<!-- gitskills:lock -->
Never deploy on Friday.
<!-- /gitskills:lock -->

## After

Tell the team.
"""
)


def made(text: str, *edits: Edit, limits: Edits = FREE) -> str:
    result = apply(text, edits, limits)
    assert isinstance(result, str), result
    return result


def refused(text: str, *edits: Edit, limits: Edits = FREE) -> str:
    result = apply(text, edits, limits)
    assert isinstance(result, Rejected), result
    assert result.reason
    return result.code


def test_replace_changes_the_one_place() -> None:
    """A word in a line, and a command inside a code block, are replaced; the rest keeps its bytes."""
    edits = (Edit("replace", "then push it", "test it, then push it"), Edit("replace", "make push", "make push TAG=v1"))
    expected = SKILL.replace("then push it", "test it, then push it").replace("make push", "make push TAG=v1")
    assert made(SKILL, *edits) == expected


def test_insert_after_adds_lines_below() -> None:
    """The content comes on lines of its own below the line on which the target ends."""
    expected = SKILL.replace("- Run the tests.\n", "- Run the tests.\n- Run the migrations.\n")
    for target in ("- Run the tests.", "Run the", "- Run the tests.\n"):
        assert made(SKILL, Edit("insert_after", target, "- Run the migrations.")) == expected
    assert made("a\nb", Edit("insert_after", "b", "c\n")) == "a\nb\nc"


def test_delete_leaves_no_empty_line() -> None:
    """Whole lines go with their line ends, words leave theirs; the last line takes the one before it."""
    assert made(SKILL, Edit("delete", "- Ask for a review.")) == SKILL.replace("- Ask for a review.\n", "")
    assert made(SKILL, Edit("delete", " for a review")) == SKILL.replace(" for a review", "")
    assert made("a\nb", Edit("delete", "b")) == "a"
    assert made(SKILL, Edit("replace", "- Ask for a review.", "")) == SKILL.replace("- Ask for a review.\n", "")


def test_append_goes_to_the_end() -> None:
    """Without a target the content becomes a paragraph at the end, before blank lines that end the text."""
    assert made(SKILL, Edit("append", "", "Done.")) == SKILL + "\nDone.\n"
    assert made(SKILL + "\n\n", Edit("append", " \n", "\nDone.\n\n")) == SKILL + "\nDone.\n\n\n"
    assert made(HEAD, Edit("append", "", "Do.")) == HEAD + "\nDo.\n"
    assert made("", Edit("append", "", "Do.")) == "Do.\n"


def test_append_to_a_heading() -> None:
    """The content ends the text right below the heading, and joins a list there; deeper sections stay below it."""
    expected = SKILL.replace("a review.\n", "a review.\n- Check the logs.\n")
    for target in ("## Before", "Before", "  ##  Before ## "):
        assert made(SKILL, Edit("append", target, "- Check the logs.")) == expected
    paragraph = SKILL.replace("a review.\n", "a review.\n\nCheck the logs.\n")
    assert made(SKILL, Edit("append", "Before", "Check the logs.")) == paragraph
    first = SKILL.replace("then push it.\n", "then push it.\n\nMind the queue.\n")
    assert made(SKILL, Edit("append", "# Deploy", "Mind the queue.")) == first
    assert made("# A\n# B\n", Edit("append", "A", "x")) == "# A\n\nx\n\n# B\n"
    assert made("# A\n\n- x\n\n  more\n", Edit("append", "A", "* y")) == "# A\n\n- x\n\n  more\n\n* y\n"


def test_append_names_no_heading() -> None:
    """A target that is no heading, or two, is rejected; what looks like a heading in code is none."""
    assert refused(SKILL, Edit("append", "Tell the team.", "x")) == "missing-target"
    assert refused(SKILL, Edit("append", "### Before", "x")) == "missing-target"
    assert refused(SKILL + "## After\n", Edit("append", "After", "x")) == "ambiguous-target"
    assert refused("```\n# A\n```\n", Edit("append", "A", "x")) == "missing-target"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("Tell nobody.", "missing-target"),
        ("make", "ambiguous-target"),
        ("Deploy", "ambiguous-target"),
        ("", "empty-target"),
        (" \n", "empty-target"),
        ("\ud800", "missing-target"),
    ],
)
@pytest.mark.parametrize("op", ["insert_after", "replace", "delete"])
def test_anchor_missing_or_ambiguous_rejects_the_whole_proposal(op: str, target: str, code: str) -> None:
    """A target that occurs 0 or 2+ times rejects every edit, the good ones before and after it included."""
    bad = Edit(op, target, "x")  # type: ignore[arg-type]
    good = Edit("append", "", "y"), Edit("replace", "Tell the team.", "Tell all.")
    for order in permutations((bad, *good)):
        assert refused(SKILL, *order) == code


def test_overlapping_occurrences_are_two() -> None:
    """`aa` stands twice in `aaa`, so it names no place."""
    assert refused("aaa\n", Edit("replace", "aa", "b")) == "ambiguous-target"


@pytest.mark.parametrize(
    "target",
    [
        "## Steps\n\n```bash\nmake image\nmake push\n```\n\n<!-- gitskills:lock -->\nNever",
        "Friday.\n<!-- /gitskills:lock -->\n\n## After",
        "<!-- gitskills:lock -->",
        "<!-- /gitskills:lock -->\n",
        "on Friday",
        SKILL[SKILL.index("```\n\n<!--") + 3 : SKILL.index("## After")],
    ],
)
def test_an_edit_span_that_reaches_into_a_lock_is_rejected(target: str) -> None:
    """A range that starts before a lock and ends inside it, or starts in it, or holds all of it, changes nothing."""
    assert refused(SKILL, Edit("replace", target, "x")) in ("locked", "fence")
    assert refused(SKILL, Edit("delete", target)) in ("locked", "fence")


def test_insertion_into_a_lock() -> None:
    """Nothing is inserted inside a lock; right before and right after it is free."""
    assert refused(SKILL, Edit("insert_after", "on Friday", "x")) == "locked"
    assert refused(SKILL, Edit("insert_after", "<!-- gitskills:lock -->", "x")) == "locked"
    after = SKILL.replace("<!-- /gitskills:lock -->\n", "<!-- /gitskills:lock -->\nx\n")
    assert made(SKILL, Edit("insert_after", "<!-- /gitskills:lock -->", "x")) == after
    before = "a\n<!-- gitskills:lock -->\nb\n<!-- /gitskills:lock -->"
    assert made(before, Edit("insert_after", "a", "x")) == before.replace("a\n", "a\nx\n", 1)
    assert made(before, Edit("append", "", "x")) == before + "\n\nx"


@pytest.mark.parametrize(
    ("text", "locked"),
    [
        ("a\n<!-- gitskills:lock -->\nb\n", ["<!-- gitskills:lock -->\nb\n"]),
        ("a\n<!--gitskills:LOCK-->\nb\n", ["<!--gitskills:LOCK-->\nb\n"]),
        ("a {[b<!-- / gitskills:lock --> c\nd\n", ["a {[b<!-- / gitskills:lock --> c"]),
        ("a\n]}\nb\n", ["]}"]),
        ("{[a{[b]}c]}\nd\n{[e]}f", ["{[a{[b]}c]}", "{[e]}f"]),
        ("{[a\n]}{[b\n]}c\nd", ["{[a\n]}{[b\n]}c"]),
        ("{[a{[b]}c", ["{[a{[b]}c"]),
        ("x\r{[a\r]}\rb", ["{[a\r]}"]),
        ("```\n{[\n```\na\n{[b]}c", ["{[\n```\na\n{[b]}c"]),
    ],
)  # fmt: skip
def test_locks_nested_unclosed_and_several(text: str, locked: list[str]) -> None:
    """A lock reaches from its marker's line to its end marker's; unclosed it locks the rest; code hides no marker."""
    text, *locked = (
        each.replace("{[", "<!-- gitskills:lock -->").replace("]}", "<!-- /gitskills:lock -->")
        for each in (text, *locked)
    )
    assert [text[region.start : region.end] for region in regions.locked(text)] == locked


def test_an_unclosed_lock_takes_no_append() -> None:
    """What follows a lock that never ends is locked, the end of the text included."""
    assert refused("a\n<!-- gitskills:lock -->\nb\n", Edit("append", "", "x")) == "locked"


@pytest.mark.parametrize(
    "content", ["<!-- gitskills:lock -->", "a <!--/GITSKILLS:lock-->", "<!--\n/gitskills:lock\n-->"]
)
def test_an_edit_neither_locks_nor_unlocks(content: str) -> None:
    """A marker in an edit's content is rejected."""
    assert refused(SKILL, Edit("append", "", content)) == "lock-marker"


def test_markers_made_of_two_halves_are_seen_afterwards() -> None:
    """A marker that comes to be by joining old and new text is caught by comparing the locked bytes."""
    text = "a\n<!-- X gitskills:lock -->\nb\n<!-- Y /gitskills:lock -->\nc\n"
    assert refused(text, Edit("delete", "X ")) == "locked"
    assert refused(text, Edit("delete", "Y ")) == "locked"
    assert refused(text, Edit("delete", "X "), Edit("delete", "Y ")) == "locked"


@pytest.mark.parametrize(
    "edit",
    [
        Edit("replace", "name: deploy", "name: x"),
        Edit("insert_after", "name: deploy", "license: MIT"),
        Edit("delete", "description: Deploys the app."),
        Edit("replace", "app.\n---\n\n# Deploy", "app.\n---\n\n# Ship"),
        Edit("replace", "---\n\n# Deploy", "--- \n\n# Deploy"),
    ],
)
def test_frontmatter_is_untouched(edit: Edit) -> None:
    """No edit changes, adds or removes a line of the frontmatter, or reaches into it from the body."""
    assert refused(SKILL, edit) == "frontmatter"


def test_no_frontmatter_comes_to_be() -> None:
    """An edit cannot make frontmatter where there is none, by adding it or by closing what was open."""
    assert refused("", Edit("append", "", "---\nname: x\n---")) == "frontmatter"
    assert refused("x\nname: a\n---\n", Edit("replace", "x", "---")) == "frontmatter"
    assert refused("---\nname: a\n", Edit("append", "", "---")) == "frontmatter"


@pytest.mark.parametrize(
    "edit",
    [
        Edit("delete", "```bash"),
        Edit("delete", "make push\n```"),
        Edit("replace", "## Steps\n\n```bash\nmake image", "## Steps\n\nmake image"),
        Edit("replace", "```bash", "~~~"),
        Edit("insert_after", "make image", "```"),
        Edit("insert_after", "make image", "```\nSome text.\n```"),
        Edit("insert_after", "```bash", "text"),
        Edit("replace", "Tell the team.", "```\nTell the team."),
        Edit("append", "", "~~~\ncode"),
        Edit("replace", "Build the image,", "```\nBuild the image,"),
    ],
)
def test_code_is_never_cut_half_way(edit: Edit) -> None:
    """A range over one fence line, and content that opens or closes a block around other text, are rejected."""
    assert refused(SKILL, edit) == "fence"


def test_code_may_be_edited_whole_or_inside() -> None:
    """A line is added inside a block, a block after another, and a block is removed or replaced whole."""
    block = "```bash\nmake image\nmake push\n```"
    inside = SKILL.replace("make push\n", "make push\nmake tag\n")
    assert made(SKILL, Edit("insert_after", "make push", "make tag")) == inside
    after = SKILL.replace(block, f"{block}\n\n~~~\nx\n~~~")
    assert made(SKILL, Edit("insert_after", "make push\n```", "\n~~~\nx\n~~~")) == after
    assert made(SKILL, Edit("delete", block)) == SKILL.replace(block + "\n", "")
    assert made(SKILL, Edit("replace", block, "```sh\nmake\n```")) == SKILL.replace(block, "```sh\nmake\n```")


def test_a_block_that_is_never_closed() -> None:
    """Nothing is appended to it unseen; a line in it can still be changed."""
    text = "a\n```\nb\n\n"
    assert refused(text, Edit("append", "", "x")) == "fence"
    assert refused("# A\n```\nb\n\n", Edit("append", "A", "x")) == "fence"
    assert made(text, Edit("replace", "b", "c")) == "a\n```\nc\n\n"


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_stay(newline: str) -> None:
    """A text keeps its line ends, takes new lines with them, and targets match it with LF."""
    edits = (
        Edit("insert_after", "- Run the tests.\n- Ask for a review.", "- Wait.\r\n- Breathe."),
        Edit("append", "After", "x\ny"),
        Edit("replace", "make image\nmake push", "make all\nmake sure"),
    )
    assert made(SKILL.replace("\n", newline), *edits) == made(SKILL, *edits).replace("\n", newline)


def test_mixed_line_ends_stay() -> None:
    """Each old line keeps its own line end; new ones get the commoner."""
    assert made("a\r\nb\nc\r\nd\n\r\n", Edit("replace", "b\nc", "B\nC"), Edit("insert_after", "d", "e")) == (
        "a\r\nB\r\nC\r\nd\ne\r\n\r\n"
    )


def test_byte_order_mark_and_missing_final_line_end_stay() -> None:
    """The first character and the last line stay as they are."""
    text = "\ufeff" + SKILL.rstrip("\n")
    assert made(text, Edit("append", "", "Done.")) == text + "\n\nDone."
    assert made(text, Edit("delete", "Tell the team.")) == text.removesuffix("\nTell the team.")


@pytest.mark.parametrize(
    "edits",
    [
        (Edit("replace", "Run the tests", "x"), Edit("replace", "the tests.", "y")),
        (Edit("replace", "Run the tests", "x"), Edit("delete", "- Run the tests.\n- Ask")),
        (Edit("insert_after", "Run", "x"), Edit("insert_after", "tests", "y")),
        (Edit("append", "", "x"), Edit("append", "", "y")),
        (Edit("append", "", "x"), Edit("append", "", "x")),
        (Edit("insert_after", "Run the tests", "x"), Edit("replace", "the tests", "y")),
        (Edit("append", "Before", "x"), Edit("replace", "## Before", "## Earlier")),
        (Edit("insert_after", "Run", "x"), Edit("delete", "tests.\n- Ask")),
        (Edit("insert_after", "Run", "x"), Edit("replace", "- Run the tests.\n- Ask for a review.", "y")),
    ],
)
def test_overlapping_edits_are_rejected(edits: tuple[Edit, Edit]) -> None:
    """Two edits of one text, at one point, or one of the text another is anchored to: none is made."""
    assert refused(SKILL, *edits) == "overlap"
    assert refused(SKILL, *reversed(edits)) == "overlap"


def test_edits_side_by_side_are_made() -> None:
    """An insertion right before or behind what another edit changes is no overlap, in either order."""
    edits = (Edit("insert_after", "a", "x"), Edit("replace", "b\n", "B"), Edit("insert_after", "c", "y"))
    for order in permutations(edits):
        assert made("a\nb\nc\nd\n", *order) == "a\nx\nB\nc\ny\nd\n"


@pytest.mark.parametrize(
    ("edits", "limits", "code"),
    [
        ([Edit("delete", "make push")] * 2, Edits(max=1), "too-many-edits"),
        ([Edit("append", "", "x" * 1200)], Edits(growth=10), "too-much-added"),
        ([Edit("replace", "Tell the team.", "word " * 300)], Edits(growth=10), "too-much-added"),
        ([Edit("append", "", "x" * 190)], Edits(), None),
        ([Edit("append", "", "x" * ROOM)], Edits(), "too-much-growth"),
        ([Edit("append", "", "x")], Edits(growth=0), "too-much-growth"),
        ([Edit("replace", "team", "crew")], Edits(growth=0), None),
        ([Edit("delete", "Tell the team.")], Edits(chars=0, growth=0), None),
        ([Edit("replace", "Tell the team.", "team the Tell.")], Edits(chars=0, growth=0), "too-much-added"),
    ],
)
def test_limits(edits: list[Edit], limits: Edits, code: str | None) -> None:
    """Operations, new words and growth are bounded; what is deleted is free; a short skill has room for a sentence."""
    result = apply(SKILL, edits, limits)
    assert (result.code if isinstance(result, Rejected) else None) == code


def test_growth_is_a_share_of_the_body() -> None:
    """Ten percent of a long body, the frontmatter not counted."""
    text = HEAD + "word " * 2000
    assert isinstance(apply(text, [Edit("append", "", "x" * 990)], Edits()), str)
    assert refused(text, Edit("append", "", "x" * 1000), limits=Edits()) == "too-much-growth"


@pytest.mark.parametrize("content", ["a\0b", "\x1b[31m", "\ud800", "\x85"])
def test_content_that_is_no_text(content: str) -> None:
    """Control characters and lone surrogates are rejected, so the result can always be written."""
    assert refused(SKILL, Edit("append", "", content)) == "bad-text"


def test_an_unknown_operation_is_rejected() -> None:
    """An operation that is none is rejected, never guessed."""
    assert refused(SKILL, Edit("prepend", "make push", "x")) == "unknown-op"  # type: ignore[arg-type]


def test_no_edits_change_nothing() -> None:
    """An empty proposal gives the text back, and so does a replacement by the same."""
    assert made(SKILL) == SKILL
    assert made(SKILL, Edit("replace", "make push", "make push")) == SKILL


def test_check_judges_a_rewritten_text() -> None:
    """A text rewritten by other means is held to the same rules as edits are."""
    limits = Edits()
    assert check(SKILL, SKILL, limits) is None
    assert check(SKILL, SKILL + "\nDone.\n", limits) is None
    for new, code in (
        (SKILL.replace("name: deploy", "name: x"), "frontmatter"),
        (SKILL.replace("---\n", "", 1), "frontmatter"),
        (SKILL.replace("Friday", "Monday"), "locked"),
        (SKILL.replace("<!-- gitskills:lock -->\n", ""), "locked"),
        (SKILL + "<!-- gitskills:lock -->\n", "locked"),
        (SKILL + "```\n", "fence"),
        (SKILL + "more " * 50, "too-much-growth"),
        (SKILL + "more " * 300, "too-much-added"),
    ):
        problem = check(SKILL, new, limits)
        assert problem is not None
        assert problem.code == code


@pytest.mark.parametrize(
    "text",
    [
        "- " * 200_000,
        "# " + " " * 400_000 + "#x",
        "`" * 400_000,
        "<!--" + " " * 400_000,
        "<!-- " * 80_000,
        "> " * 200_000,
    ],
)
def test_odd_texts_take_little_time(text: str) -> None:
    """400 KB of anything that could make a pattern slow is read in a moment."""
    start = time.monotonic()
    apply(text, [Edit("append", "", "x"), Edit("replace", "zz", "y")], FREE)
    regions.headings(text)
    regions.locked(text)
    assert time.monotonic() - start < 5


LINES = [
    "a",
    "b c",
    "- x",
    "# A",
    "## B",
    "```",
    "~~~ sh",
    "---",
    "",
    "name: a",
    "    d",
    "> ```",
    "1. e",
    "<!--",
    "é日",
]
PIECES = st.sampled_from([*LINES, regions.LOCK, regions.UNLOCK])
TEXTS = st.one_of(
    st.text(max_size=60),
    st.builds(
        lambda head, lines, newline: (head + "\n".join(lines)).replace("\n", newline),
        st.sampled_from(["", HEAD, "\ufeff" + HEAD]),
        st.lists(PIECES, max_size=14),
        st.sampled_from(["\n", "\r\n"]),
    ),
)


@st.composite
def proposals(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """Draw a text and edits that mostly fit it: their targets are cut out of it."""
    text = draw(TEXTS)
    edits = []
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        target = draw(st.one_of(st.just(text[start : start + draw(st.integers(0, 12))]), st.text(max_size=5), PIECES))
        content = draw(st.one_of(st.text(max_size=9), PIECES, st.lists(PIECES, max_size=3).map("\n".join)))
        edits.append(Edit(draw(st.sampled_from(OPS)), target, content))
    return text, edits


def locked_bytes(text: str) -> list[bytes]:
    return [text[region.start : region.end].encode() for region in regions.locked(text)]


@settings(max_examples=600)
@given(proposals())
@example(("a\r\nb\r\n", [Edit("delete", "a\r\n"), Edit("insert_after", "b", "c")]))
def test_edits_commute(drawn: tuple[str, list[Edit]]) -> None:
    """Whatever the order of the edits, the result is the same text, or none."""
    text, edits = drawn
    results = {
        result if isinstance(result := apply(text, list(order), FREE), str) else None for order in permutations(edits)
    }
    assert len(results) == 1


WORDS = st.lists(st.sampled_from("abcdefghijkl"), min_size=2, max_size=8, unique=True)


@given(WORDS, st.sampled_from(["\n", " ", "\r\n"]), st.data())
def test_disjoint_edits_commute_one_after_the_other(words: list[str], space: str, data: st.DataObject) -> None:
    """Two edits made at once give what the two made in turn give, the one first or the other."""
    text = f"-{space}-{space}{space.join(words)}"  # line ends of which not all can be deleted
    one, two = (
        Edit(op, target, content) if op != "delete" else Edit(op, target)
        for target, op, content in zip(
            words, data.draw(st.lists(st.sampled_from(OPS[1:]), min_size=2, max_size=2)), ("X\nX", "Y"), strict=False
        )
    )
    together = apply(text, [one, two], FREE)
    assume(isinstance(together, str))
    assert made(made(text, one), two) == together == made(made(text, two), one)


@settings(max_examples=600)
@given(proposals())
def test_protected_bytes_are_identical(drawn: tuple[str, list[Edit]]) -> None:
    """Frontmatter and locked text are the same bytes after any edits; the result is UTF-8; nothing is raised."""
    text, edits = drawn
    result = apply(text, edits, FREE)
    if isinstance(result, str):
        assert locked_bytes(result) == locked_bytes(text)
        assert regions.body_start(result) == regions.body_start(text)
    else:
        assert 0 <= result.edit <= len(edits)


@settings(max_examples=300)
@given(proposals(), st.integers(0, 3))
def test_a_bad_anchor_changes_nothing(drawn: tuple[str, list[Edit]], at: int) -> None:
    """One edit whose target is not in the text rejects all, wherever it stands among them."""
    text, edits = drawn
    edits.insert(at, Edit("replace", text + "!", "x"))
    assert isinstance(apply(text, edits, FREE), Rejected)
