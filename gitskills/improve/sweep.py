"""The sweep: which skills failed too often lately, by what was judged, and an attempt to improve each.

Recorded outcomes decide; a healthy skill costs nothing. What models are shown are the failing sessions themselves, as
far as their transcripts are still there. One set of failures is tried once: until another session fails, the answer
stands. Verdicts are about the tree that is installed now; those about earlier ones say nothing of it.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from gitskills.errors import GitskillsError
from gitskills.improve import answers, candidate, known, weakness, windows
from gitskills.improve.answers import Answers
from gitskills.improve.case import Case, Improved, Target, Witness
from gitskills.improve.judge import Verdict
from gitskills.improve.propose import Proposal
from gitskills.improve.site import Placed, Site
from gitskills.improve.witness import recall, witness
from gitskills.skills.frontmatter import summary
from gitskills.state.lock import Busy, locked
from gitskills.state.paths import Paths

SHOWN = 3  # failing sessions that models are shown, the latest


@dataclass(frozen=True, slots=True)
class Terms:
    """When a skill is deficient: at least `judged` sessions in the last `since` seconds, a share of `rate` failed."""

    since: float = 30 * 86400.0
    judged: int = 3
    rate: float = 0.4


@dataclass(frozen=True, slots=True)
class Deficient:
    """A version of a skill (library's URL, path in it, tree) that failed too often: `judged` sessions, `failed`."""

    url: str
    path: str
    tree: str
    judged: int
    failed: int

    @property
    def told(self) -> str:
        """The figures in words."""
        return f"{self.failed} of {self.judged} sessions failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """A session that failed by the skill's text: its salted hash and what is known of where it can be read."""

    who: str
    agent: str
    session: str
    cwd: str
    tool_use: str


Told = tuple[str, str, str, str, str]
"""What another machine judged: a library's URL, path in it, tree, session (a salted hash), outcome."""


def deficient(db: sqlite3.Connection, terms: Terms, *, now: float, team: Iterable[Told] = ()) -> list[Deficient]:
    """Return the versions that failed too often, the worst first; what was unclear counts for nothing.

    A session that is told of twice counts once, as failed if either says so. `team` is of the same time.
    """
    query = "SELECT url, skill, tree, session, outcome FROM verdict WHERE at >= ?"
    sessions: dict[tuple[str, str, str], dict[str, bool]] = {}
    for url, path, tree, session, outcome in (*db.execute(query, (now - terms.since,)).fetchall(), *team):
        if outcome in ("ok", "failed"):
            seen = sessions.setdefault((url, path, tree), {})
            seen[session] = seen.get(session, False) or outcome == "failed"
    found = [Deficient(*key, len(seen), sum(seen.values())) for key, seen in sessions.items()]
    bad = [one for one in found if one.judged >= terms.judged and one.failed >= max(terms.rate * one.judged, 1)]
    return sorted(bad, key=lambda one: (-one.failed / one.judged, -one.failed, one.url, one.path))


@dataclass(slots=True)
class Sweep:
    """One run over all that was judged on this machine, and by the `team`; `clock` gives the time in seconds.

    `publish` is as in `Case`. With `dry_run` models are asked and nothing is written.
    """

    paths: Paths
    db: sqlite3.Connection
    site: Site
    terms: Terms = Terms()
    publish: Literal["review", "direct"] | None = None
    dry_run: bool = False
    clock: Callable[[], float] = time.time
    team: Iterable[Told] = ()
    _seen: dict[str, Sequence[Placed]] = field(default_factory=dict)

    def run(self) -> list[Improved]:
        """Try to improve every deficient skill that is still installed; one row each."""
        now = self.clock()
        homes = [(one, self._home(one, now)) for one in deficient(self.db, self.terms, now=now, team=self.team)]
        return [self._one(one, *home) for one, home in homes if home is not None]

    def _home(self, one: Deficient, now: float) -> tuple[str, Placed] | None:
        """Where this version is installed: a folder that sessions worked in, and the placement."""
        rows = self.db.execute(
            "SELECT cwd, max(id) FROM job WHERE at >= ? GROUP BY cwd ORDER BY 2 DESC", (now - self.terms.since,)
        )
        for cwd in [*(str(cwd) for cwd, _ in rows.fetchall()), str(self.paths.home)]:
            for placed in self._placed(cwd):
                if (placed.url, placed.path, placed.tree) == (one.url, one.path, one.tree):
                    return cwd, placed
        return None

    def _placed(self, cwd: str) -> Sequence[Placed]:
        if cwd not in self._seen:
            try:
                self._seen[cwd] = self.site.placed(cwd)
            except (GitskillsError, OSError):  # a project that is gone, or whose file is broken: doctor tells
                self._seen[cwd] = ()
        return self._seen[cwd]

    def _one(self, one: Deficient, cwd: str, placed: Placed) -> Improved:
        lock = self.paths.lock_for(self.paths.state / "improve" / placed.url / placed.path)
        try:
            with locked(lock, timeout=1.0, what=placed.name):
                return self._improve(one, cwd, placed)
        except Busy:
            return _told(one, placed, "another process is working on it")
        except (GitskillsError, OSError) as error:
            return _told(one, placed, str(error))

    def _improve(self, one: Deficient, cwd: str, placed: Placed) -> Improved:
        """Try one skill, under its lock."""
        failures, layers = self._failures(one)
        if not layers:
            return _told(one, placed, "all of them on other machines, where `gitskills improve --all` can read them")
        if not failures:
            kinds = ", ".join(f"{layer} {count}" for layer, count in sorted(layers.items()))
            return _told(one, placed, f"no other text would have helped: {kinds}")
        who = sorted({failure.who for failure in failures})
        if (tried := self._tried(one, who)) is not None:
            return _told(one, placed, f"nothing new since it was tried: {tried}")
        target = self.site.target(cwd, placed.name)
        if target.policy.improve == "off":
            return _told(one, placed, "its library wants no improvements")
        if target.tree != one.tree:
            return _told(one, placed, "the library has a newer version; `gitskills pull` brings it")
        for each in candidate.waiting(target.source, target.cache):
            if each.event.skill == target.skill and each.event.base == one.tree and _about(each, who):
                told = _told(one, placed, f"an improvement waits for review: {each.subject}")
                return replace(told, decision="duplicate", branch=each.branch, commit=each.commit)
        shown = list(self._witnesses(failures, placed))
        if not shown:
            return _told(one, placed, "the transcripts of these sessions are not here any more")
        return self._case(one, target, cwd, placed, failures, shown)

    def _failures(self, one: Deficient) -> tuple[list[Failure], Counter[str]]:
        """The sessions that the skill's text failed, the latest first; and what was to blame, counted."""
        key = (one.url, one.path, one.tree, self.clock() - self.terms.since)
        rows = self.db.execute(
            "SELECT session, layer FROM verdict WHERE url = ? AND skill = ? AND tree = ? AND at >= ? "
            "AND outcome = 'failed' ORDER BY at DESC",
            key,
        ).fetchall()
        blamed = [who for who, layer in rows if layer == "skill_defect"]
        jobs: dict[str, tuple[str, str, str, str]] = {}
        asked = "SELECT agent, session, cwd, tool_use FROM job WHERE done ORDER BY id"
        for agent, session, cwd, tool_use in self.db.execute(asked).fetchall():
            jobs[windows.digest(self.site.salt, session)] = (agent, session, cwd, tool_use)
        found = [Failure(who, *jobs.get(who, ("", "", "", ""))) for who in blamed]
        return found, Counter(layer or "unknown" for _, layer in rows)

    def _witnesses(self, failures: Sequence[Failure], placed: Placed) -> Iterator[Witness]:
        """Read the failing sessions whose transcripts are still there, the latest, at most `SHOWN`."""
        found = 0
        for one in failures:
            if found == SHOWN or not one.session:
                continue
            try:
                session = recall(self.paths, one.agent, one.session, one.cwd, placed.folders)
                if session is None:
                    continue
                text = self.site.text(one.cwd, placed.name)
                yield witness(session, placed.names, text, self.site.salt, tool_use=one.tool_use)
            except (GitskillsError, OSError):  # not readable any more: the next one may be
                continue
            found += 1

    def _case(
        self,
        one: Deficient,
        target: Target,
        cwd: str,
        placed: Placed,
        failures: Sequence[Failure],
        shown: Sequence[Witness],
    ) -> Improved:
        """Judge all sessions together, propose, gate, deliver; and note that this set of failures was tried."""
        key = (one.url, one.path, f"sweep {shown[0].evidence}")
        before = answers.kept(self.db, *key)
        if before is not None and (there := self._published(target, shown)):
            return replace(_told(one, placed, there.reason), decision="improved", branch=there.branch)
        about = f"{placed.name} {summary(target.text).description or ''}"

        def sessions(verdict: Verdict, proposal: Proposal) -> tuple[str, ...]:
            seen = windows.sightings(self.db, one.url, one.path, one.tree)
            return weakness.shown(failures[0].who, verdict.reason, proposal.weakness, seen, about=about)

        def keep(found: Answers) -> None:
            answers.keep(self.db, *key, found, at=self.clock())

        models = self.site.models(cwd, failures[0].agent)
        case = Case(target, together(shown), models, self.site.who(cwd), self.publish, self.dry_run)
        case.shown, case.keep, case.answers = sessions, keep, before
        found = case.run()
        if not self.dry_run:
            answers.forget(self.db, *key)
            if not case.faults:  # a call that failed says nothing: the next sweep asks again
                self._note(one, sorted({each.who for each in failures}), found)
        return replace(found, reason=f"{one.told}: {found.reason}")

    def _published(self, target: Target, shown: Sequence[Witness]) -> known.Known | None:
        found = known.published(target.cache, target.source, target.skill, shown[0].evidence, target.branch)
        return None if found is None or found.rejected else found

    def _tried(self, one: Deficient, who: list[str]) -> str | None:
        """What came of trying these very failures; None where there is a new one."""
        row = self.db.execute(
            "SELECT sessions, decision, reason FROM swept WHERE url = ? AND skill = ? AND tree = ?",
            (one.url, one.path, one.tree),
        ).fetchone()
        if row is None or not set(who) <= set(json.loads(row[0])) or row[1] == "improved":
            return None
        return f"{row[1]}, {row[2]}"

    def _note(self, one: Deficient, who: list[str], found: Improved) -> None:
        row = (one.url, one.path, one.tree, json.dumps(who), found.decision, found.reason, self.clock())
        self.db.execute("INSERT OR REPLACE INTO swept VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def together(shown: Sequence[Witness]) -> Witness:
    """Return one witness of several sessions."""
    first, *others = shown
    if not others:
        return first
    parts = (f"(session {number} of {len(shown)})\n{one.window}" for number, one in enumerate(shown, 1))
    return replace(first, window="\n\n".join(parts), others=tuple(one.evidence for one in others))


def _about(one: candidate.Candidate, who: Sequence[str]) -> bool:
    """Whether a candidate was made from one of these sessions."""
    return any(text.partition(":")[2].partition("#")[0] in who for text in one.event.evidence)


def _told(one: Deficient, placed: Placed, why: str) -> Improved:
    return Improved(placed.name, "failed", None, f"{one.told}: {why}", "no-change")
