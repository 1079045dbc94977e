"""Which trees cannot be put on a disk safely, whatever the operating system.

git checks these only for the system it runs on, and only for its own work trees. A skill travels to every machine
of a team, so a name that one of them would take for another is refused on all. Sources: git's `verify_path`,
`is_ntfs_dotgit` and `is_hfs_dotgit` (path.c, utf8.c); Microsoft, "Naming Files, Paths, and Namespaces".
"""

import re
from collections.abc import Iterable, Mapping
from unicodedata import normalize

from gitskills.skills import links
from gitskills.skills.diagnostic import Diagnostic
from gitskills.skills.file import LINK, PLAIN, File

SUBMODULE = 0o160000
NAME_LIMIT = 255  # bytes; of every file system in common use

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
SURROGATE = re.compile("[\ud800-\udfff]")
# HFS+ leaves these out when it compares names.
IGNORED_BY_HFS = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
# NTFS drops trailing dots and spaces, a stream's name after a colon, and knows `.git` also as `git~1`.
DOT_GIT = re.compile(r"(?:\.git|git~[0-9]+)[. ]*(?::.*)?", re.IGNORECASE)
RESERVED_BY_WINDOWS = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(?:[.:].*)?",
    re.IGNORECASE,
)
BARRED_BY_WINDOWS = re.compile(r'[<>:"\\|?*]')

# Nearly every path there is: nothing below can find fault with it, which the tests hold against each rule.
_USUAL = re.compile(
    r"(?:(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?![a-z0-9_-]))[a-z0-9_][a-z0-9_.-]{0,99}(?<!\.)(?:/(?=[^/])|\Z))+",
    re.IGNORECASE | re.ASCII,
)

Entry = tuple[str, int, str]


def refusal(entries: Iterable[Entry]) -> str | None:
    """Return why this tree cannot be placed on disk, as one line, or None when it can.

    Each entry is a file's path with `/`, git's mode, and a link's target (empty for anything else).
    """
    known: dict[str, tuple[str, bool]] = {}
    targets: dict[str, str] = {}
    for path, mode, target in entries:
        if mode == SUBMODULE:
            return f"{_shown(path)} is a submodule"
        if problem := _path(path) or _clash(path, known):
            return f"{_shown(path)} {problem}"
        if mode == LINK:
            targets[path] = target
    for path, target in targets.items():
        if SURROGATE.search(target) or CONTROL.search(target):
            return f"{_shown(path)} is a link with control characters in its target"
        if problem := links.leaves(path, targets):
            return f"{_shown(path)} is a link that {problem}"
    return None


def unsafe_names(files: Mapping[str, File]) -> list[Diagnostic]:
    """Return the error of a skill whose files have names that some system cannot hold; its links are the scan's."""
    problem = refusal((path, PLAIN if file.mode == LINK else file.mode, "") for path, file in files.items())
    return [Diagnostic("", 1, "unsafe-name", "error", problem)] if problem else []


def _path(path: str) -> str | None:
    if _USUAL.fullmatch(path):
        return None
    if not path:
        return "has an empty name"
    if path.startswith("/"):
        return "is an absolute path"
    return next((problem for part in path.split("/") if (problem := _name(part))), None)


def _name(name: str) -> str | None:
    """Say why one component of a path is refused."""
    if not name:
        return "has an empty folder name"
    if name in (".", ".."):
        return f"has a folder named `{name}`"
    if SURROGATE.search(name):
        return "has a name that is not UTF-8"
    if CONTROL.search(name):
        return "has a control character in its name"
    if DOT_GIT.fullmatch(IGNORED_BY_HFS.sub("", name)):
        return "is, or lies in, a folder that some system takes for `.git`"
    if RESERVED_BY_WINDOWS.fullmatch(name):
        return "has a name that Windows reserves"
    if found := BARRED_BY_WINDOWS.search(name):
        return f"has a `{found[0]}` in its name, which Windows bars"
    if name[-1] in ". ":
        return "has a name that ends in a dot or space, which Windows drops"
    if len(name.encode()) > NAME_LIMIT:
        return f"has a name longer than {NAME_LIMIT} bytes"
    return None


def _clash(path: str, known: dict[str, tuple[str, bool]]) -> str | None:
    """Say whether some file system takes a file or one of its folders for another already `known`.

    `known` maps the folded path to the path as spelt and whether it is a file; this path is added to it.
    """
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        spelt, is_file = "/".join(parts[:count]), count == len(parts)
        folded = folded_path(spelt)
        if (earlier := known.get(folded)) is None:
            known[folded] = (spelt, is_file)
        elif earlier[0] != spelt:
            return f"differs from {_shown(earlier[0])} only in case or in the spelling of a letter"
        elif is_file or earlier[1]:
            return "is there twice"
    return None


def folded_path(path: str) -> str:
    """Return a path as file systems that fold case and compose letters compare it."""
    if path.isascii():
        return path.lower()
    return normalize("NFC", normalize("NFD", path).casefold())


def _shown(path: str) -> str:
    """Return a path that is safe to print."""
    return "`" + "".join(each if each.isprintable() else "\ufffd" for each in path) + "`"
