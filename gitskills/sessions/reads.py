"""Reads of a skill's SKILL.md, seen in what an agent asked of its tools.

Agents without a skill tool open a skill by reading its file: with a tool that reads files, or with a shell. Only
reads count: a SKILL.md that is written, listed or committed was not followed.
"""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gitskills.sessions.values import mapping, parsed, sequence, string

# Programs that show a file; codex-rs core-skills/invocation_utils.rs knows the first eight.
SHOWS = frozenset((
    "cat", "sed", "head", "tail", "less", "more", "bat", "awk", "batcat", "gawk", "nl", "tac", "type", "get-content",
    "gc", "grep", "egrep", "rg", "view", "strings",
))  # fmt: skip
SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ksh", "fish", "pwsh", "powershell", "cmd"))
BEFORE = frozenset((
    "sudo", "env", "command", "exec", "time", "nohup", "builtin", "do", "then", "else", "if", "while", "{", "!",
))  # fmt: skip
# Tools that write, whatever else they do with the path they are given.
WRITES = re.compile(r"write|edit|patch|create|delete|remove|move|rename|replace|insert|notebook|glob|list|ls$", re.I)
PATHS = ("file_path", "filePath", "path", "absolute_path", "target_file", "filename", "file", "uri")
FOLDERS = ("workdir", "cwd", "working_directory")
COMMANDS = ("command", "cmd", "script", "CommandLine")
MOST = 65_536  # characters of a command that are looked at

_TOKEN = re.compile(
    r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|(\n|&&|\|\||[;|&()]|[<>]+)|((?:\\.|[^\s;|&()<>"\'])+)', re.DOTALL
)
_ENDS = frozenset(["\n", "&&", "||", ";", "|", "&", "(", ")"])
_FILE = "skill.md"


class Read(NamedTuple):
    """A read of a placed skill's SKILL.md: the skill's folder as the agent wrote it, and its last name."""

    skill: str
    path: str


def read(tool: str, input: Mapping[str, Any], placed: Collection[str], cwd: str = "", home: str = "") -> Read | None:
    """Return which placed skill a tool call reads, the first if there are several; None where it reads none.

    `placed` holds the folders of skills: an absolute one is that folder (give a link and its target both), a
    relative one any folder whose path ends in it. Paths in the call are taken from `cwd`, `~` is `home`.
    """
    if not placed:
        return None
    cwd = next(
        (posixpath.join(_slashes(cwd), _slashes(moved)) for key in FOLDERS if (moved := string(input.get(key)))), cwd
    )
    for path in _paths(tool, input):
        folder = _folder(path, cwd, home)
        if folder and _among(folder, placed):
            return Read(posixpath.basename(folder), folder)
    return None


def _paths(tool: str, input: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files that a tool call reads, as it names them."""
    for key in COMMANDS:
        yield from _command(input.get(key))
    if WRITES.search(tool):
        return
    for key in PATHS:
        path = string(input.get(key))
        yield path[7:] if path.startswith("file://") else path
    for key in ("paths", "files", "file_paths"):
        for each in sequence(input.get(key)):
            yield string(each) or string(mapping(each).get("path"))


def _command(command: object, depth: int = 0) -> Iterator[str]:
    """Yield the files that a shell command reads; a list is one command's words."""
    if isinstance(command, list):
        yield from _words([string(word) for word in command[:1000]], depth, "")
    elif isinstance(command, str) and _FILE in command.lower():
        folder = ""
        for words in _commands(command[:MOST]):
            if words[:1] == ["cd"] and len(words) > 1:
                folder = posixpath.join(folder, _slashes(words[-1]))
            else:
                yield from _words(words, depth, folder)


def _commands(text: str) -> Iterator[list[str]]:
    """Yield the simple commands of a shell line as words, without what they redirect their output to."""
    words: list[str] = []
    skip, end = False, 0
    for token in _TOKEN.finditer(text):
        double, single, operator, bare = token.groups()
        if operator in _ENDS:
            yield words
            words, skip = [], False
        elif operator:
            skip = ">" in operator
        elif skip:
            skip = False
        else:
            word = next(part for part in (double, single, bare) if part is not None)
            if token.start() == end and words and text[end - 1] in "\"'" + "=":
                words[-1] += word  # "a"b is one word
            else:
                words.append(word)
        end = token.end()
    yield words


def _words(words: Sequence[str], depth: int, folder: str) -> Iterator[str]:
    """Yield the files that one simple command reads."""
    words = list(words)
    while words and (re.fullmatch(r"\w+=.*", words[0], re.DOTALL) or words[0] in BEFORE):
        words.pop(0)
    if not words:
        return
    program = re.split(r"[/\\]", words[0])[-1].lower().removesuffix(".exe")
    if program in SHELLS:
        if depth < 3 and len(words) > 2 and re.fullmatch(r"[-/]\w+", words[1]):
            yield from _command(words[-1] if program in ("cmd", "pwsh", "powershell") else words[2], depth + 1)
    elif program in SHOWS and not (program == "sed" and any(re.match(r"-\w*i|--in-place", w) for w in words[1:])):
        for word in words[1:]:
            path = _slashes(word)
            yield posixpath.join(folder, path) if folder and not path.startswith("~") else path


def _folder(path: str, cwd: str, home: str) -> str:
    """Return the folder of a SKILL.md, absolute where `cwd` is; "" for any other path."""
    path = _slashes(path.strip())
    if posixpath.basename(path).lower() != _FILE or len(path) > 4096:
        return ""
    for start in ("~/", "$HOME/", "${HOME}/"):
        if path.startswith(start) and home:
            path = posixpath.join(_slashes(home), path[len(start) :])
    if not re.match(r"/|[A-Za-z]:/", path) and cwd:
        path = posixpath.join(_slashes(cwd), path)
    return posixpath.dirname(posixpath.normpath(path))


def _among(folder: str, placed: Collection[str]) -> bool:
    key = _key(folder)
    for each in placed:
        other = _key(posixpath.normpath(_slashes(str(each))))
        absolute = re.match(r"/|[a-z]:/", other)
        if key == other or (other and not absolute and other != "." and key.endswith(f"/{other}")):
            return True
    return False


def _key(folder: str) -> str:
    """A path for comparing: Windows does not tell cases apart."""
    return folder.casefold() if re.match(r"[A-Za-z]:/", folder) else folder


def _slashes(path: str) -> str:
    """A Windows path with slashes; on other systems a backslash in a path is so rare that it is one from there."""
    return path.replace("\\", "/") if "\\" in path and "/" not in path.replace("\\ ", "") else path.replace("\\ ", " ")


def folder(path: str) -> str:
    """Return the folder of a SKILL.md as it was written; any other path as it is."""
    found = re.fullmatch(r"(.+)[/\\]SKILL\.md", path.strip(), re.IGNORECASE)
    return found[1] if found else path.strip()


def arguments(value: object) -> Mapping[str, Any]:
    """Return a tool's input, which some agents store as an object and some as the JSON text of one."""
    return mapping(parsed(value) if isinstance(value, str) else value)
