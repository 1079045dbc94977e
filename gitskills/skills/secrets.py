"""Credentials in text: what detect-secrets knows of them, less the placeholders that documents are full of.

detect-secrets brings the patterns (one plugin per provider) and the comment that excuses a line. Its own driver reads
files and reports every example key; skills are documents, so here a finding must also look like a real credential.
The library costs 80 ms to import: only functions here may, and only a push calls them. It never uses the network.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detect_secrets.plugins.base import RegexBasedDetector

# Plugins whose pattern alone names a credential. Left out: those that fire on any number or word (IP addresses,
# entropy, IBM's and Artifactory's assignments).
PLUGINS = (
    "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "DiscordBotTokenDetector",
    "GitHubTokenDetector", "GitLabTokenDetector", "JwtTokenDetector", "MailchimpDetector", "NpmDetector",
    "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector",
    "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
)  # fmt: skip
# What agents' users hold and detect-secrets 1.5 does not know. Formats: the providers' documentation.
MORE = {
    "Anthropic API Key": re.compile(r"sk-ant-[a-z]{3,8}[0-9]{2}-[A-Za-z0-9_-]{40,}"),
    "OpenAI Token": re.compile(r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,}"),
    "OpenRouter API Key": re.compile(r"sk-or-v1-[0-9a-f]{64}"),
    "GitHub Token": re.compile(r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    "Google API Key": re.compile(r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    "Hugging Face Token": re.compile(r"hf_[A-Za-z]{34}(?![A-Za-z0-9])"),
    "Slack Token": re.compile(r"xapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-z0-9]{32,}"),
}

PLACEHOLDER = re.compile(
    r"example|placeholder|your|xxxx|\*\*\*|\.\.\.|…|dummy|sample|redacted|change.?me|insert|replace|fake|0000000"
    # The token that jwt.io and half of all tutorials show: {"sub": "1234567890", "name": "John Doe" …
    r"|eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9l",
    re.IGNORECASE,
)
# Words nobody's generated password holds; a value with one stands for a password.
WORD = re.compile(r"pass|secret|token|api.?key|user|admin|root|hunter|qwerty|1234|abcd|here|value|string|local", re.I)
BODY_OF_KEY = re.compile(r"[A-Za-z0-9+/=]{40,}")
PIECE, OVERLAP = 2048, 1024  # characters; some of the patterns are quadratic in the length of a line


def find(text: str, filename: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and the kind of each credential in a text, in no order; never the credential.

    `filename` tells how assignments are written there. A line that ends in a comment `pragma: allowlist secret` is
    passed over.
    """
    for offset, piece in pieces(text):
        for at, kind in {**dict(_assigned(piece, filename)), **dict(_known(piece))}.items():
            if not _excused(text, offset + at, filename):
                yield offset + at, kind


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the kind and the pattern of every credential that can be told by its looks alone, placeholders too.

    Some are quadratic in the length of what they search: give them `pieces` of a text.
    """
    for plugin in _plugins():
        yield from ((plugin.secret_type, pattern) for pattern in plugin.denylist)
    yield from MORE.items()


def _known(text: str) -> Iterator[tuple[int, str]]:
    """Yield what a provider's pattern matches and looks real."""
    from detect_secrets.plugins.jwt import JwtTokenDetector

    for plugin in _plugins():
        for pattern in plugin.denylist:
            for found in pattern.finditer(text):
                if isinstance(plugin, JwtTokenDetector) and not plugin.is_formally_valid(found[0]):
                    continue
                if _real(plugin.secret_type, found):
                    yield found.start(), plugin.secret_type
    for kind, pattern in MORE.items():
        yield from ((found.start(), kind) for found in pattern.finditer(text) if _real(kind, found))


def _real(kind: str, found: re.Match[str]) -> bool:
    text, token = found.string, found[0]
    if kind == "Private Key":
        # The header alone is a word of the trade; a key has a body, right below or after `\n` in a string.
        body = BODY_OF_KEY.search(text, found.end(), found.end() + 200)
        return body is not None and not placeholder(body[0])
    if kind == "Basic Auth Credentials":
        return random_looking(found[1])
    if kind == "AWS Access Key" and not found.lastindex and text[found.end() : found.end() + 1].isalnum():
        return False
    return not text[max(found.start() - 1, 0) : found.start()].isalnum() and not placeholder(token)


def _assigned(text: str, filename: str) -> Iterator[tuple[int, str]]:
    """Yield what is assigned to a name such as `password` or `api_key` and looks generated."""
    from detect_secrets.filters import heuristic
    from detect_secrets.plugins.keyword import KeywordDetector
    from detect_secrets.util.filetype import FileType, determine_file_type

    detector = KeywordDetector()
    # Documents, scripts and `.env` files hold assignments without quotes, too, as configuration does.
    loose = determine_file_type(filename) is FileType.OTHER
    # The detector's patterns take a second per megabyte: only lines that hold one of its words are shown to it.
    for line in _keyword_lines().finditer(text):
        if heuristic.is_indirect_reference(line[0]):
            continue
        values = [one.secret_value or "" for one in detector.analyze_line(filename=filename, line=line[0])]
        if loose:
            bare = (one.secret_value or "" for one in detector.analyze_line(filename="any.ini", line=line[0]))
            values += [one for one in bare if sum(map(str.isdigit, one)) * 10 >= len(one)]
        for value in values:
            if random_looking(value) and not heuristic.is_potential_uuid(value):
                yield line.start(), "Password or key"


@lru_cache(maxsize=1)
def _plugins() -> "tuple[RegexBasedDetector, ...]":
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    classes: Iterable[type[RegexBasedDetector]] = get_mapping_from_secret_type_to_class().values()
    known = {each.__name__: each for each in classes}
    return tuple(known[name]() for name in PLUGINS)


@lru_cache(maxsize=1)
def _keyword_lines() -> re.Pattern[str]:
    from detect_secrets.plugins.keyword import DENYLIST

    return re.compile(rf"^.*(?:{'|'.join(DENYLIST)}).*$", re.IGNORECASE | re.MULTILINE)


def _excused(text: str, offset: int, filename: str) -> bool:
    from detect_secrets.filters.allowlist import is_line_allowlisted
    from detect_secrets.util.code_snippet import get_code_snippet

    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : end if end >= 0 else len(text)].rstrip()
    before = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : max(start - 1, 0)].rstrip()
    if len(line) > PIECE or "pragma:" not in line + before:
        return False
    return is_line_allowlisted(filename, line, get_code_snippet([before, line], 2))


def placeholder(token: str) -> bool:
    """Say whether a token that fits a provider's pattern was made up: a word, one letter repeated, a sequence."""
    if PLACEHOLDER.search(token):
        return True
    body = token[-32:]
    steps = sum(ord(b) - ord(a) in (0, 1) for a, b in pairwise(body))
    return len(set(body)) < min(8, len(body) // 3) or steps * 2 > len(body)


def random_looking(value: str) -> bool:
    """Say whether a value was generated rather than written: letters and digits, no words, evenly mixed."""
    if not 12 <= len(value) <= 200 or re.search(r"[\s<>{}$%()\[\]]", value):
        return False
    if not (re.search("[A-Za-z]", value) and re.search("[0-9]", value)):
        return False
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())
    return entropy > 3.0 and not WORD.search(value) and not placeholder(value)


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield the text whole, or with its very long lines cut into overlapping windows."""
    if not re.search(rf"[^\n]{{{PIECE}}}", text):
        yield 0, text
        return
    for line in re.finditer(r"[^\n]+", text):
        for start in range(line.start(), line.end(), PIECE):
            yield start, text[start : min(start + PIECE + OVERLAP, line.end())]
