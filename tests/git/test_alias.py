"""Hosts by the user's own names are spelled out before a page is shown."""

import os
from pathlib import Path

import pytest

from gitskills.git.alias import spelled_out
from tests.repositories import git

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the ssh of this test is a shell script")


@pytest.fixture(autouse=True)
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ssh whose configuration has one alias; the real one reads that of the account, wherever HOME is."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$3" = work ] && set -- -G -- github.com\necho user git\necho "hostname $3"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    git("config", "--global", "url.git@work:.insteadOf", "gh:")


@pytest.mark.parametrize(
    ("url", "real"),
    [
        ("git@work:o/r.git", "git@github.com:o/r.git"),
        ("ssh://git@work:22/o/r.git", "ssh://git@github.com:22/o/r.git"),
        ("ssh://work/o/r.git", "ssh://github.com/o/r.git"),
        ("gh:o/r", "git@github.com:o/r"),
        ("git@example.com:o/r", "git@example.com:o/r"),
        ("https://work/o/r.git", "https://work/o/r.git"),
        ("git@[::1]:o/r", "git@[::1]:o/r"),
        ("file:///o/r", "file:///o/r"),
    ],
)
def test_a_host_by_another_name(url: str, real: str) -> None:
    """git's `insteadOf` and ssh's aliases lead to the host that has the page; other URLs stay as they are."""
    assert spelled_out(url) == real
