"""The one door to ruamel.yaml: read untrusted YAML safely, edit trusted YAML without losing its comments.

Reading takes only the parser's events from ruamel, never its objects; `gitskills.yamlvalue` makes values of them.
"""

import io
import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from typing import Any

from gitskills.yamlvalue import LINE_END as LINE_END
from gitskills.yamlvalue import SURROGATE, Builder
from gitskills.yamlvalue import Parsed as Parsed
from gitskills.yamlvalue import Path as Path
from gitskills.yamlvalue import Span as Span
from gitskills.yamlvalue import YamlError as YamlError

SIZE_LIMIT = 1 << 20  # characters

# The parser's commonest complaints, said so that they can be acted upon.
PLAIN_WORDS = {
    "mapping values are not allowed here": "a colon followed by a space inside an unquoted value: quote the value",
    "found character '\\t' that cannot start any token": "a tab where YAML wants spaces",
    "could not find expected ':'": "a line that is neither `key: value` nor part of a value",
    "expected <block end>, but found '<block mapping start>'": "a key indented unlike its neighbours",
    "expected <block end>, but found '<scalar>'": "text after a closing quote or bracket: quote the whole value",
}

TOO_BIG_ESCAPE = re.compile(r"\\U(?!000|0010)[0-9a-fA-F]{8}")


def load(text: str, *, where: str) -> Any:
    """Return the value of one YAML document: dict, list, str, int, float, bool or None.

    Keys are always text. Duplicate keys, anchors, aliases, tags, merge keys, deep nesting and huge documents are
    refused. `where` names the text in messages. Raises `YamlError`.
    """
    return parse(text, where=where).value


def parse(text: str, *, where: str, first: int = 1) -> Parsed:
    """Return what `load` returns together with the place of every key; `first` is the number of the text's first line.

    Raises `YamlError`.
    """
    builder = Builder(text, where, first)
    if len(text) > SIZE_LIMIT:
        raise builder.error("yaml-too-large", f"the YAML has more than {SIZE_LIMIT:,} characters", SIZE_LIMIT)
    if surrogate := SURROGATE.search(text):
        raise builder.error("yaml-character", "the text is not valid Unicode", surrogate.start())
    for event in _events(text, builder):
        builder.take(event)
    return Parsed(builder.root, builder.spans)


def edit(text: str, change: Callable[[Any], None], *, where: str) -> str:
    """Return the text after `change` altered its value in place; comments, key order and quoting survive.

    `change` gets a mapping that behaves like a dict (an empty one for an empty text). Line endings and the
    indentation of lists stay as they were, and a change that changes nothing returns the very same text.
    Raises `YamlError` for a text that `load` refuses, so a user's anchors are never rewritten behind their back.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    parsed = parse(text, where=where)
    empty = parsed.value is None
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 16
    yaml.explicit_start = bool(re.search(r"^---\s", text, re.MULTILINE)) and not empty
    mapping, offset = _indentation(text, parsed)
    yaml.indent(mapping=mapping, sequence=offset + 2, offset=offset)
    lines = LINE_END.sub("\n", text)
    try:
        data = CommentedMap() if empty else yaml.load(lines)
    except ValueError as error:
        # ruamel reads dates, we do not; 2026-99-99 is none.
        raise YamlError(f"cannot be edited: {error}", code="yaml-edit", line=1, where=where) from None
    before = _dump(yaml, data)
    change(data)
    after = _dump(yaml, data)
    if before == after:
        return text
    if empty:
        # ruamel has no value to hang the comments of an empty document on.
        after = lines + ("\n" if lines and lines[-1] != "\n" else "") + after
    value = load(after, where=where)
    if not empty:
        after = _with_comments(lines, after, value)
    return after.replace("\n", "\r\n") if "\r\n" in text else after


def _with_comments(before: str, after: str, value: Any) -> str:
    """Put comments on lines of their own back above the lines they stood above.

    ruamel hangs such a comment on the entry that ends before it, and drops it together with that entry.
    `value` is what `after` means, and what the result must mean too.
    """
    (old, blocks), (new, _) = _by_line(before), _by_line(after)
    given: list[list[str]] = [[] for _ in new]
    for tag, start, end, at, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal" or end - start == stop - at:
            given[at:stop] = blocks[start:end]
        elif tag == "replace":
            given[at] = blocks[start]
    given.append(blocks[-1])
    whole = "".join(line for block, line in zip(given, [*new, ""], strict=True) for line in (*block, line))
    try:
        return whole if load(whole, where="") == value else after
    except YamlError:  # a `#` inside a text of several lines
        return after


def _by_line(text: str) -> tuple[list[str], list[list[str]]]:
    """Return the lines that are no comments, and the comments above each; the last are those at the end."""
    lines: list[str] = []
    blocks: list[list[str]] = [[]]
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.lstrip().startswith("#"):
            lines.append(line)
            blocks.append([])
        else:
            blocks[-1].append(line)
    return lines, blocks


def _indentation(text: str, parsed: Parsed) -> tuple[int, int]:
    """Return how far a text indents the keys of a nested mapping, and the dashes of a list, below their key."""
    mapping, offset = 2, 0
    for span in reversed(parsed.spans.values()):
        if span.style == "block" and span.start > span.key_end:
            start, key = (at - max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) for at in (span.start, span.key))
            if text[span.start] == "-":
                offset = start - key
            else:
                mapping = start - key
    return mapping, offset


def _dump(yaml: Any, data: Any) -> str:
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()


def _events(text: str, builder: Builder) -> Iterator[Any]:
    """Yield ruamel's parse events, its errors turned into ours with the line they speak of."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = str(error.problem or error.context or "not YAML")
        if "stream end" in problem or "end of stream" in problem:
            # Where it ends helps nobody; where the open quote or bracket stands does.
            problem, mark = "a quote or bracket is never closed", error.context_mark or mark
        told = PLAIN_WORDS.get(problem, problem)
        raise builder.error("yaml-syntax", told, mark.index if mark else builder.reached) from None
    except ReaderError as error:
        told = f"character U+{error.character:04X} is not allowed in YAML"
        raise builder.error("yaml-character", told, error.position) from None
    except (ValueError, OverflowError):
        # ruamel leaks chr()'s own error for an escape beyond Unicode: the first such one after the last event.
        escape = TOO_BIG_ESCAPE.search(text, builder.reached)
        at = escape.start() if escape else builder.reached
        raise builder.error("yaml-character", "an escape names no character", at) from None
    except YAMLError as error:
        raise builder.error("yaml-syntax", str(error).splitlines()[0], builder.reached) from None
