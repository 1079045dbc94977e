"""What may leave this machine."""

from gitskills.share.prepare import prepare, strip_provenance
from gitskills.skills.file import EXECUTABLE, LINK, File

HEAD = "---\nname: a\ndescription: x\n"


def files(text: str, **more: bytes) -> dict[str, File]:
    return {"SKILL.md": File(text.encode()), **{name: File(data) for name, data in more.items()}}


def stripped(text: str) -> str:
    return strip_provenance(files(text))["SKILL.md"].data.decode()


def test_keys_of_other_tools_go_by_lines() -> None:
    """Only the lines of the provenance keys go; comments, order, quoting, CRLF and other files stay."""
    text = f"{HEAD}metadata:\r\n  github-repo: 'x/y'\r\n  team: ops # ours\r\n  local-path: /x\r\n---\r\nbody\r\n"
    assert stripped(text) == f"{HEAD}metadata:\r\n  team: ops # ours\r\n---\r\nbody\r\n"
    kept = prepare({**files(text), "run": File(b"x\r\n", EXECUTABLE)}, "a", None).files
    assert kept["run"] == File(b"x\r\n", EXECUTABLE)


def test_metadata_left_empty_goes() -> None:
    """A mapping that held nothing else goes with the keys."""
    assert stripped(f"{HEAD}metadata:\n  github-repo: x\n  bitbucket-ref: y\n---\n") == f"{HEAD}---\n"


def test_what_is_not_provenance_stays() -> None:
    """Keys of our own, the same words at the top level or in the body, and skills without metadata are not touched."""
    for text in (
        f"{HEAD}metadata:\n  gitskills-kind: leaf\n  githubber: x\n---\ngithub-repo: x\n",
        f"{HEAD}---\n",
        "no frontmatter\n",
        "---\n[not: a: mapping\n---\n",
        f"{HEAD}metadata: text\n---\n",
    ):
        assert stripped(text) == text


def test_files_that_are_no_text() -> None:
    """A SKILL.md of bytes that are no UTF-8, or none at all, is left for the validation to report."""
    for each in ({"SKILL.md": File(b"\xff\xfe")}, {"x": File(b"y")}):
        assert strip_provenance(each) == each
        assert prepare(each, "a", None).errors


def test_old_faults_are_told_and_new_ones_stop() -> None:
    """A fault the library has already is a warning for an edit that leaves it; the same fault in a new skill stops."""
    bad = files(f"{HEAD}colour: red\n---\n")
    new = prepare(bad, "a", None)
    edit = prepare(files(f"{HEAD}colour: red\n---\nmore\n"), "a", bad)
    assert new.errors and not edit.errors and edit.warnings
    worse = prepare(files(f"{HEAD}colour: red\n---\n").copy() | files("---\nname: a\ncolour: red\n---\n"), "a", bad)
    assert [one for one in worse.errors if "description" in one.message]


def test_hidden_text_stops_even_where_it_was_before() -> None:
    """Instructions in tag characters stop a push whatever upstream has."""
    bad = files(f"{HEAD}---\nhello\U000e0041\n")
    assert prepare(bad, "a", bad).errors


def test_names_that_a_pull_would_refuse_stop() -> None:
    """What no colleague could install is not published, even where upstream has it already; links are the scan's."""
    good = files(f"{HEAD}---\nbody\n")
    for name in ("CON.txt", "a:b.md", "x ", "docs/skill.MD/../y", "b\udce4d.md"):
        bad = {**good, name: File(b"x")}
        assert [one.code for one in prepare(bad, "a", bad).errors] == ["unsafe-name"]
    assert [one.code for one in prepare({**good, "Skill.md": File(b"x")}, "a", None).errors] == ["unsafe-name"]
    assert not prepare({**good, "more": File(b"SKILL.md", LINK)}, "a", None).errors
