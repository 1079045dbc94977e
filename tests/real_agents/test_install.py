"""What installs the agents' CLIs: exact versions, and a plain word where one cannot be had."""

import re
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.real_agents import install
from tests.real_agents.agents import AGENTS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for npm are shell scripts")


def npm(folder: Path, script: str) -> None:
    """A stand-in for npm that runs this shell script."""
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on PATH; one package is pinned, of npm's registry."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(install, "pins", lambda: [install.Pin("codex", "npm", "@openai/codex", "1.2.3", "codex")])
    return folder


def test_the_pins_are_exact_and_the_readme_names_them() -> None:
    """Each agent of the end-to-end test is pinned to one version, and it is the one that the README claims."""
    pins = {pin.agent: pin for pin in install.pins()}
    assert set(pins) == {agent.id for agent in AGENTS}
    readme = (ROOT / "README.md").read_text("utf-8")
    [told] = [line for line in readme.splitlines() if "bash .ci/run packages install agents" in line]
    for agent in AGENTS:
        assert agent.program == pins[agent.id].program
        assert re.fullmatch(r"\d+(\.\d+)+", pins[agent.id].version)
        assert re.search(
            rf"\b{re.escape(agent.id.split('-')[0])}\b[^,;]* {re.escape(pins[agent.id].version)}\b", told, re.I
        )


def test_what_is_there_stays_and_another_version_is_replaced(
    bin: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed CLI is not installed again; when its pin moves it is."""
    npm(bin, f'echo "$*" >> {tmp_path}/calls; printf "#!/bin/sh\\n" > "$4/bin/codex"; chmod +x "$4/bin/codex"')
    assert install.main(tmp_path / "cli") == 0 and "installed in" in capfd.readouterr().out
    assert install.main(tmp_path / "cli") == 0 and "there already" in capfd.readouterr().out
    monkeypatch.setattr(install, "pins", lambda: [install.Pin("codex", "npm", "@openai/codex", "1.2.4", "codex")])
    assert install.main(tmp_path / "cli") == 0
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.rpartition(" ")[2] for call in calls] == ["@openai/codex@1.2.3", "@openai/codex@1.2.4"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo no network >&2; exit 1", "npm failed: no network"),
        ("sleep 60 & sleep 60", "npm took longer than"),
        ("exit 0", "No such file or directory"),
        (
            'printf "#!/bin/sh\\necho old node; exit 1" > "$4/bin/codex"; chmod +x "$4/bin/codex"',
            "codex failed: old node",
        ),
    ],
    ids=["refused", "slow", "empty", "unfit"],
)
def test_what_cannot_be_installed_is_said(
    bin: Path,
    tmp_path: Path,
    script: str,
    told: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The line says which and why, the exit code is 1, it takes no longer than allowed, and nothing is left behind."""
    monkeypatch.setattr(install, "PATIENCE", 1.0)
    npm(bin, script)
    began = time.monotonic()
    assert install.main(tmp_path / "cli") == 1 and time.monotonic() - began < 20
    said = capfd.readouterr().out
    assert said.startswith("codex 1.2.3: CANNOT BE INSTALLED HERE: ") and told in said
    assert list((tmp_path / "cli").iterdir()) == []
