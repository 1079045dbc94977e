"""The line that marks a prompt of our own: what gitskills asked a model is never taken for a user's session."""

import re

MARK = "gitskills-internal:"
_MARK = re.compile(rf"^[ \t]*{re.escape(MARK)}[ \t]*[0-9A-Za-z-]{{1,64}}[ \t]*\r?$", re.MULTILINE)


def mark(nonce: str) -> str:
    """Return the line to put into a prompt of ours; `nonce` is 1 to 64 letters, digits or dashes."""
    return f"{MARK}{nonce}"


def is_own(prompt: str) -> bool:
    """Say whether a prompt has a line of `mark`'s: the session it opens is ours, never a user's.

    Only for what stands where a user's words stand. A tool's output with such a line says nothing about the session.
    """
    return MARK in prompt and _MARK.search(prompt) is not None
