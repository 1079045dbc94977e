"""Accepted suggestions become one commit per skill: an editor model weaves them in, the gate decides, it is delivered.

A person asked for it, so one session is enough where the library's policy is `direct`. What the gate refuses leaves
this machine in no form: the suggestion stays waiting, with the reason. The fingerprint is of the suggestions, not of
what the editor wrote: a run that was killed anywhere finds what it published, and so does another machine.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gitskills.errors import GitskillsError
from gitskills.git.trailers import Event
from gitskills.improve import candidate, deliver, gate, known, weave
from gitskills.improve.case import Target
from gitskills.improve.fingerprint import fingerprint
from gitskills.improve.gate import Check, Decision, Facts
from gitskills.improve.site import Site
from gitskills.improve.suggest import plain
from gitskills.improve.suggestions import Suggestion
from gitskills.improve.words import QUOTE_LIMIT, line, quote
from gitskills.models.protocol import ModelFailed
from gitskills.skills.edit import Edit, Rejected
from gitskills.skills.file import File
from gitskills.skills.validate import SKILL_FILE

Outcome = Literal["improved", "duplicate", "rejected", "failed"]

MOVED = 3  # times a skill may change under us


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of suggestions about one skill; `rejected` and `failed` (no answer) leave them waiting."""

    some: tuple[Suggestion, ...]
    decision: Outcome
    message: str = ""
    branch: str = ""
    commit: str = ""
    checks: tuple[Check, ...] = ()

    @property
    def done(self) -> bool:
        """Whether the suggestions are where they belong."""
        return self.decision in ("improved", "duplicate")


def accept(site: Site, some: Sequence[Suggestion], *, dry_run: bool = False) -> Accepted:
    """Weave suggestions about one skill into it and deliver the commit; raises GitskillsError, a RemoteError too.

    Once at a time per skill (the caller holds its lock). With `dry_run` nothing is delivered.
    """
    first, some = some[0], tuple(sorted(some, key=lambda one: one.id))
    made = fingerprint(Edit("append", one.section, plain(one.change)) for one in some)
    for _ in range(MOVED):
        target = site.target(first.cwd, first.skill)
        if target.policy.improve == "off":
            raise GitskillsError(f"the library of {first.skill} wants no improvements", "it says `improve: off`")
        if (there := _there(target, some, made)) is not None:
            return there
        try:
            decided = _woven(site, target, some)
        except ModelFailed as error:
            return Accepted(some, "failed", error.message)
        if isinstance(decided, Accepted) or dry_run:
            return decided if isinstance(decided, Accepted) else Accepted(some, "improved", checks=decided[1].checks)
        candidate.fetch(target.cache)  # an editor takes its time, and others are at work meanwhile
        if known.made(target.cache, target.source, target.skill, made, target.branch, target.tip) is not None:
            continue
        if (found := _deliver(site, target, some, made, *decided)) is not None:
            return found
    raise GitskillsError(f"others kept changing {first.skill}", "run it again")


def _there(target: Target, some: tuple[Suggestion, ...], made: str) -> Accepted | None:
    """What was done with these suggestions already: by a run that was killed, on another machine, by a reviewer."""
    for one in candidate.waiting(target.source, target.cache):
        if one.event.skill == target.skill and one.event.edit == made:
            return Accepted(some, "duplicate", "it waits for review already", one.branch, one.commit)
    if any(one.fingerprint == made and one.fate == "accepted" for one in target.history):
        return Accepted(some, "duplicate", "the library has it already")
    for one in candidate.rejected(target.source, target.cache):
        if one.event.skill == target.skill and one.event.edit == made:
            return Accepted(some, "rejected", f"it was rejected in review: {line(one.why.rpartition('Rejected: ')[2])}")
    said = {plain(each.lstrip(" \t>-*+0123456789.)")) for each in target.text.splitlines()}
    if all(plain(one.change) in said for one in some):
        return Accepted(some, "duplicate", "the skill says it already")
    return None


def _woven(site: Site, target: Target, some: tuple[Suggestion, ...]) -> Accepted | tuple[str, Decision, str]:
    """Ask the editor and the gate; returns the new text, the decision and the model, or why it must not be."""
    model = site.models(some[0].cwd, some[0].evidence.partition(":")[0])("editor")
    limits, changes = target.policy.edits, [one.update for one in some]
    asked = weave.prompt(target.skill, target.text, changes, limits, nonce=secrets.token_hex(8))
    text = weave.parse(model.ask(asked.system, asked.prompt, role="editor"), target.text)
    if problem := weave.problem(target.text, text, changes, limits):
        return _refused(some, (Check("edit", False, _told(problem)),))
    result = {**target.files, SKILL_FILE: File(text.encode("utf-8", "replace"), target.files[SKILL_FILE].mode)}
    sessions = tuple({one.evidence.partition("#")[0] for one in some})
    facts = Facts(target.skill, target.files, result, target.tree, target.policy, sessions=sessions, asked=True)
    decision = gate.decide(facts)
    if decision.status == "rejected":
        return _refused(some, decision.checks)
    return text, decision, model.name


def _told(problem: Rejected) -> str:
    return line(f"{problem.code}: {problem.reason}")


def _refused(some: tuple[Suggestion, ...], checks: tuple[Check, ...]) -> Accepted:
    wrong = "; ".join(f"{check.name}: {check.message}" for check in checks if not check.ok)
    return Accepted(some, "rejected", wrong, checks=checks)


def _deliver(
    site: Site, target: Target, some: tuple[Suggestion, ...], made: str, text: str, decision: Decision, model: str
) -> Accepted | None:
    """Make it one commit on its branch, or on the default branch by policy; None where the skill moved meanwhile."""
    from gitskills.git.repository import Repository, store

    files = {**target.files, SKILL_FILE: replace(target.files[SKILL_FILE], data=text.encode("utf-8", "replace"))}
    tree = store(Repository(target.cache.git_dir), ((path, one.mode, one.data) for path, one in files.items()))
    who = site.who(some[0].cwd)
    event = Event(
        skill=target.skill,
        op="improve",
        base=target.tree,
        tree=tree,
        edit=made,
        evidence=tuple(dict.fromkeys(one.evidence for one in some)),
        proposer=f"{model} v{weave.VERSION}",
        gate=decision.figures,
        calls=1,
        co_authors=(f"{who.name} <{who.email}>",),
    )
    subject = quote(some[0].change, 72) if len(some) == 1 else f"{len(some)} suggestions of its users"
    said = quote("; ".join(dict.fromkeys(one.reason for one in some if one.reason)), QUOTE_LIMIT)
    body = "\n\n".join(filter(None, (said, f"Suggested in a session, accepted by {who.name}.")))
    direct = target.policy.improve == "direct" and not decision.reasons
    draft = deliver.Draft(target.path, tree, subject, body, event)
    at = deliver.send("direct" if direct else "review", target.cache, (target.branch, target.tip), draft, who)
    if at is None:
        return None
    return Accepted(some, "improved" if at.new else "duplicate", at.told, at.branch, at.commit, decision.checks)
