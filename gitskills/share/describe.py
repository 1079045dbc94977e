"""What changed in a skill, in a few words: for the subject of a commit nobody wrote a message for."""

import difflib
import re
from collections.abc import Mapping

from gitskills.git.objects import MANIFEST
from gitskills.skills.file import File

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")
_MOST = 3  # places named; a subject is one short line


def describe(before: Mapping[str, File] | None, after: Mapping[str, File]) -> str:
    """Name the headings of SKILL.md, or else the files, in which `after` differs from `before` (None: a new skill)."""
    if before is None:
        return "new skill"
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    if changed == [MANIFEST] and MANIFEST in before and MANIFEST in after:
        places = _headings(before[MANIFEST].data, after[MANIFEST].data)
        if places:
            return f"edit {_some(places)}"
    return f"edit {_some(changed)}" if changed else "merge upstream"


def _headings(before: bytes, after: bytes) -> list[str]:
    """The headings above each changed run of lines, each once, in order; frontmatter counts as one."""
    old, new = (data.decode("utf-8", "replace").splitlines() for data in (before, after))
    if len(old) + len(new) > 20_000:
        return []
    found: dict[str, None] = {}
    opening = _frontmatter(new)
    for tag, _, _, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            last = max(start, end - 1)
            found["the frontmatter" if last < opening else _above(new[opening : last + 1])] = None
    return [place for place in found if place]


def _frontmatter(lines: list[str]) -> int:
    """How many lines the frontmatter has, with both its fences; 0 where there is none."""
    return lines.index("---", 1) + 1 if lines[:1] == ["---"] and "---" in lines[1:] else 0


def _above(lines: list[str]) -> str:
    for line in reversed(lines):
        heading = _HEADING.fullmatch(line)
        if heading:
            return heading[1][:40]
    return ""


def _some(names: list[str]) -> str:
    rest = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
