"""Libraries of cards that tests put together, and what the commands say about them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitskills.cards.card import Card, render
from tests.codes import Code
from tests.processes import Result, gitskills
from tests.repositories import Commit, bare_repository, git


def leaf(area: str, slug: str, *, steps: str = "- Do it.", **facts: Any) -> Card:
    """Return a leaf; `facts` are fields of Card."""
    body = f"## Trigger\n\nWork on {slug}.\n\n## Procedure\n\n{steps}\n"
    base = Card(f"cards/{area}/{slug}", "leaf", area, slug, f"Use for {slug}.", body, key=slug * 2, confidence=0.5)
    return base if not facts else Card(**{name: getattr(base, name) for name in base.__slots__} | facts)


@dataclass
class Shelf:
    """A library with cards, a project that uses it, and the code the cards are about."""

    library: Path
    project: Path
    code: Code

    @classmethod
    def make(cls, folder: Path, code: Code, *cards: Card, more: dict[str, str] | None = None) -> "Shelf":
        """Make the library and the project below `folder`."""
        files = {f"{card.path}/SKILL.md": render(card) for card in cards}
        library = bare_repository(folder / "library.git", Commit(files | (more or {"README.md": "cards\n"}), "cards"))
        project = folder / "project"
        project.mkdir()
        (project / "gitskills.yaml").write_text(f"sources:\n  team:\n    url: {library}\n", encoding="utf-8")
        return cls(library, project, code)

    def run(self, *args: str | Path, env: dict[str, str] | None = None) -> Result:
        """Run `gitskills cards …` in the project."""
        return gitskills("cards", *args, cwd=self.project, env=env)

    def expire(self, *args: str | Path) -> dict[str, dict[str, str]]:
        """Run `cards expire --json`; return its rows by the card's path."""
        done = self.run("expire", "--code", self.code.folder, "--json", *args)
        assert done.code == 0, done.err
        return {row["path"]: row for row in json.loads(done.out)}

    def promote(self, *args: str, code: int = 0, env: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
        """Run `cards promote --json`; return its rows by area."""
        done = self.run("promote", "--json", *args, env=env)
        assert done.code == code, done.err
        return {row["area"]: row for row in json.loads(done.out)}

    def text(self, path: str) -> str:
        """Return a card as the library has it."""
        return git("show", f"main:{path}/SKILL.md", cwd=self.library).decode()

    def log(self) -> list[str]:
        """Return the messages of the library's commits, newest first."""
        return git("log", "-z", "--format=%B", "main", cwd=self.library).decode().split("\0")[:-1]

    def change(self, files: dict[str, str | None]) -> None:
        """Commit as somebody else does."""
        clone = self.library.parent / f"other-{len(self.log())}"
        git("clone", "-q", self.library, clone)
        for path, text in files.items():
            if text is None:
                (clone / path).unlink()
            else:
                (clone / path).parent.mkdir(parents=True, exist_ok=True)
                (clone / path).write_text(text, encoding="utf-8")
        git("add", "-A", cwd=clone)
        git("commit", "-q", "-m", "somebody's change", cwd=clone)
        git("push", "-q", "origin", "HEAD:main", cwd=clone)
