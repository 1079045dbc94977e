"""The candidates that wait in the libraries one decides for, each looked at anew by the gate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitskills.errors import GitskillsError

if TYPE_CHECKING:
    from gitskills.git.cache import Cache
    from gitskills.improve.candidate import Candidate
    from gitskills.improve.recheck import Rechecked
    from gitskills.share.project import Project


@dataclass(slots=True)
class Waiting:
    """A candidate of a library: its `cache`, the default `branch` and the `tip` of that."""

    source: str
    cache: "Cache"
    branch: str
    tip: str
    candidate: "Candidate"
    _checked: "Rechecked | None" = field(default=None, repr=False)

    @property
    def checked(self) -> "Rechecked":
        """What the gate says of it now, under the policy that the default branch has. Raises a RemoteError."""
        if self._checked is None:
            from gitskills.improve.recheck import recheck
            from gitskills.share.policy import policy

            self._checked = recheck(self.cache, self.tip, self.candidate, policy(self.cache, self.tip))
        return self._checked

    @property
    def weakness(self) -> str:
        """What it is said to mend."""
        return self.candidate.subject.removeprefix(f"{self.candidate.event.skill}: ")

    def row(self) -> dict[str, object]:
        """The row as `--json` has it."""
        one, found = self.candidate, self.checked
        return {
            "id": one.id,
            "skill": one.event.skill,
            "branch": one.branch,
            "weakness": self.weakness,
            "decision": found.status,
            "checks": [{"name": each.name, "ok": each.ok, "message": each.message} for each in found.checks],
            "source": one.source,
            "commit": one.commit,
            "evidence": list(one.event.evidence),
        }

    def diff(self) -> str:
        """What its commit changes; only the names where that is more than one SKILL.md: such a branch may hold much."""
        from gitskills.git.command import run

        git_dir, commit = self.cache.git_dir, self.candidate.commit
        shown = ("diff-tree", "--root", "--no-commit-id", "-r", "--no-renames")
        if not any(check.name == "alone" and check.ok for check in self.checked.checks):
            names = run(*shown, "-m", "--first-parent", "--name-status", commit, git_dir=git_dir)
            return names.decode("utf-8", "replace")
        bring([self])
        words = ("-p", "--no-color", "--no-ext-diff", "--no-textconv")
        return run(*shown, *words, commit, git_dir=git_dir).decode("utf-8", "replace")


def read(project: "Project", source: str | None = None) -> list[Waiting]:
    """The candidates of every library, or of the one named, fetched; raises a RemoteError."""
    from gitskills.commands.targets import default, fetched, sources
    from gitskills.improve.candidate import waiting

    libraries = sources(project)
    chosen = [one for one in libraries if source in (None, one.name)]
    if source is not None and not chosen:
        there = ", ".join(one.name for one in libraries) or "none"
        hint = f"there are: {there}; a clone of a library is one whose gitskills.yaml has a block `library:`"
        raise GitskillsError(f"there is no library {source!r} to decide for here", hint)
    found = []
    for one in chosen:
        cache = fetched(project, one)
        if candidates := waiting(one.name, cache):
            branch, tip = default(cache, one.ref)
            found += [Waiting(one.name, cache, branch, tip, each) for each in candidates]
    return found


def bring(found: Sequence[Waiting]) -> None:
    """Fetch in one go per library the texts that the candidates change; see `candidate.bring`."""
    from gitskills.improve import candidate

    for cache in {one.cache.git_dir: one.cache for one in found}.values():
        candidate.bring(cache, [one.candidate.commit for one in found if one.cache.git_dir == cache.git_dir])


def pick(found: Sequence[Waiting], id: str) -> Waiting:
    """The one candidate called so, by its id, the end of it, or its branch; raises GitskillsError."""
    matching = [one for one in found if id in _names(one)]
    if len(matching) != 1:
        raise GitskillsError(
            f"{'no' if not matching else 'more than one'} candidate is called {id!r}",
            f"waiting: {', '.join(one.candidate.id for one in found) or 'none'}",
        )
    return matching[0]


def _names(one: Waiting) -> tuple[str, ...]:
    found = one.candidate
    return found.id, found.id.rpartition("/")[2], found.branch, f"refs/heads/{found.branch}"


def choose(found: Sequence[Waiting], ids: Sequence[str], every: bool, verified: bool) -> list[Waiting]:
    """What is to be accepted: all, of these only what claims to be verified, and what is named."""
    claims = [one for one in found if every and (not verified or one.candidate.event.gate.startswith("verified"))]
    named = [pick(found, id) for id in ids]
    return [*claims, *(one for one in named if one not in claims)]
