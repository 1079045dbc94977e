"""A candidate that waits, looked at anew: what its commit holds is found out, what its trailers say is only claimed.

Whoever may push branches can write any commit message. So skill, trees and checks are computed from the commit itself.
Evals cannot be run again here: a claim that they were passed counts by its signature where the library's are signed.
"""

from dataclasses import dataclass

from gitskills.config import Library
from gitskills.git import objects
from gitskills.git.cache import Cache
from gitskills.git.command import run
from gitskills.git.merge import merge
from gitskills.git.objects import Found
from gitskills.git.signatures import UNSIGNED, verdicts
from gitskills.improve import contents, gate
from gitskills.improve.candidate import Candidate, name, path_of
from gitskills.improve.gate import Check, Facts
from gitskills.skills.validate import SKILL_FILE

_ASKED = "need"  # how many sessions showed a weakness is asked when a candidate is made; its commit names only some
_PROVEN = "good signature"


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A candidate on a tip of the default branch: the skill's folder, its tree there (`base`), and with the edit.

    `present`: the library has this text already.
    """

    path: str
    base: str
    tree: str
    checks: tuple[Check, ...]
    status: gate.Status
    present: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """What speaks against it."""
        return tuple(f"{one.name}: {one.message}" for one in self.checks if not one.ok)


def recheck(cache: Cache, tip: str, one: Candidate, policy: Library) -> Rechecked:
    """Put every question to a candidate again, as if it were merged into `tip`. Raises a RemoteError."""
    listing = objects.skills(cache.git_dir, tip)
    path = path_of(cache, listing, one.event.skill)
    if path is None:
        return _refused(Check("skill", False, f"the library has no skill {one.event.skill}"))
    now = listing[path].tree
    claims, found = _commit(cache, tip, one, path)
    wrong = [check for check in claims if not check.ok]
    if found is None or wrong:
        return Rechecked(path, now, "", tuple(claims), "rejected")
    base, tree = found
    if tree == now:
        return Rechecked(path, now, tree, tuple(claims), "unverified", present=True)
    if now != base:
        contents.bring(cache, (base, tree, now))
        merged = merge(cache.git_dir, base, tree, now)
        if not merged.clean:
            clash = f"clashes with what changed since in {', '.join(merged.conflicts)}"
            return Rechecked(path, now, "", (*claims, Check("merge", False, clash)), "rejected")
        tree = merged.tree
    facts = Facts(one.event.skill, contents.files(cache, now), contents.files(cache, tree), now, policy, asked=True)
    decision = gate.decide(facts)
    checks = (*claims, *(check for check in decision.checks if check.name != _ASKED), *_evals(cache, tip, one))
    return Rechecked(path, now, tree, checks, _status(decision.status, checks))


def _refused(*checks: Check) -> Rechecked:
    return Rechecked("", "", "", checks, "rejected")


def _status(status: gate.Status, checks: tuple[Check, ...]) -> gate.Status:
    if status == "rejected":
        return status
    measured = any(check.name == "evals" for check in checks)
    return "verified" if measured and all(check.ok for check in checks) else "unverified"


def _commit(cache: Cache, tip: str, one: Candidate, path: str) -> tuple[list[Check], tuple[str, str] | None]:
    """Check the commit itself: one on top of the default branch, of one SKILL.md, and what its trailers say of it.

    Also returns the skill's trees before and after, where there are both.
    """
    event, git_dir = one.event, cache.git_dir
    named = one.id == name(event.skill, event.edit)
    found = [Check("branch", named, "" if named else f"its name is not that of {event.skill} and its fingerprint")]
    parents = run("rev-list", "--parents", "--max-count=1", one.commit, git_dir=git_dir).decode().split()[1:]
    on_top = len(parents) == 1 and _ancestor(cache, parents[0], tip)
    found.append(Check("commit", on_top, "" if on_top else "it is not one commit on top of the default branch"))
    if not on_top:
        return found, None
    changed = run("diff-tree", "-r", "-z", "--no-renames", "--name-only", parents[0], one.commit, git_dir=git_dir)
    manifest = f"{path}/{SKILL_FILE}" if path else SKILL_FILE
    others = sorted({each.decode("utf-8", "replace") for each in changed.split(b"\0") if each} - {manifest})
    told = f"other files than {manifest} change: {', '.join(others[: gate.SHOWN])}"
    found.append(Check("alone", not others, told if others else ""))
    base, tree = (_tree(cache, commit, path) for commit in (parents[0], one.commit))
    true = base is not None and (event.base, event.tree) == (base, tree)
    found.append(Check("trailers", true, "" if true else "its trailers name other trees than it has"))
    return found, (base, tree) if base and tree else None


def _ancestor(cache: Cache, commit: str, tip: str) -> bool:
    return run("merge-base", commit, tip, git_dir=cache.git_dir, ok=(0, 1)).decode().strip() == commit


def _tree(cache: Cache, commit: str, path: str) -> str | None:
    found: Found | None = objects.skills(cache.git_dir, commit).get(path)
    return found.tree if found else None


def _evals(cache: Cache, tip: str, one: Candidate) -> list[Check]:
    """Whether its claim of evals is to be believed; nothing where it claims none."""
    if not one.event.gate.startswith("verified"):
        return []
    read = {oid: run("cat-file", "commit", oid, git_dir=cache.git_dir) for oid in (tip, one.commit)}
    found = verdicts(cache.git_dir, read)
    if found[tip] == UNSIGNED or _proven(found[one.commit].message):
        return [Check("evals", True, one.event.gate)]
    told = f"it claims evals, but the library's commits are signed and this one is: {found[one.commit].message}"
    return [Check("evals", False, told)]


def _proven(message: str) -> bool:
    return message == _PROVEN or message.startswith(f"{_PROVEN} (")
