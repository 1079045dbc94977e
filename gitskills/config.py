"""gitskills.yaml: which sources a project or user takes skills from, for which agents, under which policy."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal, cast

from gitskills import yamlplain
from gitskills.errors import GitskillsError

NAME = "gitskills.yaml"
LOCK = "gitskills.lock"  # beside it
Placement = Literal["symlink", "copy"]
Publish = Literal["direct", "review"]
Improve = Literal["review", "direct", "off"]


class ConfigError(GitskillsError):
    """gitskills.yaml says something gitskills cannot act on."""

    def __init__(self, where: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{where}: {problem}", hint or "correct the file; the README lists its keys")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a source's `skills`: a name, a path in the library, or a glob of either.

    `alias` renames one skill; a leading `!` leaves out what the rest would take.
    """

    name: str
    alias: str | None = None

    def matches(self, name: str, path: str) -> bool:
        """Whether the skill `name` that lives at `path` in its library is meant (to be taken, or left out)."""
        text = self.name.removeprefix("!")
        return text in (name, path) or fnmatchcase(name, text) or fnmatchcase(path, text)

    @property
    def exact(self) -> bool:
        """Whether this names one skill rather than a set."""
        return not self.excludes and not any(character in self.name for character in "*?[")

    @property
    def excludes(self) -> bool:
        """Whether this leaves skills out."""
        return self.name.startswith("!")


def some(patterns: Iterable[Pattern]) -> tuple[Pattern, ...]:
    """The patterns, or none where only exclusions are left: written alone, those would mean everything else."""
    kept = tuple(patterns)
    return kept if any(not one.excludes for one in kept) else ()


@dataclass(frozen=True, slots=True)
class Source:
    """A library: `url` is anything git fetches, `ref` a branch, tag or commit (None: the remote's default branch).

    `fork` is a repository of the user's own, where proposals go that they may not push to `url`.
    """

    name: str
    url: str
    ref: str | None = None
    patterns: tuple[Pattern, ...] = (Pattern("*"),)
    fork: str | None = None


@dataclass(frozen=True, slots=True)
class Edits:
    """Bounds of an automatic edit: at most `max` operations, `chars` characters added, `growth` as a share."""

    max: int = 3
    chars: int = 1200
    growth: float = 0.10


@dataclass(frozen=True, slots=True)
class Library:
    """The policy a repository of skills sets for itself (the block `library:`)."""

    push: Publish = "direct"
    improve: Improve = "review"
    need: int = 1
    edits: Edits = Edits()
    ledger: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """A whole gitskills.yaml; `agents` is None where the file leaves it to detection.

    `improve` is False where a project wants none of its sessions judged.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    agents: tuple[str, ...] | None = None
    placement: Placement = "symlink"
    models: Mapping[str, str] = field(default_factory=dict)
    library: Library = Library()
    improve: bool = True


def parse(text: str, *, where: str = NAME) -> Config:
    """Read the text of a gitskills.yaml; `where` names it in errors. Unknown keys are allowed. Raises ConfigError."""
    data = _mapping(_read(text, where), where, "the file")
    named = _mapping(data.get("sources"), where, "sources")
    agents = data.get("agents")
    return Config(
        sources={name: _source(name, value, where) for name, value in named.items()},
        agents=None if agents is None else tuple(_strings(agents, where, "agents")),
        placement=cast(Placement, _choice(data, "placement", ("symlink", "copy"), "symlink", where, "")),
        models={key: str(value) for key, value in _mapping(data.get("models"), where, "models").items()},
        library=_library(_mapping(data.get("library"), where, "library"), where, present="library" in data),
        improve=data.get("improve") is True or _choice(data, "improve", ("on", "off"), "on", where, "") == "on",
    )


def _read(text: str, where: str) -> Any:
    """What the file says; nearly all of them need no YAML library."""
    plain = yamlplain.read(text)
    if plain is not None:
        return plain
    from gitskills import yamltext

    return yamltext.load(text, where=where)


def with_source(text: str, source: Source, *, where: str = NAME) -> str:
    """Return the file's text with `source` added or replaced; everything else keeps its bytes."""

    def change(data: Any) -> None:
        sources = data.setdefault("sources", {})
        if sources is None:
            data["sources"] = sources = {}
        entry = sources.get(source.name)
        if not isinstance(entry, dict):  # absent, or the short form `name: url`
            sources[source.name] = entry = {}
        entry["url"] = source.url
        if source.ref is not None:
            entry["ref"] = source.ref
        elif "ref" in entry:
            del entry["ref"]
        if source.patterns != (Pattern("*"),):
            entry["skills"] = [_written(pattern) for pattern in source.patterns]
        elif "skills" in entry:
            del entry["skills"]

    return _edit(text, change, where)


def without_source(text: str, name: str, *, where: str = NAME) -> str:
    """Return the file's text without the source `name`."""
    return _edit(text, lambda data: data["sources"].pop(name, None), where)


def with_patterns(text: str, name: str, patterns: Iterable[Pattern], *, where: str = NAME) -> str:
    """Return the file's text with the `skills` of source `name` set to `patterns`."""
    written = [_written(pattern) for pattern in patterns]

    def change(data: Any) -> None:
        entry = data["sources"][name]
        if not isinstance(entry, dict):
            data["sources"][name] = entry = {"url": entry}
        kept = entry.get("skills")
        if isinstance(kept, list):
            _change(kept, written)
        else:
            entry["skills"] = written

    return _edit(text, change, where)


def _edit(text: str, change: Callable[[Any], None], where: str) -> str:
    from gitskills import yamltext  # the library that keeps comments: only where something is written

    return yamltext.edit(text, change, where=where)


def _change(kept: list[Any], wanted: list[Any]) -> None:
    """Make one list the other in place, entry by entry, so that the comments beside entries stay with them."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, [repr(_plain(one)) for one in kept], [repr(one) for one in wanted])
    for _, start, end, at, stop in reversed(matcher.get_opcodes()):
        same = min(end - start, stop - at)
        for number in range(same):
            if _plain(kept[start + number]) != wanted[at + number]:
                kept[start + number] = wanted[at + number]
        for number in reversed(range(start + same, end)):
            del kept[number]
        for number in range(at + same, stop):
            kept.insert(start + number - at, wanted[number])


def _plain(entry: Any) -> Any:
    """An entry of a list as plain values: what reads the file gives its own kinds of dict and text."""
    return dict(entry) if isinstance(entry, Mapping) else str(entry)


def _written(pattern: Pattern) -> str | dict[str, str]:
    return pattern.name if pattern.alias is None else {"name": pattern.name, "as": pattern.alias}


def _source(name: str, value: Any, where: str) -> Source:
    entry = _mapping({"url": value} if isinstance(value, str) else value, where, f"sources.{name}")
    url = entry.get("url")
    if not isinstance(url, str) or not url.strip():
        raise ConfigError(where, f"sources.{name} has no url", "write the repository's URL, path or owner/repo")
    ref = entry.get("ref")
    if isinstance(ref, float):  # 1.10 has been read as 1.1 by now, which may be another tag
        raise ConfigError(where, f"sources.{name}.ref is a number to YAML", "put it in quotes, such as ref: '1.10'")
    if ref is not None and (isinstance(ref, bool) or not isinstance(ref, str | int)):
        raise ConfigError(where, f"sources.{name}.ref is not text", "put it in quotes")
    fork = entry.get("fork")
    if not isinstance(fork, str | None):
        raise ConfigError(where, f"sources.{name}.fork is not text")
    source = Source(name, url, None if ref is None else str(ref), fork=fork)
    listed = entry.get("skills")
    if listed is None:
        return source
    if not isinstance(listed, list):
        listed = [listed]
    patterns = tuple(_pattern(item, name, where) for item in listed)
    if patterns and all(pattern.excludes for pattern in patterns):
        patterns = (Pattern("*"), *patterns)
    return replace(source, patterns=patterns)


def _pattern(item: Any, source: str, where: str) -> Pattern:
    if isinstance(item, str | int):
        return Pattern(str(item))
    entry = _mapping(item, where, f"an entry of sources.{source}.skills")
    name, alias = entry.get("name"), entry.get("as")
    if not isinstance(name, str) or not isinstance(alias, str | None):
        raise ConfigError(where, f"sources.{source}.skills: an entry is a name, a glob or {{name: …, as: …}}")
    pattern = Pattern(name, alias)
    if alias is not None and not pattern.exact:
        raise ConfigError(where, f"sources.{source}.skills: `as: {alias}` needs one name, not the glob {name!r}")
    return pattern


def _library(data: Mapping[str, Any], where: str, *, present: bool) -> Library:
    edits = _mapping(data.get("edits"), where, "library.edits")
    growth = edits.get("growth", 0.10)
    if isinstance(growth, bool) or not isinstance(growth, int | float) or not 0 <= growth <= 10:
        raise ConfigError(where, "library.edits.growth is not a share such as 0.10")
    ledger = data.get("ledger", present)
    return Library(
        push=cast(Publish, _choice(data, "push", ("direct", "review"), "direct", where, "library.")),
        improve=cast(Improve, _choice(data, "improve", ("review", "direct", "off"), "review", where, "library.")),
        need=_count(data.get("need", 1), where, "library.need"),
        edits=Edits(
            _count(edits.get("max", 3), where, "library.edits.max"),
            _count(edits.get("chars", 1200), where, "library.edits.chars"),
            float(growth),
        ),
        ledger=ledger in (True, "on", "yes", "true"),
    )


def _mapping(value: Any, where: str, what: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(where, f"{what} is not a mapping of keys to values")
    return {str(key): item for key, item in value.items()}


def _strings(value: Any, where: str, what: str) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(where, f"{what} is not a list of names")
    return cast(list[str], value)


def _count(value: Any, where: str, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigError(where, f"{what} is not a whole number")
    return value


def _choice(data: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str, where: str, prefix: str) -> str:
    value = data.get(key, default)
    if value is False and "off" in allowed:  # YAML 1.1 reads a bare `off` so, and people write for both
        value = "off"
    if value not in allowed:
        raise ConfigError(where, f"{prefix}{key} is {value!r}", f"write one of {', '.join(allowed)}")
    return str(value)
