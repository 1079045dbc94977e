"""What a skill must not carry to a team: hidden text, credentials, links that lead out of its folder."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import groupby, islice

from gitskills.skills import hidden, links
from gitskills.skills.diagnostic import Diagnostic
from gitskills.skills.file import LINK, File
from gitskills.yamltext import LINE_END

BINARY_WINDOW = 8192  # bytes; a NUL in them makes a file binary, as in git
TEXT_LIMIT = 1 << 20  # bytes; longer text is searched only for its first critical character, and not for credentials
FINDINGS_LIMIT = 50  # of one file; errors come first, what follows is counted

TOLD = {
    "hidden-tags": "invisible tag characters",
    "bidi-control": "bidirectional controls, which show text in another order than agents read it",
    "variation-selector": "supplementary variation selectors, which can hide any text",
    "zero-width": "invisible characters",
}
# Findings that stop a push: they have no honest use in a skill.
CRITICAL = ("hidden-tags", "bidi-control", "variation-selector")


def scan(files: Mapping[str, File], *, secrets: bool) -> list[Diagnostic]:
    """Return hidden Unicode, links out of the folder and, when `secrets`, credentials; in order of path and line.

    Binary files (a NUL in the first 8 KiB) are passed over; too large ones get a warning that says so. Messages
    never repeat a credential. Never raises, whatever the bytes.
    """
    targets = {path: file.data.decode("utf-8", "replace") for path, file in files.items() if file.mode == LINK}
    found: list[Diagnostic] = []
    for path, file in files.items():
        if file.mode == LINK:
            found += _link(path, targets)
        elif 0 not in file.data[:BINARY_WINDOW] and (secrets or not file.data.isascii()):
            found += _bounded(path, [*_text(path, file.data, secrets)])
    return sorted(found, key=lambda each: (each.path, each.line))


def _bounded(path: str, found: list[Diagnostic]) -> list[Diagnostic]:
    """Keep the findings of one file few enough to read, errors before warnings."""
    if len(found) <= FINDINGS_LIMIT:
        return found
    found.sort(key=lambda each: (each.severity, each.line))
    kept, rest = found[:FINDINGS_LIMIT], found[FINDINGS_LIMIT:]
    return [*kept, Diagnostic(path, rest[0].line, "more", rest[0].severity, f"{len(rest):,} more findings like these")]


def _link(path: str, targets: Mapping[str, str]) -> Iterator[Diagnostic]:
    if problem := links.leaves(path, targets):
        yield Diagnostic(path, 1, "link-leaves", "error", f"the symbolic link {problem}")


def _text(path: str, data: bytes, secrets: bool) -> Iterator[Diagnostic]:
    text = data.decode("utf-8", "replace")
    starts = [0, *(found.end() for found in LINE_END.finditer(text))]
    large = len(data) > TEXT_LIMIT
    if not text.isascii():
        found = hidden.find(text, runs=hidden.CRITICAL if large else hidden.ANY)
        yield from _hidden(path, islice(found, 1 if large else None), starts)
    if secrets and large:
        yield Diagnostic(path, 1, "not-scanned", "warning", f"{len(data):,} bytes: too large to look for credentials")
    elif secrets:
        yield from _secrets(path, text, starts)


def _hidden(path: str, found: Iterator[hidden.Found], starts: list[int]) -> Iterator[Diagnostic]:
    """Yield one finding for each kind of hidden character on each line; `starts` are the offsets of the lines."""
    placed = sorted((bisect_right(starts, each.start), each.kind, each.text) for each in found)
    for (line, kind), group in groupby(placed, key=lambda each: each[:2]):
        characters = "".join(each[2] for each in group)
        shown = ", ".join(dict.fromkeys(f"U+{ord(each):04X}" for each in characters[:8]))
        spelt = "".join(chr(ord(each) - 0xE0000) for each in characters if 0xE0020 <= ord(each) < 0xE007F)
        count = f"{len(characters)} of them, " if len(characters) > 1 else ""
        message = f"{TOLD[kind]}: {count}{shown}"
        if spelt:
            message += f", which spell {spelt[:60]!r}"
        yield Diagnostic(path, line, kind, "error" if kind in CRITICAL else "warning", message)


def _secrets(path: str, text: str, starts: list[int]) -> Iterator[Diagnostic]:
    from gitskills.skills import secrets

    for line, kind in sorted({(bisect_right(starts, at), kind) for at, kind in secrets.find(text, path)}):
        advice = "remove it and revoke it; if it is none, end the line with `<!-- pragma: allowlist secret -->`"
        yield Diagnostic(path, line, "secret", "error", f"looks like a credential ({kind}): {advice}")
