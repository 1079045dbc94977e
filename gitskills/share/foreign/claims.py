"""Which skill folders of a project another tool says are its own: its records found, read once, and only when asked."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.share.foreign.claim import Claim, broken
from gitskills.share.project import Project

Reader = Callable[[str], Mapping[str, Claim]]


class Claims:
    """Other tools' claims on one project's skill folders. Nothing is read before the first question."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._root = str(project.root)

    @property
    def problems(self) -> tuple[GitskillsError, ...]:
        """The records that could not be read when a question was asked: whose folders those are cannot be told."""
        return self._records[2] if "_records" in self.__dict__ else ()

    @property
    def any(self) -> bool:
        """Whether records beside the skills folders claim anything at all."""
        named, placed, _ = self._records
        return bool(named or placed)

    def listed(self, folder: Path | str) -> Claim | None:
        """The claim on a skill folder, which need not exist, in the records beside the skills folders."""
        place = str(folder)
        named, placed, _ = self._records
        if placed and place.startswith(self._root):
            claim = placed.get(place[len(self._root) :].replace("\\", "/").strip("/"))
            if claim is not None:
                return claim
        return named.get(place.replace("\\", "/").rpartition("/")[2])

    def of(self, folder: Path) -> Claim | None:
        """The claim on an existing skill folder: in those records or in the folder itself.

        Raises GitskillsError where a record inside it cannot be read.
        """
        listed = self.listed(folder)
        if listed is not None and (listed.commit or listed.tree):
            return listed
        inside = next(_inside(folder), None)
        return inside if listed is None or (inside is not None and inside.tree) else listed

    def refusal(self, folder: Path) -> str:
        """Why an existing folder that gitskills does not know must stay as it is; "" where no tool claims it."""
        try:
            claim = self.of(folder)
        except GitskillsError as error:
            return f"whose folder this is cannot be told: {error.message}; {error.hint}"
        if claim is not None:
            return told(claim, folder.name)
        for first in self.problems:
            return f"whose folder this is cannot be told: {first.message}; {first.hint}"
        return ""

    def published(self, folder: Path) -> bool:
        """Whether nothing but its SKILL.md claims a folder: where a library published that, it tells nothing."""
        try:
            claim = self.of(folder)
        except GitskillsError:
            return False
        return claim is not None and claim.inside and self.listed(folder) is None

    def tool(self, folder: Path) -> str:
        """The name of the tool that claims an existing folder; "" where none does, or it cannot be told."""
        try:
            claim = self.of(folder)
        except GitskillsError:
            return ""
        return claim.tool if claim else ""

    @cached_property
    def _records(self) -> tuple[dict[str, Claim], dict[str, Claim], tuple[GitskillsError, ...]]:
        """Claims by the folder's name, claims by its path below the root, and the records that cannot be read."""
        named: dict[str, Claim] = {}
        placed: dict[str, Claim] = {}
        problems: list[GitskillsError] = []
        for file, tool, exact, reader in self._files():
            try:
                content = _text(file, tool)
                if content is not None:
                    for key, claim in reader(content).items():
                        (placed if exact else named).setdefault(key, claim)
            except GitskillsError as error:
                problems.append(error)
        return named, placed, tuple(problems)

    def _files(self) -> Iterator[tuple[Path, str, bool, Reader]]:
        """The records there may be, the most telling first: file, tool, whether it lists folders by path, reader."""
        home, root = self._project.paths.home, self._project.root
        if self._project.scope == "project":
            yield root / "apm.lock.yaml", "apm", True, partial(_apm, where="apm.lock.yaml")
            yield root / "skills-lock.json", "npx skills", False, partial(_npx, user=None)
            return
        yield (file := home / ".apm" / "apm.lock.yaml"), "apm", True, partial(_apm, where=str(file))
        state = self._project.paths.environ.get("XDG_STATE_HOME", "").strip()
        for place in (*([Path(state) / "skills"] if state else []), home / ".agents"):
            file = place / ".skill-lock.json"
            yield file, "npx skills", False, partial(_npx, user=str(file))


def told(claim: Claim, name: str) -> str:
    """Tell whose the skill folder `name` is, and how that can be changed."""
    return f"{claim.tool} installed this folder ({claim.file}); `gitskills adopt {name}` takes it over"


def _apm(content: str, where: str) -> Mapping[str, Claim]:
    from gitskills.share.foreign import apm  # YAML takes long to load

    return apm.lock(content, where=where)


def _npx(content: str, user: str | None) -> Mapping[str, Claim]:
    from gitskills.share.foreign import npx

    return npx.project_lock(content) if user is None else npx.user_lock(content, where=user)


def _inside(folder: Path) -> Iterator[Claim]:
    """The claims that a folder itself holds."""
    from gitskills.share.foreign import provenance, sidecars

    if (content := _text(folder / "SKILL.md", "", strict=False)) is not None:
        claim = provenance.manifest(content)
        if claim is not None:
            yield claim
    for tool, path, reader in sidecars.READERS:
        if (content := _text(folder / path, tool)) is not None:
            yield reader(content, where=f"{folder.name}/{path}")


def _text(file: Path, tool: str, *, strict: bool = True) -> str | None:
    """The text of a record, None where there is none; a byte order mark does not count."""
    try:
        return file.read_bytes().decode("utf-8-sig", "strict" if strict else "replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise broken(tool, file.name, f"cannot be read: {error}") from error
