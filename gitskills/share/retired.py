"""Cards that have expired upstream: kept in git for the record, and no skill for an agent any more."""

from collections.abc import Mapping
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.command import GitFailed
from gitskills.git.objects import MANIFEST, Found
from gitskills.share.roots import Want

_CARDS = "cards/"
_KEY = "gitskills-expired"  # in a card's metadata, with the reason; see the contract


def live(git_dir: Path, commit: str, skills: Mapping[str, Found], want: Want | None = None) -> dict[str, Found]:
    """Return the skills of a library at `commit` (by path) without its expired cards.

    `want` fetches the cards that a cache lacks; without it one that lacks any shows all of them.
    """
    cards = {path: one for path, one in skills.items() if path.startswith(_CARDS)}
    if not cards:
        return dict(skills)
    if want is not None:
        want([one.entries[MANIFEST][1] for one in cards.values()])
    try:
        gone = _expired(git_dir, commit, cards)
    except GitFailed:
        gone = set()
    return {path: one for path, one in skills.items() if path not in gone}


def _expired(git_dir: Path, commit: str, cards: Mapping[str, Found]) -> set[str]:
    named = (path.removesuffix(f"/{MANIFEST}") for path in objects.mentioning(git_dir, commit, _KEY, _CARDS))
    blobs = {path: cards[path].entries[MANIFEST][1] for path in named if path in cards}
    texts = dict(objects.blobs(git_dir, dict.fromkeys(blobs.values())))
    return {path for path, blob in blobs.items() if _marked(texts[blob].decode("utf-8", "replace"))}


def _marked(text: str) -> bool:
    """Whether a card's own metadata says that it has expired, rather than its text."""
    from gitskills.skills import frontmatter

    try:
        metadata = frontmatter.keys(frontmatter.split(text), lenient=True).get("metadata")
    except GitskillsError:
        return False
    return isinstance(metadata, dict) and bool(metadata.get(_KEY))
