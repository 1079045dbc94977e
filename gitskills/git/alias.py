"""Where a URL leads once the user's own names for hosts are spelled out: git's `insteadOf`, and ssh's `Host` blocks."""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress

from gitskills.git import command


def spelled_out(url: str) -> str:
    """Return the URL with the host behind it, to show a page there; as it is where nothing tells.

    Nothing is connected to: `ssh -G` only reads its configuration.
    """
    if url.startswith(("file:", "git:", "http:", "https:")):
        return url
    with suppress(command.GitFailed, command.GitTimeout):
        url = command.run("ls-remote", "--get-url", "--", url, timeout=5).decode("utf-8", "replace").strip() or url
    found = re.fullmatch(r"((?:ssh://)?(?:[^@/:]+@)?)([A-Za-z0-9_][A-Za-z0-9_.-]*)((?::|/).+)", url)
    if found is None:
        return url
    before, host, rest = found.groups()
    with suppress(OSError, subprocess.TimeoutExpired):
        asked = ["ssh", "-G", "--", host]
        out = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=5).stdout
        if real := re.search(rb"(?m)^hostname ([A-Za-z0-9_][A-Za-z0-9_.-]*)\r?$", out):
            return f"{before}{real[1].decode()}{rest}"
    return url
