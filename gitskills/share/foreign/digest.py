"""Other tools' hashes of a skill folder, computed for one purpose: to know what they installed when we see it.

Each was worked out from its tool's source. Two of them join paths and bytes without a separator and none covers the
executable bit, so they never decide what a version is: git's tree does.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from gitskills.skills.file import LINK, File

Kind = Literal["npx", "apm", "apm-files", "clawhub"]
Files = Mapping[str, File]

# ICU's root collation of ASCII, which JavaScript's localeCompare follows: punctuation, digits, letters.
_ORDER = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"
_RANK = {letter: rank for rank, letter in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True)
class Digest:
    """A recorded hash of a folder (`value`, hex), or for `apm-files` the hash of each file (`files`, by path)."""

    kind: Kind
    value: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def fits(self, files: Files) -> bool | None:
        """Whether a folder's files are the recorded ones; None where that cannot be told."""
        if self.kind == "apm-files":
            return all(path in files and apm_file(files[path].data) == value for path, value in self.files.items())
        computed = _WHOLE[self.kind](files)
        return None if computed is None else computed == self.value


def npx(files: Files) -> str | None:
    """The `computedHash` of `npx skills`; None for names whose order only ICU knows."""
    kept = {
        path: one
        for path, one in files.items()
        if one.mode != LINK and not {".git", "node_modules"}.intersection(path.split("/")[:-1])
    }
    paths = _sorted(kept)
    if paths is None:
        return None
    digest = sha256()
    for path in paths:
        digest.update(path.encode() + kept[path].data)
    return digest.hexdigest()


def apm(files: Files) -> str:
    """The `content_hash` of APM, without its `sha256:`."""
    digest = sha256()
    for path in sorted(files, key=lambda path: path.encode("utf-8", "surrogateescape")):
        if files[path].mode != LINK:
            digest.update(path.encode("utf-8", "surrogateescape") + files[path].data)
    return digest.hexdigest()


def apm_file(data: bytes) -> str:
    """APM's hash of one file, without its `sha256:`: line ends of a text count as LF."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return sha256(data).hexdigest()
    return sha256(data if b"\0" in data else data.replace(b"\r\n", b"\n")).hexdigest()


def clawhub(files: Files) -> str | None:
    """The `fingerprint` of ClawHub's origin.json; None for names whose order only ICU knows."""
    paths = _sorted(path for path in files if not any(part.startswith(".") for part in path.split("/")))
    if paths is None:
        return None
    rows = (f"{path}:{sha256(files[path].data).hexdigest()}" for path in paths)
    return sha256("\n".join(rows).encode()).hexdigest()


def _sorted(paths: Iterable[str]) -> list[str] | None:
    """Sort paths as `localeCompare` does; None where one has characters whose place only ICU knows."""
    listed = list(paths)
    if not all(letter.lower() in _RANK for path in listed for letter in path) or not "".join(listed).isascii():
        return None
    return sorted(listed, key=_collation)


def _collation(path: str) -> tuple[list[int], list[bool]]:
    """The sort key of an ASCII text: letters first without their case, then lower before upper."""
    return [_RANK[letter.lower()] for letter in path], [letter.isupper() for letter in path]


_WHOLE: dict[str, Callable[[Files], str | None]] = {"npx": npx, "apm": apm, "clawhub": clawhub}
