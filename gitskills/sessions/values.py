"""The door for JSON of unknown shape: each function takes anything and returns what it promises."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

# What no text should carry on: C0 controls but tab and newline, DEL, C1 controls, and halves of surrogate pairs,
# which JSON can spell and UTF-8 cannot.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NOTHING: dict[str, Any] = {}


def string(value: object) -> str:
    """Return a text with plain newlines and without control characters; "" for anything else."""
    return clean(value) if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else _NOTHING


def sequence(value: object) -> Sequence[Any]:
    """Return a JSON array; an empty one for anything else."""
    return value if isinstance(value, list) else ()


def clean(text: str) -> str:
    """Return a text in which line ends are newlines and characters that are no text are U+FFFD."""
    if _UNFIT.search(text) is None:
        return text
    return _UNFIT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def parsed(text: str) -> Any:
    """Return the value of a JSON text; None where it is none, or nested too deeply to be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def written(value: object) -> str:
    """Return a value as one line of JSON, readable; "" where it cannot be written (nested too deeply)."""
    try:
        return clean(json.dumps(value, ensure_ascii=False, default=str))
    except (ValueError, RecursionError):
        return ""


def prose(content: object) -> str:
    """Return what a message says: a text, or the text parts of a list of content blocks; images as `[image]`."""
    if isinstance(content, str):
        return clean(content)
    parts = []
    for block in sequence(content):
        if isinstance(block, str):
            parts.append(clean(block))
        elif "image" in (kind := string(mapping(block).get("type"))):
            parts.append("[image]")
        elif kind in ("", "text", "input_text", "output_text", "Text"):
            parts.append(string(mapping(block).get("text")))
    return "\n".join(filter(None, parts))


def without(text: str, start: str, end: str) -> str:
    """Return a text without what stands from each `start` to the `end` after it."""
    out, at = [], 0
    while (begin := text.find(start, at)) >= 0 and (stop := text.find(end, begin + len(start))) >= 0:
        out.append(text[at:begin])
        at = stop + len(end)
    return "".join([*out, text[at:]])


def between(text: str, start: str, end: str) -> str:
    """Return what stands between the first `start` and the `end` after it, stripped; "" where either is missing."""
    _, found, rest = text.partition(start)
    inner, closed, _ = rest.partition(end)
    return inner.strip() if found and closed else ""
