"""What OpenSkills and ClawHub leave inside a skill's folder."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.share.foreign.claim import ForeignError
from gitskills.share.foreign.sidecars import clawhub, openskills
from tests.share.foreign.texts import JSON, mutated

OPENSKILLS = (
    '{"source":"owner/repo","sourceType":"git","repoUrl":"https://github.com/owner/repo",'
    '"subpath":"skills/my-skill","installedAt":"2026-01-18T10:00:00.000Z"}'
)
CLAWHUB = (
    '{"version":1,"registry":"https://clawhub.ai","slug":"weather","installedVersion":"1.2.0",'
    f'"installedAt":1767225600000,"fingerprint":"{"6" * 64}"}}'
)


def test_openskills() -> None:
    """OpenSkills tells repository and folder; a local install tells its folder and no URL."""
    claim = openskills(OPENSKILLS)
    assert (claim.tool, claim.url, claim.path) == ("openskills", "https://github.com/owner/repo", "skills/my-skill")
    local = openskills('{"source": "x", "sourceType": "local", "repoUrl": "https://x", "localPath": "/home/a/x"}')
    assert local.url is None and "/home/a/x" in local.origin


def test_clawhub() -> None:
    """ClawHub tells its registry, the name there, and a fingerprint."""
    claim = clawhub(CLAWHUB)
    assert (claim.tool, claim.url, claim.origin) == ("clawhub", None, "https://clawhub.ai (weather 1.2.0)")
    assert claim.digest is not None and claim.digest.value == "6" * 64
    with pytest.raises(ForeignError, match="version 2"):
        clawhub('{"version": 2}')


@pytest.mark.slow
@settings(max_examples=2000)
@given(st.one_of(st.text(), JSON.map(json.dumps), mutated(OPENSKILLS), mutated(CLAWHUB)))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text, the readers return a claim or raise our error."""
    for read in (openskills, clawhub):
        try:
            read(text)
        except GitskillsError:
            continue
