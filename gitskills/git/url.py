"""Git URLs as text: what may be handed to git, which are one repository, and where a browser compares branches."""

from __future__ import annotations

import re

_WITH_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>[^\s'\"<>]*)")


def redact(text: str) -> str:
    """Return `text` with passwords, http user names (tokens) and http queries taken out of every URL in it."""

    def clean(match: re.Match[str]) -> str:
        scheme, rest = match["scheme"], match["rest"]
        authority, slash, path = rest.partition("/")
        user, at, host = authority.rpartition("@")
        if scheme.lower() in ("http", "https"):
            return f"{scheme}://{host}{slash}{path.partition('?')[0]}"
        return f"{scheme}://{user.partition(':')[0]}{at}{host}{slash}{path}"

    return _WITH_SCHEME.sub(clean, text)
