"""Edit JSON text in place: what is put in or taken out changes, every other byte stays.

Comments (`//`, `/* */`) and trailing commas, which several agents allow in their settings, are read and kept.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gitskills.errors import GitskillsError

DEPTH = 100  # of nested objects and lists
BOM = "\ufeff"

_SPACE = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_SAME_LINE = re.compile(r"(?:[ \t]*/\*[^\r\n]*?\*/)*(?:[ \t]*//[^\r\n]*)?")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_WORD = re.compile(r"[^\s,:{}\[\]\"/]+")


class JsonError(GitskillsError):
    """A text that is not JSON, even with comments and trailing commas allowed; `line` is where, from 1."""

    def __init__(self, problem: str, *, line: int, where: str) -> None:
        super().__init__(f"{where}:{line}: {problem}", "correct the file, then run again")
        self.line = line


@dataclass(slots=True)
class Node:
    """One value: `start` and `end` are offsets in characters; `value` is Python's.

    Of an object or list, `items` are the members' or elements' nodes; `key` is a member's name and `key_start` where
    it stands, for an element where its value stands.
    """

    kind: Literal["object", "list", "scalar"]
    start: int
    end: int
    value: Any
    items: list["Node"] = field(default_factory=list)
    key: str = ""
    key_start: int = 0

    def get(self, key: str) -> "Node | None":
        """The member of this name, the last of several as JSON readers have it."""
        return next((item for item in reversed(self.items) if self.kind == "object" and item.key == key), None)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a text: at offset `at` the characters `old` became `new`."""

    at: int
    old: str
    new: str

    def apply(self, text: str) -> str:
        """Return `text` with `new` in the place of `old`."""
        return text[: self.at] + self.new + text[self.at + len(self.old) :]

    def undo(self, text: str) -> str | None:
        """Return `text` with `old` in the place of `new`, also where it moved; None where it is not there just once."""
        if text.startswith(self.new, self.at):
            return text[: self.at] + self.old + text[self.at + len(self.new) :]
        return text.replace(self.new, self.old) if self.new and text.count(self.new) == 1 else None


def parse(text: str, *, where: str) -> Node:
    """Return the one value of a text; raises JsonError."""
    return _Reader(text, where).document()


def insert(text: str, container: Node, value: Any, key: str | None = None, *, unit: str = "  ") -> Edit:
    """Return the edit that adds `value` at the end of an object (as member `key`) or list, laid out as its neighbours.

    `unit` is the indentation of one level. `container` is a node of `parse(text)`.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    own = _indentation(text, container.start)
    item = container.items[-1] if container.items else None
    if item is None:
        apart = container.key == "" or "\n" in text[: container.start]
        inner = text[container.start + 1 : container.end - 1]
        if not apart:
            return Edit(container.start + 1, inner, inner + _render(value, key, None, ""))
        between = newline + own + unit
        rendered = _render(value, key, unit, between)
        return Edit(container.start + 1, inner, inner.rstrip() + between + rendered + newline + own)
    apart = "\n" in text[container.start : container.items[0].key_start]
    between = newline + _indentation(text, item.key_start) if apart else " "
    gap = _SPACE.match(text, item.end)
    at = gap.end() if gap else item.end
    after = text[at] == ","  # a trailing comma
    at = at + 1 if after else item.end
    same = _SAME_LINE.match(text, at)
    old = same[0] if same else ""
    if "//" in old and not apart:
        between = newline
    return Edit(at, old, ("" if after else ",") + old + between + _render(value, key, unit if apart else None, between))


def remove(text: str, container: Node, item: Node) -> str:
    """Return `text` without a member or element of `container`, its comma and the white space before it."""
    index = container.items.index(item)
    comma = _comma(text, item.end)
    if len(container.items) == 1:
        end = comma if comma else item.end
        around = text[container.start + 1 : item.key_start], text[end : container.end - 1]
        if not "".join(around).strip():
            return text[: container.start + 1] + text[container.end - 1 :]
        return text[: item.key_start] + text[end:]
    if comma and index + 1 < len(container.items):
        following = container.items[index + 1].key_start
        return text[: item.key_start] + text[comma if text[comma:following].strip() else following :]
    before = container.items[index - 1]
    start = _comma(text, before.end) or before.end
    between = text[start : item.key_start]
    if comma:  # a trailing comma: the one before takes its part
        return text[: item.key_start if between.strip() else start] + text[comma:]
    if between.strip():  # comments, which stay
        return text[: start - 1] + between.rstrip(" \t") + text[item.end :].lstrip(" \t")
    return text[: before.end] + text[item.end :]


def unit_of(text: str, root: Node) -> str:
    """The indentation of one level in a text, by its first member: two spaces where nothing says otherwise."""
    if root.items and "\n" in text[root.start : root.items[0].key_start]:
        return _indentation(text, root.items[0].key_start)[len(_indentation(text, root.start)) :] or "  "
    return "  "


def _render(value: Any, key: str | None, unit: str | None, between: str) -> str:
    """Write a value as it stands on a line that begins with `between`."""
    text = json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", between)
    return text if key is None else f"{json.dumps(key)}: {text}"


def _indentation(text: str, at: int) -> str:
    """The white space that the line of `at` begins with."""
    start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
    found = re.compile(rf"{BOM}?([ \t]*)").match(text, start)
    return found[1] if found else ""


def _comma(text: str, at: int) -> int:
    """The offset after the comma that follows the value ending at `at`, 0 where none does."""
    gap = _SPACE.match(text, at)
    end = gap.end() if gap else at
    return end + 1 if text[end : end + 1] == "," else 0


class _Reader:
    """Reads a text from its beginning."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.at = len(BOM) if text.startswith(BOM) else 0

    def document(self) -> Node:
        self.skip()
        node = self.value(0)
        self.skip()
        if self.at < len(self.text):
            raise self.error("text after the end of the JSON value")
        return node

    def value(self, depth: int) -> Node:
        if depth > DEPTH:
            raise self.error(f"nested more than {DEPTH} deep")
        start = self.at
        opening = self.text[start : start + 1]
        if opening == "{":
            items = list(self.items("}", depth))
            return Node("object", start, self.at, {item.key: item.value for item in items}, items)
        if opening == "[":
            items = list(self.items("]", depth))
            return Node("list", start, self.at, [item.value for item in items], items)
        value = self.scalar(_STRING if opening == '"' else _WORD)
        return Node("scalar", start, self.at, value)

    def items(self, closing: str, depth: int) -> Iterator[Node]:
        self.at += 1
        self.skip()
        while self.text[self.at : self.at + 1] != closing:
            start, key = self.at, ""
            if closing == "}":
                if self.text[self.at : self.at + 1] != '"':
                    raise self.error("a key in double quotes is wanted here")
                key = str(self.scalar(_STRING))
                self.skip()
                self.take(":")
                self.skip()
            item = self.value(depth + 1)
            item.key, item.key_start = key, start
            yield item
            self.skip()
            if self.text[self.at : self.at + 1] != closing:
                self.take(",")
                self.skip()
        self.at += 1

    def scalar(self, pattern: re.Pattern[str]) -> Any:
        found = pattern.match(self.text, self.at)
        if not found:
            raise self.error("a value is wanted here")
        try:
            value = json.loads(found[0])
        except (ValueError, RecursionError):
            raise self.error(f"not a JSON value: {found[0][:40]!r}") from None
        self.at = found.end()
        return value

    def take(self, wanted: str) -> None:
        if self.text[self.at : self.at + 1] != wanted:
            raise self.error(f"{wanted!r} is wanted here")
        self.at += 1

    def skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def error(self, problem: str) -> JsonError:
        return JsonError(problem, line=self.text.count("\n", 0, self.at) + 1, where=self.where)


def undo(text: str, edits: Sequence[Edit]) -> str | None:
    """Return `text` without `edits`, which were made in this order; None where one of them cannot be found."""
    result: str | None = text
    for edit in reversed(edits):
        result = None if result is None else edit.undo(result)
    return result


def begin(text: str, value: Any) -> Edit:
    """Return the edit that puts a value into a text that holds nothing but white space."""
    newline = "\r\n" if "\r\n" in text else "\n"
    return Edit(len(text), "", json.dumps(value, indent=2, ensure_ascii=False).replace("\n", newline) + newline)
