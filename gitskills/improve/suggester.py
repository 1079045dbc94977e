"""From a session to suggestions: the suggester model is asked about what the user said, and its answer is kept."""

import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gitskills.errors import GitskillsError
from gitskills.improve import suggest, suggestions, windows, wishes
from gitskills.improve.case import Models
from gitskills.improve.site import Placed, Site
from gitskills.improve.suggestions import Suggestion
from gitskills.improve.wishes import Wish
from gitskills.improve.witness import recall
from gitskills.sessions.find import since
from gitskills.sessions.session import Session, Turn
from gitskills.sessions.window import instructions, spoken
from gitskills.state import notice
from gitskills.state.lock import Busy, locked
from gitskills.state.paths import Paths
from gitskills.state.transaction import transaction


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said: the turns in question, the session's name in the trail, and the fresh message, redacted."""

    turns: Sequence[Turn]
    evidence: str
    fresh: str = ""

    @property
    def messages(self) -> str:
        """The messages as a model is shown them; "" where the user said nothing."""
        turns = list(self.turns)
        begins = self.fresh.strip()[:200]  # enough to tell messages apart
        if begins and not any(turn.human and turn.text.strip().startswith(begins) for turn in turns):
            turns.append(Turn("user", self.fresh))
        return spoken(turns, suggest.LIMIT) if any(turn.human and turn.text.strip() for turn in turns) else ""


def evidence(agent: str, digest: str) -> str:
    """Return what names a session's messages in the trail; `digest` is the session's salted hash.

    Never what names one use of the skill: by that a judged improvement is found again (see `known.published`).
    """
    return f"{agent}:{digest}#messages"


def ask(
    placed: Placed, text: str, heard: Heard, models: Models, known: Sequence[str], cwd: str
) -> tuple[list[Suggestion], list[str]]:
    """Ask the suggester about a skill (`text` is its SKILL.md); returns what it suggests, and what is told of the rest.

    Raises ModelFailed. Without a message of the user nobody is asked.
    """
    messages = heard.messages
    if not messages:
        return [], []
    model = models("suggester")
    question = suggest.prompt(placed.name, instructions(text), messages, known, nonce=secrets.token_hex(8))
    found, told = suggest.sound(suggest.parse(model.ask(question.system, question.prompt, role="suggester")), text)
    return suggestions.made(placed, cwd, found, heard.evidence, f"{model.name} v{suggest.VERSION}"), told


@dataclass(slots=True)
class Suggester:
    """The worker's part: one run over the jobs; `made` counts what is new, `passed` tells what was passed over."""

    paths: Paths
    db: sqlite3.Connection
    site: Site
    clock: Callable[[], float] = time.time
    made: int = 0
    passed: list[str] = field(default_factory=list)
    _put_off: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Deal with every job that nobody else is at; until none is left, for whom we kept out leaves theirs to us."""
        while self._pass():
            pass
        try:
            notice.tell(self.paths, suggestions.notice(self.db))
        except OSError as error:
            self.passed.append(f"the notice of suggestions: {error}")

    def _pass(self) -> int:
        dealt = 0
        for job in wishes.jobs(self.db):
            if job.id in self._put_off:
                continue
            try:
                with locked(self.paths.lock_for(self.paths.state / "suggest" / job.skill), timeout=0.2, what=job.skill):
                    now = wishes.begin(self.db, job.id)
                    if now is not None:
                        dealt += 1
                        self._job(now)
            except Busy:
                continue
            except (GitskillsError, OSError) as error:
                dealt += 1
                self._failed(job, error)
        return dealt

    def _failed(self, job: Wish, error: GitskillsError | OSError) -> None:
        """A failed call says nothing about the session: another run tries again, but not for ever."""
        self.passed.append(f"suggestions for {job.skill}: {error}")
        self._put_off.add(job.id)
        if job.tries + 1 >= wishes.TRIES:
            wishes.finish(self.db, job, "")

    def _job(self, job: Wish) -> None:
        placed = next((one for one in self.site.placed(job.cwd) if one.name == job.skill), None)
        if placed is None or job.tries > wishes.TRIES:
            reason = "it is not installed there any more" if placed is None else "given up: it ended the worker"
            raise GitskillsError(reason)
        session = self._session(job, placed)
        digest = windows.digest(self.site.salt, job.session)
        turns = since(session, wishes.seen(self.db, job)) if session else ()
        heard = Heard(turns, evidence(job.agent, digest), job.reaction)
        known = suggestions.known(self.db, placed.url, placed.path)
        text = self.site.text(job.cwd, job.skill)
        found, told = ask(placed, text, heard, self.site.models(job.cwd, job.agent), known, job.cwd)
        self.passed += told
        self._keep(job, found, next((turn.id for turn in reversed(turns) if turn.id), ""))

    def _keep(self, job: Wish, found: list[Suggestion], seen: str) -> None:
        before = self.db.total_changes
        with transaction(self.db):
            suggestions.keep(self.db, found, at=self.clock())
            self.made += self.db.total_changes - before
            wishes.finish(self.db, job, seen)

    def _session(self, job: Wish, placed: Placed) -> Session | None:
        """The session as its transcript tells it; without one the last message has to do."""
        found = recall(self.paths, job.agent, job.session, job.cwd, placed.folders, job.transcript)
        if found is not None and found.own:
            raise GitskillsError("the session is one of gitskills' own model calls")
        return found
