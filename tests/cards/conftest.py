"""What the tests of cards share."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from gitskills.git import changes

Compared = contextlib.AbstractContextManager[Callable[[], Iterator[changes.Blobs]]]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commits that git is asked about, for what they wrote, from here on."""
    asked: list[str] = []
    real = changes.comparing

    def note(git_dir: Path, commits: Iterable[str], paths: Iterable[str] = ()) -> Compared:
        asked.extend(commits)
        return real(git_dir, commits, paths)

    monkeypatch.setattr(changes, "comparing", note)
    return asked
