"""What `gh skill` and its like write into a SKILL.md, read and taken out."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.share.foreign.provenance import manifest, same_meaning
from gitskills.share.prepare import prepare, strip_provenance
from gitskills.skills.file import File
from tests.share.foreign.texts import mutated

TREE = "fc1bf73f033988e76ad9d5c7e51e0bfb2d74ab11"
UPSTREAM = """---
name: my-skill            # as in the catalogue
description: "A test skill"
---

# My Skill
"""
GH = f"""---
description: A test skill
metadata:
    github-path: skills/my-skill
    github-pinned: v1.2.0
    github-ref: refs/tags/v1.2.0
    github-repo: https://github.com/owner/repo
    github-tree-sha: {TREE}
name: my-skill
---
# My Skill
"""


def metadata(*lines: str) -> str:
    """A SKILL.md whose metadata has these lines."""
    return "---\nname: x\ndescription: X.\nmetadata:\n" + "".join(f"  {line}\n" for line in lines) + "---\nBody\n"


def test_gh_skill() -> None:
    """All that `gh skill` writes is read."""
    claim = manifest(GH)
    assert claim is not None and claim.inside and claim.tool == "gh skill"
    assert (claim.url, claim.path, claim.tree) == ("https://github.com/owner/repo", "skills/my-skill", TREE)
    assert (claim.ref, claim.at, claim.commit) == ("v1.2.0", "refs/tags/v1.2.0", None)


def test_without_a_pin_only_a_branch_is_a_wish() -> None:
    """A release the tool happened to find is no ref to stay at, a branch is; a bare commit is the commit."""
    for ref, wish, commit in (
        ("refs/tags/v1", None, None),
        ("refs/heads/dev", "refs/heads/dev", None),
        ("a" * 40, None, "a" * 40),
    ):
        claim = manifest(metadata("github-repo: https://github.com/o/r", f"github-ref: {ref}"))
        assert claim is not None and (claim.ref, claim.commit) == (wish, commit)


def test_others() -> None:
    """Bitbucket's keys and a local path are read as well; other metadata claims nothing."""
    claim = manifest(metadata("bitbucket-repo: https://bitbucket.org/o/r", f"bitbucket-commit: {'b' * 40}"))
    assert claim is not None and (claim.tool, claim.commit) == ("bkt skill", "b" * 40)
    local = manifest(metadata("local-path: /home/ada/x"))
    assert local is not None and local.url is None and "/home/ada/x" in local.origin
    assert manifest(metadata("github-stars: '3'")) is None
    assert manifest("---\nname: x\n---\nUse github-repo and local-path: x\n") is None
    assert manifest("github-repo") is None


def test_files_of_one_meaning() -> None:
    """Layout, comments, quoting, provenance and blank lines at the edges change no meaning; words do."""
    assert same_meaning(UPSTREAM.encode(), GH.encode())
    assert not same_meaning(UPSTREAM.replace("# My", "# Our").encode(), GH.encode())
    assert not same_meaning(UPSTREAM.replace("A test", "One").encode(), GH.encode())
    assert not same_meaning(b"\xff", b"\xff") and not same_meaning(b"---\na: [\n---\n", b"---\na: [\n---\n")
    assert not same_meaning(metadata("a: '1'").encode(), metadata("a: '2'").encode())


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_push_takes_out_provenance_and_no_other_byte(newline: str, end: str) -> None:
    """Comments, order, quoting, line ends and the missing last one survive; only the lines of other tools go."""
    kept = ["# ours", "author: 'ada'   # quoted", 'version: "1.0"']
    theirs = ["github-repo: https://github.com/o/r", "github-ref: refs/heads/main", "bitbucket-path: 'x'"]
    theirs += ["local-path: /home/ada/x", f"github-tree-sha: {TREE}"]
    mixed = [theirs[0], *kept[:2], *theirs[1:3], kept[2], *theirs[3:]]
    before = metadata(*mixed).removesuffix("\n").replace("\n", newline) + end
    after = metadata(*kept).removesuffix("\n").replace("\n", newline) + end
    files = {"SKILL.md": File(before.encode()), "a.md": File(b"metadata:\n  github-repo: x\n")}
    cleaned = strip_provenance(files)
    assert cleaned["SKILL.md"].data.decode() == after
    assert cleaned["a.md"] == files["a.md"]
    assert prepare(files, "x", None).files == cleaned


def test_push_drops_metadata_that_held_nothing_else() -> None:
    """Metadata that other tools alone wrote goes as a whole, wherever it stands."""
    lines = "metadata:\n    github-repo: https://github.com/o/r\n    github-ref: refs/heads/main\n"
    text = f"---\nname: x\n{lines}description: X.\n---\nBody"
    cleaned = strip_provenance({"SKILL.md": File(text.encode())})
    assert cleaned["SKILL.md"].data.decode() == text.replace(lines, "")


@pytest.mark.slow
@settings(max_examples=2000)
@given(st.one_of(st.text(), mutated(GH)))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text, the reader returns a claim, nothing, or raises our error; comparing never raises."""
    with contextlib.suppress(GitskillsError):
        manifest(text)
    data = text.encode("utf-8", "replace")
    assert same_meaning(data, GH.encode()) in (True, False)
