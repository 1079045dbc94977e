"""One file of a skill: its bytes and git's mode."""

from dataclasses import dataclass

PLAIN, EXECUTABLE, LINK = 0o100644, 0o100755, 0o120000


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes and its mode as git writes it: `PLAIN`, `EXECUTABLE`, or `LINK` with the target as bytes."""

    data: bytes
    mode: int = PLAIN
