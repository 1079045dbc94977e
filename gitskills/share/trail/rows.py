"""From a history's changes to the audit trail: which skill, which version, which operation. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gitskills.git.history import Change, Touch
from gitskills.git.renames import name
from gitskills.git.trailers import KEYS, REPEATABLE, trailers

OPS = frozenset({"create", "edit", "improve", "revert", "remove", "harvest", "supersede", "expire", "promote"})

_SINGLE = {key.lower(): key for field_name, key in KEYS.items() if field_name not in REPEATABLE}
_MANY = {KEYS[field_name].lower(): KEYS[field_name] for field_name in REPEATABLE}


class Row(NamedTuple):
    """One change of one skill. `skill` numbers the skill across its renames; `trailers` is a JSON object."""

    skill: int
    commit: str
    date: str
    author: str
    email: str
    path: str
    op: str
    version: int | None
    """The count of the branch's first-parent commits that changed the skill; None for a change they left out."""
    base: str
    tree: str
    origin: str | None
    summary: str
    trailers: str

    @property
    def name(self) -> str:
        """The skill's name at that commit."""
        return name(self.path)


@dataclass(slots=True)
class Skill:
    """A skill on the branch: where it is (or last was), its tree ("" when gone), how many versions it had.

    `landed` is the first-parent commit that made the last of them; `creator` the email address of who began it.
    """

    path: str
    tree: str
    version: int
    landed: str
    creator: str

    @property
    def name(self) -> str:
        """Its folder's name, "" for a skill at the root."""
        return name(self.path)


class Said(NamedTuple):
    """What a commit's message says: the subject, the operation on each skill it names, all trailers as JSON."""

    subject: str
    ops: Mapping[str, str]
    trailers: str


@dataclass(slots=True)
class Trail:
    """The skills of a branch up to some commit, and what is needed to read on from there."""

    skills: dict[int, Skill] = field(default_factory=dict)
    paths: dict[str, int] = field(default_factory=dict)
    """Every folder a skill was ever seen in, on any branch, and which skill that was last."""
    trees: set[tuple[int, str]] = field(default_factory=set)
    """Every tree each skill ever had, to know a return to one."""

    def extend(self, changes: Iterable[Change], tip: str, said: Mapping[str, Said]) -> Iterator[Row]:
        """Yield the rows of `changes` (parents first, renames followed), the oldest first.

        A merged branch's commits come before their merge and carry its version. The merge has a row of its own only
        where they do not explain it: when the skill's tree after it is not the one the last of them left.
        """
        by = {change.commit: change for change in changes}
        order = {commit: number for number, commit in enumerate(by)}
        chain = []
        while tip in by:
            chain.append(by[tip])
            tip = next(iter(by[tip].parents), "")
        seen: set[str] = set()
        for change in reversed(chain):
            inner = sorted(_merged(change, by, seen), key=order.__getitem__) if len(change.parents) > 1 else []
            seen.add(change.commit)
            rows = [row for commit in inner for row in self._branch(by[commit], said[commit])]
            yield from self._land(change, said[change.commit], rows)

    def _branch(self, change: Change, said: Said) -> Iterator[Row]:
        """Yield the rows of a commit of a merged branch, without versions yet."""
        for touch in change.touches:
            skill = self._skill_of(touch, change)
            yield self._row(skill, change, said, touch)

    def _land(self, change: Change, said: Said, rows: list[Row]) -> Iterator[Row]:
        """Move the branch on by one first-parent commit; yield the rows it brings in and, where due, its own."""
        touched: dict[int, tuple[str, str]] = {}
        for touch in sorted(change.touches, key=_rank):
            skill = self._skill_of(touch, change)
            record = self.skills[skill]
            touched.setdefault(skill, (record.path, record.tree))
            record.tree = touch.tree
            record.path = touch.path
        last: dict[int, str] = {}
        for row in rows:
            last[row.skill] = row.tree
            yield row._replace(version=self.skills[row.skill].version + 1) if row.skill in touched else row
        for skill, (path, base) in touched.items():
            record = self.skills[skill]
            record.version += 1
            record.landed = change.commit
            if last.get(skill) != record.tree:
                origin = path if base and path != record.path else None
                touch = Touch(record.path, base, record.tree, origin)
                yield self._row(skill, change, said, touch)._replace(version=record.version)

    def _skill_of(self, touch: Touch, change: Change) -> int:
        """Return the skill a touch is about; a folder that came is a new one unless it is known to have been here."""
        known = self.paths.get(touch.path if touch.origin is None else touch.origin)
        if known is not None and touch.origin is None and not touch.base:
            record = self.skills[known]
            if record.tree and record.path != touch.path:
                known = None  # what was here once lives elsewhere now
        if known is None:
            known = len(self.skills)
            self.skills[known] = Skill(touch.path, "", 0, "", change.email)
        self.paths[touch.path] = known
        return known

    def _row(self, skill: int, change: Change, said: Said, touch: Touch) -> Row:
        summary = said.subject
        if touch.origin is not None:
            old = name(touch.origin)
            summary += f" (renamed from {old})" if old != name(touch.path) else f" (moved from {touch.origin})"
        # A skill at the root has no folder to be named after: the one its commit names is meant.
        named = said.ops.get(name(touch.path)) if touch.path else next(iter(said.ops.values()), None)
        op = named or self._operation(skill, touch, said.subject)
        self.trees.add((skill, touch.tree))
        return Row(
            skill,
            change.commit,
            change.date,
            change.author,
            change.email,
            touch.path,
            op,
            None,
            touch.base,
            touch.tree,
            touch.origin,
            summary,
            said.trailers,
        )

    def _operation(self, skill: int, touch: Touch, subject: str) -> str:
        """Infer what a commit without our trailers did."""
        if not touch.tree:
            return "remove"
        if subject.startswith("Revert ") and (skill, touch.tree) in self.trees:
            return "revert"
        return "edit" if touch.base else "create"


def _rank(touch: Touch) -> int:
    """Renames first, then what went, then what came: a folder is free before another skill takes it."""
    return 0 if touch.origin is not None else 1 if not touch.tree else 2 if not touch.base else 3


def _merged(change: Change, by: Mapping[str, Change], seen: set[str]) -> list[str]:
    """Return the commits a merge brings in; `seen` holds those already on the branch and grows by them."""
    found = []
    waiting = list(change.parents[1:])
    while waiting:
        commit = waiting.pop()
        if commit in by and commit not in seen:
            seen.add(commit)
            found.append(commit)
            waiting.extend(by[commit].parents)
    return found


def say(message: str) -> Said:
    """Read a commit's message."""
    subject = message.partition("\n")[0]
    found = trailers(message)
    if not found:
        return Said(subject, {}, "{}")
    shown: dict[str, str | list[str]] = {}
    ops: dict[str, str] = {}
    skill = ""
    for key, value in found:
        single = _SINGLE.get(key.lower())
        if single == "Skill":
            skill = value
        elif single == "Skill-Op" and value in OPS:
            ops.setdefault(skill, value)
        if single is not None:
            shown.setdefault(single, value)
        else:
            # Whatever may be repeated is a list even when it stands once.
            many = shown.setdefault(_MANY.get(key.lower(), key), [])
            assert isinstance(many, list)
            many.append(value)
    return Said(subject, ops, json.dumps(shown))
