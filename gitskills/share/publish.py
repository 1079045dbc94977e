"""Commits on upstream's tip, pushed without force: the remote's refusal is the only lock between machines."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from gitskills.console import Progress
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.alias import spelled_out
from gitskills.git.cache import Cache
from gitskills.git.commit import Identity, identity
from gitskills.git.fork import Fork
from gitskills.git.history import is_ancestor
from gitskills.git.objects import Found
from gitskills.git.refs import part
from gitskills.git.rounds import until_pushed
from gitskills.git.url import compare_url, normalise, redact, told_page
from gitskills.share import landed, lockfile, merging, outgoing, renames
from gitskills.share.merging import Clash
from gitskills.share.outgoing import Outgoing
from gitskills.share.policy import policy
from gitskills.share.project import Project
from gitskills.share.select import Upstream
from gitskills.skills.refuse import folded_path

Action = Literal["pushed", "proposed", "unchanged", "conflict", "refused"]

Done = tuple[Outgoing, outgoing.Joined, str]
"""A skill that upstream now has: what went out, what it became, and the commit."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to push: `names` of skills (none: every edited one), `message`, `to` a source, `review` or direct (None: as
    the library says); proposals go to the repository `fork`, where it is given or the source names one."""

    names: tuple[str, ...] = ()
    message: str = ""
    to: str | None = None
    review: bool | None = None
    dry_run: bool = False
    fork: str | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What came of one skill: the `commit` and `branch` it is on, and the page to open a pull request on (`url`)."""

    skill: str
    action: Action
    commit: str | None = None
    branch: str | None = None
    url: str | None = None
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether the user has something to settle."""
        return self.action in ("conflict", "refused")


class Publish:
    """Publishes skills of one source; `done` holds, after it, those that upstream now has."""

    def __init__(
        self, project: Project, db: sqlite3.Connection, options: Options, cache: Cache, progress: Progress | None
    ) -> None:
        self.project = project
        self.db = db
        self.options = options
        self.cache = cache
        self.progress = progress
        self.done: list[Done] = []
        self._sent: dict[str, landed.Sent] = {}

    def publish(self, ready: list[Outgoing]) -> list[Pushed]:
        """Commit and push until the remote takes it; others who push first are merged with."""
        who = identity(self.project.root)
        self._sent = landed.read(self.cache.git_dir, self.project.key) if self.cache.exists else {}

        def refresh() -> None:
            self.cache.refresh(progress=self.progress)

        refresh()
        return until_pushed(lambda: self._attempt(ready, who), refresh)

    def _attempt(self, ready: list[Outgoing], who: Identity) -> list[Pushed]:
        source = ready[0].source
        branch, tip = self._tip(source.ref)
        listing = objects.skills(self.cache.git_dir, tip) if tip else {}
        review, url = self.options.review, self.options.fork or source.fork
        if review is None:
            review = bool(url) or policy(self.cache, tip).push == "review"
        fork = Fork(self.cache, normalise(url, base=self.project.root).url) if url and review else None
        if review and tip is None:
            raise GitskillsError("an empty repository has nothing to review against", "push with --direct first")
        rows: list[Pushed] = []
        head, done = tip, list[Done]()
        updates: list[tuple[str, str]] = []
        for one in ready:
            barred = self._gone(one, listing, tip) or self._crowded(one, listing, tip)
            if barred is not None:
                rows.append(barred)
                continue
            one = self._edited_on(one, tip)
            joined = outgoing.join(one, self.cache, listing)
            if joined.conflicts:
                rows.append(self._conflict(one, joined))
                continue
            if joined.tree == joined.theirs:
                rows.append(Pushed(one.name, "unchanged", message="upstream has the same already"))
                done.append((one, joined, tip or ""))
                continue
            if review:
                rows.append(self._propose(one, joined, (branch, tip or ""), fork, who, updates))
                continue
            head = outgoing.write(one, joined, self.cache, [head] if head else [], self.options.message, who)
            rows.append(Pushed(one.name, "pushed", head, branch))
            done.append((one, joined, head))
        if not self.options.dry_run:
            if head is not None and head != tip:
                updates.append((head, f"refs/heads/{branch}"))
            if updates:
                self._note(ready, done, tip)
                push = fork.push if fork else self.cache.push
                rows = _with_pages(rows, push(updates, progress=self.progress), fork.url if fork else self.cache.url)
                if tip is None:
                    self.cache.refresh()  # only now does the remote have a default branch
            self.done = done
        return rows

    def _note(self, ready: list[Outgoing], done: list[Done], tip: str | None) -> None:
        """Write down which folders are about to be published, from which recorded bases; a revert publishes none."""
        bases = {one.name: one.base for one in ready if one.disk}
        sent = {
            one.name: landed.Sent(one.ours, bases[one.name], commit)
            for one, _, commit in done
            if one.name in bases and commit != tip
        }
        if sent:
            landed.note(self.cache.git_dir, self.project.key, sent)

    def _edited_on(self, one: Outgoing, tip: str | None) -> Outgoing:
        """The skill as edited since a push that landed and was killed before it recorded that, if there was one."""
        sent = self._sent.get(one.name)
        base = sent.base_at(self.cache.git_dir, one.base, tip) if sent and tip else None
        return replace(one, base=base) if base else one

    def _tip(self, ref: str | None) -> tuple[str, str | None]:
        """The branch to publish on and its tip; raises GitskillsError where the source is pinned to something else."""
        if ref in (None, "HEAD"):
            head = self.cache.head
            if head is None:
                return self.cache.unborn() or "main", None
            ref = head.removeprefix("refs/remotes/origin/")
        ref = ref.removeprefix("refs/heads/")
        tip = objects.resolve(self.cache.git_dir, f"refs/remotes/origin/{ref}^{{commit}}")
        if tip is None and self.cache.head is not None:
            raise GitskillsError(
                f"the source is pinned to {ref!r}, which is no branch: nothing can be published there",
                "give the source a branch as `ref:` in gitskills.yaml",
            )
        return ref, tip

    def _gone(self, one: Outgoing, listing: Mapping[str, Found], tip: str | None) -> Pushed | None:
        """Report a skill that left its place in the library: pushing it there again would undo that unseen."""
        if one.base is None or one.path in listing or self.options.to is not None:
            return None
        install = lockfile.read(self.project.lock_path).get(one.name)
        upstream = Upstream(one.source, self.cache.url, tip, listing)
        moved = renames.moved({one.name: install} if install else {}, [upstream], {one.source.name: self.cache})
        if one.name in moved:
            message = f"it is {moved[one.name].path} in its library now; `gitskills pull` follows it, then push it"
        else:
            message = (
                f"it was deleted in its library; `gitskills push {one.name} --to {one.source.name}` publishes it "
                f"again, `gitskills remove {one.name} --force` lets it go"
            )
        return Pushed(one.name, "conflict", message=message)

    def _crowded(self, one: Outgoing, listing: Mapping[str, Found], tip: str | None) -> Pushed | None:
        """Refuse a new skill where it would be lost in another one, overwrite something, or be one folder with another
        on Windows and macOS."""
        if one.path in listing:
            return None
        around = next((path for path in listing if not path or one.path.startswith(f"{path}/")), None)
        twin = next((path for path in listing if folded_path(path) == folded_path(one.path)), None)
        if around is not None:
            reason = f"its library's skill {around or 'at the root'} is that whole folder, and would take it in"
        elif twin is not None:
            reason = f"its library has {twin}, whose name differs only in case or in the spelling of a letter"
        elif tip and objects.resolve(self.cache.git_dir, f"{tip}:{one.path}"):
            reason = f"its library has {one.path} already, which is no skill, and would lose it"
        else:
            return None
        return Pushed(one.name, "refused", message=f"{reason}: give it another name, or another library with --to")

    def _conflict(self, one: Outgoing, joined: outgoing.Joined) -> Pushed:
        clash = Clash(one.disk, joined.theirs or "")
        if not self.options.dry_run:
            merging.remember(self.db, self.project.key, self.cache, one.name, clash, joined.tree)
        return Pushed(one.name, "conflict", message=merging.advice(one.name, joined.conflicts))

    def _propose(
        self,
        one: Outgoing,
        joined: outgoing.Joined,
        onto: tuple[str, str],
        fork: Fork | None,
        who: Identity,
        updates: list[tuple[str, str]],
    ) -> Pushed:
        """Commit on the person's own branch for this skill: on the tip of `onto`, or with what they proposed before."""
        branch = f"gitskills/push/{who.user}/{part(one.name)}"
        page = compare_url(spelled_out(self.cache.url), onto[0], branch, spelled_out(fork.url) if fork else None)
        if fork:
            before = fork.branch(branch)
        else:
            before = objects.resolve(self.cache.git_dir, f"refs/remotes/origin/{branch}^{{commit}}")
        place = f"in {redact(fork.url)}" if fork else ""
        if before is not None:
            there = objects.skills(self.cache.git_dir, before).get(one.path)
            if there is not None and there.tree == joined.tree:
                said = "; ".join(filter(None, (place, "proposed already")))
                return Pushed(one.name, "unchanged", before, branch, page, said)
        parents = self._parents(before, onto[1])
        commit = outgoing.write(one, joined, self.cache, parents, self.options.message, who)
        updates.append((commit, f"refs/heads/{branch}"))
        return Pushed(one.name, "proposed", commit, branch, page, place)

    def _parents(self, before: str | None, tip: str) -> list[str]:
        """What a proposal is built on: the tip, and what was proposed before where that never got into it.

        Without the tip a branch whose first proposal was squashed upstream would clash with itself.
        """
        if before is None or is_ancestor(self.cache.git_dir, before, tip):
            return [tip]
        return [before] if is_ancestor(self.cache.git_dir, tip, before) else [before, tip]


def _with_pages(rows: list[Pushed], said: list[str], url: str) -> list[Pushed]:
    """Give proposals on hosts we do not know the page that the server itself named."""

    told = spelled_out(url) if any(row.action == "proposed" and not row.url for row in rows) else url

    def page(row: Pushed) -> str | None:
        asked = row.action == "proposed" and row.branch and not row.url
        return told_page(said, told, row.branch) if asked and row.branch else row.url

    return [replace(row, url=page(row)) for row in rows]
