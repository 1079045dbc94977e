"""What a stream of YAML events means: plain values, bounded, with the place of every key; no YAML library needed.

The stack is its own, so nesting cannot exhaust Python's; aliases and tags are refused, so nothing multiplies and no
type can be named. `gitskills.yamltext` brings the events.
"""

import bisect
import re
from dataclasses import dataclass, field
from typing import Any

from gitskills.errors import GitskillsError
from gitskills.yamlplain import DEPTH_LIMIT, plain_value

NODE_LIMIT = 20_000

LINE_END = re.compile(r"\r\n|\r|\n")

COLON = re.compile(r"[ \t\r\n]*:")
SURROGATE = re.compile("[\ud800-\udfff]")


class YamlError(GitskillsError):
    """YAML that cannot be read or that we refuse: `line` is 1-based in the text given, `code` a stable short word."""

    def __init__(self, problem: str, *, code: str, line: int, where: str, hint: str = "") -> None:
        super().__init__(f"{where}:{line}: {problem}", hint)
        self.problem = problem
        self.code = code
        self.line = line


@dataclass(frozen=True, slots=True)
class Span:
    """Where one key and its value stand in the text: offsets in characters, `line` 1-based, that of the key.

    `style` is the value's: `plain`, `'`, `"`, `|`, `>`, `block` or `flow`. An absent value has `start == end`;
    the end of a block value may lie beyond blank lines that follow it.
    """

    key: int
    key_end: int
    start: int
    end: int
    line: int
    style: str


Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A YAML text's value, and the place of every mapping key by its path from the root; `()` is the whole value."""

    value: Any
    spans: dict[Path, Span]


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read yet."""

    value: Any
    path: Path
    at: int
    style: str
    key: str | None = None
    key_at: int = 0
    key_end: int = 0
    end: int = 0


@dataclass(slots=True)
class Builder:
    """Builds the value from parse events, bounded in depth and count."""

    text: str
    where: str
    first: int = 1
    root: Any = None
    spans: dict[Path, Span] = field(default_factory=dict)
    reached: int = 0
    _open: list[_Open] = field(default_factory=list)
    _nodes: int = 0
    _documents: int = 0
    _starts: list[int] = field(default_factory=list)

    def line(self, offset: int) -> int:
        """Return the 1-based line of a character offset; ruamel's own count also breaks lines at U+2028."""
        if not self._starts:
            self._starts = [0, *(found.end() for found in LINE_END.finditer(self.text))]
        return bisect.bisect_right(self._starts, offset) + self.first - 1

    def error(self, code: str, problem: str, offset: int, hint: str = "") -> YamlError:
        return YamlError(problem, code=code, line=self.line(offset), where=self.where, hint=hint)

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        self.reached = event.end_mark.index if event.end_mark else self.reached
        match kind:
            case "ScalarEvent" | "MappingStartEvent" | "SequenceStartEvent" | "AliasEvent":
                self._refuse(kind, event)
                self._node(kind, event)
            case "MappingEndEvent" | "SequenceEndEvent":
                done = self._open.pop()
                end = event.end_mark.index if done.style == "flow" else done.end
                self._placed(done.value, done.at, end, done.style)
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise self.error("yaml-documents", "a second YAML document starts here", event.start_mark.index)

    def _refuse(self, kind: str, event: Any) -> None:
        at = event.start_mark.index
        self._nodes += 1
        if self._nodes > NODE_LIMIT:
            raise self.error("yaml-too-large", f"the YAML has more than {NODE_LIMIT:,} values", at)
        if kind == "AliasEvent" or event.anchor is not None:
            raise self.error("yaml-alias", "anchors and aliases (&, *) are refused", at, "write the value out")
        if event.tag is not None:
            raise self.error("yaml-tag", f"the tag {_short(str(event.tag))} is refused", at, "remove the tag")

    def _node(self, kind: str, event: Any) -> None:
        at = event.start_mark.index
        parent = self._open[-1] if self._open else None
        if parent and isinstance(parent.value, dict) and parent.key is None:
            self._key(parent, kind, event)
        elif kind == "ScalarEvent":
            self._placed(self._scalar(event), at, event.end_mark.index, event.style or "plain")
        else:
            if len(self._open) >= DEPTH_LIMIT:
                raise self.error("yaml-depth", f"the YAML nests more than {DEPTH_LIMIT} levels deep", at)
            value: Any = {} if kind == "MappingStartEvent" else []
            self._open.append(_Open(value, self._path(), at, "flow" if event.flow_style else "block"))

    def _key(self, parent: _Open, kind: str, event: Any) -> None:
        at = event.start_mark.index
        if kind != "ScalarEvent" or (not event.value and not event.style):
            raise self.error("yaml-key", "a key must be text", at)
        key = self._text(event)
        if key == "<<" and not event.style:
            raise self.error("yaml-merge", "the merge key << is refused", at, "write the values out")
        if key in parent.value:
            raise self.error("yaml-duplicate-key", f"the key {_short(key)} is given twice", at, "keep one of them")
        parent.key, parent.key_at, parent.key_end = key, at, event.end_mark.index

    def _scalar(self, event: Any) -> str | int | float | bool | None:
        text = self._text(event)
        return text if event.style else plain_value(text)

    def _text(self, event: Any) -> str:
        if SURROGATE.search(event.value):
            raise self.error("yaml-character", "an escape names half a character", event.start_mark.index)
        return str(event.value)

    def _path(self) -> Path:
        if not self._open:
            return ()
        parent = self._open[-1]
        return (*parent.path, len(parent.value) if parent.key is None else parent.key)

    def _placed(self, value: Any, start: int, end: int, style: str) -> None:
        path = self._path()
        if not self._open:
            self.root = value
            self.spans[path] = Span(start, start, start, end, self.line(start), style)
            return
        parent = self._open[-1]
        if parent.key is None:
            parent.value.append(value)
        else:
            if start == end and style == "plain":
                # An absent value is marked where the next token stands, perhaps lines below.
                colon = COLON.match(self.text, parent.key_end)
                start = end = colon.end() if colon else parent.key_end
            self.spans[path] = Span(parent.key_at, parent.key_end, start, end, self.line(parent.key_at), style)
            parent.value[parent.key] = value
            parent.key = None
        parent.end = max(parent.end, end)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
