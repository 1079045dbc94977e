"""Answers of models are data: of bounded size, in exactly one form; everything else is a failed call."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from gitskills.models.protocol import ModelFailed

LIMIT = 1 << 20  # bytes; no answer we ask for has a hundredth of it
DEPTH = 32  # levels of objects and arrays; no answer we ask for has more than four

_FENCE = re.compile(r"^[ \t]*```[ \t]*([A-Za-z0-9_-]*)[ \t]*$", re.MULTILINE)
_SURROGATE = re.compile("[\ud800-\udfff]")


def accept(data: bytes, who: str) -> str:
    """Return what a model wrote as text, with plain line ends and no blank edges; `who` names it in errors.

    Raises ModelFailed where it is empty, more than LIMIT, or not UTF-8.
    """
    data = data.strip()
    if len(data) > LIMIT:
        raise ModelFailed(f"{who} answered with more than {LIMIT >> 20} MB")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        raise ModelFailed(f"{who} answered with something that is not UTF-8") from None
    if not text:
        raise ModelFailed(f"{who} gave no answer")
    return text


def accept_text(text: str | None, who: str) -> str:
    """Return what a model wrote, as `accept`, where a library has decoded it already."""
    return accept((text or "").encode("utf-8", "surrogatepass"), who)


def extract_json(answer: str) -> dict[str, Any]:
    """Return the one JSON object that an answer is, fenced or not.

    Around a fenced object there may be prose, but no second fenced block. Raises ModelFailed for anything else: text,
    an array, two objects, a key given twice, NaN, half a surrogate pair, more than LIMIT bytes or DEPTH levels.
    """
    if len(answer) > LIMIT:
        raise ModelFailed(f"the model's answer is longer than {LIMIT >> 20} MB")
    text = _unfenced(answer.removeprefix("\ufeff").strip())
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ModelFailed("the model's answer is not one JSON object") from None
    if not isinstance(found, dict):
        raise ModelFailed("the model's answer is not one JSON object")
    _check(found)
    return found


def extract_tagged(answer: str, tag: str) -> str:
    """Return what stands between `<tag>` and `</tag>`, without the line ends at its edges.

    Raises ModelFailed unless each of the two stands there exactly once, in that order.
    """
    opening, closing = f"<{tag}>", f"</{tag}>"
    if len(answer) > LIMIT:
        raise ModelFailed(f"the model's answer is longer than {LIMIT >> 20} MB")
    if answer.count(opening) != 1 or answer.count(closing) != 1:
        raise ModelFailed(f"the model's answer has not exactly one {opening} … {closing}")
    start, end = answer.index(opening) + len(opening), answer.index(closing)
    if end < start:
        raise ModelFailed(f"the model's answer has {closing} before {opening}")
    return answer[start:end].removeprefix("\r").removeprefix("\n").removesuffix("\n").removesuffix("\r")


def _unfenced(text: str) -> str:
    """The inside of the one fenced block; the text as it is where it begins as an object or has no such block."""
    fences = [] if text.startswith("{") else list(_FENCE.finditer(text))
    if len(fences) != 2 or fences[0][1].lower() not in ("", "json") or fences[1][1]:
        return text
    return text[fences[0].end() : fences[1].start()].strip()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _check(value: dict[str, Any]) -> None:
    """Refuse what is nested too deeply to be an answer, and text that UTF-8 cannot write."""
    level: list[Any] = [value]
    for _ in range(DEPTH):
        for one in level:
            if any(_SURROGATE.search(text) for text in _texts(one)):
                raise ModelFailed("the model's answer holds half a character")
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise ModelFailed(f"the model's answer is nested more than {DEPTH} levels deep")


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
