"""What agents' CLIs write for programs: JSON, an object or one a line; tolerant of everything else between them."""

import json
from collections.abc import Iterator
from typing import Any


def events(out: bytes) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that stand on a line of their own."""
    for line in out.decode("utf-8", "surrogateescape").splitlines():
        if line.startswith("{") and (found := parsed(line)):
            yield found


def parsed(text: str | bytes) -> dict[str, Any]:
    """Return a JSON object; an empty one where the text is anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def text_at(value: Any, *keys: str) -> str:
    """Return the text at a path of keys; "" where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
