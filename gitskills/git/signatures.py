"""Commit signatures, as git judges them with the user's own keys; pygit2 does not verify any."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gitskills.git import command

# git-log(1), "%G?".
_MEANING = {
    "G": (True, "good signature"),
    "U": (True, "good signature by a key of unknown trust"),
    "X": (True, "good signature that has expired"),
    "Y": (True, "good signature by a key that has expired since"),
    "R": (False, "signature by a revoked key"),
    "B": (False, "bad signature: the commit was changed after it was signed"),
    "E": (True, "signed, but the key to check it with is not here"),
    # Where git has no key at all (gpg.ssh.allowedSignersFile is not set) it calls a signed commit unsigned.
    "N": (True, "signed, but git has nothing to check it with here"),
}


class Verdict(NamedTuple):
    """What is known of a commit's signature; `ok` is False only for one that is certainly wrong."""

    ok: bool
    message: str


UNSIGNED = Verdict(True, "not signed")


def verdicts(git_dir: Path, commits: Mapping[str, bytes]) -> dict[str, Verdict]:
    """Return the verdict on each commit (oid → the commit object as git stores it).

    Git starts gpg or ssh-keygen only for those that carry a signature.
    """
    found = dict.fromkeys(commits, UNSIGNED)
    signed = [oid for oid, data in commits.items() if _signed(data)]
    if not signed:
        return found
    text = "".join(f"{oid}\n" for oid in signed).encode()
    walk = ("log", "--no-walk=unsorted", "--stdin", "--no-show-signature", "--no-mailmap", "--format=%H %G? %GS")
    records = command.stream("--no-replace-objects", *walk, separator=b"\n", git_dir=git_dir, input=text)
    for record in records:
        oid, verdict, signer = record.decode("utf-8", "replace").split(" ", 2)
        ok, message = _MEANING.get(verdict, (False, f"git's verdict is {verdict}"))
        found[oid] = Verdict(ok, f"{message} ({signer})" if signer else message)
    return found


def _signed(data: bytes) -> bool:
    """Tell whether a commit object has a signature among its headers, which end at the first empty line."""
    headers = data.partition(b"\n\n")[0]
    return b"\ngpgsig " in headers or b"\ngpgsig-sha256 " in headers
