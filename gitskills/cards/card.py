"""A card: a skill that says how one kind of change is made, with the commit that proves it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gitskills.errors import GitskillsError
from gitskills.skills import block, frontmatter, plain
from gitskills.skills.area import AreaError, normalise
from gitskills.skills.tree import blob_oid, tree_oid
from gitskills.yamltext import YamlError

NAME, DESCRIPTION = 64, 1024  # characters the specification allows
_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PREFIX = "gitskills-"


class CardError(GitskillsError):
    """A SKILL.md below cards/ that is no card."""


@dataclass(frozen=True, slots=True)
class Card:
    """A leaf or a node of the tree of cards; see the contract for the metadata. `path` is its folder's."""

    path: str
    kind: str
    area: str
    name: str
    description: str
    body: str
    key: str = ""
    proof: tuple[str, ...] = ()
    patch_ids: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    repo: str = ""
    confidence: float = 0.0
    expired: str = ""
    stale: str = ""
    blob: str = ""
    tree: str = ""


def parse(path: str, text: str, *, blob: str, tree: str = "") -> Card:
    """Return the card in a SKILL.md. Raises CardError."""
    document = frontmatter.split(text)
    try:
        keys = plain.mapping(document.block) or frontmatter.keys(document, lenient=True)
    except YamlError as error:
        raise CardError(f"{path}: {error.message}") from error
    said = keys.get("metadata")
    metadata: dict[str, Any] = said if isinstance(said, dict) else {}

    def value(key: str) -> str:
        found = metadata.get(_PREFIX + key, "")
        return found if isinstance(found, str) else str(found)

    kind = value("kind")
    if kind not in ("leaf", "node"):
        raise CardError(f"{path}: gitskills-kind is neither leaf nor node")
    return Card(
        path,
        kind,
        _area(value("area")),
        str(keys.get("name", "")),
        str(keys.get("description", "")),
        document.body,
        value("key"),
        tuple(filter(_OID.fullmatch, value("proof").split())),
        tuple(filter(_OID.fullmatch, value("patch-id").split())),
        tuple(value("paths").split()),
        value("repo"),
        _confidence(value("confidence")),
        value("expired"),
        value("stale"),
        blob,
        tree,
    )


def _area(text: str) -> str:
    """Return an area in its one form, for it becomes a folder; what is no area counts as none."""
    try:
        return normalise(text)
    except AreaError:
        return ""


def _confidence(text: str) -> float:
    try:
        found = float(text or 0)
    except ValueError:
        return 0.0
    return min(max(found, 0.0), 1.0) if found == found else 0.0  # only what is no number differs from itself


def metadata(text: str) -> dict[str, str]:
    """Return the metadata of a SKILL.md as far as it is text; nothing where it cannot be read. Never raises."""
    document = frontmatter.split(text)
    try:
        found = frontmatter.keys(document, lenient=True).get("metadata")
    except YamlError:
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def render(card: Card) -> str:
    """Return the SKILL.md of a card."""
    values = {
        "kind": card.kind,
        "area": card.area,
        "key": card.key,
        "proof": " ".join(card.proof),
        "patch-id": " ".join(card.patch_ids),
        "paths": " ".join(card.paths),
        "repo": card.repo,
        "confidence": f"{card.confidence:.2f}",
        "expired": card.expired,
        "stale": card.stale,
    }
    lines = [f"name: {block.scalar(card.name)}", f"description: {block.scalar(card.description[:DESCRIPTION])}"]
    lines += ["metadata:", *(f"  {_PREFIX}{key}: {block.scalar(text)}" for key, text in values.items() if text)]
    return "---\n" + "\n".join(lines) + "\n---\n\n" + card.body.strip("\n") + "\n"


def tree_after(blob: str, tree: str, text: str) -> str:
    """Return the tree of a card's folder with another SKILL.md; "" where it holds more files, which git alone can tell.

    `blob` and `tree` are those of the card before, "" for a new one.
    """
    alone = not tree or tree == tree_oid({"SKILL.md": (0o100644, blob)})
    return tree_oid({"SKILL.md": (0o100644, blob_oid(text.encode("utf-8", "surrogateescape")))}) if alone else ""


def with_metadata(text: str, values: dict[str, str | None]) -> str:
    """Return the text with some metadata set, or removed for None, every other byte as it was."""
    for key, value in values.items():
        text = _quickly(text, key, value) or frontmatter.set_key(text, f"metadata.{key}", value)
    return text


def _quickly(text: str, key: str, value: str | None) -> str | None:
    """Do it by lines, a hundred times faster, where the frontmatter is plain and reads as it shall afterwards."""
    document = frontmatter.split(text)
    before = plain.mapping(document.block)
    held = before.get("metadata") if before else None
    if before is None or not isinstance(held, dict) or "\r" in document.block:
        return None
    wanted = {name: said for name, said in held.items() if name != key} | ({key: value} if value else {})
    lines = document.block.splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if line.startswith("  "))
    found = next((number for number, line in enumerate(lines) if line.startswith(f"  {key}:")), None)
    line = [f"  {key}: {block.scalar(value)}\n"] if value else []
    if found is not None:
        lines[found : found + 1] = line
    else:
        lines[last + 1 : last + 1] = line
    changed = "".join(lines)
    if plain.mapping(changed) != {**before, "metadata": wanted}:
        return None
    return frontmatter.join(frontmatter.Document(document.opening, changed, document.closing, document.body))
