"""May this candidate reach the team, and how: a pure decision over facts.

Three outcomes. `verified`: every check passed and evals showed that the failure is gone and nothing else got worse.
`unverified`: every check passed, nobody measured. `rejected`: something is wrong with the candidate itself; it is
kept, with the reasons, so that it is not proposed again. What is not the candidate's fault never rejects it: a skill
that moved meanwhile is gated again, too few sessions wait for more, a leak or a dead instrument leave it unverified.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gitskills.config import Library
from gitskills.improve.words import QUOTE_LIMIT, line, repeated
from gitskills.skills import findings
from gitskills.skills.edit import Edit, Rejected, apply, check
from gitskills.skills.file import File
from gitskills.skills.findings import Files
from gitskills.skills.tree import files_oid
from gitskills.skills.validate import SKILL_FILE

Status = Literal["verified", "unverified", "rejected"]
Publish = Literal["direct", "review", "wait", "again", "off", "rejected"]

FOR_DIRECT = 2  # sessions that must have shown a weakness before an edit goes out unseen, whatever `need` says
SHOWN = 5  # findings told per check


@dataclass(frozen=True, slots=True)
class Evals:
    """What evals of the candidate showed; `figures` go into the trailer Skill-Gate.

    `sound`: the instrument passed its own controls. `fixed`: the failing sessions' cases now pass. `worse`: the
    cases that confirmed runs show worse than before. `shape_only`: only the form of answers was looked at.
    """

    figures: str
    sound: bool
    fixed: bool
    worse: tuple[str, ...] = ()
    shape_only: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision needs. `base` and `result` are the files of the skill in the folder `name`, by path.

    `edits` are those that lead from one to the other, None where a text was rewritten by other means. `upstream` is
    the skill's tree on the default branch now (40 hex digits), None where it is gone. `sessions` are the different
    sessions that showed the weakness. `asked` says that a person wants this very improvement: sessions don't matter.
    `window` is what the proposer was shown of them, where that is known.
    """

    name: str
    base: Files
    result: Files
    upstream: str | None
    policy: Library
    edits: tuple[Edit, ...] | None = None
    sessions: tuple[str, ...] = ()
    asked: bool = False
    evals: Evals | None = None
    window: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One question put to the candidate, and what was found, in one line."""

    name: str
    ok: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The status, what may be done with the candidate now, every check, and why it isn't more, in the checks' order.

    publish: `direct` to the default branch · `review` as a branch · `wait` for more sessions · `again`: apply the
    edits to the skill as it is now and decide anew · `off`: the team wants none · `rejected`: to the rejected ref.
    """

    status: Status
    publish: Publish
    checks: tuple[Check, ...]
    reasons: tuple[str, ...]

    @property
    def figures(self) -> str:
        """The value of the trailer Skill-Gate."""
        told = next((each.message for each in self.checks if each.name == "evals" and each.message), "")
        return f"{self.status}; {told}" if told else self.status


# A candidate that fails one of these is rejected; all that it must not bring.
SCANS: Mapping[str, tuple[str, Callable[[Files], Counter[str]]]] = {
    "hidden": ("characters that nobody sees", findings.hidden_text),
    "secrets": ("credentials", findings.credentials),
    "excuses": ("comments that excuse credentials", findings.excuses),
    "comments": ("comments that a rendered page hides", findings.comments),
    "injection": ("phrases that take over a model", findings.injections),
    "hosts": ("hosts the skill did not name", findings.hosts),
    "downloads": ("commands that run what they download", findings.downloads),
    "executables": ("files that can be run", findings.executables),
}
# What fails one of these is kept nowhere in git, not even among the rejected.
UNKEPT = {"secrets", "session"}
# What speaks against publishing now, and says nothing against the candidate.
NO_FAULT = {"leak", "base", "need", "policy", "evals"}


def decide(facts: Facts) -> Decision:
    """Return the decision; the same facts give the same one. Never raises."""
    checks = tuple(_checks(facts))
    failed = {each.name for each in checks if not each.ok}
    reasons = tuple(f"{each.name}: {each.message}" for each in checks if not each.ok)
    harmful = facts.evals is not None and facts.evals.sound and not _good(facts.evals)
    if failed - NO_FAULT or harmful:
        return Decision("rejected", "rejected", checks, reasons)
    status: Status = "verified" if facts.evals and not failed & {"evals", "leak"} else "unverified"
    return Decision(status, _publish(facts, failed), checks, reasons)


def _publish(facts: Facts, failed: set[str]) -> Publish:
    if facts.policy.improve == "off":
        return "off"
    if "base" in failed:
        return "again"
    if "need" in failed:
        return "wait"
    seen = len(set(facts.sessions)) >= FOR_DIRECT
    direct = facts.policy.improve == "direct" and seen and not failed
    return "direct" if direct else "review"


def _checks(facts: Facts) -> Iterator[Check]:
    yield _listed("specification", "", findings.new(findings.errors(facts.name), facts.base, facts.result))
    yield _edit(facts)
    yield _listed("scope", "other files than SKILL.md change", _others(facts))
    for name, (what, find) in SCANS.items():
        yield _listed(name, f"new {what}", findings.new(find, facts.base, facts.result))
    if facts.window:
        yield _session(facts)
    yield _listed("leak", "text of the evals", findings.leaked(facts.base, facts.result))
    yield _base(facts)
    yield _need(facts)
    off = facts.policy.improve == "off"
    yield Check("policy", not off, "gitskills.yaml says improve: off" if off else facts.policy.improve)
    if facts.evals:
        yield _evals(facts.evals)


def _listed(name: str, what: str, found: list[str]) -> Check:
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    told = ", ".join(line(each, 200) for each in found[:SHOWN]) + more
    return Check(name, not found, f"{what}: {told}" if found and what else told)


def _edit(facts: Facts) -> Check:
    """Whether the result is what the edits make of the base and within the limits, protected text the same bytes."""
    old, new = (_text(files) for files in (facts.base, facts.result))
    if old is None or new is None:
        return Check("edit", False, f"there is no {SKILL_FILE} in UTF-8")
    limits = facts.policy.edits
    if facts.edits is None:
        problem = check(old, new, limits)
        return Check("edit", problem is None, line(problem.reason) if problem else "")
    made = apply(old, facts.edits, limits)
    if isinstance(made, Rejected):
        return Check("edit", False, line(f"edit {made.edit}: {made.reason}" if made.edit else made.reason))
    if made == old:
        return Check("edit", False, "the edits change nothing")
    return Check("edit", made == new, "" if made == new else "the result is not what the edits make of the skill")


def _text(files: Files) -> str | None:
    try:
        return files[SKILL_FILE].data.decode() if SKILL_FILE in files else None
    except UnicodeDecodeError:
        return None


def _others(facts: Facts) -> list[str]:
    """Return what changes beside the text of SKILL.md, its mode included."""
    paths = set(facts.base) | set(facts.result)
    return sorted(path for path in paths if _rest(path, facts.base) != _rest(path, facts.result))


def _rest(path: str, files: Files) -> File | None:
    file = files.get(path)
    return File(b"", file.mode) if file and path == SKILL_FILE else file


def _session(facts: Facts) -> Check:
    """Whether an edit carries the session on: a rule in its user's words is one, a piece of a transcript is not."""
    old = _text(facts.base) or ""
    copied = any(repeated(one.content, facts.window, QUOTE_LIMIT + 1, known=old) for one in facts.edits or ())
    return Check("session", not copied, f"an edit repeats more than {QUOTE_LIMIT} characters of it" if copied else "")


def _base(facts: Facts) -> Check:
    if facts.upstream is None:
        return Check("base", False, "the skill is no longer in the library")
    current = files_oid(facts.base) == facts.upstream
    return Check("base", current, "" if current else "the skill has changed since: its edits must be gated again")


def _need(facts: Facts) -> Check:
    seen, need = len(set(facts.sessions)), max(facts.policy.need, 1)
    if facts.asked:
        return Check("need", True, "a person asked for it")
    told = f"{seen} session{'' if seen == 1 else 's'} showed the weakness"
    return Check("need", seen >= need, told if seen >= need else f"{told}, {need} are needed")


def _evals(evals: Evals) -> Check:
    """Tell what the evals showed; an instrument that failed its controls neither certifies nor rejects."""
    if not evals.sound:
        return Check("evals", False, f"the evals failed their own controls; {evals.figures}")
    if not evals.fixed:
        return Check("evals", False, f"the failure is not fixed; {evals.figures}")
    if evals.worse:
        return Check("evals", False, f"worse than before: {', '.join(evals.worse[:SHOWN])}; {evals.figures}")
    if evals.shape_only:
        return Check("evals", False, f"only the form of answers was checked; {evals.figures}")
    return Check("evals", True, evals.figures)


def _good(evals: Evals) -> bool:
    return evals.fixed and not evals.worse
