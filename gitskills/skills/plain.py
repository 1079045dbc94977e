"""The fast reader of plain frontmatter: a fiftieth of the time of a YAML parser, and silent where it is not certain.

It answers only for blocks made wholly of lines it understands: `key: value` with a one-line value (unquoted, single-
or double-quoted without escapes), `key:` over such lines indented, `key: >-` and `key: |` over one even paragraph.
All else (comments, CRLF, tabs, lists, numbers, dates, doubles, anything odd) is left to YAML. What it answers equals
what YAML reads, for every text: tests/skills/test_frontmatter.py holds it to that.
"""

import re

# What ruamel and the standard both call printable, without the characters either might take for white space.
_ODD = "[^\n\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_ODD_ASCII = "[^\n\x20-\x7e]"
# Below, any character but a line's end is printable: `read` has seen to that. Ranges this large, compiled at
# each place, took 10 ms of every start.
_KEY = r"[A-Za-z][A-Za-z0-9_-]{0,60}"
# An unquoted value: starts with a letter, has no `: ` or ` #` in it and no colon at its end.
_PLAIN = r"[A-Za-z](?:[^:#\n]++|:(?![ \n])|(?<! )#)*+"
_SINGLE = r"'(?:[^'\n]++|'')*+'"
_DOUBLE = r'"[^"\\\n]*+"'
_VALUE = rf"(?:{_PLAIN}|(?:{_SINGLE}|{_DOUBLE}) *+)"
# One even paragraph: every line indented by two, none blank, none more indented.
_PARAGRAPH = r"[>|]-?\n(?:  (?! ).*+(?<! )\n)++"
_BLOCK = re.compile(rf"(?:{_KEY}: (?:{_PARAGRAPH}|{_VALUE}\n)|{_KEY}:\n(?:  {_KEY}: {_VALUE}\n)++)++")
_ANY_KEY = re.compile(rf"^(?:  )?({_KEY}):(?=[ \n])", re.MULTILINE)
_WANTED = re.compile(r"^(name|description): (.*(?:\n  .*)*)", re.MULTILINE)
_LINE = re.compile(rf"^(  )?({_KEY}):(?: (.*))?$", re.MULTILINE)
_NOT_TEXT = {"null", "true", "false"}


def read(block: str) -> dict[str, str] | None:
    """Return `name` and `description` of a frontmatter block as far as given, None when only YAML can tell."""
    if re.search(_ODD_ASCII if block.isascii() else _ODD, block) or not _BLOCK.fullmatch(block):
        return None
    keys = _ANY_KEY.findall(block)
    if len(keys) != len(set(keys)):
        # Perhaps a duplicate, perhaps the same word in a paragraph or under two parents: YAML will tell.
        return None
    found = {}
    for key, raw in _WANTED.findall(block):
        if raw.lower().strip() in _NOT_TEXT:
            return None
        found[key] = _value(raw)
    if any(key in keys and key not in found for key in ("name", "description")):
        # A mapping, or a key of that name below another.
        return None
    return found


def mapping(block: str) -> dict[str, str | dict[str, str]] | None:
    """Return all keys of a block, None when only YAML can tell."""
    if not _BLOCK.fullmatch(block):
        return None
    found: dict[str, str | dict[str, str]] = {}
    inside: dict[str, str] = {}
    for indent, key, raw in _LINE.findall(block):
        if raw.lower().strip() in _NOT_TEXT or raw[:1] in (">", "|") or key in (inside if indent else found):
            return None
        if indent:
            inside[key] = _value(raw)
        elif raw:
            found[key] = _value(raw)
        else:
            found[key] = inside = {}
    return found


def _value(raw: str) -> str:
    match raw[0]:
        case "'":
            return str(raw.rstrip(" ")[1:-1]).replace("''", "'")
        case '"':
            return str(raw.rstrip(" ")[1:-1])
        case ">" | "|":
            head, *lines = raw.split("\n  ")
            return (" " if head[0] == ">" else "\n").join(lines) + ("" if head.endswith("-") else "\n")
    return str(raw.rstrip(" "))
