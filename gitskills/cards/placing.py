"""Where a new card goes: in place of one with the same key, into a near one, or beside the others. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

from gitskills.cards.card import DESCRIPTION, Card, render, tree_after
from gitskills.cards.expiry import NAMED, nameable
from gitskills.cards.librarian import Answer
from gitskills.models.phrases import content_words
from gitskills.skills import area as areas
from gitskills.skills import injection, regions
from gitskills.skills.tree import blob_oid

ALIKE, SHARED = 0.6, 0.5  # shares of words and of paths that two cards of one area must have in common to be one
PROOFS, SLUG = 16, 48  # proofs a card carries, characters of its folder's name
SURE, MORE = 0.95, 0.05  # what no card is surer than, and what another proof adds

Action = Literal["harvested", "superseded", "merged", "skipped"]
_UNTOLD = re.compile(r"^\w{2,12}(?:\([^)]*\))?!?:\s+|\bv?\d+(?:\.\d+)+\S*")  # kinds of commits, and versions
_NUMBER = re.compile(r"\d[\w.]*")
_ITEM = re.compile(r"^[-*+] .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a librarian made of one change: its commit, what it was called, the touched paths, its patch id."""

    commit: str
    title: str
    repo: str
    paths: tuple[str, ...]
    patch_id: str
    answer: Answer

    @property
    def key(self) -> str:
        """The identity by which a card is superseded: what failed and what was changed, in which repository."""
        said = (" ".join(text.casefold().split()) for text in (self.repo, self.answer.signal, self.answer.target))
        return sha256("\n".join(said).encode("utf-8", "replace")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Placed:
    """A card as it will be and its text, and what was there before."""

    action: Action
    card: Card
    text: str
    before: Card | None
    reason: str = ""


class Places:
    """The cards of a library by what new ones are compared with; every card placed is one of them from then on."""

    def __init__(
        self,
        cards: Iterable[Card],
        newer: Callable[[str, str], bool],
        folders: Collection[str] = (),
        others: Collection[str] = (),
    ) -> None:
        """Take the cards there are; `newer` tells of two commits of the code whether the first comes later.

        `folders` and `others` are those of the library, whatever they are for: see shelf.taken.
        """
        self._newer = newer
        self._others = frozenset(others)
        self._cards: dict[str, Card] = {}
        self._keys: dict[str, str] = {}
        self._touching: dict[tuple[str, str], set[str]] = {}
        self._words: dict[str, frozenset[str]] = {}
        self._folders: set[str] = {*folders}
        self._names = {path.split("/")[-2] for path in others if path.endswith("/SKILL.md")}
        for card in cards:
            self._add(card)

    def place(self, draft: Draft) -> Placed | str:
        """Return where a draft goes, or why it goes nowhere; `take` makes it so."""
        same = self._cards.get(self._keys.get(draft.key, ""))
        if same is not None:
            if not same.expired and any(self._newer(proof, draft.commit) for proof in same.proof):
                return f"a later change says it already: {same.path}"
            return _placed("superseded", _leaf(draft, same.path, same.area), same)
        area = self._area(draft.answer.area)
        near = self._near(draft, area)
        if near is not None:
            return _placed("merged", _joined(near, draft, self._newer), near, f"much like {near.path}")
        return _placed("harvested", _leaf(draft, self._free(area, draft), area), None)

    def take(self, placed: Placed) -> None:
        """Count a placed card among those there are."""
        self._add(placed.card)

    def _add(self, card: Card) -> None:
        self._cards[card.path] = card
        if card.kind == "leaf":
            self._keys[card.key] = card.path
            self._words[card.path] = frozenset(content_words(card.description))
            for path in card.paths:
                self._touching.setdefault((card.repo, path), set()).add(card.path)
        folder = card.path.rpartition("/")[0] if card.kind == "leaf" else card.path
        self._folders.update(areas.ancestors(folder))
        self._names.add(card.name)

    def _near(self, draft: Draft, area: str) -> Card | None:
        """Return the live card of the area that says nearly the same of nearly the same files."""
        words, paths = content_words(_description(draft)), set(draft.paths)
        found: list[tuple[float, str]] = []
        for path in sorted({one for touched in paths for one in self._touching.get((draft.repo, touched), ())}):
            card = self._cards[path]
            if card.expired or card.area != area:
                continue
            alike, shared = _overlap(words, self._words[path]), _overlap(paths, set(card.paths))
            if alike >= ALIKE and shared >= SHARED:
                found.append((-alike - shared, path))
        return self._cards[min(found)[1]] if found else None

    def _area(self, area: str) -> str:
        """Return the area, or the nearest above it that is a folder or may be one, and no card's own.

        A card below a card is never seen.
        """
        area = area or "general"
        for one in areas.ancestors(area):
            inside = [f"cards/{each}" for each in areas.ancestors(one) if each]
            if one and not any(self._closed(folder) for folder in inside):
                return one
        return "general"

    def _closed(self, path: str) -> bool:
        return path in self._others or (path in self._cards and self._cards[path].kind == "leaf")

    def _free(self, area: str, draft: Draft) -> str:
        """Return a folder of the area, named after the change as no other card or skill of the library is."""
        # A name is read like any text: words that take over a model are no name, not even with hyphens between them.
        safe = not injection.find(areas.name(draft.title).replace("-", " "))
        title = draft.title if safe else draft.answer.target
        slug = areas.name(_UNTOLD.sub(" ", title)) or ("release" if areas.name(title) else "")
        if len(slug) > SLUG:
            slug = slug[: SLUG + 1].rpartition("-")[0] or slug[:SLUG]
        slug = slug or "card"
        for name in (slug, f"{slug}-{draft.key[:6]}", f"{slug}-{draft.key[:14]}"):
            path = f"cards/{area}/{name}"
            if name not in self._names and not any(path in held for held in (self._folders, self._others, self._cards)):
                return path
        return f"cards/{area}/card-{draft.key}"


def _placed(action: Action, card: Card, before: Card | None, reason: str = "") -> Placed:
    if before:
        card = replace(card, body=_with_locked(card.body, before.body))
    text = render(card)
    blob = blob_oid(text.encode("utf-8", "surrogateescape"))
    tree = tree_after(before.blob, before.tree, text) if before else tree_after("", "", text)
    return Placed(action, replace(card, blob=blob, tree=tree), text, before, reason)


def _leaf(draft: Draft, path: str, area: str) -> Card:
    answer = draft.answer
    # Where nobody said what failed, the signal is the trigger's own words: once is enough.
    # The numbers of it may have become "#", for what differs in numbers only is one kind of change.
    told = f"{answer.trigger} {_NUMBER.sub(' ', answer.trigger)}"
    before = "" if set(content_words(answer.signal)) <= set(content_words(told)) else answer.signal
    parts = [
        "\n\n".join(
            ["## Trigger", answer.trigger, *([f"Before: {before}"] if before else []), f"Target: {answer.target}"]
        )
    ]
    parts.append(f"## Procedure\n\n{answer.procedure}")
    if answer.pitfalls:
        parts.append(f"## Pitfalls\n\n{answer.pitfalls}")
    return Card(
        path=path,
        kind="leaf",
        area=area,
        name=path.rpartition("/")[2],
        description=_description(draft),
        body="\n\n".join(parts) + "\n",
        key=draft.key,
        proof=(draft.commit,),
        patch_ids=(draft.patch_id,) if draft.patch_id else (),
        paths=tuple(one for one in draft.paths if nameable(one))[:NAMED],
        repo=draft.repo,
        confidence=min(answer.confidence, SURE),
    )


def _joined(old: Card, draft: Draft, newer: Callable[[str, str], bool]) -> Card:
    """Return a card that stands for both: the later one's words, both proofs, the pitfalls of both."""
    new = _leaf(draft, old.path, old.area)
    late = all(newer(draft.commit, proof) for proof in old.proof)
    words, other = (new, old) if late else (old, new)
    proofs = (*old.proof, draft.commit) if late else (draft.commit, *old.proof)
    return replace(
        new,
        key=old.key,
        description=words.description,
        body=_with_pitfalls(words.body, other.body),
        proof=tuple(dict.fromkeys(proofs))[-PROOFS:],
        patch_ids=tuple(dict.fromkeys((*old.patch_ids, *new.patch_ids)))[-PROOFS:],
        paths=tuple(dict.fromkeys((*words.paths, *other.paths)))[:NAMED],
        confidence=round(min(max(old.confidence, new.confidence) + MORE, SURE), 2),
    )


def _with_locked(body: str, before: str) -> str:
    """Return the body with what a person locked in the one before it (CONTRACT, "Locked text")."""
    parts = [before[each.start : each.end] for each in regions.locked(before) if not each.frontmatter]
    lacking = [part.strip("\n") for part in parts if part.strip("\n") not in body]
    return "\n\n".join([body.rstrip("\n"), *lacking]) + "\n" if lacking else body


def _with_pitfalls(body: str, other: str) -> str:
    """Return the body with the pitfalls that only the other one has, a few."""
    _, _, known = body.partition("\n## Pitfalls\n")
    _, _, more = other.partition("\n## Pitfalls\n")
    lacking = [line for line in _ITEM.findall(more) if line not in known][:5]
    if not lacking:
        return body
    head = body.rstrip("\n") + ("\n" if known else "\n\n## Pitfalls\n\n")
    return head + "\n".join(lacking) + "\n"


def _description(draft: Draft) -> str:
    return draft.answer.trigger[:DESCRIPTION]


def _overlap(one: Sequence[str] | set[str] | frozenset[str], other: set[str] | frozenset[str]) -> float:
    both = set(one) | other
    return len(set(one) & other) / len(both) if both else 0.0
