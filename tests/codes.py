"""Code repositories with a work tree, whose histories tests write and rewrite."""

from pathlib import Path

from tests.repositories import git


class Code:
    """A clone with a work tree, and what one does in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git_dir = folder / ".git"
        git("init", "-q", folder)

    def git(self, *args: str | Path) -> str:
        """Run git in it."""
        return git(*args, cwd=self.folder).decode().strip()

    def write(self, path: str, text: str, message: str = "change") -> str:
        """Commit one file; return the commit."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")
        self.git("add", path)
        self.git("commit", "-q", "-m", message)
        return self.oid("HEAD")

    def oid(self, rev: str) -> str:
        """Return what a revision names."""
        return self.git("rev-parse", rev)
