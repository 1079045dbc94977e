"""What the Agent Skills specification says of each frontmatter key."""

import difflib
import re
from collections.abc import Iterator
from typing import Any
from unicodedata import normalize

from gitskills.skills.diagnostic import Diagnostic
from gitskills.skills.frontmatter import Frontmatter

NAME = re.compile(r"[a-z0-9-]+")
NAME_LIMIT, DESCRIPTION_LIMIT, COMPATIBILITY_LIMIT = 64, 1024, 500  # code points

UNWRITTEN = "(rewrite both sentences;"  # what templates/skill/SKILL.md says of its description
SPECIFIED = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
# What Claude Code reads beyond the specification, from its documentation of skills ("Frontmatter reference").
CLAUDE_CODE = {
    "agent", "argument-hint", "arguments", "context", "disable-model-invocation", "disallowed-tools", "effort",
    "hooks", "model", "paths", "shell", "user-invocable", "when_to_use",
}  # fmt: skip
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def check(read: Frontmatter, folder: str) -> Iterator[Diagnostic]:
    """Yield what breaks the specification in a skill's frontmatter, all as errors; `folder` is its folder's name."""
    for rule in (_description, _license, _compatibility, _metadata, _allowed_tools, _unknown):
        yield from rule(read)
    yield from _name(read, folder)


def _name(read: Frontmatter, folder: str) -> Iterator[Diagnostic]:
    name = read.keys.get("name")
    if name is None:
        yield _error(read, "name", "name-missing", f"`name` is required: add `name: {_slug(folder)}`")
    elif not isinstance(name, str):
        yield _error(read, "name", "name-type", f"`name` is {_kind(name)}, not text: put it in quotes")
    else:
        if len(name) > NAME_LIMIT:
            yield _error(read, "name", "name-length", f"`name` has {len(name):,} characters; {NAME_LIMIT} are allowed")
        if not NAME.fullmatch(name):
            yield _error(read, "name", "name-characters", "`name` may hold only a–z, 0–9 and hyphens" + _like(name))
        elif name.strip("-") != name or "--" in name:
            told = "`name` may not start or end with a hyphen or hold two in a row" + _like(name)
            yield _error(read, "name", "name-hyphens", told)
        if normalize("NFKC", name) != normalize("NFKC", folder):
            told = f"`name` is {_short(name)} but the folder is {_short(folder)}: make them equal"
            yield _error(read, "name", "name-folder", told)


def _description(read: Frontmatter) -> Iterator[Diagnostic]:
    text = read.keys.get("description")
    if text is None:
        told = "`description` is required: say what the skill does and when to use it"
        yield _error(read, "description", "description-missing", told)
    elif not isinstance(text, str):
        told = f"`description` is {_kind(text)}, not text: put it in quotes"
        yield _error(read, "description", "description-type", told)
    elif not text.strip():
        told = "`description` is blank: say what the skill does and when to use it"
        yield _error(read, "description", "description-blank", told)
    else:
        if len(text) > DESCRIPTION_LIMIT:
            told = f"`description` has {len(text):,} characters; {DESCRIPTION_LIMIT:,} are allowed"
            yield _error(read, "description", "description-length", told)
        if CONTROL.search(text):
            yield _error(read, "description", "control-character", "`description` holds a control character")
        if UNWRITTEN in text:
            told = "`description` is still the template's: agents choose skills by it, so write your own"
            yield _error(read, "description", "template-text", told)


def _license(read: Frontmatter) -> Iterator[Diagnostic]:
    yield from _text(read, "license")


def _compatibility(read: Frontmatter) -> Iterator[Diagnostic]:
    yield from _text(read, "compatibility")
    text = read.keys.get("compatibility")
    if isinstance(text, str) and not 1 <= len(text.strip()) <= len(text) <= COMPATIBILITY_LIMIT:
        told = f"`compatibility` has {len(text):,} characters; 1 to {COMPATIBILITY_LIMIT} are allowed"
        if not text.strip():
            told = "`compatibility` is blank: say what the skill needs, or remove the key"
        yield _error(read, "compatibility", "compatibility-length", told)


def _metadata(read: Frontmatter) -> Iterator[Diagnostic]:
    if "metadata" not in read.keys:
        return
    metadata = read.keys["metadata"]
    if not isinstance(metadata, dict):
        told = f"`metadata` is {_kind(metadata)}; it must be `key: value` lines indented below it"
        yield _error(read, "metadata", "metadata-type", told)
        return
    for key, value in metadata.items():
        if not isinstance(value, str):
            advice = "put it in quotes" if isinstance(value, int | float) else "the specification allows only text"
            told = f"`metadata.{_bare(key)}` is {_kind(value)}, not text: {advice}"
            yield Diagnostic("SKILL.md", read.lines["metadata", key], "metadata-value", "error", told)


def _allowed_tools(read: Frontmatter) -> Iterator[Diagnostic]:
    tools = read.keys.get("allowed-tools")
    if isinstance(tools, list):
        told = "`allowed-tools` is a list; the specification wants one text with spaces between the tools"
        yield _error(read, "allowed-tools", "allowed-tools-type", told)
    else:
        yield from _text(read, "allowed-tools")


def _unknown(read: Frontmatter) -> Iterator[Diagnostic]:
    for key in read.keys:
        if key in SPECIFIED:
            continue
        if key in CLAUDE_CODE:
            advice = "Claude Code reads it, the specification does not allow it"
        elif near := difflib.get_close_matches(key[:64].lower(), SPECIFIED, n=1, cutoff=0.8):
            advice = f"did you mean `{near[0]}`?"
        else:
            advice = "put it under `metadata`"
        yield _error(read, key, "unknown-key", f"`{_bare(key)}` is not a key of the specification: {advice}")


def _text(read: Frontmatter, key: str) -> Iterator[Diagnostic]:
    if key in read.keys and not isinstance(value := read.keys[key], str):
        advice = "remove the key" if value is None else "put it in quotes"
        yield _error(read, key, f"{key}-type", f"`{key}` is {_kind(value)}, not text: {advice}")


def _error(read: Frontmatter, key: str, code: str, message: str) -> Diagnostic:
    return Diagnostic("SKILL.md", read.lines.get((key,), 1), code, "error", message)


def _kind(value: Any) -> str:
    """Say what YAML made of a value."""
    match value:
        case None:
            return "empty"
        case bool():
            return f"the truth value {str(value).lower()}"
        case int() | float():
            return f"the number {str(value)[:40]}"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return "text"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", normalize("NFKC", text).lower())[:NAME_LIMIT].strip("-") or "my-skill"


def _like(name: str) -> str:
    return f", for example {_slug(name)}"


def _bare(key: str) -> str:
    return CONTROL.sub("�", key if len(key) <= 40 else key[:39] + "…").replace("\n", " ")


def _short(text: str) -> str:
    return f"`{_bare(text)}`"
