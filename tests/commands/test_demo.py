"""`gitskills demo`: the whole story runs, offline, and leaves nothing behind."""

from pathlib import Path

import pytest

from tests.conftest import Run


def test_the_demo_tells_its_story_and_cleans_up(run: Run, home: Path, tmp_path: Path) -> None:
    """Every scene succeeds, both edits are in the merged skill; neither home nor temporary folder keeps anything."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    before = sorted(home.rglob("*"))
    done = run("demo", env={"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}, timeout=110)
    assert done.code == 0, done.out + done.err
    for part in (
        "diverged",
        "Check that nobody else is deploying.",
        "then tell #ops why.",
        "v3",
        "Ben <ben@example.com>",
        "Never deploy on a Friday.",
        "#toolu_01",
    ):
        assert part in done.out
    assert list(scratch.iterdir()) == []
    assert sorted(home.rglob("*")) == before


@pytest.mark.slow
def test_the_demo_can_be_kept(run: Run, tmp_path: Path) -> None:
    """With --keep the folder stays and is named."""
    done = run(
        "demo", "--keep", env={"TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "TMP": str(tmp_path)}, timeout=110
    )
    folder = Path(done.out.rstrip().rpartition("The folder is ")[2])
    assert done.code == 0 and (folder / "team-skills.git" / "HEAD").is_file()
    assert folder.parent == tmp_path.resolve()
