"""validate: each rule of the specification, each kind of bad input, each with its line; nothing raises or hangs."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.skills.file import LINK, File
from gitskills.skills.validate import SIZE_LIMIT, SKILL_FILE, validate
from tests.repositories import git

GOOD = "---\nname: deploy\ndescription: Ships the app. Use when asked to deploy.\n---\n# Deploy\n"


def found(text: str | bytes, folder: str = "deploy", *, lenient: bool = False) -> list[tuple[str, int, str]]:
    """Return what validation says of one SKILL.md as (code, line, severity)."""
    data = text if isinstance(text, bytes) else text.encode()
    return [
        (each.code, each.line, each.severity) for each in validate({SKILL_FILE: File(data)}, folder, lenient=lenient)
    ]


def skill(*lines: str, name: str = "deploy") -> str:
    return "\n".join(["---", f"name: {name}", "description: Ships it.", *lines, "---", "body"])


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.rstrip("\n"),
        skill("license: MIT", "compatibility: Needs git", "allowed-tools: Bash(git:*) Read"),
        skill("metadata:", "  author: ada", '  version: "1.0"', "  date: 2026-01-01"),
        "---\nname: deploy\ndescription: '" + "x" * 1024 + "'\n---\n",
        "---\nname: deploy\ndescription: " + "\U0001f600" * 1024 + "\n---\n",
    ],
)
def test_good_skills_have_no_findings(text: str) -> None:
    """What the specification allows passes strictly, whatever its line ends."""
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "code", "line", "lenient"),
    [
        (skill(name="Deploy"), "name-characters", 2, "warning"),
        (skill(name="dé"), "name-characters", 2, "warning"),
        (skill(name="-deploy"), "name-hyphens", 2, "warning"),
        (skill(name="de--ploy"), "name-hyphens", 2, "warning"),
        (skill(name="d" * 65), "name-length", 2, "warning"),
        (skill(name="other"), "name-folder", 2, "warning"),
        (skill(name="12"), "name-type", 2, "warning"),
        (skill(name="''"), "name-characters", 2, "warning"),
        (skill(name=""), "name-missing", 2, "warning"),
        ("---\ndescription: x\n---\n", "name-missing", 1, "warning"),
        ("---\nname: deploy\n---\n", "description-missing", 1, "error"),
        ("---\nname: deploy\ndescription:\n---\n", "description-missing", 3, "error"),
        ("---\nname: deploy\ndescription: ' '\n---\n", "description-blank", 3, "error"),
        ("---\nname: deploy\ndescription: [a]\n---\n", "description-type", 3, "error"),
        ("---\nname: deploy\ndescription: " + "é" * 1025 + "\n---\n", "description-length", 3, "warning"),
        ('---\nname: deploy\ndescription: "a\\e[31m"\n---\n', "control-character", 3, "warning"),
        ('---\nname: deploy\ndescription: "a\\U000E0041"\n---\n', "hidden-text", 3, "error"),
        (skill("license: 1"), "license-type", 4, "warning"),
        (skill("compatibility: " + "x" * 501), "compatibility-length", 4, "warning"),
        (skill("compatibility: ''"), "compatibility-length", 4, "warning"),
        (skill("compatibility: [git]"), "compatibility-type", 4, "warning"),
        (skill("metadata: text"), "metadata-type", 4, "warning"),
        (skill("metadata:", "  a: b", "  version: 1.0"), "metadata-value", 6, "warning"),
        (skill("metadata:", "  a:", "    b: c"), "metadata-value", 5, "warning"),
        (skill("allowed-tools: [Bash]"), "allowed-tools-type", 4, "warning"),
        (skill("argument-hint: x"), "unknown-key", 4, "warning"),
        (skill("desciption: x"), "unknown-key", 4, "warning"),
        ("\ufeff" + GOOD, "byte-order-mark", 1, "warning"),
        ("--- \n" + GOOD[4:], "space-after-fence", 1, "warning"),
        ("---\nname: deploy\ndescription: a --- b\n---\n", "dashes-in-value", 3, "warning"),
        ("", "empty-file", 1, "error"),
        ("\ufeff \r\n", "empty-file", 1, "error"),
        ("# Deploy\n", "no-frontmatter", 1, "error"),
        ("\n" + GOOD, "no-frontmatter", 1, "error"),
        ("---\nname: deploy\n", "unclosed-frontmatter", 1, "error"),
        ("---\n- a\n---\n", "frontmatter-not-mapping", 2, "error"),
        ("---\na: b\na: c\n---\n", "yaml-duplicate-key", 3, "error"),
        ("---\na: &x b\n---\n", "yaml-alias", 2, "error"),
        ("---\na: !!python/object:os.system b\n---\n", "yaml-tag", 2, "error"),
        ("---\n" + "[" * 10_000 + "\n---\n", "yaml-depth", 2, "error"),
        ("---\na: b\nc: 'd\n---\n", "yaml-syntax", 3, "error"),
        ("---\n" + "k: v\n" * 20_000 + "---\n", "frontmatter-too-large", 1, "error"),
    ],
)
def test_each_rule_speaks_with_its_line(text: str, code: str, line: int, lenient: str) -> None:
    """The rule's code comes with its line; strict is an error where lenient is a warning or the same error."""
    strict = "warning" if code in ("space-after-fence", "dashes-in-value") else "error"
    assert (code, line, strict) in found(text)
    read = found(text, lenient=True)
    if code in ("yaml-alias", "yaml-tag"):  # read as text instead
        assert ("unquoted-value", 2, "warning") in read
    else:
        assert (code, line, lenient) in read


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (GOOD.encode() + b"a\n\xff\n", "not-utf8", 7),
        (GOOD.encode("utf-16"), "not-utf8", 1),
        (GOOD.encode("latin-1").replace(b"app", b"\xe4pp"), "not-utf8", 3),
        (GOOD.encode() + b"\0", "nul-byte", 6),
        (b"\0" * 100, "nul-byte", 1),
        (b"x" * 50_000_000, "file-too-large", 1),
        (b"\n" * 50_000_000, "empty-file", 1),
        (b"--\n" * (SIZE_LIMIT // 4), "no-frontmatter", 1),
        (b"---\n" + b"x\n" * (SIZE_LIMIT // 2 - 10), "unclosed-frontmatter", 1),
        (b"---\n" + b"\n" * 1_000_000 + b"---\n", "frontmatter-too-large", 1),
    ],
)
def test_bad_bytes_get_a_line_and_no_hang(data: bytes, code: str, line: int) -> None:
    """Bytes that are no text, or too many of them, end in one diagnostic within two seconds."""
    start = time.monotonic()
    codes = found(data)
    assert time.monotonic() - start < 2
    assert codes == found(data, lenient=True) == [(code, line, "error")]


@pytest.mark.parametrize(
    ("files", "code", "path"),
    [
        ({}, "no-skill-file", "SKILL.md"),
        ({"README.md": File(b"x")}, "no-skill-file", "SKILL.md"),
        ({"SKILL.md/x": File(b"x")}, "skill-file-folder", "SKILL.md"),
        ({"skill.md": File(GOOD.encode())}, "skill-file-case", "skill.md"),
        ({"SKILL.md": File(b"elsewhere", LINK)}, "skill-file-link", "SKILL.md"),
    ],
)
def test_a_folder_without_the_file_is_no_skill(files: dict[str, File], code: str, path: str) -> None:
    """SKILL.md must be there, be a file, and be spelt so."""
    (only,) = validate(files, "deploy", lenient=True)
    assert (only.code, only.path, only.severity) == (code, path, "error")


def test_the_folder_is_compared_after_nfkc() -> None:
    """A folder written with compatibility characters equals its plain name; another name does not."""
    assert found(GOOD, "ｄｅｐｌｏｙ") == []
    assert found(GOOD, "deplöy") == [("name-folder", 2, "error")]


def test_lenient_reading_warns_of_unquoted_colons_and_still_checks() -> None:
    """A value that needs quotes is a warning on its line, and the rest is validated as if it had them."""
    text = "---\nname: deploy\ndescription: Use when: asked\nx: y\n---\n"
    assert found(text) == [("yaml-syntax", 3, "error")]
    assert found(text, lenient=True) == [("unquoted-value", 3, "warning"), ("unknown-key", 4, "warning")]


def test_messages_say_what_to_do() -> None:
    """A message names the value as YAML took it, or the key that was meant."""
    messages = {
        each.code: each.message
        for each in validate(
            {SKILL_FILE: File(skill("metadata: {v: 1.0}", "licence: x", name="My Skill").encode())}, "x"
        )
    }
    assert messages["metadata-value"] == "`metadata.v` is the number 1.0, not text: put it in quotes"
    assert messages["unknown-key"].endswith("did you mean `license`?")
    assert messages["name-characters"].endswith("for example my-skill")


@settings(max_examples=700)
@given(
    st.binary(max_size=400) | st.text(max_size=300).map(lambda text: f"---\n{text}\n---\n".encode("utf-8", "replace"))
)
def test_any_bytes_are_validated(data: bytes) -> None:
    """Arbitrary bytes never raise, strictly or leniently, and every line is one of the file's."""
    for lenient in (False, True):
        for _, line, _ in found(data, lenient=lenient):
            assert 1 <= line <= data.count(b"\n") + data.count(b"\r") + 1


@pytest.mark.parametrize(
    ("name", "skills", "faulty"), [("superpowers", 14, 0), ("mattpocock-skills", 41, 24), ("awesome-copilot", 419, 37)]
)
def test_real_libraries_load_and_are_judged_as_known(
    bundles: Callable[[str], Path], name: str, skills: int, faulty: int
) -> None:
    """Every real skill loads leniently; strictly, the ones known to break the specification are found, no others."""
    repository = bundles(name)
    paths = git("ls-tree", "-r", "--name-only", "HEAD", cwd=repository).decode().splitlines()
    paths = [path for path in paths if path.endswith("/" + SKILL_FILE)]
    blobs = git(
        "cat-file", "--batch=%(objectsize)", cwd=repository, stdin="".join(f"HEAD:{p}\n" for p in paths).encode()
    )
    assert len(paths) == skills
    strict = 0
    for path in paths:
        size, _, blobs = blobs.partition(b"\n")
        data, blobs = blobs[: int(size)], blobs[int(size) + 1 :]
        folder = path.split("/")[-2]
        strict += any(severity == "error" for _, _, severity in found(data, folder))
        assert not any(severity == "error" for _, _, severity in found(data, folder, lenient=True)), path
    assert strict == faulty
