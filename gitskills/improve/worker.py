"""The worker: what agents told becomes windows and jobs, and each job a verdict and perhaps one commit.

It may be killed anywhere and run any number of times at once. A job counts its tries and is done in the transaction
that keeps its verdict; one worker at a time works on a skill; what a killed one published already is found by the
evidence its commit names, so that it is never published twice.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git.failures import RemoteError
from gitskills.improve import answers, deliver, known, weakness, windows, wishes
from gitskills.improve.answers import Answers
from gitskills.improve.case import Case, Improved, Target, Witness
from gitskills.improve.intake import Intake, ours
from gitskills.improve.judge import Verdict
from gitskills.improve.propose import Proposal
from gitskills.improve.site import Placed, Site
from gitskills.improve.suggester import Suggester
from gitskills.improve.windows import Job, Judged
from gitskills.improve.witness import recall, witness
from gitskills.sessions.find import Found, search
from gitskills.sessions.session import Session
from gitskills.skills.frontmatter import summary
from gitskills.state.lock import Busy, locked
from gitskills.state.paths import Paths

TRIES = 5  # of one job: by then its transcript or its own poison will not get better
LAG = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds between looks at a transcript that does not hold the use of the skill yet


class _Passed(GitskillsError):
    """A job that there is nothing to be judged by."""


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one job, in the words of the contract's JSON; `session` is a salted hash."""

    job: int
    skill: str
    session: str
    outcome: str
    decision: str
    branch: str = ""
    reason: str = ""

    def json(self) -> dict[str, object]:
        """The row as `--json` has it."""
        return {key: getattr(self, key) for key in self.__slots__}


@dataclass(slots=True)
class Worker:
    """One run; `rows` are the jobs it finished, `passed` what it passed over and why.

    `messages` is how long a window is, `every` how many messages make a job for the suggester (0: none), `begin` deals
    with sessions that have started and says what did not work, `suggested` is how many suggestions are new; `clock`
    gives the time in seconds, `sleep` waits.
    """

    paths: Paths
    db: sqlite3.Connection
    site: Site
    messages: int = windows.MESSAGES
    every: int = wishes.EVERY
    begin: Callable[[], list[str]] = list
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    rows: list[Row] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    suggested: int = 0
    _away: set[str] = field(default_factory=set)
    _there: set[str] = field(default_factory=set)

    def run(self, *, once: bool = False) -> None:
        """Deal with what is there; unless `once`, also with what comes meanwhile."""
        suggester = Suggester(self.paths, self.db, self.site, self.clock)
        while True:
            count = self._take()
            self.passed += self.begin()
            while self._pass() and not once:
                pass
            suggester.run()
            if once or not count:
                break
        self.suggested += suggester.made
        self.passed += suggester.passed

    def _take(self) -> int:
        intake = Intake(self.paths, self.db, self.site, self.messages, self.every)
        try:
            return intake.run(now=self.clock())
        except Busy:  # whoever is at it starts nothing that we would miss: the jobs are common to all
            return 0
        finally:
            self.passed += intake.passed

    def _pass(self) -> int:
        """Work on every skill that nobody else works on; returns how many jobs were dealt with.

        Until a pass finds none: a worker that met our lock has left its jobs to us.
        """
        dealt = 0
        for job in windows.jobs(self.db):
            url = ""
            try:
                placed = self._placed(job)
                url = placed.url
                if url in self._away:
                    continue
                with locked(self._lock(placed), timeout=0.2, what=job.skill):
                    now = windows.begin(self.db, job.id)
                    if now is not None:
                        dealt += 1
                        self._job(now, placed)
            except Busy:
                continue
            except (GitskillsError, OSError) as error:
                dealt += 1
                self._failed(job, url, error)
        return dealt

    def _placed(self, job: Job) -> Placed:
        """The skill a job is about; one that was taken away meanwhile is not ours to judge."""
        found = next((one for one in self.site.placed(job.cwd) if one.name == job.skill), None)
        if found is None:
            raise _Passed(f"{job.skill} is not installed there any more, or is not to be improved")
        return found

    def _lock(self, placed: Placed) -> Path:
        return self.paths.lock_for(self.paths.state / "improve" / placed.url / placed.path)

    def _failed(self, job: Job, url: str, error: GitskillsError | OSError) -> None:
        """Put a job off while trying again may help, and with it all of its library; else be done with it."""
        if isinstance(error, RemoteError) and windows.put_off(self.db, job.id, now=self.clock()):
            self._away.add(url)
            self.passed.append(f"job {job.id} of {job.skill}, put off: {error}")
        else:
            self._end(job, Row(job.id, job.skill, self._digest(job), "unclear", "unclear", reason=str(error)), None)
            self.passed.append(f"job {job.id} of {job.skill}: {error}")

    def _end(self, job: Job, row: Row, verdict: Judged | None) -> None:
        windows.finish(self.db, job, verdict, at=self.clock(), decision=row.decision)
        self.rows.append(row)

    def _digest(self, job: Job) -> str:
        return windows.digest(self.site.salt, job.session)

    def _job(self, job: Job, placed: Placed) -> None:
        """Judge one reaction, under the lock of its skill."""
        if job.tries > TRIES:
            raise _Passed("given up: it ended the worker each time")
        who = self._digest(job)
        if windows.failed(self.db, placed.url, placed.path, placed.tree, who):
            reason = "this session has counted against this version already"
            self._end(job, Row(job.id, job.skill, who, "failed", "duplicate", reason=reason), None)
            return
        session = self._session(job, placed)
        text = self.site.text(job.cwd, job.skill)
        shown = witness(session, placed.names, text, self.site.salt, reaction=job.reaction, tool_use=job.tool_use)
        target = self.site.target(job.cwd, job.skill)
        if target.policy.improve == "off":
            raise _Passed("its library wants no improvements")
        if placed.url not in self._there:
            self._there.add(placed.url)
            deliver.again(target.source, target.cache)
        found, named = self._improved(job, placed, target, shown)
        row = Row(job.id, job.skill, who, found.outcome, found.decision, found.branch, found.reason)
        verdict = Judged(
            *(placed.url, placed.path, placed.tree, who, placed.source),
            *(found.outcome, found.layer, named.get("reason", found.reason), named.get("weakness", "")),
        )
        self._end(job, row, verdict)

    def _session(self, job: Job, placed: Placed) -> Session:
        """Read the session once its transcript holds the use of the skill; it lags behind what hooks are told."""

        def read(attempt: int) -> Session | None:
            if attempt:
                self.sleep(LAG[attempt - 1])
            return recall(self.paths, job.agent, job.session, job.cwd, placed.folders, job.transcript)

        found: Found = search(read, len(LAG) + 1, placed.names, job.tool_use)
        if found.session is None:
            raise _Passed("its transcript is not there")
        if found.invocation is None:
            raise _Passed("its transcript does not hold the use of the skill")
        if Path(found.invocation.path).is_absolute() and not ours(found.invocation.path, placed):
            raise _Passed(f"the skill that was used is another of that name, in {found.invocation.path}")
        return found.session

    def _improved(self, job: Job, placed: Placed, target: Target, shown: Witness) -> tuple[Improved, dict[str, str]]:
        """Run the case; also what judge and proposer called the weakness, by which later sessions are compared."""
        if job.tries > 1 and (there := published(target, shown.evidence)):
            return there, {}
        key = (placed.url, placed.path, shown.evidence)
        before = answers.kept(self.db, *key) if job.tries > 1 else None
        named: dict[str, str] = {}
        about = f"{placed.name} {summary(target.text).description or ''}"
        who = self._digest(job)

        def sessions(verdict: Verdict, proposal: Proposal) -> tuple[str, ...]:
            named.update(reason=verdict.reason, weakness=proposal.weakness)
            seen = windows.sightings(self.db, placed.url, placed.path, placed.tree)
            return weakness.shown(who, verdict.reason, proposal.weakness, seen, about=about)

        def keep(found: Answers) -> None:
            answers.keep(self.db, *key, found, at=self.clock())

        models = self.site.models(job.cwd, job.agent)
        case = Case(target, shown, models, self.site.who(job.cwd), shown=sessions, keep=keep, answers=before)
        found = case.run()
        if case.verdict is not None:  # by its own words later sessions are compared, whatever came of it
            named.setdefault("reason", case.verdict.reason)
        answers.forget(self.db, *key)
        return found, named


def published(target: Target, evidence: str) -> Improved | None:
    """What an earlier try has published of this evidence: a candidate that waits, a rejected one, a commit."""
    there = known.published(target.cache, target.source, target.skill, evidence, target.branch)
    if there is None:
        return None
    return Improved(
        *(target.skill, "failed", "skill_defect", there.reason),
        decision="rejected" if there.rejected else "improved",
        fingerprint=there.fingerprint,
        branch=there.branch,
        commit=there.commit,
    )
