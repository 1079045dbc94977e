"""The identity of a set of edits: the same whatever their order and white space, on every machine."""

import json
from collections.abc import Iterable
from hashlib import sha256
from unicodedata import normalize

from gitskills.skills.edit import Edit


def fingerprint(edits: Iterable[Edit]) -> str:
    """Return 64 hex digits: the sha256 of the edits' normalised texts, sorted.

    Runs of white space count as one space and Unicode is composed (NFC), so that what only looks the same is the same.
    """
    rows = sorted([edit.op, _plain(edit.target), _plain(edit.content)] for edit in edits)
    return sha256(json.dumps(rows).encode()).hexdigest()


def fp8(full: str) -> str:
    """Return the first 8 digits of a fingerprint, as in the names of refs."""
    return full[:8]


def _plain(text: str) -> str:
    return " ".join(normalize("NFC", text).split())
