"""One session against one skill: judge, propose, gate, deliver. Models answer in text; nothing they say is trusted."""

import contextlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from gitskills.config import Library
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.commit import Identity
from gitskills.git.trailers import Event
from gitskills.improve import candidate, contents, deliver, gate, judge, known, propose, telling
from gitskills.improve.answers import Answers
from gitskills.improve.gate import Check, Decision, Facts
from gitskills.improve.judge import Verdict
from gitskills.improve.propose import Attempt, Proposal
from gitskills.improve.words import Ask
from gitskills.models.protocol import Model, ModelFailed
from gitskills.sessions.window import INSTRUCTIONS
from gitskills.skills.edit import Rejected, apply
from gitskills.skills.file import File
from gitskills.skills.tree import files_oid
from gitskills.skills.validate import SKILL_FILE

Outcome = Literal["improved", "ok", "unclear", "no-change", "duplicate", "rejected"]
Models = Callable[[str], Model]
"""Gives the model for a role."""

MOVED = 5  # times a skill may change under a direct publication before the next session gets its turn


@dataclass(frozen=True, slots=True)
class Target:
    """The skill to improve, in its library as last fetched.

    `skill` is its name there, `path` its folder, `files` what the default branch (`branch`, at `tip`) has. `history`
    are earlier improvements that were published or reverted; waiting and rejected ones are read from the refs.
    `policies` reads the `policy` at another tip: others may change it while models think.
    """

    skill: str
    source: str
    cache: Cache
    branch: str
    tip: str
    path: str
    files: Mapping[str, File]
    policy: Library
    history: tuple[Attempt, ...] = ()
    policies: Callable[[str], Library] | None = None

    @property
    def tree(self) -> str:
        """The skill's tree at the tip."""
        return files_oid(self.files)

    @property
    def text(self) -> str:
        """Its SKILL.md."""
        return self.files[SKILL_FILE].data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Witness:
    """What a session showed: the `window` around the skill's use, redacted; `seen`, the SKILL.md the session had.

    `evidence` is the trailer that names the session without telling it, `others` name more sessions in the window,
    `sessions` are all that showed this weakness.
    """

    window: str
    seen: str
    evidence: str
    sessions: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Improved:
    """What came of it, in the words of the contract's JSON."""

    skill: str
    outcome: str
    layer: str | None
    reason: str
    decision: Outcome
    fingerprint: str = ""
    branch: str = ""
    commit: str = ""
    checks: tuple[Check, ...] = ()
    calls: int = 0

    def json(self) -> dict[str, object]:
        """The row as `--json` has it."""
        keys = ("skill", "outcome", "layer", "reason", "decision", "fingerprint", "branch", "commit", "calls")
        checks = [{"name": one.name, "ok": one.ok, "message": one.message} for one in self.checks]
        return {key: getattr(self, key) for key in keys} | {"checks": checks}


@dataclass(slots=True)
class Case:
    """One run: counts the calls, and knows who asks; `publish` may ask for review where the library's policy does not.

    With `dry_run` models are asked and the gate decides, and nothing is written. `shown` returns the sessions that
    showed the weakness, this one included, where somebody keeps count. `keep` takes what models answered before
    anything is pushed; `answers` are those of a run that was killed. `verdict` is what the judge said, `faults`
    counts calls that failed.
    """

    target: Target
    witness: Witness
    models: Models
    who: Identity
    publish: Literal["review", "direct"] | None = None
    dry_run: bool = False
    shown: Callable[[Verdict, Proposal], tuple[str, ...]] | None = None
    keep: Callable[[Answers], None] | None = None
    answers: Answers | None = None
    calls: int = 0
    faults: int = 0
    moved: int = 0
    verdict: Verdict | None = None
    names: dict[str, str] = field(default_factory=dict)

    def run(self) -> Improved:
        """Go as far as the answers lead. A failed call is `unclear`, never a verdict."""
        if self.answers is not None:
            self.names, self.calls = dict(self.answers.names), self.answers.calls
            self.verdict = self.answers.verdict
            return self._settled(self.answers.verdict, self.answers.proposal)
        target = self.target
        if target.policy.improve == "off":
            return self._told(Verdict("unclear", reason="its library wants no improvements"), "no-change")
        if len(target.text) > INSTRUCTIONS:
            told = f"its text has {len(target.text):,} characters; more than {INSTRUCTIONS:,} are not judged"
            return self._told(Verdict("unclear", reason=told), "unclear")
        nonce = secrets.token_hex(8)
        verdict = self._judge(judge.prompt(target.skill, self.witness.seen, self.witness.window, nonce=nonce))
        self.verdict = verdict
        if not verdict.improvable:
            found: Outcome = (
                "no-change" if verdict.outcome == "failed" else "ok" if verdict.outcome == "ok" else "unclear"
            )
            return self._told(verdict, found)
        tried = self._tried()
        asked = propose.prompt(
            target.skill, target.text, self.witness.window, verdict, tried, target.policy.edits, nonce=nonce
        )
        proposal = self._propose(asked)
        if proposal is None or not proposal.edits:
            reason = "the proposer's answer was no proposal" if proposal is None else proposal.weakness
            return self._told(replace(verdict, reason=reason or verdict.reason), "no-change")
        if proposal.fingerprint in {one.fingerprint for one in tried}:
            return replace(self._told(verdict, "duplicate"), fingerprint=proposal.fingerprint)
        if self.keep is not None and not self.dry_run:
            self.keep(Answers(verdict, proposal, self.names, self.calls))
        return self._settled(verdict, proposal)

    def _judge(self, ask: Ask) -> Verdict:
        try:
            return judge.parse(self._asked("judge", ask), self.witness.window)
        except ModelFailed as error:
            self.faults += 1
            return Verdict("unclear", reason=error.message)

    def _propose(self, ask: Ask) -> Proposal | None:
        found = None
        with contextlib.suppress(ModelFailed):
            found = propose.parse(self._asked("proposer", ask))
        self.faults += found is None
        return found

    def _asked(self, role: str, ask: Ask) -> str:
        model = self.models(role)
        self.names[role] = model.name
        self.calls += 1
        return model.ask(ask.system, ask.prompt, role=role)

    def _tried(self) -> list[Attempt]:
        """Every earlier attempt at this skill: waiting, rejected, and what the history says."""
        target = self.target
        return [*known.tried(target.cache, target.source, target.skill), *target.history]

    def _settled(self, verdict: Verdict, proposal: Proposal) -> Improved:
        """Decide on the library as it is by now: models take their time, and others are at work meanwhile."""
        if not self.dry_run:
            candidate.fetch(self.target.cache)
        if proposal.fingerprint in {one.fingerprint for one in self.target.history}:
            return replace(self._told(verdict, "duplicate"), fingerprint=proposal.fingerprint)
        return self._anew(verdict, proposal)

    def _anew(self, verdict: Verdict, proposal: Proposal) -> Improved:
        """Decide about the skill as the library has it, as last fetched: the same edits, and no model is asked."""
        target, edit = self.target, proposal.fingerprint
        there = known.made(target.cache, target.source, target.skill, edit, target.branch, target.tip)
        if there is not None:  # another machine's; or ours, a push of a run that was killed having come through
            ours: Outcome = "rejected" if there.rejected else "improved"
            told = self._told(verdict, ours if self.witness.evidence in there.evidence else "duplicate")
            return replace(told, fingerprint=edit, branch=there.branch, commit=there.commit)
        git_dir = target.cache.git_dir
        tip = objects.resolve(git_dir, f"refs/remotes/origin/{target.branch}^{{commit}}") or target.tip
        before, found = (objects.skills(git_dir, each).get(target.path) for each in (target.tip, tip))
        if found is None:
            return self._late(verdict, proposal)
        self.target = replace(target, tip=tip, policy=target.policies(tip) if target.policies else target.policy)
        if before is None or before.tree != found.tree:
            self.moved += 1
            self.target = replace(self.target, files=contents.files(target.cache, found.tree))
        return self._late(verdict, proposal) if self.moved > MOVED else self._decide(verdict, proposal)

    def _decide(self, verdict: Verdict, proposal: Proposal) -> Improved:
        target = self.target
        text = apply(target.text, proposal.edits, target.policy.edits)
        if isinstance(text, Rejected) and self.moved:
            return self._late(verdict, proposal)
        if isinstance(text, Rejected):
            checks = (Check("edits", False, f"{text.code}: {text.reason}"),)
            decision = Decision("rejected", "rejected", checks, (text.reason,))
            return self._deliver(verdict, proposal, decision, dict(target.files))
        old = target.files[SKILL_FILE]
        result = {**target.files, SKILL_FILE: File(text.encode("utf-8"), old.mode)}
        # A person may ask for more review than the team does, never for less: `direct` and `off` are the team's word.
        policy = target.policy
        if self.publish == "review" and policy.improve == "direct":
            policy = replace(policy, improve="review")
        facts = Facts(
            name=target.skill,
            base=target.files,
            result=result,
            upstream=target.tree,
            policy=policy,
            edits=proposal.edits,
            sessions=self._shown(verdict, proposal),
            window=self.witness.window,
        )
        return self._deliver(verdict, proposal, gate.decide(facts), result)

    def _shown(self, verdict: Verdict, proposal: Proposal) -> tuple[str, ...]:
        found = self.shown(verdict, proposal) if self.shown else self.witness.sessions
        return found or (self.witness.evidence,)

    def _deliver(
        self, verdict: Verdict, proposal: Proposal, decision: Decision, result: Mapping[str, File]
    ) -> Improved:
        """Put the candidate where the decision says; nothing moves for `wait` and `off`."""
        told = replace(
            self._told(verdict, "no-change"), fingerprint=proposal.fingerprint, checks=decision.checks, calls=self.calls
        )
        if decision.publish in ("wait", "off"):
            return replace(told, reason="; ".join(decision.reasons) or verdict.reason)
        if self.dry_run:
            rejected = decision.status == "rejected"
            return replace(told, decision="rejected" if rejected else "improved", reason="; ".join(decision.reasons))
        way: deliver.Way = "rejected" if decision.status == "rejected" else "review"
        way = "direct" if decision.publish == "direct" else way
        failed = {check.name for check in decision.checks if not check.ok}
        draft = self._draft(verdict, proposal, decision, self.target.files if failed & gate.UNKEPT else result)
        at = deliver.send(way, self.target.cache, (self.target.branch, self.target.tip), draft, self.who)
        if at is None:
            return self._anew(verdict, proposal)
        if way == "rejected":
            return replace(told, decision="rejected", reason="; ".join(decision.reasons), commit=at.commit)
        reason = f"{told.reason} ({at.told})" if at.told else told.reason
        decided: Outcome = "improved" if at.new else "duplicate"
        return replace(told, decision=decided, reason=reason, branch=at.branch, commit=at.commit)

    def _late(self, verdict: Verdict, proposal: Proposal) -> Improved:
        reason = "the skill changed meanwhile, and the edits fit it no longer; the next session is judged anew"
        return replace(self._told(verdict, "no-change"), reason=reason, fingerprint=proposal.fingerprint)

    def _draft(
        self, verdict: Verdict, proposal: Proposal, decision: Decision, result: Mapping[str, File]
    ) -> deliver.Draft:
        from gitskills.git.repository import Repository, store

        rows = ((path, one.mode, one.data) for path, one in result.items())
        tree = store(Repository(self.target.cache.git_dir), rows)
        event = Event(
            skill=self.target.skill,
            op="improve",
            base=self.target.tree,
            tree=tree,
            edit=proposal.fingerprint,
            evidence=(self.witness.evidence, *self.witness.others),
            judge=f"{self.names.get('judge', '')} v{judge.VERSION}",
            proposer=f"{self.names.get('proposer', '')} v{propose.VERSION}",
            gate=decision.figures,
            calls=self.calls,
            co_authors=(f"{self.who.name} <{self.who.email}>",),
        )
        known = (self.witness.window, self.target.text)
        subject, body = telling.subject(proposal.weakness, *known), telling.body(verdict, decision, *known)
        return deliver.Draft(self.target.path, tree, subject, body, event)

    def _told(self, verdict: Verdict, decision: Outcome) -> Improved:
        return Improved(self.target.skill, verdict.outcome, verdict.layer, verdict.reason, decision, calls=self.calls)
