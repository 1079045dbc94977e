"""Secrets taken out of text before it is cut, stored or sent.

Wider than the scan of skills (`skills.secrets.find`), which must not cry wolf: here a false find costs a judge one
word, a miss sends a password to a model. So whatever fits a provider's pattern goes, placeholders too, and whatever
is assigned to a name such as `password`.
"""

import re
from bisect import bisect
from collections.abc import Iterator

from gitskills.skills import secrets

Span = tuple[int, int, str]

_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[0-9]")
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=\\\s:,|>-]{0,16384}")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,60}-----|Private-MAC: ?[0-9A-Fa-f]+")
KEY_MOST = 32_768  # characters from a private key's first line to its last

_QUOTE = r"(?:\\?[\"'`]){0,2}"
_IS = r"[ \t]{0,4}(?::=|=>|==?|:)[ \t]{0,4}"
_VALUE = r"([^\s\"'`\\,;<>(){}\[\]]{6,512})"
# A password is redacted whatever it looks like; a token only where it looks generated, or prose would lose words.
_PASSWORD = re.compile(
    rf"(?:passw(?:or)?d|passphrase|passwd|pwd|secret)[\w.-]{{0,40}}{_QUOTE}{_IS}{_QUOTE}{_VALUE}", re.IGNORECASE
)
_QUOTED = re.compile(
    rf"(?:passw(?:or)?d|passphrase|passwd|pwd|secret)[\w.-]{{0,40}}{_QUOTE}{_IS}\\?([\"'`])([^\"'`\n\\]{{6,256}})\\?\1",
    re.I,
)
_SPOKEN = re.compile(r"(?:password|passphrase|passwd|pin|secret) (?:is|was) {0,2}[\"'`]?([^\s\"'`]{6,128})", re.I)
_TOKEN = re.compile(
    rf"(?:token|key|auth|authorization|credentials?|cookie|session.?id)[\w.-]{{0,40}}{_QUOTE}{_IS}{_QUOTE}"
    r"([\w.+/=~-]{16,2048})",
    re.IGNORECASE,
)
_OPTION = re.compile(
    r"--(?:password|passwd|token|secret|api-key|access-token|auth)(?:=|[ \t]{1,4})[\"']?([^\s\"']{6,512})", re.I
)
_BEARER = re.compile(r"\b(?:bearer|basic|token)[ \t]{1,4}([\w.~+/=-]{20,4096})", re.IGNORECASE)
_LOGIN = re.compile(r"://[^/\s:@\"']{0,128}:([^/\s@\"']{3,256})@")
# In place of patterns that match only how a secret begins (keys, logins), or that take cubic time (the others).
_OURS: dict[str, re.Pattern[str]] = {
    "Private Key": re.compile(r"(?!)"),
    "Basic Auth Credentials": re.compile(r"(?!)"),
    "OpenAI Token": re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,1024}"),
    "NPM tokens": re.compile(r"npm_[A-Za-z0-9]{36}"),
}
_PLAIN = re.compile(r"[A-Za-z_.-]+|[0-9.,:-]+|\[redacted.*", re.DOTALL)
# A word as long as what `secrets.pieces` has in common can be longer than the piece in which it is recognised.
_LONG = re.compile(rf"[\w.+/=~-]{{{secrets.OVERLAP},}}")


def redact(text: str) -> str:
    """Return a text in which each secret is `[redacted: kind]`, in time linear in its length."""
    if len(text) < 6:
        return text
    out, end = [], 0
    for start, stop, kind in _merged([*_keys(text), *_assigned(text), *_known(text)]):
        out += [text[end:start], f"[redacted: {kind}]"]
        end = stop
    return "".join([*out, text[end:]]) if out else text


def _keys(text: str) -> Iterator[Span]:
    """Yield private keys, from the first line to the last; one without its last line as far as it looks like one."""
    end = 0
    for begin in _KEY.finditer(text):
        if begin.start() < end:
            continue
        last = _KEY_END.search(text, begin.end(), begin.end() + KEY_MOST)
        body = _KEY_BODY.match(text, begin.end())
        end = last.end() if last else body.end() if body else begin.end()
        yield begin.start(), end, "private key"


def _assigned(text: str) -> Iterator[Span]:
    """Yield values that stand where a password or a token stands."""
    for found in _PASSWORD.finditer(text):
        if not _plain(found[1]):
            yield *found.span(1), "password"
    for found in _QUOTED.finditer(text):
        if not found[2].startswith(("[redacted", "$", "{", "<")):
            yield *found.span(2), "password"
    for pattern in (_SPOKEN, _OPTION):
        yield from ((*found.span(1), "password") for found in pattern.finditer(text) if not _plain(found[1]))
    for pattern in (_TOKEN, _BEARER):
        yield from ((*found.span(1), "token") for found in pattern.finditer(text) if _generated(found[1]))
    for found in _LOGIN.finditer(text):
        if not found[1].startswith(("[redacted", "$", "{", "<")):
            yield *found.span(1), "password"


def _known(text: str) -> Iterator[Span]:
    """Yield what fits a provider's pattern, to the end of the word it begins."""
    long = [word.span() for word in _LONG.finditer(text)]
    patterns = [*(each for each in secrets.patterns() if each[0] not in _OURS), *_OURS.items()]
    for offset, piece in secrets.pieces(text):
        for kind, pattern in patterns:
            for found in pattern.finditer(piece):
                stop = offset + found.end()
                at = bisect(long, (stop, 0)) - 1
                yield offset + found.start(), max(stop, long[at][1]) if at >= 0 and stop <= long[at][1] else stop, kind


def _plain(value: str) -> bool:
    """Whether a value is a word, a number, a name in code, or redacted already: `password = settings.password`."""
    return _PLAIN.fullmatch(value) is not None or value[0] in "$%*.["


def _generated(value: str) -> bool:
    return any(character.isdigit() for character in value) and any(character.isalpha() for character in value)


def _merged(spans: list[Span]) -> Iterator[Span]:
    """Yield spans in order, each text once: those that overlap become one, of the kind of the first."""
    spans.sort()
    merged: list[Span] = []
    for start, stop, kind in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]), merged[-1][2])
        else:
            merged.append((start, stop, kind))
    yield from merged
