"""The part of a session that a judge is shown: what came before a skill was used, and what came of it.

A turn is all that one side says before the other speaks: three before and six after are the request, the
invocation, and three rounds of answer and reaction, however many tools the agent called in between.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from gitskills.sessions.redact import redact
from gitskills.sessions.session import Invocation, Session, Turn
from gitskills.skills import hidden

BEFORE, AFTER = 3, 6  # turns
LIMIT = 6_000  # characters of the window
REACTION = 8_000  # characters of the fresh reaction
INSTRUCTIONS = 60_000  # characters of a skill's text
PIECE = 1_500  # characters of one thing said or done, so that one long output does not crowd out the rest
HEAD = 0.55
# The text goes on in the note's line: where it was cut, no line begins that could look like a label of ours.
LEFT_OUT = "\n[… left out …] "

_LABEL = re.compile(r"^(?=\[(?:user|assistant|subagent|tool|result|failed result|skill|reaction)\b)", re.MULTILINE)


def window(
    session: Session,
    invocation: Invocation,
    reaction: str = "",
    *,
    before: int = BEFORE,
    after: int = AFTER,
    limit: int = LIMIT,
) -> str:
    """Return what happened around an invocation, at most `limit` characters of it, then the fresh reaction.

    `reaction` is what the user just said, which the transcript may not have yet. Secrets are redacted first, then
    each piece and at last the whole are elided. Labels in brackets at a line's start tell who speaks; a line of the
    transcript that looks like one is indented.
    """
    turns = session.turns
    at = max(min(invocation.turn, len(turns) - 1), 0)
    first, end = _bounds(turns, at, before, after)
    shown = turns[first:end]
    if shown and shown[-1].human and shown[-1].text.strip() == reaction.strip():
        shown = shown[:-1]  # the reaction has a place of its own
    # The invocation stays in sight: what came before it gets less than the head's share.
    lead = _told(shown[: at - first], int(limit * 0.4))
    rest = f"{_named(invocation)}\n{_told(shown[max(at - first, 0) :], limit)}"
    text = elide(f"{lead}\n{rest}" if lead else rest, limit)
    if fresh := _tidy(reaction):
        text += f"\n[reaction]\n{elide(fresh, REACTION)}"
    return text


def spoken(turns: Iterable[Turn], limit: int) -> str:
    """Return what the user and the agent said in these turns, without tools, redacted and elided to `limit`."""
    return _told([turn for turn in turns if turn.kind in ("user", "assistant") and not turn.agent], limit)


def instructions(text: str) -> str:
    """Return a skill's text as a session had it, fit to be shown: an agent fills the user's own words into some."""
    return elide(redact(_visible(text)), INSTRUCTIONS)


def elide(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters: its head (55 %) and its tail (45 %)."""
    if len(text) <= limit:
        return text
    room = limit - len(LEFT_OUT)
    if room <= 0:
        return text[: max(limit, 0)]
    head = int(room * HEAD)
    return text[:head] + LEFT_OUT + text[len(text) - (room - head) :]


def _told(turns: Sequence[Turn], limit: int) -> str:
    """Return these entries, elided to `limit`; those in the middle that cannot be seen are not looked at."""
    front: list[str] = []
    back: list[str] = []
    start, end, size = 0, len(turns), 0
    while start < end and size <= limit:
        front.append(_piece(turns[start]))
        size += len(front[-1])
        start += 1
    size = 0
    while start < end and size <= limit:
        end -= 1
        back.append(_piece(turns[end]))
        size += len(back[-1])
    return elide("\n".join([*front, *reversed(back)]), limit)


def _bounds(turns: Sequence[Turn], at: int, before: int, after: int) -> tuple[int, int]:
    """Return the range of entries that holds the turn at `at`, `before` turns before it and `after` after it."""
    first = _walk(turns, range(min(at, len(turns) - 1), -1, -1), before, lambda index: index)
    last = _walk(turns, range(at, len(turns)), after, lambda index: index + 1)
    return first if first is not None else 0, last if last is not None else len(turns)


def _walk(turns: Sequence[Turn], order: Iterable[int], most: int, place: Callable[[int], int]) -> int | None:
    """Return the place of the last entry within `most` changes of speaker; None where there are no entries."""
    changes, previous, found = 0, None, None
    for index in order:
        human = turns[index].human
        # Two messages of the user's in a row are two turns: nobody answered the first.
        changes += previous is not None and (human != previous or human)
        if changes > most:
            break
        previous, found = human, place(index)
    return found


def _piece(turn: Turn) -> str:
    """One entry, labelled, redacted and elided."""
    text = elide(_tidy(turn.text), PIECE)
    who = f"subagent {turn.agent[:12]}: " if turn.agent else ""
    tool = re.sub(r"[^\w.:/-]+", "_", turn.tool)[:60]
    match turn.kind:
        case "tool_use":
            label = f"[{who}tool {tool}]"
        case "tool_result":
            label = f"[{who}{'failed ' if turn.failed else ''}result {tool}]".replace(" ]", "]")
        case "user" if turn.agent:
            label = f"[{who}asked]"
        case _:
            label = f"[{who}{turn.kind}]"
    return f"{label}\n{text}"


def _named(invocation: Invocation) -> str:
    """The line that says which skill was used, and how."""
    name = re.sub(r"[^\w.:/-]+", "_", invocation.skill)[:80]
    how = {"tool": "called by the agent", "typed": "called by the user", "read": "read by the agent"}[invocation.how]
    return f"[skill {name}: {how}{', without success' if invocation.failed else ''}]"


def _tidy(text: str) -> str:
    """A text without secrets, without what people do not see, and without lines that look like labels of ours."""
    # Hidden characters go first: between the letters of a token they would hide it.
    return _LABEL.sub(" ", redact(_visible(text)).strip())


def _visible(text: str) -> str:
    """A text without hidden characters: a judge shall read what the user read."""
    if text.isascii():
        return text
    return "".join(_between(text, hidden.find(text)))


def _between(text: str, found: Iterable[hidden.Found]) -> Iterator[str]:
    end = 0
    for each in found:
        yield text[end : each.start]
        end = each.start + len(each.text)
    yield text[end:]
