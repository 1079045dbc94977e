"""A skill: the folder that an agent reads, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitskills.errors import GitskillsError
from gitskills.skills import frontmatter
from gitskills.skills.file import File as File
from gitskills.skills.tree import files_oid
from gitskills.skills.validate import SKILL_FILE, Diagnostic, validate


class SkillError(GitskillsError):
    """A folder that is not a skill an agent can load; `diagnostics` holds every finding, errors and warnings."""

    def __init__(self, folder: str, diagnostics: list[Diagnostic]) -> None:
        errors = [each for each in diagnostics if each.severity == "error"]
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        message = f"{folder}/{first.path}:{first.line}: {first.message}{more}"
        super().__init__(message, "`gitskills validate` shows every finding")
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill as read: `files` by path with `/` inside the folder, `tree` its git tree oid (40 hex digits)."""

    name: str
    frontmatter: Mapping[str, Any]
    body: str
    files: Mapping[str, File]
    tree: str

    @classmethod
    def read(cls, files: Mapping[str, File], folder: str, *, lenient: bool = False) -> "Skill":
        """Read the skill in `folder` (its name, without parents) from its files.

        `lenient` reads what agents accept; a skill that gives no usable name then bears the folder's.
        Raises `SkillError` when validation finds an error.
        """
        diagnostics = validate(files, folder, lenient=lenient)
        if any(each.severity == "error" for each in diagnostics):
            raise SkillError(folder, diagnostics)
        document = frontmatter.split(files[SKILL_FILE].data.decode())
        keys = frontmatter.keys(document, lenient=lenient)
        given = keys.get("name")
        name = given.strip() if isinstance(given, str) and given.strip() else folder
        return cls(name, keys, document.body, files, files_oid(files))
