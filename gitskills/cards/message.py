"""What people said about a change: the title and the text of a merge are often in the commits it brought."""

import re

from gitskills.git.changes import Commit, Merged
from gitskills.git.trailers import trailers

TITLE, TEXT = 200, 4_000  # characters kept of a title and of a text

_HOLLOW = re.compile(r"merged? (?:pull request|branch|branches|remote|commit|tag|request|\S+ into)\b", re.IGNORECASE)
_WORD = re.compile(r"\w")  # a line without one parts others
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # no people's words; hidden letters are left for the scan
_NOISE = re.compile(
    r"\s*\((?:#\d+|GH-\d+|!\d+)\)$|^\[(?:pre-commit|skip|ci)[^\]]*\]\s*|^(?:fixup|squash|amend)!\s*"
    r"|^(?:(?:wh)?oops|argh|ugh|wip)\b[\s,:.!-]+(?=\S)"
    # Which issue it settles, where something else was said before.
    r"|[\s(\[.,;:-]+(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?|refs?):? (?:issue )?#\d+(?:(?:,| and) #\d+)*[)\]]?\.?$",
    re.IGNORECASE,
)


def told(merged: Merged) -> tuple[str, str]:
    """Return the title of a change and the text below it, trailers left out."""
    title, text = _parts(merged.commit)
    if merged.brought and _HOLLOW.match(title):
        inner = [_parts(one) for one in merged.brought if len(one.parents) < 2] or [_parts(merged.brought[0])]
        said, _, rest = text.partition("\n")
        first = said.strip() if _WORD.search(said) else inner[0][0]
        # What the merge says itself comes first, then every commit's words, once.
        lines = [rest.strip(), *(part for pair in inner for part in pair)]
        title, text = first, "\n".join(part for part in dict.fromkeys(lines) if part and part != first)
    return _clean(title[: 5 * TITLE])[:TITLE], text[:TEXT].strip()


def _parts(commit: Commit) -> tuple[str, str]:
    message = _CONTROL.sub(" ", commit.message.replace("\r\n", "\n"))
    title, _, rest = message.partition("\n")
    body = rest.strip()
    if body and trailers(message):
        head, _, last = f"\n\n{body}".rpartition("\n\n")
        body = head.strip() if last else body
    return title.strip(), body


def _clean(title: str) -> str:
    """Drop what numbers and marks say to machines only."""
    before = ""
    while before != title:
        before, title = title, _NOISE.sub("", title).strip()
    return title
