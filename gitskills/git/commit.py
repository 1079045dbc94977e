"""Commits in the user's name: identity and signing as their git says where they work, written by git itself."""

from dataclasses import dataclass
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git.command import GitFailed, run

_SIGNING = r"^(commit\.gpgsign|user\.signingkey|gpg\..*)$"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who commits: author (`name`, `email`), committer, and the settings git signs by (empty: no signing)."""

    name: str
    email: str
    committer: tuple[str, str]
    signing: tuple[tuple[str, str], ...] = ()

    @property
    def user(self) -> str:
        """The person as one part of a branch name: the email's local part, or the name."""
        text = self.email.partition("@")[0] or self.name
        kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in text.lower())
        return kept.strip("-") or "someone"


def identity(cwd: Path) -> Identity:
    """Read the identity git would commit with in `cwd`, local configuration and environment included.

    Raises GitskillsError where there is none: an invented address would be in the audit trail for ever.
    """
    try:
        author, committer = (_person(cwd, role) for role in ("AUTHOR", "COMMITTER"))
    except GitFailed as error:
        raise GitskillsError(
            "git does not know who you are, so nothing can be committed in your name",
            'run: git config --global user.name "Your Name" && git config --global user.email you@example.com',
        ) from error
    return Identity(*author, committer, _signing(cwd))


def _person(cwd: Path, role: str) -> tuple[str, str]:
    """The name and email git gives one role in `cwd`."""
    out = run("-c", "user.useConfigOnly=true", "var", f"GIT_{role}_IDENT", cwd=cwd).decode("utf-8", "replace")
    name, _, rest = out.partition(" <")
    return name, rest.partition(">")[0]


def commit(git_dir: Path, tree: str, parents: list[str], message: str, who: Identity) -> str:
    """Write a commit, signed where the user's git signs, and return its oid; no ref moves.

    Raises GitskillsError where signing fails.
    """
    settings = [part for key, value in who.signing for part in ("-c", f"{key}={value}")]
    args = [*settings, "commit-tree", tree, *(part for parent in parents for part in ("-p", parent))]
    if who.signing:
        args.append("-S")
    env = {
        "GIT_AUTHOR_NAME": who.name,
        "GIT_AUTHOR_EMAIL": who.email,
        "GIT_COMMITTER_NAME": who.committer[0],
        "GIT_COMMITTER_EMAIL": who.committer[1],
    }
    try:
        out = run(*args, "-F", "-", git_dir=git_dir, input=message.encode("utf-8", "replace"), env=env)
    except GitFailed as error:
        if who.signing:
            raise GitskillsError(
                f"git could not sign the commit: {error.stderr.strip() or error.message}",
                "your git says commit.gpgsign; check that `git commit -S` works here",
            ) from error
        raise
    return out.decode().strip()


def _signing(cwd: Path) -> tuple[tuple[str, str], ...]:
    """The settings for signing that hold in `cwd`, or nothing where commits are not signed."""
    if run("config", "--type=bool", "--get", "commit.gpgsign", cwd=cwd, ok=(0, 1)).strip() != b"true":
        return ()
    out = run("config", "--null", "--get-regexp", _SIGNING, cwd=cwd, ok=(0, 1)).decode("utf-8", "replace")
    return tuple((key, value) for key, _, value in (row.partition("\n") for row in out.split("\0") if row))
