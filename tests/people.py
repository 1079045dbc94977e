"""People who share a library: each with a project, a machine-local home of gitskills, and a git identity of their own.

They call the operations behind the verbs in this process, which is twenty times faster than starting the program;
what is about processes (races, crashes, exit codes) starts real ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gitskills.share import lockfile
from gitskills.share.lockfile import Install
from gitskills.share.outcome import Options as PullOptions
from gitskills.share.outcome import Outcome, Report
from gitskills.share.project import Project, load
from gitskills.share.publish import Options as PushOptions
from gitskills.share.publish import Pushed
from gitskills.share.pull import pull
from gitskills.share.push import push
from gitskills.share.standing import standings
from gitskills.skills.tree import tree_oid
from gitskills.state import files
from gitskills.state.paths import Paths, paths
from tests.processes import Result, gitskills
from tests.repositories import git


@dataclass(frozen=True)
class Person:
    """One user at work in the project folder `root`; `store` is their GITSKILLS_HOME."""

    name: str
    root: Path
    store: Path

    @property
    def skills(self) -> Path:
        """The folder of the real skill folders."""
        return self.root / ".agents" / "skills"

    @property
    def config(self) -> Path:
        """The project's gitskills.yaml."""
        return self.root / "gitskills.yaml"

    @property
    def paths(self) -> Paths:
        """Where this person's gitskills keeps what is its own."""
        return paths({**os.environ, "GITSKILLS_HOME": str(self.store)})

    @property
    def project(self) -> Project:
        """The project as its file says now."""
        return load(self.paths, self.root)

    @property
    def stages(self) -> list[Path]:
        """What staging folders are left anywhere in the project."""
        return [path for path in self.root.rglob(".gitskills-stage") if path.exists()]

    def pull(self, *names: str, **options: object) -> dict[str, Outcome]:
        """Pull, and return the outcome of each skill; sources must all answer."""
        report = self.report(*names, **options)
        assert not report.unreachable, report.unreachable
        return {one.skill: one for one in report.outcomes}

    def report(self, *names: str, **options: object) -> Report:
        """Pull, and return the whole report; `options` are those of `gitskills.share.pull`."""
        return pull(self.project, PullOptions(names, **options))  # type: ignore[arg-type]

    def push(self, *names: str, **options: object) -> dict[str, Pushed]:
        """Push, and return what came of each skill; `options` are those of `gitskills.share.publish`."""
        return {one.skill: one for one in push(self.project, PushOptions(names, **options))}  # type: ignore[arg-type]

    def status(self, *, fetch: bool = False) -> dict[str, str]:
        """The status of each skill."""
        return {row.skill: str(row.status) for row in standings(self.project, fetch=fetch).rows}

    def lock(self) -> dict[str, Install]:
        """The lock's entries."""
        return lockfile.read(self.root / lockfile.NAME)

    def read(self, skill: str, path: str = "SKILL.md") -> str:
        """The text of one file of a skill."""
        return (self.skills / skill / path).read_bytes().decode()

    def write(self, skill: str, text: str, path: str = "SKILL.md") -> None:
        """Write one file of a skill, making its folders."""
        target = self.skills / skill / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())

    def edit(self, skill: str, old: str, new: str, path: str = "SKILL.md") -> None:
        """Replace the one place where `old` stands in a file of a skill."""
        text = self.read(skill, path)
        assert text.count(old) == 1, text
        self.write(skill, text.replace(old, new), path)

    def tree(self, skill: str) -> str:
        """The git tree of a skill's folder now."""
        return tree_oid(files.entries(self.skills / skill))

    def run(self, *args: str | Path, timeout: float = 60, env: Mapping[str, str] | None = None) -> Result:
        """Run the real program in the project."""
        return gitskills(*args, cwd=self.root, env={"GITSKILLS_HOME": str(self.store), **(env or {})}, timeout=timeout)


def person(
    folder: Path, url: str | Path, name: str = "ada", *, agents: str = "[claude-code, codex]", more: str = ""
) -> Person:
    """Make a person whose project, a git repository below `folder`, takes the library at `url` as source `team`.

    `more` is appended to gitskills.yaml; indented by four blanks it belongs to the source.
    """
    root = folder / name
    root.mkdir(parents=True)
    git("init", "-q", root)
    git("config", "user.name", name.title(), cwd=root)
    git("config", "user.email", f"{name}@example.com", cwd=root)
    someone = Person(name, root, folder / f"{name}.home")
    someone.config.write_text(f"agents: {agents}\nsources:\n  team:\n    url: {url}\n{more}", encoding="utf-8")
    return someone


def skill(name: str, body: str = "", *, description: str = "") -> str:
    """The text of a valid SKILL.md."""
    return f"---\nname: {name}\ndescription: {description or f'Use for {name}.'}\n---\n# {name}\n{body}"


def numbered(name: str, lines: int = 12) -> str:
    """A valid SKILL.md with numbered lines, far enough apart for edits of two of them to merge."""
    return skill(name, "".join(f"\nline {number}\n" for number in range(lines)))


def folder(root: Path, *, ignore: tuple[str, ...] = (".git",)) -> dict[str, bytes | str | None]:
    """Everything below a folder: path → bytes, a link's target as text, None for a folder."""
    found: dict[str, bytes | str | None] = {}
    for path, below, names in os.walk(root):
        below[:] = [name for name in below if name not in ignore]
        for name in [*below, *names]:
            full = Path(path) / name
            shown = full.relative_to(root).as_posix()
            if full.is_symlink():
                found[shown] = os.readlink(full)
            else:
                found[shown] = full.read_bytes() if full.is_file() else None
    return found


@contextmanager
def untouched(root: Path) -> Iterator[None]:
    """Assert that what the block does leaves every file, link and folder below `root` as it was."""
    before = folder(root)
    yield
    assert folder(root) == before


def remote_text(repository: Path, path: str, rev: str = "main") -> str:
    """The text of a file in a bare repository."""
    return git("show", f"{rev}:{path}", cwd=repository).decode()


def log(repository: Path, *options: str, rev: str = "main") -> list[str]:
    """The commits of a branch, newest first, as `git log` prints them with `options`; by default their subjects."""
    return git("log", "--format=%s", *options, rev, "--", cwd=repository).decode().splitlines()


def commit(
    repository: Path, files: Mapping[str, str | bytes | None], message: str = "by hand", ref: str = "main"
) -> str:
    """Commit changes (path → content, None deletes) on a branch of a bare repository with plain git."""
    rows = []
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        if data is None:
            rows.append(b"D %b\n" % path.encode())
        else:
            rows.append(b"M 100644 inline %b\ndata %d\n%b\n" % (path.encode(), len(data), data))
    parent = f"from refs/heads/{ref}^0\n".encode() if _has(repository, ref) else b""
    who = b"committer Grace Hopper <grace@example.com> 1767300000 +0000\n"
    head = b"commit refs/heads/%b\n%bdata %d\n%b\n%b" % (ref.encode(), who, len(message), message.encode(), parent)
    git("fast-import", "--quiet", cwd=repository, stdin=head + b"".join(rows) + b"done\n")
    return git("rev-parse", f"refs/heads/{ref}", cwd=repository).decode().strip()


def _has(repository: Path, ref: str) -> bool:
    return bool(git("for-each-ref", f"refs/heads/{ref}", cwd=repository))
