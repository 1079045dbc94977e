"""Areas: which part of a code repository a card is about, as the path of its folder below cards/."""

import re
from collections.abc import Iterator
from unicodedata import normalize

from gitskills.errors import GitskillsError
from gitskills.skills.refuse import RESERVED_BY_WINDOWS

LONGEST, DEPTH, PART = 200, 8, 64  # characters of an area, parts of it, characters of a part: a skill's name has 64

_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


class AreaError(GitskillsError):
    """A text that names no area."""


def normalise(text: str) -> str:
    """Return an area in its one form, each part fit to be a skill's name: "API / Errors" is "api/errors".

    "" is the root. Raises AreaError for `..`, absolute paths, empty parts, control characters and what is too long.
    """
    told = repr(text[:60])
    if _HIDDEN.search(text):
        raise AreaError(f"the area {told} holds control characters")
    text = text.strip().replace("\\", "/")
    if text in ("", "."):
        return ""
    if text.startswith(("/", "~")) or re.match("[A-Za-z]:", text):
        raise AreaError(f"the area {told} is absolute", "name it from the root of the code, as in api/errors")
    parts = text.removesuffix("/").split("/")
    if any(part.strip() in (".", "..") for part in parts):
        raise AreaError(f"the area {told} leads elsewhere", "name it from the root of the code, as in api/errors")
    names = [name(part) for part in parts]
    if not all(names):
        raise AreaError(f"the area {told} has an empty part", "each part needs a letter or a digit")
    if len(names) > DEPTH or len("/".join(names)) > LONGEST:
        raise AreaError(f"the area {told} is too long", f"at most {DEPTH} parts and {LONGEST} characters")
    return "/".join(names)


def name(text: str) -> str:
    """Return a text as one part of an area: letters a to z, digits, single hyphens, at most 64; "" for nothing."""
    plain = normalize("NFKD", text).casefold().encode("ascii", "ignore").decode()
    found = _NOT_A_NAME.sub("-", plain).strip("-")[:PART].rstrip("-")
    return f"{found}-x" if RESERVED_BY_WINDOWS.fullmatch(found) else found


def ancestors(area: str) -> Iterator[str]:
    """Yield a normalised area and all above it, the most specific first, down to the root ("")."""
    while area:
        yield area
        area = area.rpartition("/")[0]
    yield ""
