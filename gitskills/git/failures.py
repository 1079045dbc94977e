"""What a remote's failures become: git's exit code and English messages turned into errors that say what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gitskills.errors import GitskillsError
from gitskills.git.url import redact

# A report of progress on git's standard error; servers send some even to those who want none.
PROGRESS = re.compile(r"(?:remote: )?[A-Z][\w ]+: +\d+(?:%|, done|$)")


class RemoteError(GitskillsError):
    """Something went wrong between us and a remote; `url` is without credentials, `said` the server's own lines."""

    def __init__(self, message: str, hint: str = "", *, url: str, said: Sequence[str] = ()) -> None:
        self.url = redact(url)
        self.said = tuple(said)
        lines = "".join(f"\n  remote: {line}" for line in self.said[:10])
        super().__init__(f"{self.url}: {message}{lines}", hint)


class NotFound(RemoteError):
    """The server has no such repository, branch or commit, or hides it from us."""


class AuthFailed(RemoteError):
    """The server wants credentials that git does not have here."""


class NetworkFailed(RemoteError):
    """The server could not be reached, or fell silent."""


class ServerError(RemoteError):
    """The server answered with something broken."""


class LocalFailed(RemoteError):
    """The remote answered, but git could not go on, most likely for a reason on this machine."""


class NonFastForward(RemoteError):
    """The remote has commits that ours are not built on: fetch, merge, push again."""


class PushRefused(RemoteError):
    """The server will not take this push: a hook, a protected branch, no permission."""


_LOGIN = (
    "Check the address, and that `git ls-remote` with it works in a terminal; "
    "store credentials with `git credential` or load the ssh key with ssh-add."
)
_ADDRESS = "Check the address; a private repository looks like a missing one to those who may not see it."
_RETRY = "Check the network and the proxy, then run it again: nothing is lost."
_REVIEW = (
    "Publish the change for review instead: `gitskills push --review`. "
    "Where you may push nothing at all, make a fork of it there, and `gitskills push --fork URL` proposes from that."
)

# The first pattern that any line has decides, so the certain ones stand before those that accompany others:
# ssh and daemons end every failure, whatever its cause, with "the remote end hung up" or "could not read".
_PATTERNS: tuple[tuple[str, type[RemoteError], str, str], ...] = (
    (r"mismatched algorithms", RemoteError, "its objects are named by SHA-256, which gitskills does not read yet",
     "Use a repository with SHA-1 objects: git's default, and what hosts give."),
    (r"transport '.*' not allowed", RemoteError, "git is not allowed to use this protocol", ""),
    (r"No space left|[Dd]isk quota", RemoteError, "the disk is full", "Make room, then run it again."),
    (r"dubious ownership", AuthFailed, "the folder belongs to another user", "Add it to git's safe.directory."),
    (r"Authentication failed|could not read (Username|Password)|terminal prompts disabled|Permission denied \("
     r"|Host key verification failed|Too many authentication failures|Access denied|returned error: 40[137]"
     r"|Invalid (username|password|credentials)|not authorized", AuthFailed, "access denied", _LOGIN),
    (r"[Rr]epository .*not found|does not appear to be a git repository|returned error: 404|not exported"
     r"|project you were looking for could not be found|does not exist|No such (file|remote)",
     NotFound, "no such repository", _ADDRESS),
    (r"couldn't find remote ref|not our ref|unadvertised object|no such ref was fetched",
     NotFound, "no such branch, tag or commit", "`git ls-remote` lists what there is."),
    (r"resolve (host|proxy)|Name or service not known|Temporary failure in name|nodename nor servname",
     NetworkFailed, "no such host", _RETRY),
    (r"SSL|TLS|certificate|gnutls", NetworkFailed, "no trusted connection", "Check the certificate and the clock."),
    (r"[Cc]onnection (refused|timed out|reset|closed)|timed? ?out|Failed to connect|unable to connect|[Uu]nreachable"
     r"|No route to host|Empty reply|too slow|Proxy|Broken pipe", NetworkFailed, "cannot be reached", _RETRY),
    (r"returned error: 5\d\d|[Ii]nternal [Ss]erver [Ee]rror", ServerError, "the server failed", "Try again later."),
    (r"early EOF|hung up|RPC failed|unexpected disconnect|transfer closed|invalid index-pack|bad line length"
     r"|protocol error|bad pack|unpack", NetworkFailed, "the connection broke", _RETRY),
    (r"Could not read from remote", AuthFailed, "access denied", _LOGIN),
)  # fmt: skip

_NO_WRITE = (
    r"returned error: 403|Permission to .* denied|not allowed to push|access denied|insufficient permission"
    r"|not exported|service not enabled|write access|read-only|protected branch|unable to create temporary"
)
_MOVED = (
    r"non-fast-forward|fetch first|stale info|cannot lock ref|failed to update ref|incorrect old value"
    r"|reference already exists|needs force"
)
_NEVER = r"exists; cannot create|Permission denied"


def failure(stderr: str, url: str, *, pushing: bool = False) -> RemoteError:
    """Return the error for what git wrote on standard error while talking to `url`."""
    lines, said = readable(stderr)
    if pushing and (line := _find(_NO_WRITE, [*lines, *said])):
        return PushRefused(f"you may not push here ({line})", _REVIEW, url=url, said=said)
    for pattern, kind, what, hint in _PATTERNS:
        if line := _find(pattern, [*lines, *said]):
            return kind(f"{what} ({line})", hint, url=url, said=said)
    return LocalFailed(lines[-1] if lines else "git failed and said nothing", url=url, said=said)


def rejection(reasons: Sequence[str], stderr: str, url: str) -> RemoteError:
    """Return the error for refs that a push did not move, from the reasons in its porcelain output."""
    own, said = readable(stderr)
    told = [plain(redact(reason)) for reason in reasons]
    # In an atomic push the innocent refs are refused too; the reason that counts is another's.
    guilty = [reason for reason in told if "atomic" not in reason] or told
    if any(re.search(_MOVED, reason) for reason in guilty) and not _find(_NEVER, [*guilty, *said]):
        return NonFastForward("the remote has moved on", "Pull, then push again.", url=url, said=said)
    if any("unpack" in reason for reason in guilty):
        if line := _find(_NO_WRITE, [*own, *said]):
            return PushRefused(f"you may not push here ({line})", _REVIEW, url=url, said=said)
        return ServerError(f"the server could not store the push ({guilty[0]})", url=url, said=said)
    return PushRefused(f"the push was refused ({guilty[0]})", _REVIEW, url=url, said=said)


def readable(stderr: str) -> tuple[list[str], list[str]]:
    """Split git's standard error into its own lines and the server's, without labels, credentials, control codes."""
    own: list[str] = []
    said: list[str] = []
    for line in redact(stderr).splitlines():
        # git marks the server's lines; servers reached over ssh also write ones of their own, in capitals.
        mark, _, rest = line.partition(": ")
        text = plain(rest if mark in ("remote", "fatal", "error", "ERROR") else line).strip()
        if text:
            (said if mark in ("remote", "ERROR") else own).append(text)
    return own, said


def said(stderr: str) -> list[str]:
    """Return what the server said during a push that it took, as it said it: URLs keep their queries."""
    return [plain(line.removeprefix("remote: ")).strip() for line in stderr.splitlines() if line.startswith("remote: ")]


def plain(text: str) -> str:
    """Return `text` without characters that could drive a terminal or hide (controls, bidi, zero width)."""
    return "".join(letter for letter in text if letter.isprintable())


def _find(pattern: str, lines: Sequence[str]) -> str:
    return next((line for line in lines if re.search(pattern, line)), "")
