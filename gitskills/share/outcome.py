"""What a writing verb did to each skill, in the words of the contract's JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Action = Literal["installed", "updated", "merged", "unchanged", "kept", "conflict", "removed", "refused"]
FAILED: frozenset[str] = frozenset({"conflict", "refused"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of `pull`: `before` and `after` are tree oids; `problems` are places that did not get the skill."""

    skill: str
    source: str
    action: Action
    before: str | None = None
    after: str | None = None
    commit: str | None = None
    message: str = ""
    problems: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the user has something to settle."""
        return self.action in FAILED or bool(self.problems)

    def json(self) -> Mapping[str, object]:
        """The row as the contract's `--json` has it."""
        return {
            "skill": self.skill,
            "source": self.source,
            "action": self.action,
            "from": self.before,
            "to": self.after,
            "commit": self.commit,
            "message": "; ".join(filter(None, (self.message, *self.problems))),
        }
