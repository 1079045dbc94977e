"""What a pull is asked to do, and what it did to each skill, in the words of the contract's JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from gitskills.errors import GitskillsError
from gitskills.git.merge import Favor

Action = Literal["installed", "updated", "merged", "unchanged", "kept", "conflict", "removed", "refused"]
FAILED: frozenset[str] = frozenset({"conflict", "refused"})


class Left(NamedTuple):
    """What stood in the way in agents' own folders: `problems`, which keep an agent from the skill, and `notes`."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


NOTHING = Left()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of `pull`: `before` and `after` are tree oids; `left` is what agents' own folders hold instead."""

    skill: str
    source: str
    action: Action
    before: str | None = None
    after: str | None = None
    commit: str | None = None
    message: str = ""
    left: Left = NOTHING

    @property
    def told(self) -> str:
        """All there is to say of it, in one line; "" for nothing."""
        return "; ".join(filter(None, (self.message, *self.left.problems, *self.left.notes)))

    @property
    def failed(self) -> bool:
        """Whether the user has something to settle."""
        return self.action in FAILED or bool(self.left.problems)

    def json(self) -> Mapping[str, object]:
        """The row as the contract's `--json` has it."""
        return {
            "skill": self.skill,
            "source": self.source,
            "action": self.action,
            "from": self.before,
            "to": self.after,
            "commit": self.commit,
            "message": self.told,
        }


@dataclass(frozen=True, slots=True)
class Options:
    """How to pull: `names` restricts to skills, `author` to those an email address created; `favor` settles clashes."""

    names: tuple[str, ...] = ()
    favor: Favor = "none"
    frozen: bool = False
    offline: bool = False
    author: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a pull: a row for each skill, and the sources (by name) that could not be reached.

    `recovered` are edited folders that an interrupted run had swapped out: they were saved there; `warnings` are
    other tools' records that cannot be read.
    """

    outcomes: list[Outcome]
    unreachable: Mapping[str, GitskillsError]
    recovered: tuple[Path, ...] = ()
    warnings: tuple[GitskillsError, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether anything is left for the user to settle."""
        return bool(self.unreachable) or any(one.failed for one in self.outcomes)
