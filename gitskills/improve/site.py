"""What the worker must know of installed skills: the wing that shares knows, and whoever starts it hands it in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gitskills.git.commit import Identity
from gitskills.improve.case import Models, Target


@dataclass(frozen=True, slots=True)
class Placed:
    """A skill that gitskills placed: its `name` here and all `names` it may be told by, and where it lies.

    `url` and `path` say which skill of which library it is, `tree` what was installed, `folders` where agents find it
    (absolute, links and their targets).
    """

    name: str
    names: tuple[str, ...]
    source: str
    url: str
    path: str
    tree: str
    folders: tuple[str, ...]


class Site(Protocol):
    """The skills of this machine."""

    @property
    def salt(self) -> str:
        """This machine's secret for hashing ids of sessions."""

    def placed(self, cwd: str) -> Sequence[Placed]:
        """Return the skills gitskills placed for an agent that works in `cwd`, of its project before the user's own.

        None in a project that wants no improvements. Raises GitskillsError and OSError.
        """

    def wanted(self, cwd: str, name: str) -> bool:
        """Say whether the library of one of them wants improvements, as last fetched. Raises GitskillsError."""

    def target(self, cwd: str, name: str) -> Target:
        """Return one of them in its library as it is now; fetches. Raises GitskillsError."""

    def text(self, cwd: str, name: str) -> str:
        """Return its SKILL.md as it is on disk."""

    def models(self, cwd: str, agent: str) -> Models:
        """Return the models for work in `cwd` that a session of `agent` asks for."""

    def who(self, cwd: str) -> Identity:
        """Return who commits there."""
