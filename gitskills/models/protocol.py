"""What a model is to the rest of the house: text in, text out, or a failed call."""

from typing import Literal, Protocol, get_args

from gitskills.errors import GitskillsError

Role = Literal["judge", "proposer", "suggester", "editor", "librarian", "generaliser", "grader"]
ROLES: tuple[str, ...] = get_args(Role)


class ModelFailed(GitskillsError):
    """A call gave no answer. Nothing follows from that about what was asked, and it is never remembered."""


class Model(Protocol):
    """Something that can be asked. It has no tools, keeps nothing, and its answer is data."""

    @property
    def name(self) -> str:
        """The model as a spec ("agent:claude-code/haiku"), for the trail of what it did."""
        ...

    def ask(self, system: str, prompt: str, *, role: str) -> str:
        """Return the answer to `prompt` under the instructions `system`; `role` is one of ROLES.

        Raises ModelFailed where there is none: no program or key, an error, a time-out, an empty answer.
        """
        ...
