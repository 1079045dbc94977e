"""Set or remove one key in the text of a YAML mapping, touching no line but that key's.

Serialising YAML anew loses comments, quoting and order, and makes a file differ from its upstream for ever; so the
parser only says where things stand, and the text is cut there. Every edit is read back before it is returned.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from gitskills import yamltext
from gitskills.yamltext import Parsed, Path, Span, YamlError

# Unquoted text that no YAML reader takes for anything else; deliberately narrow.
SAFE_PLAIN = re.compile(r"[A-Za-z/](?:[A-Za-z0-9_./@+-]|,? (?=[A-Za-z0-9(])|:(?=[/A-Za-z0-9])|[()])*")
NOT_TEXT_ELSEWHERE = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}  # YAML 1.1 readers
UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def set_value(text: str, path: tuple[str, ...], value: str | None, *, newline: str, where: str) -> str:
    """Return the block with the value at `path` (one or two keys) set to text, or removed when `value` is None.

    `newline` ends the lines that are added. Raises `YamlError` when the text cannot be read, or the edit cannot be
    made without changing something else.
    """
    parsed = yamltext.parse(text, where=where, first=2)
    wanted = _with(parsed.value or {}, path, value)
    if wanted == (parsed.value or {}):
        return text
    changed = _changed(text, parsed, path, value, newline)
    try:
        right = (yamltext.load(changed, where=where) or {}) == wanted
    except YamlError:
        right = False
    if not right:
        # A layout that cannot be cut (flow style, a key within a list item …): write the top-level key anew.
        changed = _whole(text, parsed, path[0], wanted.get(path[0]), newline)
    if (yamltext.load(changed, where=where) or {}) != wanted:
        line = parsed.spans[path[:1]].line if path[:1] in parsed.spans else 2
        raise YamlError(f"cannot edit {'.'.join(path)} in this layout", code="yaml-edit", line=line, where=where)
    return changed


def _with(value: Mapping[str, Any], path: tuple[str, ...], new: str | None) -> dict[str, Any]:
    """Return the mapping as it shall read after the edit; a mapping that loses its last key is removed."""
    head, rest = path[0], path[1:]
    result = dict(value)
    if not rest:
        if new is None:
            result.pop(head, None)
        else:
            result[head] = new
        return result
    child = value.get(head)
    if new is None and not (isinstance(child, dict) and rest[0] in child):
        return result
    inner = _with(child if isinstance(child, dict) else {}, rest, new)
    if inner:
        result[head] = inner
    else:
        result.pop(head)
    return result


def _changed(text: str, parsed: Parsed, path: Path, value: str | None, newline: str) -> str:
    span = parsed.spans.get(path)
    if value is None:
        child = (parsed.value or {}).get(path[0])
        alone = len(path) == 2 and isinstance(child, dict) and len(child) == 1
        return _cut(text, parsed.spans[path[:1] if alone else path])
    if span is not None:
        return _replaced(text, span, value, newline)
    if len(path) == 1:
        return _ended(text, newline) + f"{_key(str(path[0]))}: {scalar(value)}{newline}"
    return _child_added(text, parsed, path, value, newline)


def _replaced(text: str, span: Span, value: str, newline: str) -> str:
    """Put the value where the old one stood; a comment after a one-line value stays."""
    if span.style in ("|", ">"):
        tail = _blank_tail(text[span.start : span.end])
        return text[: span.start] + scalar(value) + newline + tail + text[span.end :]
    if span.style == "block":
        head = text[: span.key_end] + text[span.key_end : span.start].split(":", 1)[0] + ": " + scalar(value)
        return head + newline + text[_line_end(text, span.end) :]
    gap = " " if span.start == span.end else ""
    return text[: span.start] + gap + scalar(value, span.style) + text[span.end :]


def _child_added(text: str, parsed: Parsed, path: Path, value: str, newline: str) -> str:
    line = f"{_key(str(path[1]))}: {scalar(value)}{newline}"
    siblings = [span for where, span in parsed.spans.items() if len(where) == 2 and where[0] == path[0]]
    if siblings:
        last = max(siblings, key=lambda span: span.key)
        at = _line_end(text, _content_end(text, last))
        start = _line_start(text, last.key)
        return _ended(text[:at], newline) + text[start : last.key] + line + text[at:]
    if (parent := parsed.spans.get(path[:1])) is not None:
        # Present but without a value.
        at = _line_end(text, parent.key)
        return text[:at] + "  " + line + text[at:]
    return _ended(text, newline) + f"{_key(str(path[0]))}:{newline}  {line}"


def _cut(text: str, span: Span) -> str:
    return text[: _line_start(text, span.key)] + text[_line_end(text, _content_end(text, span)) :]


def _whole(text: str, parsed: Parsed, key: str, value: Any, newline: str) -> str:
    """Write a top-level key anew in block style, its strings quoted as they need to be."""
    if isinstance(value, dict):
        lines = [f"{_key(key)}:", *(f"  {_key(name)}: {_flow(each)}" for name, each in value.items())]
    else:
        lines = [f"{_key(key)}: {_flow(value)}"] if value is not None else []
    written = "".join(line + newline for line in lines)
    if parsed.spans and parsed.spans[()].style == "flow":
        others = {name: each for name, each in parsed.value.items() if name != key}
        return "".join(f"{_key(name)}: {_flow(each)}{newline}" for name, each in others.items()) + written
    if (span := parsed.spans.get((key,))) is None:
        return _ended(text, newline) + written
    return text[: _line_start(text, span.key)] + written + text[_line_end(text, _content_end(text, span)) :]


def scalar(value: str, style: str = "plain") -> str:
    """Return a text as a one-line YAML scalar, in the style asked for (`plain`, `'` or `"`) where it can be."""
    if UNPRINTABLE.search(value) or style == '"':
        return _double(value)
    if style == "plain" and SAFE_PLAIN.fullmatch(value) and value.lower() not in NOT_TEXT_ELSEWHERE:
        return value
    return "'" + value.replace("'", "''") + "'"


def _double(value: str) -> str:
    def escape(found: re.Match[str]) -> str:
        code = ord(found[0])
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

    # JSON's escapes of quotes, backslashes and control characters are YAML's, too.
    return UNPRINTABLE.sub(escape, json.dumps(value, ensure_ascii=False))


def _flow(value: Any) -> str:
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_double(name)}: {_flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_double(each) if isinstance(each, str) else _flow(each) for each in value) + "]"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"inf": ".inf", "-inf": "-.inf"}.get(str(value), ".nan")
    return json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", name) else _double(name)


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _line_end(text: str, offset: int) -> int:
    """Return where the line after the one at `offset` begins; an offset at a line's start means the line before."""
    if offset and text[offset - 1] in "\r\n":
        return offset
    found = yamltext.LINE_END.search(text, offset)
    return found.end() if found else len(text)


def _content_end(text: str, span: Span) -> int:
    """Return where a value's last line that is not blank ends, its line break included."""
    value = text[span.start : span.end]
    bare = value.rstrip(" \t\r\n")
    found = yamltext.LINE_END.search(value, len(bare))
    return span.start + (found.end() if found else len(value))


def _blank_tail(value: str) -> str:
    bare = value.rstrip(" \t\r\n")
    found = yamltext.LINE_END.search(value, len(bare))
    return value[found.end() :] if found else ""


def _ended(text: str, newline: str) -> str:
    return text if not text or text[-1] in "\r\n" else text + newline
