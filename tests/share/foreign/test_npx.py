"""skills-lock.json and .skill-lock.json."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.share.foreign.claim import ForeignError
from gitskills.share.foreign.npx import project_lock, user_lock
from tests.share.foreign.texts import JSON, mutated

PROJECT = """{
  "version": 1,
  "skills": {
    "openclaw-design": {
      "source": "openclaw/carapace",
      "sourceType": "github",
      "skillPath": "openclaw-design/SKILL.md",
      "computedHash": "4a9004e762b08f6c9fc836de7b4db26fc27e7b9a90342884047bbffa51c21732"
    }
  }
}
"""
USER = """{
  "version": 3,
  "skills": {
    "my-skill": {
      "source": "owner/repo",
      "sourceType": "github",
      "sourceUrl": "https://github.com/owner/repo.git",
      "skillPath": "skills/my-skill/SKILL.md",
      "skillFolderHash": "fc1bf73f033988e76ad9d5c7e51e0bfb2d74ab11",
      "installedAt": "2026-04-16T12:00:00Z",
      "updatedAt": "2026-04-16T12:00:00Z",
      "pinnedRef": "v1.2.0"
    }
  },
  "dismissed": {"findSkillsPrompt": true},
  "lastSelectedAgents": ["claude-code"]
}
"""


def entry(**fields: object) -> str:
    """A project's lock with one skill `x`."""
    return json.dumps({"version": 1, "skills": {"x": fields}})


def test_a_real_project_lock() -> None:
    """A real entry tells repository, folder and hash, and neither commit nor tree."""
    claim = project_lock(PROJECT)["openclaw-design"]
    assert (claim.tool, claim.file) == ("npx skills", "skills-lock.json")
    assert (claim.url, claim.path) == ("https://github.com/openclaw/carapace.git", "openclaw-design")
    assert claim.digest is not None and claim.digest.kind == "npx" and claim.digest.value.startswith("4a9004e7")
    assert (claim.ref, claim.commit, claim.tree) == (None, None, None)


def test_a_users_lock() -> None:
    """The user's lock tells the git tree; a pinned ref shows that `gh skill` wrote the entry."""
    claim = user_lock(USER, where="/home/ada/.agents/.skill-lock.json")["my-skill"]
    assert (claim.tool, claim.file) == ("gh skill", "/home/ada/.agents/.skill-lock.json")
    assert (claim.url, claim.ref, claim.path) == ("https://github.com/owner/repo.git", "v1.2.0", "skills/my-skill")
    assert (claim.tree, claim.digest) == ("fc1bf73f033988e76ad9d5c7e51e0bfb2d74ab11", None)


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"source": "o/r", "sourceType": "github"}, "https://github.com/o/r.git"),
        ({"source": "g/sub/r", "sourceType": "gitlab"}, "https://gitlab.com/g/sub/r.git"),
        ({"source": "git@example.com:o/r.git", "sourceType": "git"}, "git@example.com:o/r.git"),
        ({"source": "https://example.com/r", "sourceType": "git"}, "https://example.com/r"),
        ({"source": "o/r", "sourceType": "github", "sourceUrl": "https://ghe.example/o/r"}, "https://ghe.example/o/r"),
        ({"source": "../skills", "sourceType": "local"}, None),
        ({"source": "left-pad", "sourceType": "node_modules"}, None),
        ({"source": "https://example.com", "sourceType": "well-known"}, None),
        ({"source": "o/r\n", "sourceType": "git"}, None),
        ({}, None),
    ],
)
def test_where_it_came_from(fields: dict[str, object], url: str | None) -> None:
    """Each kind of source is a URL where it is a git repository, and nothing where it is none."""
    assert project_lock(entry(**fields))["x"].url == url


def test_hashes_are_told_by_their_length() -> None:
    """A hash of 64 digits in the user's lock is a computedHash, one of 40 a tree, anything else nothing."""
    text = json.dumps({"version": 3, "skills": {"a": {"skillFolderHash": "A" * 64}, "b": {"skillFolderHash": "xyz"}}})
    claims = user_lock(text)
    assert claims["a"].tree is None and claims["a"].digest is not None and claims["a"].digest.value == "a" * 64
    assert claims["b"].tree is None and claims["b"].digest is None


def test_a_skill_is_found_by_its_folder() -> None:
    """The folder a display name becomes is claimed as well as the name itself."""
    claims = project_lock(json.dumps({"version": 1, "skills": {"My Skill!": {"source": "o/r"}}}))
    assert claims.keys() == {"My Skill!", "my-skill"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "version none"),
        ('{"version": 1}', "no skills"),
        ('{"version": 1, "skills": []}', "no skills"),
        ('{"version": 1, "skills": {"x": 1}}', "'x'"),
        ('{"version": 2, "skills": {}}', "version 2"),
        ('{"version": true, "skills": {}}', "version True"),
        ('{"version": "1", "skills": {}}', "version '1'"),
        ("[" * 100_000, "not JSON"),
        ('{"version": ' + "9" * 5000 + "}", "not JSON"),
        (" " * (5 << 20), "characters"),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str, said: str) -> None:
    """A damaged or unknown record is an error with a hint, never an empty one."""
    with pytest.raises(ForeignError, match=said) as caught:
        project_lock(text)
    assert caught.value.hint and "skills-lock.json" in caught.value.message


def test_a_newer_version_asks_for_an_upgrade_an_older_one_does_not() -> None:
    """What to do depends on whose version is behind."""
    for version, hint in ((4, "upgrade gitskills"), (2, "current npx skills")):
        with pytest.raises(ForeignError) as caught:
            user_lock(json.dumps({"version": version, "skills": {}}))
        assert hint in caught.value.hint


@pytest.mark.slow
@settings(max_examples=2000)
@given(st.one_of(st.text(), JSON.map(json.dumps), mutated(PROJECT), mutated(USER)))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text, both readers return claims or raise our error."""
    for read in (project_lock, user_lock):
        try:
            claims = read(text)
        except GitskillsError:
            continue
        for claim in claims.values():
            for value in (claim.url, claim.ref, claim.commit, claim.path, claim.tree, claim.origin):
                (value or "").encode()  # nothing that a process or a terminal chokes on
