"""Candidate improvements as git has them, made by plain git: honest ones, and such as a malicious writer would push."""

from pathlib import Path

from gitskills.git import trailers
from gitskills.git.trailers import Event
from gitskills.improve.fingerprint import fp8
from tests.people import commit
from tests.repositories import git

EDIT = "f" * 64


def candidate(
    library: Path,
    text: str | None,
    *,
    skill: str = "deploy",
    edit: str = EDIT,
    id: str = "",
    gate: str = "unverified",
    subject: str = "It does not say when not to deploy",
    body: str = 'The skill lacks it.\n\nThe user: "Never deploy on a Friday."',
    more: dict[str, str | bytes | None] | None = None,
    lie: bool = False,
) -> str:
    """Push one commit on top of main to its branch, and return the branch; `lie`: its trailers name another tree.

    `text` is the new SKILL.md (None: as it was), `more` are other files of the library that it changes.
    """
    branch = f"gitskills/improve/{id or f'{skill}/{fp8(edit)}'}"
    path = f"skills/{skill}"
    files = {} if text is None else {f"{path}/SKILL.md": text}
    git("branch", branch, "main", cwd=library)
    before = git("rev-parse", f"main:{path}", cwd=library).decode().strip()
    commit(library, {**files, **(more or {})}, ref=branch)
    after = git("rev-parse", f"{branch}:{path}", cwd=library).decode().strip()
    event = Event(
        *(skill, "improve", before, before if lie else after, edit),
        evidence=("claude-code:1f2e3d4c5b6a7988#toolu_1",),
        judge="rules v1",
        proposer="rules v1",
        gate=gate,
        calls=2,
        co_authors=("Ada <ada@example.com>",),
    )
    message = trailers.format(f"{skill}: {subject}", body, event)
    tree = git("rev-parse", f"{branch}^{{tree}}", cwd=library).decode().strip()
    made = git("commit-tree", tree, "-p", "main", "-F", "-", cwd=library, stdin=message.encode()).decode().strip()
    git("update-ref", f"refs/heads/{branch}", made, cwd=library)
    return branch
