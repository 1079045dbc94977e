"""What models answered for a candidate, kept until it is delivered: a run that was killed is finished, not repeated.

Asked again, a model may answer otherwise; with the first push still on its way that would make a second branch.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from gitskills.improve.judge import Verdict
from gitskills.improve.propose import Proposal
from gitskills.skills.edit import Edit

KEPT = 30 * 86400  # seconds for which answers that nobody came back for are kept


@dataclass(frozen=True, slots=True)
class Answers:
    """A verdict and the proposal that follows from it; `names` are the models by role, `calls` what they cost."""

    verdict: Verdict
    proposal: Proposal
    names: Mapping[str, str]
    calls: int


def keep(db: sqlite3.Connection, url: str, skill: str, evidence: str, answers: Answers, *, at: float) -> None:
    """Keep what was answered about a skill (its library's URL and path in it); `at` is the time in seconds."""
    text = json.dumps(asdict(answers))
    db.execute("INSERT OR REPLACE INTO draft VALUES (?, ?, ?, ?, ?)", (url, skill, evidence, text, at))
    db.execute("DELETE FROM draft WHERE at < ?", (at - KEPT,))


def kept(db: sqlite3.Connection, url: str, skill: str, evidence: str) -> Answers | None:
    """Return what an earlier run was answered and did not finish with."""
    key = (url, skill, evidence)
    row = db.execute("SELECT text FROM draft WHERE url = ? AND skill = ? AND evidence = ?", key).fetchone()
    if row is None:
        return None
    found = json.loads(row[0])
    verdict, proposal = found["verdict"], found["proposal"]
    edits = tuple(Edit(**each) for each in proposal["edits"])
    return Answers(
        Verdict(**verdict | {"evidence": tuple(verdict["evidence"])}),
        Proposal(proposal["weakness"], edits, proposal["fingerprint"]),
        found["names"],
        found["calls"],
    )


def forget(db: sqlite3.Connection, url: str, skill: str, evidence: str) -> None:
    """Forget the answers: the candidate is where it belongs, or there is none."""
    db.execute("DELETE FROM draft WHERE url = ? AND skill = ? AND evidence = ?", (url, skill, evidence))
