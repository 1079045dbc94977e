"""The offline librarian: of a merged change it keeps what was touched together and what people called it.

It adds nothing and guesses nothing: the area is where the files lie, the trigger is what the change was called, the
recipe is the files by their role, and how sure it is follows from how often they moved together before.
"""

import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gitskills.skills.words import STOP

TITLE, SAID = 200, 360  # characters of the trigger's two parts
FILES, TESTS, DEFINED = 12, 3, 3  # files in the map, tests that make the signal, names told of one file
MAIN = 0.6  # share of the changed lines from which on one file alone is what the change is about

_PREFIX = re.compile(r"^\w{2,12}(?:\(([^)]{1,40})\))?!?:\s+")
_WARNED = re.compile(r"\b(?:beware|caveat|careful|breaking|must not|never|note that|otherwise|pitfall|gotcha)\b", re.I)
_SENTENCE = re.compile(r"[^\s.!?\n](?:[^.!?\n]|[.!?](?=\S))*[.!?]*")
_FAILED = re.compile(r"\bFAIL(?:ED|URE)?:? +(\S+)|(\S+::\S+)|--- FAIL: (\S+)")
_TEST_NAME = re.compile(r"test|spec|should|it_", re.IGNORECASE)
_REVERT = re.compile(r"revert\b", re.IGNORECASE)
_RELEASE = re.compile(r"(?:(?:bump|release|new|version)[ :]+)*(v?\d+(?:\.\d+)+\S*)\.?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ADDRESS = re.compile(r"https?://\S+|[\w./-]*#\d+")
_SETTLES = re.compile(
    r"[\s(\[,;-]*\b(?:fix(?:e[sd])?|clos(?:e[sd]?|ing)|resolv(?:e[sd]?|ing)|refs?|see|for)\b:?"
    r"(?:[\s,&]+(?:and\s+)?(?:issue\s+)?[\w./-]*#\d+)+[)\]]?(?=\W*$)",
    re.IGNORECASE,
)
# What hosts and git put between the words of people: rules, who signed, which branch was merged on the way.
_NOISE = re.compile(
    r"[-=*_~#.\s]*$|(?:- )?(?:updated-dependencies|dependency-\w+|update-type):"
    r"|(?:co-authored|signed-off|reviewed|acked)-by:"
    r"|merged? (?:pull request|(?:remote-tracking )?branch(?:es)?|tag)\b|(?:fixup|squash|amend)!",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^(?:[-*+>#]+|\d+[.)]) +")
_WRAPPED = 50  # characters of a line from which on the next one goes on with the same sentence
_RUNNABLE = re.compile(r"(?:^|[._-])(?:tests?|specs?)(?:[._-]|$)|Tests?\.\w+$")
_RUNNERS = {
    ".py": "pytest {}", ".rs": "cargo test", ".go": "go test ./{folder}/...", ".rb": "bundle exec rspec {}",
    ".js": "npm test -- {}", ".jsx": "npm test -- {}", ".ts": "npm test -- {}", ".tsx": "npm test -- {}",
    ".sh": "{}",
}  # fmt: skip
_ROLES = {"source": "Change", "test": "Cover it in", "docs": "Say it in", "config": "Set it in", "data": "Keep in step"}


@dataclass(frozen=True, slots=True)
class File:
    """A touched file as the prompt tells of it."""

    path: str
    kind: str
    status: str
    lines: int
    reformatted: bool
    defines: tuple[str, ...]
    within: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What the change defines in it, else what it lies in."""
        return (self.defines or self.within)[:DEFINED]


def distil(data: dict[str, str]) -> dict[str, Any]:
    """Return the librarian's answer; one without fields says in `reason` why there is no card."""
    change, history = _object(data.get("change", "")), _object(data.get("history", ""))
    title, text = (" ".join(str(change.get(key, "")).split()) for key in ("title", "text"))
    raw = str(change.get("text", ""))
    every = _files(data.get("files", ""))
    files = [one for one in every if one.kind != "generated"]
    if nothing := _nothing(title, text, every, files):
        return {"reason": nothing}
    if release := _RELEASE.fullmatch(title):
        title = f"Release {release[1]}"
    main = _main(files)
    return {
        "area": _area(files, main),
        "failing_signal": _signal(data.get("acceptance", ""), files, title),
        "target": main.path,
        "trigger": _trigger(title, raw),
        "procedure": "\n".join(_procedure(files, str(change.get("commit", "")))),
        "pitfalls": "\n".join(_pitfalls(text, main, history)),
        "confidence": _confidence(files, history),
    }


def _nothing(title: str, text: str, every: Sequence[File], files: Sequence[File]) -> str:
    """Say why a change teaches nothing that can be done again; "" where it may."""
    if not files:
        return "it only touches lock files and what programs write" if every else "it changes no file"
    if not _RELEASE.fullmatch(title) and not _WORD.search(f"{title} {text}"):
        return "nobody said what it is for"
    if _REVERT.match(title):
        return "it takes an earlier change back"
    return "it only changes layout and punctuation" if all(one.reformatted for one in files) else ""


def _object(text: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _files(text: str) -> list[File]:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [_file(one) for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _file(one: dict[str, Any]) -> File:
    lines = sum(value for key in ("added", "removed") if isinstance(value := one.get(key), int))
    defines, within = (
        tuple(str(name) for name in found) if isinstance(found := one.get(key), list) else ()
        for key in ("defines", "within")
    )
    path, kind, status = (str(one.get(key, "")) for key in ("path", "kind", "status"))
    return File(path.lstrip("/"), kind, status, lines, one.get("reformatted") is True, defines, within)


def _main(files: Sequence[File]) -> File:
    """Return the file a change is about: the most changed of the kind that says most."""
    first = next((kind for kind in _ROLES if any(one.kind == kind for one in files)), "")
    return max((one for one in files if one.kind == first), key=lambda one: one.lines, default=files[0])


def _area(files: Sequence[File], main: File) -> str:
    """Return where a change lies: its main file where that is most of it, else the folder its files share."""
    same = [one for one in files if one.kind == main.kind]
    folder = posixpath.commonpath([posixpath.dirname(one.path) or "." for one in same]) if same else ""
    if len(same) == 1 or main.lines >= MAIN * sum(one.lines for one in same) or folder in ("", "."):
        folder = re.sub(r"(?<=[^/.])\.[^/]*$", "", main.path)
    parts = [part for part in re.sub("[^A-Za-z0-9_./-]", "-", folder).split("/") if re.search("[A-Za-z0-9]", part)]
    if len(parts) > 1 and re.fullmatch(r"__init__|index|mod|main", parts[-1]):
        parts.pop()
    return "/".join(parts[:6])


def _signal(acceptance: str, files: Sequence[File], title: str) -> str:
    """Return what failed before: what the acceptance names, else the tests that came with the change, else its name."""
    if found := _FAILED.search(acceptance):
        return next(group for group in found.groups() if group)
    tests = [f"{one.path}::{name}" for one in files if one.kind == "test" for name in one.defines or one.within
             if _TEST_NAME.search(name)]  # fmt: skip
    if tests:
        return " ".join(tests[:TESTS])
    # Two changes called alike but for their numbers are one kind of change.
    return re.sub(r"\s*\d[\w.]*", " #", _PREFIX.sub("", title)).strip() or title


def _trigger(title: str, text: str) -> str:
    """Say when the card is needed: what the change was called, and the first sentences said about it."""
    said, known = "", {_stop(title).casefold()}
    for paragraph in text.split("\n\n"):
        for sentence in _SENTENCE.finditer(_flat(paragraph.splitlines())):
            # "Closes #12" and where a robot lives say nothing of the work; nor what leads to a list that is not shown.
            short = _SETTLES.sub("", sentence[0]).strip()
            told = not _ADDRESS.search(sentence[0]) or len(_WORD.findall(_ADDRESS.sub("", short))) > 2
            new = not short.endswith(":") and _stop(short).casefold() not in known
            if told and new and len(said) + len(short) < SAID:
                said += f" {_stop(short)}"
                known.add(_stop(short).casefold())
        if len(said.split()) > 3:
            break
    return f"{_stop(title[:TITLE])} {_stop(said)}".strip() if said.strip() else _stop(title[:TITLE])


def _flat(lines: Sequence[str]) -> str:
    """Return a paragraph on one line: each item of a list, and each title of a commit, ends as a sentence does."""
    flat, last = "", ""
    for line in (one.strip() for one in lines):
        if _NOISE.match(line):
            continue
        item = _BULLET.sub("", line)
        open_ended = len(last) >= _WRAPPED or last.rpartition(" ")[2].lower() in STOP
        begins = item != line or (item[:1].isupper() and not open_ended)
        flat += f"{'' if not begins or flat.endswith(('.', '!', '?', ':', ',', ';')) else '.'} {item}" if flat else item
        last = line
    return flat


def _stop(text: str) -> str:
    text = " ".join(text.replace("<!--", "").split())
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def _procedure(files: Sequence[File], commit: str) -> Iterator[str]:
    """Yield the file map, the template and the test recipe."""
    yield "### Files\n"
    for one in files[:FILES]:
        verb = {"added": "Add", "removed": "Remove"}.get(one.status) or _ROLES.get(one.kind, "Change")
        yield f"- {verb} `{_code(one.path)}`."
    if len(files) > FILES:
        yield f"- And {len(files) - FILES} more files like these."
    yield "\n### Template\n"
    for one in files[:FILES]:
        if one.names:
            yield f"- In `{_code(one.path)}`: {', '.join(f'`{_code(name)}`' for name in one.names)}."
    yield f"- See how it was done: `git show {commit[:12]}`."
    yield "\n### Tests\n"
    tests = [one.path for one in files if one.kind == "test" and one.status != "removed"]
    runs = list(dict.fromkeys(_run(path) for path in tests if _RUNNABLE.search(posixpath.basename(path))))
    yield from runs[:TESTS]
    if not runs:
        yield "- No test came with it; run those of its area."


def _run(path: str) -> str:
    form = _RUNNERS.get(posixpath.splitext(path)[1])
    if form is None:
        return f"- Run the tests in `{_code(path)}`."
    return f"- Run `{_code(form.format(path, folder=posixpath.dirname(path)))}`."


def _code(text: str) -> str:
    return text.replace("`", "'")


def _pitfalls(text: str, main: File, history: dict[str, Any]) -> Iterator[str]:
    """Yield what was warned of, and what usually moves along and did not."""
    warned = [one[0] for one in _SENTENCE.finditer(text) if _WARNED.search(one[0]) and len(one[0]) <= 240]
    yield from (f"- {_stop(one)}" for one in warned[:3])
    companions = history.get("companions")
    for one in companions if isinstance(companions, list) else []:
        if isinstance(one, dict):
            often = f"{one.get('times')} of {one.get('of')} earlier changes"
            yield f"- `{_code(str(one.get('path')))}` moved with `{_code(main.path)}` in {often}; not in this one."


def _confidence(files: Sequence[File], history: dict[str, Any]) -> float:
    """Say how sure it is: a little by itself, more with tests, and by how often these files moved together before."""
    together, before = (value if isinstance(value := history.get(key), int) else 0 for key in ("together", "before"))
    tested = any(one.kind == "test" for one in files)
    return round(0.3 + 0.15 * tested + 0.5 * together / (before + 3), 2)
