"""The records of `npx skills`: skills-lock.json of a project, .skill-lock.json of a user (which `gh skill` shares)."""

import re
from collections.abc import Mapping
from typing import Any

from gitskills.share.foreign.claim import Claim, broken, check_version, folder, load_json, mapping, oid, sha256, text
from gitskills.share.foreign.digest import Digest

TOOL, GH = "npx skills", "gh skill"
PROJECT_FILE, USER_FILE = "skills-lock.json", ".skill-lock.json"
PROJECT_VERSION, USER_VERSION = 1, 3

_HOSTS = {"github": "https://github.com", "gitlab": "https://gitlab.com"}


def project_lock(content: str, *, where: str = PROJECT_FILE) -> dict[str, Claim]:
    """Read the text of a skills-lock.json, by the name of the skill's folder. Raises ForeignError."""
    return _read(content, where, PROJECT_VERSION)


def user_lock(content: str, *, where: str = USER_FILE) -> dict[str, Claim]:
    """Read the text of a .skill-lock.json, by the name of the skill's folder. Raises ForeignError."""
    return _read(content, where, USER_VERSION)


def _read(content: str, where: str, version: int) -> dict[str, Claim]:
    data = load_json(content, TOOL, where)
    check_version(data.get("version"), version, TOOL, where)
    if not isinstance(data.get("skills"), dict):
        raise broken(TOOL, where, "lists no skills")
    found: dict[str, Claim] = {}
    for name, value in data["skills"].items():
        claim = _claim(mapping(value, TOOL, where, f"the entry of {name!a}"), where)
        found[_folder_name(name)] = found[name] = claim
    return found


def _claim(entry: Mapping[str, Any], where: str) -> Claim:
    source, kind = text(entry, "source"), text(entry, "sourceType") or ""
    url = text(entry, "sourceUrl") or _url(source, kind)
    if kind in ("local", "node_modules", "well-known"):
        url = None
    pinned = text(entry, "pinnedRef")
    hash = sha256(entry, "computedHash") or sha256(entry, "skillFolderHash")
    tool = GH if pinned else TOOL
    return Claim(
        tool=tool,
        file=where,
        url=url,
        ref=text(entry, "ref") or pinned,
        path=folder(text(entry, "skillPath")),
        tree=oid(entry, "skillFolderHash"),
        digest=Digest("npx", hash) if hash else None,
        origin=f"{kind or 'an unknown place'} {source or ''}".strip(),
        rest=f"delete its entry from {where}, else `{tool} update` writes over it",
    )


def _url(source: str | None, kind: str) -> str | None:
    """The repository that `source` means; the tool writes owner/repo for the forges it knows."""
    if source is None or "://" in source or re.match(r"[^/:]+@[^/:]+:", source):
        return source
    host = _HOSTS.get(kind)
    if host and re.fullmatch(r"[\w.-]+(/[\w.-]+)+", source):
        return f"{host}/{source.removesuffix('.git')}.git"
    return source if kind == "git" else None


def _folder_name(name: str) -> str:
    """The folder the tool makes for a skill of this name."""
    return re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip(".-")[:255]
