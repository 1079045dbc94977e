"""The subject of a commit nobody wrote a message for."""

from hypothesis import given
from hypothesis import strategies as st

from gitskills.share.describe import describe
from gitskills.skills.file import EXECUTABLE, File

TEXT = """---
name: a
description: x
---
Intro.

# Deploy
One.

## Roll back ##
Two.

# Watch
Three.
"""


def files(text: str = TEXT, **more: str) -> dict[str, File]:
    return {"SKILL.md": File(text.encode()), **{name: File(data.encode()) for name, data in more.items()}}


def test_a_new_skill() -> None:
    """A skill that was not there is said to be new."""
    assert describe(None, files()) == "new skill"


def test_the_headings_that_changed() -> None:
    """Edits of SKILL.md are named by the headings above them, each once and in order."""
    assert describe(files(), files(TEXT.replace("Two.", "Two!"))) == "edit Roll back"
    both = TEXT.replace("Three.", "Three!").replace("One.", "One!\n\nMore.")
    assert describe(files(), files(both)) == "edit Deploy, Watch"
    assert describe(files(), files(TEXT.replace("x\n", "y\n", 1))) == "edit the frontmatter"
    assert describe(files(), files(TEXT.replace("Two.\n", ""))) == "edit Roll back"


def test_a_text_without_headings() -> None:
    """Where no heading stands above the edit the file is named."""
    assert describe(files("a\nb\n"), files("a\nc\n")) == "edit SKILL.md"
    assert describe(files(), files(TEXT.replace("Intro.", "Outro."))) == "edit SKILL.md"
    assert describe(files("a\n---\nb\n"), files("a\n---\nc\n")) == "edit SKILL.md"


def test_a_comment_in_code_is_no_heading() -> None:
    """An edit below a `# comment` in a code block is told by the heading the block stands under."""
    text = "# Title\n\n## Deploy\n\n```sh\n# not a heading\nmake {}\n```\n"
    assert describe(files(text.format("all")), files(text.format("it"))) == "edit Deploy"


def test_other_files() -> None:
    """Other files are named, a few of them; modes count, and files that went."""
    assert describe(files(run="1"), files(run="2")) == "edit run"
    assert describe(files(run="1"), files()) == "edit run"
    many = {f"f{n}": "x" for n in range(6)}
    assert describe(files(), files(**many)) == "edit f0, f1, f2 and 3 more"
    assert describe(files(run="1"), {**files(), "run": File(b"1", EXECUTABLE)}) == "edit run"


def test_nothing_of_ones_own() -> None:
    """Equal content says that upstream was merged."""
    assert describe(files(), files()) == "merge upstream"


texts = st.dictionaries(
    st.sampled_from(["SKILL.md", "a", "b/c"]), st.builds(File, st.binary(max_size=60) | st.text().map(str.encode))
)


@given(before=texts | st.none(), after=texts)
def test_any_change_has_a_short_subject(before: dict[str, File] | None, after: dict[str, File]) -> None:
    """Whatever changed, the words are one line of moderate length."""
    said = describe(before, after)
    assert said and len(said) < 200
    assert len(said.splitlines()) == 1


def test_a_huge_file_does_not_hang() -> None:
    """Fifty thousand changed lines are named by their file, at once."""
    assert describe(files("a\n" * 50_000), files("b\n" * 50_000)) == "edit SKILL.md"
