"""One finding about a skill, as validation and scanning report it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: the file's path inside the skill folder, its 1-based line, a stable kebab-case code, the message."""

    path: str
    line: int
    code: str
    severity: Severity
    message: str
