"""Whether codex and hermes were told to run our hooks: asked of them, never decided for the user."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from gitskills.agents import hooks, hooktext, trust
from gitskills.agents.hooks import REGISTRATIONS, command

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")

CODEX = """\
#!{python}
import json, sys
assert sys.argv[1] == "app-server" and "features.plugins=false" in sys.argv
for line in sys.stdin:
    asked = json.loads(line)
    if asked["method"] == "initialize":
        print(json.dumps({{"method": "configWarning", "params": {{}}}}))
        print(json.dumps({{"id": asked["id"], "result": {{}}}}), flush=True)
    elif asked["method"] == "hooks/list":
        print("not json")
        print({answer!r}, flush=True)
        sys.stdin.read()
"""


def stand_in(folder: Path, *answers: object, body: str = CODEX) -> dict[str, str]:
    """Put a program called codex on PATH that gives this answer, and return the environment."""
    program = folder / "bin" / "codex"
    program.parent.mkdir(exist_ok=True)
    answer = json.dumps({"id": 2, "result": answers[0] if answers else None})
    program.write_text(body.format(python=sys.executable, answer=answer))
    program.chmod(0o755)
    return {**os.environ, "PATH": str(program.parent)}


def listed(path: Path, *statuses: str) -> dict[str, object]:
    """An answer as codex 0.169.0 gives it: our hooks with these statuses, and somebody else's."""
    ours = [
        {"command": command("codex", hook.ours), "sourcePath": str(path), "trustStatus": status}
        for hook, status in zip(REGISTRATIONS["codex"].hooks, statuses, strict=False)
    ]
    other = {"command": "make lint", "sourcePath": str(path), "trustStatus": "untrusted"}
    return {"data": [{"cwd": "/x", "hooks": [*ours, other], "errors": []}]}


@POSIX
@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (["trusted"] * 5, "trusted"),
        (["trusted", "managed"], "trusted"),
        (["trusted", "untrusted"], "untrusted"),
        (["modified"] * 5, "untrusted"),
        ([], "untrusted"),
    ],
)
def test_codex_is_asked(statuses: list[str], told: str, tmp_path: Path) -> None:
    """All of ours have to be trusted; hooks it does not list, because the project is not, are skipped as well."""
    path = tmp_path / "hooks.json"
    environ = stand_in(tmp_path, listed(path, *statuses))
    assert trust.trust("codex", path, tmp_path, environ) == told


@POSIX
def test_answers_without_sense_are_unknown_or_not_trusted(tmp_path: Path) -> None:
    """Nothing that codex could say is an error of ours, or taken for a yes."""
    path = tmp_path / "hooks.json"
    answers: tuple[object, ...] = (
        None,
        [],
        "x",
        {"data": None},
        {"data": [1, {"hooks": {}}]},
        {"data": [{"hooks": [None, {}]}]},
    )
    for answer in answers:
        assert trust.trust("codex", path, tmp_path, stand_in(tmp_path, answer)) in ("unknown", "untrusted")
    for body in ("#!/bin/sh\nexit 3\n", "#!/nowhere\n", "#!/bin/sh\necho\n"):
        assert trust.trust("codex", path, tmp_path, stand_in(tmp_path, body=body)) == "unknown"


@POSIX
def test_a_codex_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given its time and no more."""
    monkeypatch.setattr(trust, "PATIENCE", 0.3)
    began = time.monotonic()
    environ = stand_in(tmp_path, body="#!/bin/sh\nexec /bin/sleep 60\n")
    assert trust.trust("codex", tmp_path / "hooks.json", tmp_path, environ) == "unknown"
    assert time.monotonic() - began < 10


def test_without_codex_it_is_unknown(tmp_path: Path) -> None:
    """Where codex is not on PATH nobody can say."""
    assert trust.trust("codex", tmp_path / "hooks.json", tmp_path, {"PATH": str(tmp_path)}) == "unknown"


@pytest.mark.agents
@pytest.mark.skipif(not shutil.which("codex"), reason="NOT RUN: codex is not on PATH, see .ci/run agents")
def test_the_real_codex(tmp_path: Path) -> None:
    """The real program lists our hooks from the file we write, and says that nobody has approved them."""
    folder = tmp_path / "codex"
    folder.mkdir()
    path = folder / "hooks.json"
    path.write_text(hooktext.install(None, REGISTRATIONS["codex"], where="x").text)
    environ = {**os.environ, "CODEX_HOME": str(folder)}
    result = trust._ask(shutil.which("codex") or "", tmp_path, environ)
    assert list(trust._hooks(result, path)) == ["untrusted"] * len(REGISTRATIONS["codex"].hooks)
    assert trust.trust("codex", path, tmp_path, environ) == "untrusted"


def test_hermes_keeps_a_list(tmp_path: Path) -> None:
    """hermes runs what its list of approvals, its settings or its variable allow, and nothing else."""
    path = tmp_path / "config.yaml"
    assert trust.trust("hermes-agent", path, tmp_path, {}) == "untrusted"
    path.write_text("model: {}\n")
    assert trust.trust("hermes-agent", path, tmp_path, {}) == "untrusted"
    assert trust.trust("hermes-agent", path, tmp_path, {"HERMES_ACCEPT_HOOKS": "1"}) == "trusted"
    allowed = tmp_path / "shell-hooks-allowlist.json"
    approvals = [
        {"event": hook.theirs, "command": hooks.command("hermes-agent", hook.ours)}
        for hook in REGISTRATIONS["hermes-agent"].hooks
    ]
    allowed.write_text(json.dumps({"approvals": approvals}))
    assert trust.trust("hermes-agent", path, tmp_path, {}) == "trusted"
    for less in (approvals[1:], None, "x"):
        allowed.write_text(json.dumps({"approvals": less}))
        assert trust.trust("hermes-agent", path, tmp_path, {}) == "untrusted"
    path.write_text("hooks_auto_accept: true\n")
    assert trust.trust("hermes-agent", path, tmp_path, {}) == "trusted"
    path.write_text("a: [")
    assert trust.trust("hermes-agent", path, tmp_path, {}) == "unknown"


@pytest.mark.parametrize("agent", ["claude-code", "cursor", "gemini-cli", "opencode", "pi"])
def test_others_do_not_ask(agent: str, tmp_path: Path) -> None:
    """The other agents run what stands in their files."""
    assert trust.trust(agent, tmp_path, tmp_path, {}) == ""
