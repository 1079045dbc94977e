"""`verify`: does every commit's trail say what the repository holds, and are its signatures and proofs in order?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import history, objects, signatures
from gitskills.git.renames import name as name_of
from gitskills.git.trailers import Event, events, trailers
from gitskills.share.trail.audit import Audit
from gitskills.share.trail.rows import OPS, Row
from gitskills.skills import frontmatter

_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CANDIDATES = ("refs/heads/gitskills/improve/", "refs/remotes/*/gitskills/improve/", "refs/gitskills/rejected/")
_CANDIDATE = re.compile(r"refs/(?:heads/|remotes/[^/]+/)?gitskills/(?:improve|rejected)/(.+)/([^/]+)")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `commit` is "" where it is about a skill as it stands at the tip."""

    commit: str
    skill: str
    check: str
    ok: bool
    message: str


def verify(audit: Audit, git_dir: Path, tip: str, name: str | None = None) -> Iterator[Check]:
    """Yield what was checked of all skills, or of the one called `name`, newest commits first.

    Nothing is fetched: what is not in the repository is reported as unknown, which is no failure.
    """
    rows = list(audit.rows(name))
    commits = {row.commit for row in rows}
    touched: dict[str, set[str]] = {}
    for row in rows if name is None else audit.rows():
        if row.commit in commits:
            touched.setdefault(row.commit, set()).add(row.name)
    stored = history.objects_here(git_dir, commits)
    signed = signatures.verdicts(git_dir, stored)
    proofs: list[tuple[str, str, str]] = []
    for row in rows:
        said = _events(stored[row.commit])
        if said:
            yield from _trail(row, said, touched.get(row.commit, set()))
            proofs += [(row.commit, row.name, oid) for event in said if event.skill == row.name for oid in event.proof]
        yield Check(row.commit, row.name, "signature", *signed[row.commit])
    yield from _proofs(git_dir, proofs + _cards(audit, git_dir, tip, name))
    yield from _refs(git_dir, name)


def _events(commit: bytes) -> list[Event]:
    """Read a commit object's events: from git itself, since the index is what others could have written."""
    return events(trailers(commit.partition(b"\n\n")[2].decode("utf-8", "replace")))


def _trail(row: Row, said: list[Event], touched: set[str]) -> Iterator[Check]:
    """Compare what a commit's trailers say with what it did."""

    def check(what: str, wrong: str, right: str) -> Check:
        return Check(row.commit, row.name, what, not wrong, wrong or right)

    own = [event for event in said if event.skill == row.name or not row.path]
    others = touched - {event.skill for event in said}
    if not own:
        yield check("skill", f"the commit changes {row.name}, its trailers name {said[0].skill}", "")
        return
    extra = f"the commit also changes {', '.join(sorted(others))}" if others and row.path else ""
    yield check("skill", extra, "changes the skill it names and no other")
    op = own[-1].op
    yield check("op", "" if op in OPS else f"unknown operation {op!r}" if op else "no Skill-Op", f"Skill-Op {op}")
    # Two skills of one name have an event each: which is whose the trees tell, where neither leaves its own unsaid.
    bases, trees = [event.base for event in own], [event.tree for event in reversed(own)]
    for what, told, found in (("base", bases, row.base), ("tree", trees, row.tree)):
        if expected := found if found in told else told[0] if all(told) else "":
            wrong = f"Skill-{what.title()} says {expected[:12]}, the repository has {found[:12] or 'nothing'}"
            yield check(what, "" if expected == found else wrong, f"Skill-{what.title()} is the skill's tree")


def _cards(audit: Audit, git_dir: Path, tip: str, name: str | None) -> list[tuple[str, str, str]]:
    """Return the proofs that skills carry in their metadata at the tip, as far as their SKILL.md is here."""
    found = []
    numbers = None if name is None else {path for path, skill in audit.skills().items() if name in (path, skill.name)}
    listed = objects.skills(git_dir, tip)
    wanted = {
        one.entries[objects.MANIFEST][1]: one.name for path, one in listed.items() if not numbers or path in numbers
    }
    for oid, data in history.objects_here(git_dir, wanted).items():
        if b"gitskills-proof" in data:
            found += [("", wanted[oid], proof) for proof in _metadata(data, "gitskills-proof").split()]
    return found


def _metadata(data: bytes, key: str) -> str:
    try:
        read = frontmatter.keys(frontmatter.split(data.decode("utf-8", "replace")), lenient=True)
    except GitskillsError:
        return ""  # `validate` says what is wrong with it
    metadata = read.get("metadata")
    return str(metadata.get(key, "")) if isinstance(metadata, dict) else ""


def _proofs(git_dir: Path, proofs: Iterable[tuple[str, str, str]]) -> Iterator[Check]:
    """Check that proofs are whole commit ids; whether the commit exists is known only where the code lives here too."""
    asked = list(proofs)
    here = history.objects_here(git_dir, {oid for _, _, oid in asked if _OID.fullmatch(oid)})
    for commit, skill, oid in asked:
        if not _OID.fullmatch(oid):
            yield Check(commit, skill, "proof", False, f"{oid!r} is no full commit id")
        elif oid not in here:
            yield Check(commit, skill, "proof", True, f"{oid[:12]}: unknown, it is a commit of another repository")
        else:
            is_commit = here[oid].startswith(b"tree ")
            yield Check(commit, skill, "proof", is_commit, f"{oid[:12]} is {'a' if is_commit else 'no'} commit here")


def _refs(git_dir: Path, name: str | None) -> Iterator[Check]:
    """Check that waiting and rejected candidates are what their refs say: one event on the skill, by fingerprint."""
    for ref, commit, message in history.refs(git_dir, _CANDIDATES):
        match = _CANDIDATE.fullmatch(ref)
        skill, fingerprint = (match[1], match[2]) if match else ("", "")
        if name is not None and name not in (skill, name_of(skill)):
            continue
        own = next((event for event in events(trailers(message)) if event.skill == name_of(skill)), None)
        if match is None or not re.fullmatch("[0-9a-f]{8}", fingerprint):
            wrong = f"{ref} does not end in a skill and 8 hex digits"
        elif own is None:
            wrong = f"the commit of {ref} says nothing about {skill}"
        elif not own.edit.startswith(fingerprint):
            wrong = f"Skill-Edit is {own.edit[:8] or 'missing'}, the ref says {fingerprint}"
        else:
            wrong = ""
        yield Check(commit, skill, "candidate", not wrong, wrong or f"{ref} is well formed")
