"""The record of APM: apm.lock.yaml, which names the very commit each package came from and each file it deployed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitskills import yamltext
from gitskills.share.foreign.claim import Claim, ForeignError, broken, folder, mapping, oid, sha256, text
from gitskills.share.foreign.digest import Digest
from gitskills.yamltext import YamlError

TOOL = "apm"
FILE = "apm.lock.yaml"
VERSIONS = ("1", "2")


def lock(content: str, *, where: str = FILE) -> dict[str, Claim]:
    """Read the text of an apm.lock.yaml, by the path (with `/`, from the file's project) of each skill's folder.

    Raises ForeignError.
    """
    try:
        data = yamltext.load(content, where=where)
    except YamlError as error:
        raise broken(TOOL, where, f"cannot be read: {error.message}") from error
    if not isinstance(data, dict):
        raise broken(TOOL, where, "is not a mapping")
    _check_version(data.get("lockfile_version"), where)
    found: dict[str, Claim] = {}
    local = Claim(TOOL, where, origin="this project's own .apm folder", rest=_rest(where))
    for path in _folders(data.get("local_deployed_files"), where):
        found[path] = local
    listed = data.get("dependencies")
    if listed is not None and not isinstance(listed, list):
        raise broken(TOOL, where, "cannot be read: dependencies is not a list")
    for entry in listed or ():
        found.update(_claims(mapping(entry, TOOL, where, "a dependency"), where))
    return found


def _check_version(version: Any, where: str) -> None:
    if isinstance(version, bool) or str(version) not in VERSIONS:
        shown = "no version" if version is None else f"version {ascii(version)[:40]}"
        raise ForeignError(
            f"{where} of {TOOL} has {shown}; gitskills reads {' and '.join(VERSIONS)}",
            f"upgrade gitskills, or let a current {TOOL} write it anew",
        )


def _claims(entry: Mapping[str, Any], where: str) -> Iterator[tuple[str, Claim]]:
    """Yield the skill folders of one package."""
    package = folder(text(entry, "virtual_path"))
    hashes = mapping(entry.get("deployed_file_hashes"), TOOL, where, "deployed_file_hashes")
    content = sha256(entry, "content_hash")
    for path in _folders(entry.get("deployed_files"), where):
        name = path.rpartition("/")[2]
        own = package is not None and package.rpartition("/")[2] == name
        files = {key[len(path) + 1 :]: sha256(hashes, key) or "" for key in hashes if key.startswith(f"{path}/")}
        digest = Digest("apm-files", files=files) if files else Digest("apm", content) if content and own else None
        yield (
            path,
            Claim(
                tool=TOOL,
                file=where,
                url=_url(entry),
                ref=text(entry, "resolved_tag") or text(entry, "resolved_ref"),
                commit=oid(entry, "resolved_commit"),
                path=package if own else None,  # a bundle keeps its skills where it likes
                digest=digest,
                origin=text(entry, "local_path") or text(entry, "resolved_url") or "a package",
                rest=_rest(where),
            ),
        )


def _folders(listed: Any, where: str) -> Iterable[str]:
    """The skill folders among deployed paths, which name either their files or the folders themselves."""
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise broken(TOOL, where, "cannot be read: the deployed files are not a list")
    found: dict[str, None] = {}
    for item in listed:
        path = text({"path": item}, "path") or ""
        parts = path.rstrip("/").split("/")
        if parts[-1] == "SKILL.md":
            parts.pop()
        elif len(parts) < 2 or parts[-2] != "skills":
            continue
        if parts and ".." not in parts:
            found["/".join(parts)] = None
    return found


def _url(entry: Mapping[str, Any]) -> str | None:
    """The repository a package came from; None for a local folder or a registry's archive."""
    if text(entry, "local_path") or text(entry, "source") in ("local", "registry"):
        return None
    repository = text(entry, "materialization_repo_url") or text(entry, "repo_url")
    if repository is None or "://" in repository or re.match(r"[^/:]+@[^/:]+:", repository):
        return repository
    scheme = "http" if entry.get("is_insecure") is True else "https"
    if "." in repository.partition("/")[0]:
        return f"{scheme}://{repository}"
    port = entry.get("port")
    host = (text(entry, "host") or "github.com") + (f":{port}" if isinstance(port, int) and port > 0 else "")
    return f"{scheme}://{host}/{repository}"


def _rest(where: str) -> str:
    return f"take it out of apm.yml and delete its entry from {where}, else `apm install` writes over it"
