"""What stands in a skill that a gate counts before and after an edit, so that only what is new counts against it."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gitskills.skills import hidden, injection, network
from gitskills.skills.file import EXECUTABLE, LINK, File
from gitskills.skills.scan import scan
from gitskills.skills.validate import validate

Files = Mapping[str, File]
GRAM, SHORT = 8, 5  # words in a row that are a leak; a text of fewer, but at least 5, leaks whole

_WORD = re.compile(r"\w+")
_PRAGMA = re.compile(r"pragma:\s*(?:allow|white)list", re.IGNORECASE)
_COMMENT = re.compile(r"<!--[^\n]{0,60}|\[(?://|comment)\]:[^\n]{0,60}", re.IGNORECASE)
_EVALS = "evals/"


def new(find: Callable[[Files], Counter[str]], base: Files, result: Files) -> list[str]:
    """Return what `find` sees in `result` and not, or not as often, in `base`, sorted."""
    return sorted(find(result) - find(base))


def errors(name: str) -> Callable[[Files], Counter[str]]:
    """Return a finder of breaches of the specification by the skill in the folder `name`."""
    return lambda files: Counter(
        f"{each.path}: {each.message}" for each in validate(files, name) if each.severity == "error"
    )


def hidden_text(files: Files) -> Counter[str]:
    """Find characters that nobody sees, each counted."""
    found: Counter[str] = Counter()
    for text in texts(files):
        for run in hidden.find(text):
            found.update(f"U+{ord(each):04X}" for each in run.text)
    return found


def credentials(files: Files) -> Counter[str]:
    """Find what looks like a credential; never the credential."""
    return Counter(
        f"{each.path}: {each.message.partition(':')[0]}" for each in scan(files, secrets=True) if each.code == "secret"
    )


def excuses(files: Files) -> Counter[str]:
    """Find comments that switch the search for credentials off."""
    return Counter(match[0] for text in texts(files) for match in _PRAGMA.finditer(text))


def comments(files: Files) -> Counter[str]:
    """Find comments, which a rendered page hides and an agent reads."""
    return Counter(match[0] for text in texts(files) for match in _COMMENT.finditer(text))


def injections(files: Files) -> Counter[str]:
    """Find phrases that take over the reading model."""
    return sum((injection.find(text) for text in texts(files)), Counter())


def hosts(files: Files) -> Counter[str]:
    """Find the hosts that are named; each once, for a second link to a known host is nothing new."""
    return Counter({host for text in texts(files) for host in network.hosts(text)})


def downloads(files: Files) -> Counter[str]:
    """Find commands that run what they fetch."""
    return sum((network.downloads(text) for text in texts(files)), Counter())


def executables(files: Files) -> Counter[str]:
    """Find files that can be run: by mode or by a `#!` line; links count, for they can lead to one."""
    return Counter(
        path for path, file in files.items() if file.mode in (EXECUTABLE, LINK) or file.data.startswith(b"#!")
    )


def leaked(base: Files, result: Files) -> list[str]:
    """Return the words of the skill's evals, at least `GRAM` in a row, that `result` says and `base` did not."""
    asked = [text for path, file in base.items() if path.startswith(_EVALS) for text in _strings(path, file)]
    grams = {gram for text in asked for gram in _grams(text)}
    if not grams:
        return []
    sizes = {len(gram) for gram in grams}
    said = [
        {gram for text in texts(files, evals=False) for size in sizes for gram in _grams(text, size)}
        for files in (base, result)
    ]
    return sorted(" ".join(gram) for gram in grams & (said[1] - said[0]))


def texts(files: Files, *, evals: bool = True) -> Iterator[str]:
    """Yield the text of each file that is no binary."""
    for path, file in files.items():
        if 0 not in file.data[:8192] and (evals or not path.startswith(_EVALS)):
            yield file.data.decode("utf-8", "replace")


def _grams(text: str, size: int = 0) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    size = size or (GRAM if len(words) >= GRAM else max(len(words), SHORT))
    return (tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def _strings(path: str, file: File) -> list[str]:
    """Return the texts in an eval file: the strings of JSON, or all of any other text."""
    text = file.data.decode("utf-8", "replace")
    if not path.endswith(".json"):
        return [text]
    try:
        return list(_inside(json.loads(text)))
    except (ValueError, RecursionError):
        return [text]


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _inside(each)
