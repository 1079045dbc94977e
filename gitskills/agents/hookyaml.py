"""Our entries in a YAML file with a `hooks:` mapping of lists (hermes): added as lines of text where that is possible.

Where it is not (`hooks: {}`, lists in brackets), the file is edited by `yamltext.edit`, which keeps comments and order.
"""

import json
from collections.abc import Sequence
from typing import Any

from gitskills import yamltext
from gitskills.agents.hooks import is_ours
from gitskills.errors import GitskillsError
from gitskills.jsontext import Edit
from gitskills.yamltext import Parsed, YamlError

Entry = tuple[str, dict[str, object]]


class NotAMapping(GitskillsError):
    """The file, its `hooks` or one of our events in it is made otherwise than the agent reads it."""


def entries(text: str, *, where: str) -> list[Entry]:
    """Return our entries in a file: their event and what they say. Raises YamlError and NotAMapping."""
    hooks = _hooks(yamltext.load(text, where=where), where)
    return [
        (event, item)
        for event, items in hooks.items()
        if isinstance(items, list)
        for item in items
        if isinstance(item, dict) and is_ours(item.get("command"))
    ]


def insert(text: str, missing: Sequence[Entry], *, where: str) -> Edit:
    """Return an edit that adds entries that are missing: one, or all of them where the file has no hooks yet."""
    parsed = yamltext.parse(text, where=where)
    hooks = _hooks(parsed.value, where)
    event, entry = missing[0]
    if not isinstance(hooks.get(event, []), list):
        raise NotAMapping(f"{where}: `hooks.{event}` is no list", "correct the file as the agent's documentation says")
    wanted = list(missing) if "hooks" not in (parsed.value or {}) else [(event, entry)]
    edit = _lines(text, parsed, wanted)
    return edit if edit and _adds(text, edit, wanted, where) else _rewritten(text, wanted, where)


def remove(text: str, *, where: str) -> str:
    """Return the text without our entries, and without the lists and the mapping they leave empty."""

    def change(data: Any) -> None:
        hooks = data.get("hooks") if isinstance(data, dict) else None
        if not isinstance(hooks, dict):
            return
        for event in list(hooks):
            items = hooks[event]
            if not isinstance(items, list):
                continue
            ours = [item for item in items if isinstance(item, dict) and is_ours(item.get("command"))]
            for item in ours:
                items.remove(item)
            if ours and not items:
                del hooks[event]
        if not hooks:
            del data["hooks"]

    return yamltext.edit(text, change, where=where) if entries(text, where=where) else text


def _hooks(value: Any, where: str) -> dict[str, Any]:
    hooks = value.get("hooks") if isinstance(value, dict) else None
    if (value is not None and not isinstance(value, dict)) or (hooks is not None and not isinstance(hooks, dict)):
        what = "`hooks`" if isinstance(value, dict) else "the file"
        raise NotAMapping(f"{where}: {what} is no mapping", "correct the file as the agent's documentation says")
    return hooks or {}


def _lines(text: str, parsed: Parsed, wanted: Sequence[Entry]) -> Edit | None:
    """The entries as whole lines: at the end of the file, else first in their list or mapping; None where in flow."""
    newline = "\r\n" if "\r\n" in text else "\n"
    event, entry = wanted[0]
    spans = parsed.spans
    if ("hooks",) not in spans:
        between = "" if not text or text.endswith("\n") else newline
        lines = ["hooks:"]
        for name, one in wanted:
            lines += [f"  {name}:", *_item(one, "    ")]
        return Edit(len(text), "", between + newline.join(lines) + newline)
    lists = spans.get(("hooks", event))
    span = lists or spans["hooks",]
    at = max(text.rfind("\n", 0, span.start), text.rfind("\r", 0, span.start)) + 1
    indent = text[at : span.start]
    if span.style != "block" or indent.strip() or at <= span.key_end:
        return None
    lines = _item(entry, indent) if lists else [f"{indent}{event}:", *_item(entry, indent + "  ")]
    return Edit(at, "", newline.join(lines) + newline)


def _item(entry: dict[str, object], indent: str) -> list[str]:
    """One element of a list; a JSON string is one in YAML too."""
    keys = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items()]
    return [f"{indent}{'  ' if index else '- '}{key}" for index, key in enumerate(keys)]


def _adds(text: str, edit: Edit, wanted: Sequence[Entry], where: str) -> bool:
    """Whether the edit adds just these entries, read by a YAML reader."""
    try:
        before, after = (yamltext.load(one, where=where) or {} for one in (text, edit.apply(text)))
    except YamlError:
        return False
    hooks = dict(before.get("hooks") or {})
    for event, entry in wanted:
        hooks[event] = [entry, *(hooks.get(event) or [])]
    return bool(after == before | {"hooks": hooks})


def _rewritten(text: str, wanted: Sequence[Entry], where: str) -> Edit:
    """The entries put in by `yamltext.edit`, as one edit of the part of the text that differs."""

    def change(data: Any) -> None:
        if data.get("hooks") is None:
            data["hooks"] = {}
        for event, entry in wanted:
            if data["hooks"].get(event) is None:
                data["hooks"][event] = []
            data["hooks"][event].append(entry)

    after = yamltext.edit(text, change, where=where)
    start = next((at for at, pair in enumerate(zip(text, after, strict=False)) if pair[0] != pair[1]), len(text))
    start = min(start, len(text), len(after))
    end = 0
    while end < min(len(text), len(after)) - start and text[-1 - end] == after[-1 - end]:
        end += 1
    return Edit(start, text[start : len(text) - end], after[start : len(after) - end])
