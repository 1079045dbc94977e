"""Tests of runs that are killed: everything of a user in one folder, put back for each moment at which they die."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.people import Person


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The folder in which the library and everything of its user lies; it is put back for each round."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def rounds(
    work: Path, who: Person, verb: list[str], times: int, *, seed: int = 1, by: str = "calls", **more: object
) -> Iterator[dict[str, Any]]:
    """Kill `gitskills VERB` at `times` moments, each from what `work` holds now, and run it again.

    Yields what stood then and in the end; `more` is for `tests.crashes.Job`, which says what the rest means.
    """
    start = work.with_name("start")
    work.rename(start)
    job = {
        "start": str(start),
        "work": str(work),
        "root": who.root.relative_to(work).as_posix(),
        "store": who.store.relative_to(work).as_posix(),
        "verb": verb,
        "times": times,
        "seed": seed,
        "by": by,
        **more,
    }
    words = [sys.executable, "-m", "tests.crashes", json.dumps(job)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        for line in process.stdout:
            yield json.loads(line)
        said = process.stderr.read()
    assert process.returncode == 0, said
