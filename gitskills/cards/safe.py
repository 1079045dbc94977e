"""What no card may carry to a team: the gate's questions about an automatic edit, put to a whole new text."""

from gitskills.skills import findings
from gitskills.skills.file import File
from gitskills.skills.regions import MARKER
from gitskills.skills.validate import SKILL_FILE

CHECKS = {
    "hidden characters": findings.hidden_text,
    "credentials": findings.credentials,
    "comments that excuse credentials": findings.excuses,
    "hidden comments": findings.comments,
    "phrases that take over a model": findings.injections,
    "commands that run what they download": findings.downloads,
}


def refused(path: str, text: str, before: str = "") -> str:
    """Say why the SKILL.md of the card at `path` must not be published; "" where nothing speaks against it.

    Lines that a person locked are in the card `before` it, too; no other may be locked.
    """
    files = {SKILL_FILE: File(text.encode("utf-8", "surrogateescape"), 0o100644)}
    if broken := findings.errors(path.rpartition("/")[2])(files):
        return f"not a valid skill: {min(broken)}"
    if len(MARKER.findall(text)) > len(MARKER.findall(before)):
        return "it locks lines, which only people do"
    return flagged(text)


def flagged(text: str) -> str:
    """Say what a SKILL.md holds that no agent shall read; "" for nothing. A mark that locks lines is no comment."""
    files = {SKILL_FILE: File(MARKER.sub("", text).encode("utf-8", "surrogateescape"), 0o100644)}
    return next((f"it holds {what}: {min(found)}" for what, find in CHECKS.items() if (found := find(files))), "")
