"""Real bare repositories built from a few dicts, one `git fast-import` each."""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

EPOCH = 1_767_225_600  # 2026-01-01T00:00:00Z; every further commit is a minute later
AUTHOR = "Ada Lovelace <ada@example.com>"

Content = str | bytes | tuple[str | bytes, int] | None
Files = Mapping[str, Content]


class Commit(NamedTuple):
    """One commit: the paths it changes, its whole message, and who wrote it (`Name <email>`)."""

    files: Files
    message: str = ""
    author: str = AUTHOR


History = Files | Commit | Iterable[Files | Commit]


def git(*args: str | Path, cwd: Path | None = None, stdin: bytes | None = None) -> bytes:
    """Run git and return its stdout; a failure raises `CalledProcessError` with stderr in its notes."""
    done = subprocess.run(["git", *map(str, args)], cwd=cwd, input=stdin, capture_output=True)
    if done.returncode:
        error = subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
        error.add_note(done.stderr.decode(errors="replace"))
        raise error
    return done.stdout


def bare_repository(path: Path, history: History = ()) -> Path:
    """Make a bare repository at `path` whose branch `main` has the commits of `history`, oldest first.

    A dict is one commit. It maps each path that the commit changes to its new content: text, bytes,
    `(content, mode)` with git's mode (0o100755, 0o120000 with the link's target as content), or None to delete it.
    """
    git("init", "-q", "--bare", "--initial-branch=main", path)
    stream = b"".join(_commit(number, commit) for number, commit in enumerate(_commits(history)))
    if stream:
        git("fast-import", "--quiet", "--force", cwd=path, stdin=stream + b"done\n")
    return path


def _commits(history: History) -> list[Commit]:
    if isinstance(history, Commit | Mapping):
        history = [history]
    return [each if isinstance(each, Commit) else Commit(each) for each in history]


def _commit(number: int, commit: Commit) -> bytes:
    message = commit.message or ", ".join(sorted({_skill(path) for path in commit.files})) + f": change {number}"
    when = f"{EPOCH + 60 * number} +0000"
    head = f"commit refs/heads/main\nauthor {commit.author} {when}\ncommitter {commit.author} {when}\n"
    return head.encode() + _data(message) + b"".join(_change(path, each) for path, each in commit.files.items())


def _skill(path: str) -> str:
    """Return the folder that a path's change is about, as the commit's subject names it."""
    return Path(path).parent.name or path


def _change(path: str, content: Content) -> bytes:
    quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if content is None:
        return f"D {quoted}\n".encode()
    content, mode = content if isinstance(content, tuple) else (content, 0o100644)
    return f"M {mode:06o} inline {quoted}\n".encode() + _data(content)


def _data(content: str | bytes) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return b"data %d\n%b\n" % (len(data), data)
