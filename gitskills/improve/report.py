"""A candidate as the text of a pull request: Markdown in which nothing that others wrote is anything but text.

Whatever comes from a skill, a session or a model stands in code: there a host makes no links, no mentions, no HTML, no
references and runs no quick actions (https://spec.commonmark.org/0.31.2/#code-spans, #fenced-code-blocks).
"""

import re
from collections.abc import Iterator

from gitskills.console import clean, one_line
from gitskills.improve.candidate import Candidate
from gitskills.improve.gate import SCANS
from gitskills.improve.recheck import Rechecked
from gitskills.sessions.window import elide

TITLE = 100  # characters
BODY = 60_000  # characters; GitHub takes no body longer than 65,536
DIFF = 30_000  # characters of it
LINE = 400  # characters of one untrusted line
LINES = 20  # of the commit's message
RUN = 40  # backticks in a row: a fence has to be longer than what it holds

# What each check asks, in the words of a reviewer; those of gate.SCANS say what must not be new.
ASKED = {
    "skill": "the library has this skill",
    "branch": "the branch has the name of the skill and the edit",
    "commit": "one commit on top of the default branch",
    "alone": "nothing but this SKILL.md changes",
    "trailers": "the message names the trees it has",
    "merge": "it goes together with what changed since",
    "specification": "no new breach of the Agent Skills specification",
    "edit": "within the limits; frontmatter and locked text are the same",
    "scope": "no other file of the skill changes",
    "leak": "no text of the evals",
    "base": "made for the skill as it is now",
    "policy": "the library wants improvements",
    "evals": "evals were passed",
} | {name: f"no new {what}" for name, (what, _) in SCANS.items()}

_TICKS = re.compile(r"`+")
# All that a title could turn into a link, a mention or a reference; hosts show titles as text, notices as Markdown.
_MARKUP = re.compile(r"[`*_<>\[\]()#@!|~\\&$]+")


def title(one: Candidate) -> str:
    """Return one line of plain words."""
    words = " ".join(_MARKUP.sub(" ", one_line(one.subject)).split())
    return words if len(words) <= TITLE else f"{words[: TITLE - 1]}…"


def body(one: Candidate, found: Rechecked, diff: str) -> str:
    """Return the Markdown: skill, weakness, evidence, what was checked, and the change."""
    text = "\n".join(_body(one, found, diff))
    if len(text) > BODY:
        text = "\n".join(_body(one, found, "too long to be shown here: look at the branch"))
    return text.rstrip("\n") + "\n"


def _body(one: Candidate, found: Rechecked, diff: str) -> Iterator[str]:
    event = one.event
    asked = not event.judge  # a suggestion that a person accepted: nobody judged
    if asked:
        yield f"In a session with the skill {span(event.skill)} its user asked for this small edit of its text."
    else:
        yield f"A session showed that the skill {span(event.skill)} failed its user. This is a small edit of its text."
    yield ""
    yield f"**{'Change' if asked else 'Weakness'}**: {span(one.subject.removeprefix(f'{event.skill}: '))}"
    yield ""
    yield "**Evidence**"
    yield ""
    for text in [line for line in one.why.splitlines() if line.strip()][:LINES]:
        yield f"> {span(text)}"
        yield ">"
    sessions = len({name.partition("#")[0] for name in event.evidence})
    yield f"> {sessions} session{'' if sessions == 1 else 's'}, by salted hash: {_listed(event.evidence)}"
    yield ""
    judged = "Asked for by a person" if asked else f"Judged by {span(event.judge)}"
    yield f"{judged}, written by {span(event.proposer or 'nobody named')}."
    yield ""
    yield from _table(found)
    yield ""
    yield from _fenced(diff)
    yield ""
    yield f"Accept with `gitskills review accept {_id(one)}`; it is merged with what has changed since."
    yield f"Not wanted: `gitskills review reject {_id(one)} --why '…'`, so that it is not proposed again."


def _table(found: Rechecked) -> Iterator[str]:
    wrong = len(found.reasons)
    told = "all passed" if not wrong else f"{wrong} of {len(found.checks)} failed"
    yield f"**Checks**, computed from the commit: {told}; the candidate is **{found.status}**."
    yield ""
    yield "| check | asks | | |"
    yield "|---|---|---|---|"
    for check in found.checks:
        answer = "passed" if check.ok else "**failed**"
        yield f"| {check.name} | {ASKED.get(check.name, '')} | {answer} | {span(check.message, cell=True)} |"


def span(text: str, *, cell: bool = False) -> str:
    """Return untrusted text as a code span of one line; in a `cell` of a table a bar would end it."""
    plain = one_line(text)
    plain = _short(plain)
    plain = plain if len(plain) <= LINE else f"{plain[: LINE - 1]}…"
    if not plain:
        return ""
    if cell:
        plain = plain.replace("|", "¦")  # an escaped bar shows its backslash on some hosts
    ticks = "`" * (max((len(run) for run in _TICKS.findall(plain)), default=0) + 1)
    edge = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{ticks}{edge}{plain}{edge}{ticks}"


def _fenced(diff: str) -> Iterator[str]:
    text = elide(_short(clean(diff).replace("\r", "\n")).rstrip("\n"), DIFF)
    ticks = "`" * max(3, max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    yield f"{ticks}diff"
    yield text
    yield ticks


def _short(text: str) -> str:
    return _TICKS.sub(lambda run: run[0] if len(run[0]) <= RUN else f"{run[0][:RUN]}…", text)


def _listed(evidence: tuple[str, ...]) -> str:
    return ", ".join(span(each) for each in evidence[:10]) + (" …" if len(evidence) > 10 else "")


def _id(one: Candidate) -> str:
    """Its id for a command to copy: a branch may be called anything, and only the usual is put into a command."""
    return one.id if re.fullmatch(r"[a-z0-9-]+/[0-9a-f]{8}", one.id) else "ID"
