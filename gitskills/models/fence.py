"""Data inside a prompt: sections between fences that their content cannot forge, written here and read here.

What users, agents and skills wrote is data to a model, never instructions. Each section of a prompt stands between
two lines that bear the same random nonce, so a text that holds a fence of its own closes nothing. The offline rules
read the sections back from the prompt that every other model gets.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

_BEGIN = re.compile(r"^===== BEGIN ([a-z_]+) ([0-9a-f]{8,64}) =====\n", re.MULTILINE)


def fenced(sections: Mapping[str, str], nonce: str) -> str:
    """Return the sections one after the other, each between its fences; a name is lower-case letters and `_`.

    `nonce` is 8 to 64 random hex digits of the caller's. One that stands in the data (so it was no secret) is
    replaced by others until none does.
    """
    nonce = unused(nonce, sections.values())
    blocks = (
        f"===== BEGIN {name} {nonce} =====\n{text}\n===== END {name} {nonce} =====" for name, text in sections.items()
    )
    return "\n\n".join(blocks)


def unused(nonce: str, texts: Iterable[str]) -> str:
    """Return `nonce`, or the first of its successors that stands in none of the texts."""
    data = "\n".join(texts)
    while nonce in data:
        nonce = sha256(f"{nonce}\n{len(data)}".encode()).hexdigest()[: max(len(nonce), 8)]
    return nonce


def sections(prompt: str) -> dict[str, str]:
    """Return the fenced sections of a prompt by name; only those whose nonce is the first section's."""
    found: dict[str, str] = {}
    begin = _BEGIN.search(prompt)
    nonce = begin[2] if begin else ""
    while begin:
        end = prompt.find(f"\n===== END {begin[1]} {nonce} =====", begin.end())
        if end < 0:
            break
        if begin[2] == nonce:
            found.setdefault(begin[1], prompt[begin.end() : end])
        begin = _BEGIN.search(prompt, end + 1)
    return found
