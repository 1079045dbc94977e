"""Which skills of which sources are wanted, under which names: pure decisions over listings."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from gitskills.config import Pattern, Source
from gitskills.git.objects import Found
from gitskills.git.url import redact, repository_name
from gitskills.share.lockfile import Install, safe_name
from gitskills.skills.refuse import folded_path


@dataclass(frozen=True, slots=True)
class Upstream:
    """A source as last fetched: its `commit` (None: an empty repository) and the skills there, by path.

    `root` is what a skill at the library's root calls itself; its folder there has no name.
    """

    source: Source
    url: str
    commit: str | None
    skills: Mapping[str, Found]
    root: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One skill to have on disk as `name`."""

    name: str
    source: Source
    url: str
    commit: str
    found: Found

    @property
    def install(self) -> Install:
        """The lock's entry once this is on disk."""
        return Install(
            self.name,
            self.source.name,
            redact(self.source.url),
            self.source.ref,
            self.commit,
            self.found.path,
            self.found.tree,
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A skill that cannot be had, and why; `name` may be what the user wrote."""

    name: str
    source: str
    reason: str


Selection = tuple[dict[str, Wanted], list[Refused]]


def select(upstreams: Iterable[Upstream], installed: Mapping[str, Install]) -> Selection:
    """Choose from every upstream what its source's patterns ask for; one name is never given to two skills.

    `installed` settles which of several equal candidates stays. Returns the wanted by name, and the refused.
    """
    wanted: dict[str, Wanted] = {}
    refused: list[Refused] = []
    blocked: set[str] = set()
    for upstream in upstreams:
        for name, candidates in _named(upstream, refused).items():
            one = _single(name, candidates, upstream, installed, refused)
            if one is None or name in blocked:
                continue
            other = wanted.get(name)
            if other is not None:
                blocked.add(name)
                del wanted[name]
                refused.append(_clash(name, other, upstream, one))
                continue
            wanted[name] = Wanted(name, upstream.source, upstream.url, upstream.commit or "", one)
    _refuse_case_clashes(wanted, refused, installed)
    return wanted, refused


def _named(upstream: Upstream, refused: list[Refused]) -> dict[str, list[Found]]:
    """The skills the source's patterns match, by the name each is to have here."""
    named: dict[str, list[Found]] = {}
    out = [pattern for pattern in upstream.source.patterns if pattern.excludes]
    for pattern in upstream.source.patterns:
        if pattern.excludes:
            continue
        matched = [one for one in upstream.skills.values() if pattern.matches(skill_name(one, upstream), one.path)]
        matched = [one for one in matched if not any(no.matches(skill_name(one, upstream), one.path) for no in out)]
        if not matched and pattern.exact:
            refused.append(Refused(pattern.alias or pattern.name, upstream.source.name, _absent(pattern, upstream)))
        for found in matched:
            alias = pattern.alias or _alias(found, upstream)
            row = named.setdefault(alias or skill_name(found, upstream), [])
            if found not in row:
                row.append(found)
    return named


def _alias(found: Found, upstream: Upstream) -> str | None:
    """The name another pattern of the source gives this very skill, so that `*` beside `{name, as}` renames once."""
    for pattern in upstream.source.patterns:
        if pattern.alias and pattern.matches(skill_name(found, upstream), found.path):
            return pattern.alias
    return None


def skill_name(found: Found, upstream: Upstream) -> str:
    """A skill's own name: its folder's; at the root the one in its frontmatter, else the repository's."""
    return found.name or upstream.root or repository_name(upstream.url)


def _single(
    name: str, candidates: list[Found], upstream: Upstream, installed: Mapping[str, Install], refused: list[Refused]
) -> Found | None:
    source = upstream.source.name
    before = installed.get(name)
    kept = [one for one in candidates if before and (before.source, before.path) == (source, one.path)]
    asked = {pattern.name for pattern in upstream.source.patterns if pattern.exact and not pattern.alias}
    if kept:
        # What other patterns take along stays away quietly; what one asks for by its path would be missed.
        lacking = [one for one in candidates if one.path in asked and one.tree != kept[0].tree]
        refused += [Refused(one.path, source, _taken(name, kept[0], upstream, one)) for one in lacking]
        candidates = kept
    if len({one.tree for one in candidates}) > 1:
        shown = ", ".join(sorted(one.path for one in candidates))
        first, *others = sorted(one.path for one in candidates)
        both = next((path for path in others if path in asked), "")
        example = _beside(upstream.source, both) if both else _as(upstream.source, first, name, name, others)
        reason = f"the library has several skills of this name: {shown}; take one by its path: {example}"
        refused.append(Refused(name, source, reason))
        return None
    found = min(candidates, key=lambda one: (not one.path.startswith("skills/"), one.path.count("/"), one.path))
    if not safe_name(name):
        refused.append(Refused(name, source, "this name cannot be a folder on every system"))
        return None
    return found


def _clash(name: str, other: Wanted, upstream: Upstream, found: Found) -> Refused:
    reason = (
        f"two sources have a skill of this name: {other.source.name} ({other.found.path or '.'}) and "
        f"{upstream.source.name} ({found.path or '.'}); give one another name under {upstream.source.name}: "
        f"{_as(upstream.source, name, f'{upstream.source.name}-{name}', name)}"
    )
    return Refused(name, upstream.source.name, reason)


def _taken(name: str, other: Found, upstream: Upstream, found: Found) -> str:
    example = _beside(upstream.source, found.path)
    return f"its name is taken by {other.path}, which is installed as {name}; give it another: {example}"


def _beside(source: Source, path: str) -> str:
    """The line that takes the skill at a path under a name that no other of its library has: made of the path."""
    alias = path.removeprefix("cards/").removeprefix("skills/").replace("/", "-")
    return _as(source, path, alias, path)


def _as(source: Source, name: str, alias: str, meant: str, without: Iterable[str] = ()) -> str:
    """The line for gitskills.yaml that takes the skill `name` as `alias`; what else the source takes stays.

    `meant` is what the skill is called now: a pattern of just that is replaced. `without` are paths to leave out.
    """
    others = [one for one in source.patterns if meant not in (one.name, one.alias)]
    if len(others) > 5:
        return f"`- {{name: {name}, as: {alias}}}`, one more line of its `skills:`"
    shown = [f'"{one.name}"' if one.alias is None else f"{{name: {one.name}, as: {one.alias}}}" for one in others]
    shown += [f'"!{path}"' for path in without if others]
    return f"`skills: [{', '.join([*shown, f'{{name: {name}, as: {alias}}}'])}]`"


def _absent(pattern: Pattern, upstream: Upstream) -> str:
    from difflib import get_close_matches  # only on the way to a refusal

    if upstream.commit is None:
        return "the library is empty"
    names = sorted({skill_name(found, upstream) for found in upstream.skills.values()})
    near = get_close_matches(pattern.name, names, n=3)
    return "the library has no such skill" + (f"; did you mean {', '.join(near)}?" if near else "")


def _refuse_case_clashes(wanted: dict[str, Wanted], refused: list[Refused], installed: Container[str]) -> None:
    """Two names that differ only in case are one folder on Windows and macOS: an installed one stays."""
    seen: dict[str, str] = {}
    for name in sorted(wanted, key=lambda one: (one not in installed, one)):
        first = seen.setdefault(folded_path(name), name)
        if first != name:
            reason = f"its name differs from {first} only in case or in the spelling of a letter"
            refused.append(Refused(name, wanted[name].source.name, reason))
            del wanted[name]
