"""A prompt as search sees it: the words that may tell one skill from another."""

import re
import unicodedata
from collections.abc import Iterator

# English words that say how something is asked, not what about; and what an apostrophe leaves of don't, I'm, we'll.
_STOP = """
a an the and or but if then than so of in on at to from for with without by as into over under off out up down again
about i me my we our us you your he she it its they them their this that these those here there what which who whom how
why when where is are was were be been being am do does did done have has had having can could should would will shall
may might must not no nor only own same too very just once all any both each few more most other some such s t d m re ve
ll don doesn didn isn aren wasn won couldn shouldn wouldn haven hasn ain
"""
STOP = frozenset(_STOP.split())

# What a file's name says about the work: people write `report.xlsx`, skills say Excel.
SUFFIXES = {
    "cs": "csharp dotnet",
    "css": "css",
    "csv": "csv",
    "dart": "dart flutter",
    "docx": "word document",
    "go": "golang",
    "html": "html web",
    "ipynb": "jupyter notebook",
    "js": "javascript",
    "jsx": "javascript react",
    "kt": "kotlin",
    "md": "markdown",
    "pptx": "powerpoint slides",
    "ps1": "powershell",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "sh": "shell bash",
    "sql": "sql database",
    "swift": "swift",
    "tf": "terraform",
    "ts": "typescript",
    "tsx": "typescript react",
    "xls": "excel",
    "xlsx": "excel spreadsheet",
    "yaml": "yaml",
    "yml": "yaml",
}

_WORD = re.compile(r"[^\W_]+")
_SUFFIX = re.compile(r"\.([a-z][a-z0-9]{0,4})\b")
_SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONG = 64  # characters; longer runs are keys and hashes, not words
_ENDS = 4_000  # characters read at each end of a long prompt: people put the request before or after what they paste
_MOST = 200  # different words looked up from each end


def words(prompt: str) -> list[str]:
    """Return the different words of a prompt in its order, case kept, without stop words; any text will do."""
    if len(prompt) > 2 * _ENDS:
        prompt = f"{prompt[:_ENDS]} {prompt[-_ENDS:]}"
    found: dict[str, str] = {}
    for word in _all(unicodedata.normalize("NFC", prompt)):
        key = word.lower()
        if key not in STOP and len(word) <= _LONG:
            found.setdefault(key, word)
    kept = list(found.values())
    return kept if len(kept) <= 2 * _MOST else kept[:_MOST] + kept[-_MOST:]


def parts(word: str) -> list[str]:
    """Return the parts of a joined name in lower case: `PointAnnotationManager` has three; [] where it has one."""
    found = [part.lower() for part in _SEAM.split(word)]
    return [part for part in found if part not in STOP] if len(found) > 1 else []


def name_of(prompt: str) -> str:
    """Return the skill name a short prompt spells out: "Code review" is `code-review`."""
    return "-".join(_WORD.findall(prompt[:256].lower()))


def _all(prompt: str) -> Iterator[str]:
    yield from _WORD.findall(prompt)
    for suffix in dict.fromkeys(_SUFFIX.findall(prompt.lower())):
        yield from SUFFIXES.get(suffix, "").split()
