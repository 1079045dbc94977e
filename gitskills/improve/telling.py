"""What a candidate's commit tells of the session it came from: the weakness, the judge's reason, one short quote.

Models write these lines, and a careless one copies a session into them. Only the quote may repeat it.
"""

from gitskills.improve.gate import Decision
from gitskills.improve.judge import Verdict
from gitskills.improve.words import LINE_LIMIT, line, quote, repeated

SUBJECT = 72  # characters of a subject, without the skill's name
RUN = 60  # characters in a row of a session that its quote alone may repeat


def subject(weakness: str, window: str, skill: str) -> str:
    """Return the subject: the weakness, unless it repeats the session's `window` and not the text of the `skill`."""
    told = quote(weakness, SUBJECT)
    return "what a session showed" if repeated(told, window, RUN, known=skill) else told


def body(verdict: Verdict, decision: Decision, window: str, skill: str) -> str:
    """Return the paragraphs: the reason, the quote and, of a rejected candidate, why it was."""
    reason = quote(verdict.reason, LINE_LIMIT)
    said = [] if repeated(reason, window, RUN, known=skill) else [reason]
    said += [f'The user: "{quote(verdict.evidence[0])}"'] if verdict.evidence else []
    for why in decision.reasons if decision.status == "rejected" else ():
        told = line(why)
        said.append(f"Rejected: {told.partition(': ')[0] if repeated(told, window, RUN, known=skill) else told}")
    return "\n\n".join(said)
