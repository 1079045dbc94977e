"""SKILL.md as text: its frontmatter found by lines, read as YAML, edited one key at a time, every other byte kept.

A fence is a line of exactly `---`, white space allowed after it, at column 0; frontmatter exists only when the first
line is one and another follows. The YAML standard agrees (section 9.1.2: no value may hold such a line), and so do
the agents that read by lines; `---` indented, in mid-line or followed by text is data. Lines end at LF, CRLF or CR.
"""

import re
from dataclasses import dataclass
from typing import Any

from gitskills import yamlplain, yamltext
from gitskills.skills import block, plain
from gitskills.yamltext import YamlError

FRONTMATTER_LIMIT = 64 * 1024  # characters; the longest of 474 real ones has 2,000

OPENING = re.compile("\ufeff?---[ \t]*(?:\r\n|\r|\n)")
# The literal comes before the look-behind so that the search can skip to it.
CLOSING = re.compile(r"---(?<=[\r\n]---)[ \t]*(?:\r\n|\r|\n|\Z)")

# A `key: value` whose value is unquoted on its first line.
UNQUOTED = re.compile(r"""( *)(?:- +)*[^\s#:'"\-][^:]*: +(?=[^\s'"|>#])""")
REPAIRS = 16


class FrontmatterError(YamlError):
    """Frontmatter that no agent can read, with the 1-based line in the file and a stable code."""


@dataclass(frozen=True, slots=True)
class Document:
    """The four parts of a SKILL.md; joined they are the very text. Without frontmatter all of it is `body`."""

    opening: str
    block: str
    closing: str
    body: str

    @property
    def has_frontmatter(self) -> bool:
        return bool(self.opening)


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """Frontmatter as read: its keys, the 1-based line in the file of each, and the lines read only after quoting."""

    keys: dict[str, Any]
    lines: dict[tuple[str | int, ...], int]
    quoted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What an index needs of a skill: its name if it gives one, and its description, empty if it gives none."""

    name: str | None
    description: str


def split(text: str) -> Document:
    """Return the parts of a text; `join` gives the text back, whatever it was."""
    opening = OPENING.match(text)
    closing = CLOSING.search(text, opening.end()) if opening else None
    if not opening or not closing:
        return Document("", "", "", text)
    return Document(opening[0], text[opening.end() : closing.start()], closing[0], text[closing.end() :])


def join(document: Document) -> str:
    """Return the text of a document."""
    return document.opening + document.block + document.closing + document.body


def keys(document: Document, *, where: str = "SKILL.md", lenient: bool = False) -> dict[str, Any]:
    """Return the frontmatter's keys and values. Raises `YamlError`, see `read`."""
    return read(document, where=where, lenient=lenient).keys


def read(document: Document, *, where: str = "SKILL.md", lenient: bool = False) -> Frontmatter:
    """Read the frontmatter; `lenient` quotes unquoted values that YAML cannot read otherwise, as agents do.

    Raises `FrontmatterError` when there is none, it is not a mapping or is longer than `FRONTMATTER_LIMIT`;
    `YamlError` when it is not the YAML that `yamltext.load` accepts.
    """
    if not document.has_frontmatter:
        raise FrontmatterError("there is no frontmatter", code="no-frontmatter", line=1, where=where)
    if len(document.block) > FRONTMATTER_LIMIT:
        problem = f"the frontmatter has more than {FRONTMATTER_LIMIT:,} characters"
        raise FrontmatterError(problem, code="frontmatter-too-large", line=1, where=where)
    parsed, quoted = _parse(document.block, where, REPAIRS if lenient else 0)
    value = {} if parsed.value is None else parsed.value
    if not isinstance(value, dict):
        problem = "the frontmatter is not a list of `key: value` lines"
        raise FrontmatterError(problem, code="frontmatter-not-mapping", line=parsed.spans[()].line, where=where)
    return Frontmatter(value, {path: span.line for path, span in parsed.spans.items()}, quoted)


def summary(text: str) -> Summary:
    """Return a text's name and description without ever raising; plain frontmatter is read without YAML.

    White space around both is dropped. Frontmatter that cannot be read even leniently gives an empty summary.
    """
    return summarize(split(text))


def summarize(document: Document) -> Summary:
    """Return what `summary` does of a text that is split already."""
    found: dict[str, Any] | None = plain.read(document.block) if len(document.block) <= FRONTMATTER_LIMIT else {}
    if found is None:
        found = yamlplain.read(document.block)
    if found is None:
        try:
            found = keys(document, lenient=True)
        except YamlError:
            found = {}
    name, description = found.get("name"), found.get("description")
    return Summary(
        name.strip() if isinstance(name, str) else None,
        description.strip() if isinstance(description, str) else "",
    )


def set_key(text: str, key: str, value: str | None, *, where: str = "SKILL.md") -> str:
    """Return the text with one key of its frontmatter set, or removed when `value` is None.

    `key` is a top-level key or `parent.child`. Only that key's lines change; comments, order, quoting and line
    endings stay. A mapping that loses its last key goes too. Raises `YamlError` when the frontmatter cannot be read.
    """
    document = split(text)
    read(document, where=where)
    # Splitting once only: a key such as `a.b` under `metadata` keeps its dot.
    path = tuple(key.split(".", 1))
    newline = document.opening.lstrip("\ufeff- \t")
    changed = block.set_value(document.block, path, value, newline=newline, where=where)
    return join(Document(document.opening, changed, document.closing, document.body))


def _parse(text: str, where: str, repairs: int) -> tuple[yamltext.Parsed, tuple[int, ...]]:
    """Parse the block, quoting up to `repairs` unquoted values; returns the file's lines that were quoted, too."""
    quoted: list[int] = []
    while True:
        try:
            return yamltext.parse(text, where=where, first=2), tuple(quoted)
        except YamlError as error:
            repaired = quote(text, error.line - 2) if len(quoted) < repairs else None
            if repaired is None:
                raise
            text = repaired
            quoted.append(error.line)


def quote(text: str, index: int) -> str | None:
    """Return the block with the unquoted value that covers line `index` (from 0) put in quotes, None if none does.

    Lines are neither added nor removed: a quoted value may span lines like an unquoted one.
    """
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n|\Z)", text)
    index = min(index, len(lines) - 1)
    while (found := UNQUOTED.match(lines[index])) is None:
        if index == 0 or not lines[index].startswith((" ", "\t")):
            return None
        index -= 1
    last = index
    while last + 1 < len(lines) and re.match(rf" {{{len(found[1]) + 1}}} *[^\s#]", lines[last + 1]):
        last += 1
    value = "".join(lines[index : last + 1])[found.end() :]
    bare = value.rstrip()
    put = "'" + bare.replace("'", "''") + "'" + value[len(bare) :]
    return "".join([*lines[:index], found[0], put, *lines[last + 1 :]])
