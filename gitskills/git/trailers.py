"""Commit trailers: what gitskills says about a change, in the form git's own tools read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields

# Written in this order; the contract's list (CONTRACT, "Refs and trailers").
KEYS = {
    "skill": "Skill",
    "op": "Skill-Op",
    "base": "Skill-Base",
    "tree": "Skill-Tree",
    "edit": "Skill-Edit",
    "evidence": "Skill-Evidence",
    "judge": "Skill-Judge",
    "proposer": "Skill-Proposer",
    "gate": "Skill-Gate",
    "proof": "Skill-Proof",
    "calls": "Skill-Calls",
    "co_authors": "Co-authored-by",
}
_FIELDS = {key.lower(): name for name, key in KEYS.items()}
REPEATABLE = frozenset({"evidence", "proof", "co_authors"})

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
_TRAILER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:(.*)", re.DOTALL)
_PLAIN = re.compile(
    r"(?:[A-Za-z0-9-]+: [^\n]*\n)*[A-Za-z0-9-]+: [^\n]*"
)  # what nearly all messages end in, told ten times faster
_GENERATED = ("Signed-off-by: ", "(cherry picked from commit ")
_SPACE = (" ", "\t", "\r")
_SCISSORS = re.compile(r"^# -{24} >8 -{24}$", re.MULTILINE)
# Lines of a body that git's own readers would take for something else: comments, `---` dividers, conflict lists.
_MISREAD = re.compile(r"^(?=#|---|Conflicts:$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Event:
    """What a commit did to one skill. Values are kept as one line each, so none can forge a trailer."""

    skill: str
    op: str
    base: str = ""
    tree: str = ""
    edit: str = ""
    evidence: tuple[str, ...] = ()
    judge: str = ""
    proposer: str = ""
    gate: str = ""
    proof: tuple[str, ...] = ()
    calls: int | None = None
    co_authors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Bring every text to one line: runs of white space and control characters become one space."""
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, str):
                object.__setattr__(self, each.name, one_line(value))
            elif isinstance(value, tuple):
                object.__setattr__(self, each.name, tuple(line for text in value if (line := one_line(text))))

    def trailers(self) -> Iterator[tuple[str, str]]:
        """Yield the trailers that say this, in the contract's order; empty values are left out."""
        for name, key in KEYS.items():
            value = getattr(self, name)
            for text in value if isinstance(value, tuple) else (value,):
                if text not in ("", None):
                    yield key, str(text)


def one_line(text: str) -> str:
    """Return `text` as one trimmed line; lone surrogates, which git cannot store, become question marks."""
    return _CONTROL.sub(" ", text).strip().encode("utf-8", "replace").decode()


def format(subject: str, body: str, *events: Event) -> str:
    """Return a commit message: the subject as one line, the body, and the trailers as the last paragraph."""
    # A title that starts like a comment is skipped by git when it looks for the end of the title.
    title = one_line(subject).lstrip("#") or f"{events[0].skill}: {events[0].op}"
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    text = _MISREAD.sub(" ", text).strip("\n").encode("utf-8", "replace").decode()
    block = "\n".join(f"{key}: {value}" for event in events for key, value in event.trailers())
    return "\n\n".join(part for part in (title, text.rstrip(), block) if part) + "\n"


def parse(message: str) -> Event | None:
    """Return the first event of a commit message, or None when it has none."""
    return next(iter(events(trailers(message))), None)


def events(found: list[tuple[str, str]]) -> list[Event]:
    """Return one event for each `Skill` trailer: it and what follows up to the next one.

    gitskills writes one skill per commit; reading accepts several (a squashed branch).
    """
    groups: list[dict[str, list[str]]] = []
    for key, value in found:
        name = _FIELDS.get(key.lower())
        if name == "skill":
            groups.append({})
        if name and groups:
            groups[-1].setdefault(name, []).append(value)
    return [_event(group) for group in groups]


def _event(group: dict[str, list[str]]) -> Event:
    calls = group.pop("calls", [""])[-1]
    many = {name: tuple(group.pop(name, ())) for name in REPEATABLE}
    one = {name: values[-1] for name, values in group.items()}
    number = int(calls) if calls.isascii() and calls.isdigit() and len(calls) < 10 else None
    return Event(
        skill=one.get("skill", ""),
        op=one.get("op", ""),
        base=one.get("base", ""),
        tree=one.get("tree", ""),
        edit=one.get("edit", ""),
        judge=one.get("judge", ""),
        proposer=one.get("proposer", ""),
        gate=one.get("gate", ""),
        calls=number,
        **many,
    )


def trailers(message: str) -> list[tuple[str, str]]:
    """Return a commit message's trailers, unfolded, as `git interpret-trailers --parse --no-divider` does.

    The rules are those of git's trailer.c: the last paragraph that is not the title, made of trailers only or,
    with one that git generates, of a quarter of them; a line that starts with white space continues the last one.
    """
    head, _, paragraph = message.removesuffix("\n").rpartition("\n\n")
    if _PLAIN.fullmatch(paragraph) and ">8" not in message and head and not head.isspace():
        pairs = (line.split(":", 1) for line in paragraph.split("\n"))
        return [(key, value.strip(" \t\r")) for key, value in pairs]
    lines = _message_end(message)
    found: list[list[str]] = []
    last: list[str] | None = None
    for line in _block(lines):
        if last is not None and line[:1] in _SPACE:
            last[1] += "\n" + line
            continue
        match = None if line.startswith("#") else _TRAILER.match(line)
        last = [match[1], match[2]] if match else None
        if last is not None:
            found.append(last)
    return [(key, _unfold(value)) for key, value in found]


def _unfold(value: str) -> str:
    return re.sub(r"\n[ \t\r\n]*", " ", value).strip(" \t\r\n")


def _message_end(message: str) -> list[str]:
    """Return the lines of a message up to the comments, blank lines and conflict list that end it."""
    if scissors := _SCISSORS.search(message):
        message = message[: scissors.start()]
    lines = message.removesuffix("\n").split("\n")
    end, conflicts = 0, False
    for number, line in enumerate(lines, 1):
        if line == "" or line[0] == "#":
            continue
        if line == "Conflicts:":
            conflicts = True
        elif not (conflicts and line[0] == "\t"):
            end, conflicts = number, False
    return lines[:end]


def _block(lines: list[str]) -> list[str]:
    """Return the lines of the trailer block, or none."""
    title = next((n for n, line in enumerate(lines) if not line.startswith("#") and _blank(line)), len(lines))
    good = bad = continued = 0
    generated = False
    for number in range(len(lines) - 1, title - 1, -1):
        line = lines[number]
        if line.startswith("#"):
            bad, continued = bad + continued, 0
        elif _blank(line):
            if not good + bad + continued:
                continue
            bad += continued
            if (generated and good * 3 >= bad) or (good and not bad):
                return lines[number + 1 :]
            return []
        elif line.startswith(_GENERATED):
            good, continued, generated = good + 1, 0, True
        elif _TRAILER.match(line):
            good, continued = good + 1, 0
        elif line[0] in _SPACE:
            continued += 1
        else:
            bad, continued = bad + continued + 1, 0
    return []


def _blank(line: str) -> bool:
    return not line.strip(" \t\r\n")
