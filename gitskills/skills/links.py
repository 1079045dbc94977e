"""Where a symbolic link in a tree leads, worked out from the tree alone, the way an operating system would walk it."""

import re
from collections.abc import Mapping

HOPS = 40  # Linux follows no more links than this on the way to one file
WINDOWS_ABSOLUTE = re.compile(r"[A-Za-z]:|[\\/]")


def leaves(path: str, links: Mapping[str, str]) -> str | None:
    """Return why following the link at `path` leads out of the tree, None when it stays inside.

    `links` maps every link's path to its target, both with `/`. A link through another link counts by where that
    one leads, so `a/b/link/..` is not taken for `a/b`. Loops and dangling links lead nowhere, so not out.
    """
    walked: list[str] = path.split("/")[:-1]
    ahead = _parts(links[path])
    if ahead is None:
        return "is absolute"
    hops = 0
    while ahead:
        part = ahead.pop()
        if part == "..":
            if not walked:
                return "leads out of the skill's folder"
            walked.pop()
            continue
        walked.append(part)
        if (target := links.get("/".join(walked))) is not None:
            further = _parts(target)
            if further is None:
                return "leads to an absolute link"
            hops += 1
            if hops > HOPS:
                return None
            walked.pop()
            ahead += further
    return None


def _parts(target: str) -> list[str] | None:
    """Return a target's parts, last first; None for an absolute one. On Windows a backslash separates, too."""
    if WINDOWS_ABSOLUTE.match(target):
        return None
    return [part for part in reversed(re.split(r"[/\\]", target)) if part not in ("", ".")]
