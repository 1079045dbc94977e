"""Approve our hooks in codex, as its user does with /hooks: there the answer is written into config.toml.

gitskills itself never does this: see gitskills/agents/trust.py.
"""

import json
import subprocess
from pathlib import Path
from typing import Any


def approve(home: Path, project: Path) -> None:
    """Trust the project, so that codex looks at its hooks, then each hook by the hash codex has for it."""
    config = home / ".codex" / "config.toml"
    _append(config, f"[projects.{json.dumps(str(project))}]", 'trust_level = "trusted"')
    for hook in _hooks(project):
        key, digest = json.dumps(hook["key"]), json.dumps(hook["currentHash"])
        _append(config, f"[hooks.state.{key}]", f"trusted_hash = {digest}")


def _append(config: Path, *lines: str) -> None:
    with config.open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(lines) + "\n")


def _hooks(project: Path) -> list[dict[str, Any]]:
    """What `codex app-server` tells of the hooks in a project."""
    asked = (
        {"id": 1, "method": "initialize", "params": {"clientInfo": {"name": "test", "version": "1"}}},
        {"method": "initialized"},
        {"id": 2, "method": "hooks/list", "params": {"cwds": [str(project)]}},
    )
    words = ["codex", "app-server", "-c", "features.plugins=false", "-c", "analytics.enabled=false"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as codex:
        assert codex.stdin and codex.stdout
        codex.stdin.write("".join(json.dumps(one) + "\n" for one in asked).encode())
        codex.stdin.flush()
        answers = (json.loads(line) for line in codex.stdout)
        found: list[dict[str, Any]] = next(one for one in answers if one.get("id") == 2)["result"]["data"][0]["hooks"]
        codex.kill()
    return found
