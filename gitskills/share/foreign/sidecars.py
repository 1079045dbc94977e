"""The records that OpenSkills and ClawHub leave inside a skill's folder; neither counts as the skill's content."""

from gitskills.share.foreign.claim import Claim, check_version, folder, load_json, sha256, text
from gitskills.share.foreign.digest import Digest

OPENSKILLS, CLAWHUB = ".openskills.json", ".clawhub/origin.json"


def openskills(content: str, *, where: str = OPENSKILLS) -> Claim:
    """Read the text of a .openskills.json. Raises ForeignError."""
    data = load_json(content, "openskills", where)
    local, source = text(data, "localPath"), text(data, "source")
    return Claim(
        tool="openskills",
        file=where,
        url=None if text(data, "sourceType") == "local" else text(data, "repoUrl"),
        path=folder(text(data, "subpath")),
        origin=f"the local folder {local}" if local else source or "an unknown place",
        rest=f"delete its {where}, else `openskills update` writes over it",
    )


def clawhub(content: str, *, where: str = CLAWHUB) -> Claim:
    """Read the text of a .clawhub/origin.json, which names a registry and no repository. Raises ForeignError."""
    data = load_json(content, "clawhub", where)
    check_version(data.get("version"), 1, "clawhub", where)
    fingerprint = sha256(data, "fingerprint")
    parts = (text(data, "slug"), text(data, "installedVersion"))
    return Claim(
        tool="clawhub",
        file=where,
        digest=Digest("clawhub", fingerprint) if fingerprint else None,
        origin=f"{text(data, 'registry') or 'its registry'} ({' '.join(filter(None, parts)) or 'no name'})",
        rest="delete its .clawhub folder, else `clawhub update` writes over it",
    )


READERS = (("openskills", OPENSKILLS, openskills), ("clawhub", CLAWHUB, clawhub))
"""Tool, path in the skill's folder, and reader of each."""
