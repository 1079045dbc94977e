"""Whether a folder is a skill: the Agent Skills specification (agentskills.io), strict or as agents read it.

Strict is for publishing: every rule of the specification. Lenient is for reading what others published: what some
agent loads is a warning, what none can load (no frontmatter, no description, YAML beyond repair) stays an error.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from gitskills.skills import frontmatter, hidden, rules
from gitskills.skills.diagnostic import Diagnostic as Diagnostic
from gitskills.skills.file import LINK, File
from gitskills.skills.frontmatter import Document
from gitskills.yamltext import LINE_END, YamlError

SKILL_FILE = "SKILL.md"
SIZE_LIMIT = 1 << 20  # bytes; about 250,000 tokens, more than an agent can read

# What lenient reading still calls an error: no agent has a skill then. (YAML's own codes start with `yaml-`.)
FATAL = {
    "no-skill-file", "skill-file-case", "skill-file-folder", "skill-file-link", "file-too-large", "nul-byte",
    "not-utf8", "empty-file", "no-frontmatter", "unclosed-frontmatter", "frontmatter-too-large",
    "frontmatter-not-mapping", "description-missing", "description-blank", "description-type", "hidden-text",
}  # fmt: skip

UTF16 = (b"\xff\xfe", b"\xfe\xff")
SPACE_AFTER_FENCE = re.compile(r"---[ \t]")


def validate(files: Mapping[str, File], folder: str, *, lenient: bool = False) -> list[Diagnostic]:
    """Return what is wrong with the skill whose folder is named `folder`, in order of lines; empty means nothing.

    `files` are the folder's files by path with `/`. Never raises, whatever the bytes.
    """
    found = sorted(_findings(files, folder, lenient), key=lambda each: each.line)
    return [_lenient(each) for each in found] if lenient else found


def _lenient(each: Diagnostic) -> Diagnostic:
    fatal = each.code in FATAL or each.code.startswith("yaml-")
    return each if fatal else replace(each, severity="warning")


def _findings(files: Mapping[str, File], folder: str, lenient: bool) -> Iterator[Diagnostic]:
    unusable = _missing(files) or _undecodable(files[SKILL_FILE].data)
    if unusable:
        yield unusable
        return
    text = files[SKILL_FILE].data.decode()
    if text.startswith("\ufeff"):
        yield _error(1, "byte-order-mark", "starts with a byte order mark; many agents then see no frontmatter")
    document = frontmatter.split(text)
    if not document.has_frontmatter:
        yield _no_frontmatter(text)
        return
    yield from _fences(document)
    try:
        read = frontmatter.read(document, lenient=lenient)
    except YamlError as error:
        yield _error(error.line, error.code, f"{error.problem}; {error.hint}" if error.hint else error.problem)
        return
    for line in read.quoted:
        yield _error(line, "unquoted-value", "the value holds characters that YAML takes as its own: put it in quotes")
    yield from rules.check(read, folder)
    description = read.keys.get("description")
    if isinstance(description, str) and hidden.critical(description) and not hidden.critical(document.block):
        # The scan sees what stands in the file; this was written as escapes.
        told = "`description` spells characters that no one sees but an agent reads"
        yield _error(read.lines[("description",)], "hidden-text", told)


def _missing(files: Mapping[str, File]) -> Diagnostic | None:
    """Say why there is no file SKILL.md to read."""
    file = files.get(SKILL_FILE)
    if file is not None:
        if file.mode == LINK:
            return _error(1, "skill-file-link", "SKILL.md is a symbolic link; it must be a file")
        return None
    if any(path.startswith(SKILL_FILE + "/") for path in files):
        return _error(1, "skill-file-folder", "SKILL.md is a folder; it must be a file")
    if other := next((path for path in files if path.lower() == SKILL_FILE.lower()), None):
        return _error(1, "skill-file-case", f"the file is named {other}: rename it to SKILL.md", other)
    return _error(1, "no-skill-file", "there is no SKILL.md")


def _undecodable(data: bytes) -> Diagnostic | None:
    """Say why these bytes are no text that an agent could read."""
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        return _error(1, "empty-file", "the file is empty")
    if len(data) > SIZE_LIMIT:
        size = f"{len(data):,} bytes, more than {SIZE_LIMIT:,}"
        return _error(1, "file-too-large", f"the file has {size}: move detail into files that SKILL.md names")
    if data.startswith(UTF16):
        return _error(1, "not-utf8", "the file is UTF-16: save it as UTF-8")
    if (nul := data.find(0)) >= 0:
        return _error(_line(data[:nul]), "nul-byte", "a NUL byte: this is not a text file")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        told = f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8"
        return _error(_line(data[: error.start]), "not-utf8", told)
    return None


def _no_frontmatter(text: str) -> Diagnostic:
    if frontmatter.OPENING.match(text):
        return _error(1, "unclosed-frontmatter", "the frontmatter is never closed: no line `---` follows")
    if re.match(r"\s+---\s", text):
        return _error(1, "no-frontmatter", "something stands before the opening `---`: it must be the first line")
    return _error(1, "no-frontmatter", "no frontmatter: the first line must be `---`, then `name:` and `description:`")


def _fences(document: Document) -> Iterator[Diagnostic]:
    """Warn of what our reader takes rightly and others do not."""
    closing = 2 + len(LINE_END.findall(document.block))
    for line, fence in ((1, document.opening), (closing, document.closing)):
        if SPACE_AFTER_FENCE.search(fence):
            yield _warning(line, "space-after-fence", "white space after `---`: some tools then see no frontmatter")
    if (at := document.block.find("---")) >= 0:
        line = 2 + len(LINE_END.findall(document.block[:at]))
        yield _warning(line, "dashes-in-value", "`---` inside a value: some readers end the frontmatter here")


def _line(before: bytes) -> int:
    """Return the 1-based line of the byte that follows these."""
    return 1 + len(LINE_END.findall(before.decode("latin-1")))


def _error(line: int, code: str, message: str, path: str = SKILL_FILE) -> Diagnostic:
    return Diagnostic(path, line, code, "error", message)


def _warning(line: int, code: str, message: str) -> Diagnostic:
    return Diagnostic(SKILL_FILE, line, code, "warning", message)
