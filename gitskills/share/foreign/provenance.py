"""Where a skill came from, as `gh skill` and its like write it into the `metadata` of its SKILL.md.

They also write the whole frontmatter anew: keys sorted, comments and quoting gone, blank lines after it removed. So a
file of theirs is compared with the library's by what it says, not by its bytes.
"""

from collections.abc import Mapping
from typing import Any

from gitskills.errors import GitskillsError
from gitskills.share.foreign.claim import Claim, folder, oid, text
from gitskills.skills import frontmatter

_PREFIXES = ("github-", "bitbucket-")
_KEYS = frozenset({"local-path"})
_TOOLS = {"github": "gh skill", "bitbucket": "bkt skill"}


def is_provenance(key: str) -> bool:
    """Whether a key of `metadata` says where this copy came from, which is untrue of the library's."""
    return key.startswith(_PREFIXES) or key in _KEYS


def manifest(content: str, *, where: str = "SKILL.md") -> Claim | None:
    """Read the claim in the text of a SKILL.md, None where there is none. Raises GitskillsError."""
    if not any(word in content for word in (*_PREFIXES, *_KEYS)):
        return None  # most files end here, unparsed
    document = frontmatter.split(content)
    if not document.has_frontmatter or not any(word in document.block for word in (*_PREFIXES, *_KEYS)):
        return None
    metadata = frontmatter.keys(document, where=where, lenient=True).get("metadata")
    if not isinstance(metadata, dict):
        return None
    for forge, tool in _TOOLS.items():
        if url := text(metadata, f"{forge}-repo"):
            return _remote(metadata, forge, tool, url, where)
    local = text(metadata, "local-path")
    return _claim("gh skill", where, origin=f"the local folder {local}") if local else None


def stripped(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return `metadata` without what other tools wrote into it."""
    return {key: value for key, value in metadata.items() if not is_provenance(str(key))}


def same_meaning(one: bytes, other: bytes) -> bool:
    """Whether two SKILL.md say the same, but for provenance, layout of the frontmatter and blank lines at the edges."""
    try:
        return _meaning(one.decode("utf-8")) == _meaning(other.decode("utf-8"))
    except (UnicodeDecodeError, GitskillsError):
        return False


def _meaning(content: str) -> tuple[dict[str, Any], str]:
    document = frontmatter.split(content)
    keys = frontmatter.keys(document, lenient=True)
    metadata = keys.pop("metadata", None)
    if isinstance(metadata, dict):
        metadata = stripped(metadata)
    if metadata:
        keys["metadata"] = metadata
    return keys, document.body.strip("\r\n")


def _remote(metadata: Mapping[str, Any], forge: str, tool: str, url: str, where: str) -> Claim:
    ref, commit = text(metadata, f"{forge}-ref"), oid(metadata, f"{forge}-commit")
    if commit is None:
        commit = oid(metadata, f"{forge}-ref")  # gh writes the commit there where no branch or tag was meant
    return _claim(
        tool,
        where,
        url=url,
        # Without a pin the tool follows the newest release, which is no wish to stay at this one.
        ref=text(metadata, f"{forge}-pinned") or (ref if ref and ref.startswith("refs/heads/") else None),
        at=ref,
        commit=commit,
        path=folder(text(metadata, f"{forge}-path")),
        tree=oid(metadata, f"{forge}-tree-sha"),
    )


def _claim(
    tool: str,
    where: str,
    *,
    url: str | None = None,
    ref: str | None = None,
    at: str | None = None,
    commit: str | None = None,
    path: str | None = None,
    tree: str | None = None,
    origin: str = "",
) -> Claim:
    rest = f"`{tool} update` goes by the metadata in {where}; `gitskills push` takes that out"
    return Claim(tool, where, url, ref, at, commit, path, tree, origin=origin, rest=rest, inside=True)
