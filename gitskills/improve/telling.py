"""What a candidate's commit tells of the session it came from: the weakness, the judge's reason, one short quote.

Models write these lines, and a careless one copies a session into them. Only the quote may repeat it.
"""

from gitskills.improve.gate import Decision
from gitskills.improve.judge import Verdict
from gitskills.improve.words import LINE_LIMIT, line, quote, repeated
from gitskills.models.phrases import entries
from gitskills.sessions.window import LEFT_OUT

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
    said += [_quoted(verdict.evidence, window)] if verdict.evidence else []
    for why in decision.reasons if decision.status == "rejected" else ():
        told = line(why)
        said.append(f"Rejected: {told.partition(': ')[0] if repeated(told, window, RUN, known=skill) else told}")
    return "\n\n".join(said)


def _quoted(evidence: tuple[str, ...], window: str) -> str:
    """Return one piece of evidence and whose it is: the user's own words before what an agent or a tool said."""
    spoken = " ".join(_of_user(window).split())
    for one in evidence:
        if " ".join(one.split()) in spoken:
            return f'The user: "{quote(one)}"'
    return f'The session: "{quote(evidence[0])}"'


def _of_user(window: str) -> str:
    """What the user said, as far as the window has it whole: behind a gap another may go on speaking."""
    said = [
        text if who == "reaction" else text.partition(LEFT_OUT.strip())[0]
        for who, _, text in entries(window)
        if who in ("user", "reaction")
    ]
    return "\n".join(said)
