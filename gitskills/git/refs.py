"""Names of skills as parts of names of refs: a folder may be called what git lets no ref be called."""

import re

# https://git-scm.com/docs/git-check-ref-format; white space of any script, since a ref is a word in all we write.
_NEVER = re.compile(r"[\x00-\x20\x7f~^:?*\[\\/%\s]|(?<=\.)\.|^\.|\.$|\.(?=lock$)|(?<=@)\{|^@$")


def part(name: str) -> str:
    """Return a skill's name as one part of a ref's name: itself, but for what no ref may hold, in `%` and hex."""
    return _NEVER.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), name)
