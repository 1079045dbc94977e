"""Git URLs as text: what may be handed to git, which are one repository, and where a browser compares branches."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from gitskills.errors import GitskillsError

PROTOCOLS = ("file", "git", "http", "https", "ssh")

# Patterns are compiled when first used: each verb loads this module, few look at a URL.
_WITH_SCHEME = r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>[^\s'\"<>]*)"
_HELPER = r"[A-Za-z0-9+.-]*::"
_PATH = r"[/~\\]|\.{1,2}(?:[/\\]|$)|[A-Za-z]:[/\\]"
_SCP = r"(?:(?P<user>[^@/:]+)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^/:@\[\]]+):(?P<path>.+)"
_SHORT = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9_.-]+"
_BARE_HOST = r"(?i)(?:www\.)?(?:github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)/"
_HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*"
_DEFAULT_PORTS = {"http": 80, "https": 443, "ssh": 22, "git": 9418}

# Pages of a folder as GitLab, Gitea/Forgejo, GitHub and Bitbucket show them; the ref is taken to have no slash.
_PAGE = (
    r"(?P<repository>/[^?#]+?)"
    r"(?:/-/(?:tree|blob)|/src/(?:branch|tag|commit)|(?<=[^/])/(?:tree|blob|src))"
    r"/(?P<ref>[^/?#]+)(?:/(?P<path>[^?#]*))?"
)


class BadUrl(GitskillsError):
    """The text names no repository."""


class UnsafeUrl(BadUrl):
    """The text would make git, ssh or a server run something."""


@dataclass(frozen=True, slots=True)
class Location:
    """A URL git can fetch; `ref` and `path` are set when a page of a folder was pasted from a browser."""

    url: str
    ref: str | None = None
    path: str | None = None


def normalise(text: str, *, base: Path) -> Location:
    """Return what a user's text means: a URL, `host:path`, `owner/repo` on GitHub, or a path relative to `base`.

    A local path becomes a file:// URL. As with `git clone`, an existing repository `owner/repo` below `base`
    wins over GitHub; any other relative path is written `./path` unless it exists. Raises BadUrl, UnsafeUrl.
    """
    text = text.strip(" \t\r\n")
    _refuse_strange(text)
    if re.match(_WITH_SCHEME, text):
        return _with_scheme(text)
    if re.match(_PATH, text):
        return Location(_local(text, base))
    if _is_repository(base / text) or ("/" not in text and os.path.isdir(base / text)):
        return Location(_local(text, base))
    if re.match(_BARE_HOST, text):
        return _with_scheme(f"https://{text}")
    if scp := re.fullmatch(_SCP, text):
        _check_remote(text, scp["user"] or "", scp["host"], scp["path"])
        return Location(text)
    if re.fullmatch(_SHORT, text):
        return Location(f"https://github.com/{text.removesuffix('.git')}.git")
    if os.path.isdir(base / text):
        return Location(_local(text, base))
    raise BadUrl(
        f"{redact(text)!r} is neither a git URL, nor owner/repo, nor a folder that exists",
        "Write a folder as ./folder, a GitHub repository as owner/repo.",
    )


def _refuse_strange(text: str) -> None:
    """Refuse what git could take for something other than a repository, before anything looks closer."""
    if not text:
        raise BadUrl("the URL of the repository is empty")
    if any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text):
        raise UnsafeUrl(f"control characters in the URL {redact(text)!r}")
    if text.startswith("-"):
        raise UnsafeUrl(f"{redact(text)!r} starts with '-': git would read it as an option")
    if re.match(_HELPER, text):
        raise UnsafeUrl(
            f"{redact(text)!r} names a git transport helper, which may run any program",
            f"Use one of {', '.join(PROTOCOLS)}.",
        )


def _with_scheme(text: str) -> Location:
    """Check `scheme://…`, and take ref and path out of a page's address."""
    scheme, _, rest = text.partition("://")
    scheme = {"git+ssh": "ssh", "ssh+git": "ssh"}.get(scheme.lower(), scheme.lower().removeprefix("git+"))
    if scheme not in PROTOCOLS:
        raise UnsafeUrl(f"{redact(text)!r}: git is not allowed to use {scheme!r} here", f"Use {', '.join(PROTOCOLS)}.")
    url = f"{scheme}://{rest}"
    if scheme == "file":
        if not rest.startswith("/"):
            raise BadUrl(f"{redact(text)!r}: a file URL has three slashes and an absolute path")
        return Location(url)
    parts = _split(url)
    user, _, host = parts.netloc.rpartition("@")
    host, port = _split_port(host)
    _check_remote(text, user, host, parts.path.lstrip("/"), port)
    page = re.fullmatch(_PAGE, parts.path) if scheme in ("http", "https") else None
    if page is None or _forge(host) is None:
        return Location(url)
    path = unquote(page["path"] or "").strip("/")
    if path.rpartition("/")[2] == "SKILL.md":
        path = path.rpartition("/")[0]
    return Location(f"{scheme}://{parts.netloc}{page['repository']}", unquote(page["ref"]), path or None)


def _check_remote(text: str, user: str, host: str, path: str, port: str = "") -> None:
    """Refuse a host, user or path that ssh or the server's shell could take for an option."""
    for part in (user, host, path):
        if unquote(part).startswith("-"):
            raise UnsafeUrl(f"{redact(text)!r}: {unquote(part)!r} would be read as an option")
    if not re.fullmatch(_HOST, host) or not (port == "" or (port.isascii() and port.isdigit())):
        raise BadUrl(f"{redact(text)!r} has no valid host name")
    if not path:
        raise BadUrl(f"{redact(text)!r} names a server but no repository on it")


def _split_port(host: str) -> tuple[str, str]:
    """Split `host:port`, where host may be an IPv6 address in brackets."""
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and not port.endswith("]") else (host, "")


def _local(text: str, base: Path) -> str:
    """Return the file:// URL of a path, because for plain paths git ignores `--filter`."""
    try:
        return (base / Path(text).expanduser()).resolve().as_uri()
    except RuntimeError:
        raise BadUrl(f"{text!r}: there is no such user's home folder") from None


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise BadUrl(f"{redact(url)!r} is not a URL: {error}") from None


def _is_repository(folder: Path) -> bool:
    # os.path answers False where pathlib raises: a name too long for the file system.
    bare = os.path.isfile(folder / "HEAD") and os.path.isdir(folder / "objects")
    return bare or os.path.exists(folder / ".git")


def redact(text: str) -> str:
    """Return `text` with passwords, http user names (tokens) and http queries taken out of every URL in it."""

    def clean(match: re.Match[str]) -> str:
        scheme, rest = match["scheme"], match["rest"]
        authority, slash, path = rest.partition("/")
        user, at, host = authority.rpartition("@")
        if scheme.lower() in ("http", "https"):
            return f"{scheme}://{host}{slash}{path.partition('?')[0]}"
        return f"{scheme}://{user.partition(':')[0]}{at}{host}{slash}{path}"

    return re.sub(_WITH_SCHEME, clean, text)


def identity(url: str) -> str:
    """Return one text for all spellings of a repository's URL: host's case, default port, `.git`, trailing slash.

    Credentials of http do not count. `git@host:o/r` and `https://host/o/r` differ: access to them does.
    """
    if scp := re.fullmatch(_SCP, url) if "://" not in url else None:
        user = f"{scp['user']}@" if scp["user"] else ""
        return f"{user}{scp['host'].lower()}:{_bare(scp['path'])}"
    parts = _split(url)
    if parts.scheme == "file":
        return f"file://{parts.path.rstrip('/')}"
    user, at, host = parts.netloc.rpartition("@")
    name, port = _split_port(host.lower())
    if port and int(port) != _DEFAULT_PORTS.get(parts.scheme):
        name = f"{name}:{port}"
    if parts.scheme in ("http", "https"):
        user = at = ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{user}{at}{name}{_bare(parts.path)}{query}"


def _bare(path: str) -> str:
    return path.rstrip("/").removesuffix(".git").rstrip("/")


def compare_url(url: str, base_branch: str, branch: str, fork: str | None = None) -> str | None:
    """Return the page on which to open a pull request from `branch` into `base_branch`; None for unknown hosts.

    With `fork` the branch is in that repository, on the same host. Bitbucket is told by its host: what is not
    bitbucket.org is Bitbucket Data Center, whose pages are others.
    """
    site, path = _page(url)
    from_site, from_path = _page(fork) if fork else (site, path)
    if from_site != site:
        return None
    owner, _, name = from_path.partition("/")
    page, own = f"{site}/{path}", f"{from_site}/{from_path}"
    into, source = quote(base_branch, safe="/"), quote(branch, safe="/")
    same = name == path.partition("/")[2]
    match _forge(site.partition("://")[2]):
        case "github":
            whose = "" if own == page else f"{owner}:" if same else f"{owner}:{name}:"
            return f"{page}/compare/{into}...{whose}{source}?expand=1"
        case "gitea":
            whose = "" if own == page else f"{owner}:" if same else f"{owner}/{name}:"
            return f"{page}/compare/{into}...{whose}{source}"
        case "gitlab":  # which takes the project forked from for the target
            ends = {"merge_request[source_branch]": branch, "merge_request[target_branch]": base_branch}
            return f"{own}/-/merge_requests/new?{urlencode(ends)}"
        case "bitbucket" if site.endswith("//bitbucket.org"):
            ends = {"source": branch, "dest": base_branch if own == page else f"{path}::{base_branch}"}
            return f"{own}/pull-requests/new?{urlencode(ends)}"
        case "bitbucket":
            ends = {"sourceBranch": f"refs/heads/{branch}", "targetBranch": f"refs/heads/{base_branch}"}
            return f"{site}/{_project(from_path)}/pull-requests?create&{urlencode(ends)}"
    return None


def told_page(said: Sequence[str], url: str, branch: str) -> str | None:
    """Find the page for `branch` that a server named when it was pushed, as GitLab, Gitea and others do; else None.

    Only one on the server's own host: what it says is not to be trusted further than what is fetched from it.
    """
    host = _page(url)[0].partition("://")[2].partition(":")[0]
    for word in (word for line in said for word in line.split()):
        if re.fullmatch(r"https?://[!-~]+", word) and unquote(word).rstrip("/?&").find(branch) > 0:
            with suppress(ValueError):
                if host and urlsplit(word).hostname == host:
                    return word
    return None


def _page(url: str) -> tuple[str, str]:
    """Split a repository's URL into its host's site ("https://host") and the path of its page there."""
    if scp := re.fullmatch(_SCP, url) if "://" not in url else None:
        scheme, host, path = "https", scp["host"].lower(), scp["path"]
    else:
        parts = _split(url)
        host, port = _split_port(parts.netloc.rpartition("@")[2].lower())
        path, scheme = parts.path, "http" if parts.scheme == "http" else "https"
        if port and parts.scheme in ("http", "https") and int(port) != _DEFAULT_PORTS[parts.scheme]:
            host = f"{host}:{port}"  # an ssh port says nothing about the web's
    host = re.sub(r"^(?:alt)?ssh\.(?=github\.|gitlab\.|bitbucket\.)", "", host)
    return f"{scheme}://{host}", _bare(path).strip("/")


def _project(path: str) -> str:
    """The page of a repository of Bitbucket Data Center: its URLs have `KEY/name` or `~user/name`, some after scm/."""
    owner, _, name = path.removeprefix("scm/").partition("/")
    kind = f"users/{owner[1:]}" if owner.startswith("~") else f"projects/{owner.upper()}"
    return f"{kind}/repos/{name}"


def _forge(host: str) -> str | None:
    """Tell the kind of server from a host's name, where that is customary: `gitlab.example.com` runs GitLab."""
    labels = host.lower().partition(":")[0].split(".")
    for label in labels:
        if label in ("github", "gitlab", "bitbucket"):
            return label
        if label in ("gitea", "forgejo", "codeberg"):
            return "gitea"
    return None


def repository_name(url: str) -> str:
    """Return what a repository is called: the last part of its URL, without `.git`."""
    return url.rstrip("/").removesuffix("/.git").removesuffix(".git").replace(":", "/").rpartition("/")[2]
