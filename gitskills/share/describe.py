"""What changed in a skill, in a few words: for the subject of a commit nobody wrote a message for."""

import difflib
from collections.abc import Mapping

from gitskills.git.objects import MANIFEST
from gitskills.skills.file import File
from gitskills.skills.regions import body_start, headings, lines

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
    texts = [data.decode("utf-8", "replace") for data in (before, after)]
    old, new = ([text[line.start : line.end] for line in lines(text)] for text in texts)
    if len(old) + len(new) > 20_000:
        return []
    starts = [line.start for line in lines(texts[1])]
    opening, titles = body_start(texts[1]), headings(texts[1])
    found: dict[str, None] = {}
    for tag, _, _, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal" and starts:
            last = starts[min(max(start, end - 1), len(starts) - 1)]
            above = [heading.title for heading in titles if heading.line.start <= last]
            title = " ".join(above[-1].split())[:40] if above else ""
            found["the frontmatter" if last < opening else title] = None
    return [place for place in found if place]


def _some(names: list[str]) -> str:
    rest = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
