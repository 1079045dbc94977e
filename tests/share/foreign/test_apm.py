"""apm.lock.yaml."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.share.foreign.apm import lock
from gitskills.share.foreign.claim import ForeignError
from tests.share.foreign.texts import mutated

COMMIT = "a1b2c3d4e5f6789012345678901234567890abcd"
LOCK = f"""lockfile_version: "1"
generated_at: "2026-05-10T20:14:00+00:00"
apm_version: "0.28.0"
dependencies:
  - repo_url: acme/skills
    host: github.com
    resolved_ref: main
    resolved_commit: {COMMIT}
    virtual_path: skills/my-skill
    is_virtual: true
    depth: 1
    package_type: claude_skill
    skill_subset: [my-skill]
    deployed_files: [.agents/skills/my-skill/SKILL.md]
    deployed_file_hashes:
      .agents/skills/my-skill/SKILL.md: "sha256:e196bb2cfeafcf469201433cae9c0fcbf17de1fa0dde77314c5472d1932358e0"
"""


def one(fields: str, version: str = '"2"') -> str:
    """A lock of one dependency that deployed the skill `x`, with more fields (YAML, comma-separated)."""
    return (
        f"lockfile_version: {version}\ndependencies:\n  - {{deployed_files: [.agents/skills/x/SKILL.md], {fields}}}\n"
    )


def test_a_whole_entry() -> None:
    """An entry tells repository, ref, commit, folder and the hashes of what was deployed."""
    claims = lock(LOCK)
    assert claims.keys() == {".agents/skills/my-skill"}
    claim = claims[".agents/skills/my-skill"]
    assert (claim.tool, claim.file, claim.url) == ("apm", "apm.lock.yaml", "https://github.com/acme/skills")
    assert (claim.ref, claim.commit, claim.path) == ("main", COMMIT, "skills/my-skill")
    assert claim.digest is not None and claim.digest.kind == "apm-files" and claim.digest.files.keys() == {"SKILL.md"}


@pytest.mark.parametrize("version", ['"1"', '"2"', "1", "2"])
def test_both_versions_are_read(version: str) -> None:
    """Versions 1 and 2 are read, quoted or not."""
    assert lock(one("repo_url: o/r", version)).keys() == {".agents/skills/x"}


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ("repo_url: o/r", "https://github.com/o/r"),
        ("repo_url: o/r, host: git.example.com, port: 8443", "https://git.example.com:8443/o/r"),
        ("repo_url: github.com/o/r", "https://github.com/o/r"),
        ("repo_url: git.example.com/o/r, is_insecure: true", "http://git.example.com/o/r"),
        ('repo_url: "git@example.com:o/r.git"', "git@example.com:o/r.git"),
        ('repo_url: o/r, materialization_repo_url: "https://mirror.example/o/r"', "https://mirror.example/o/r"),
        ("repo_url: o/r, local_path: ./packages/x", None),
        ("repo_url: o/r, source: registry, resolved_url: x.tgz", None),
        ("depth: 1", None),
    ],
)
def test_where_it_came_from(fields: str, url: str | None) -> None:
    """A dependency is a URL where it came from git, and nothing where it came from a folder or a registry."""
    assert lock(one(fields))[".agents/skills/x"].url == url


def test_a_bundle_says_nothing_of_a_skills_folder() -> None:
    """The path of a package of several skills is not taken for one skill's; deployed folders count like their files."""
    claims = lock(
        'lockfile_version: "1"\ndependencies:\n  - {repo_url: o/r, virtual_path: bundle, '
        "deployed_files: [.agents/skills/a/, .claude/skills/b/SKILL.md, .claude/skills/b/x.md, .github/x.md, "
        "../skills/c]}\nlocal_deployed_files: [.agents/skills/own]\n"
    )
    assert claims.keys() == {".agents/skills/a", ".claude/skills/b", ".agents/skills/own"}
    assert {claim.path for claim in claims.values()} == {None}
    assert claims[".agents/skills/own"].url is None and ".apm" in claims[".agents/skills/own"].origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "dependencies: []",
        'lockfile_version: "3"',
        "lockfile_version: true",
        "lockfile_version: 1\ndependencies: {}",
        "lockfile_version: 1\ndependencies: [x]",
        "lockfile_version: 1\ndependencies: [{deployed_files: x}]",
        "lockfile_version: 1\ndependencies: [{deployed_file_hashes: x, deployed_files: [skills/x]}]",
        "lockfile_version: 1\na: &a [x]\nb: *a",
        "lockfile_version: [",
    ],
)
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    """A damaged or unknown record is an error with a hint, never an empty one."""
    with pytest.raises(ForeignError, match=r"apm\.lock\.yaml of apm") as caught:
        lock(text)
    assert caught.value.hint


@pytest.mark.slow
@settings(max_examples=2000)
@given(st.one_of(st.text(), mutated(LOCK)))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text, the reader returns claims or raises our error."""
    try:
        claims = lock(text)
    except GitskillsError:
        return
    for path, claim in claims.items():
        assert ".." not in path.split("/")
        (claim.url or "").encode()
