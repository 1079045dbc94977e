"""Three-way merges of trees, in memory: no work tree, no index file, nothing to clean up after a crash."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gitskills.git.command import GitFailed, run
from gitskills.git.objects import Missing

if TYPE_CHECKING:
    import pygit2

LINK = 0o120000

Favor = Literal["none", "ours", "theirs"]
"""Who wins where the sides clash: nobody (a conflict), what stands here, or upstream."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge: `tree` is whole where `conflicts` (paths) is empty, else it carries git's markers."""

    tree: str
    conflicts: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether both sides went together."""
        return not self.conflicts


def merge(git_dir: Path, base: str | None, ours: str, theirs: str, favor: Favor = "none") -> Merged:
    """Merge three trees of a repository; `base` is None where the sides share none.

    `favor` settles what clashes for one side, hunk by hunk where both are text. The blobs of all
    three trees must be present. A tree with markers is for looking at; it is never placed.
    Raises Missing where an object cannot be read.
    """
    import pygit2
    from pygit2.enums import MergeFavor, MergeFlag

    sides = {"none": MergeFavor.NORMAL, "ours": MergeFavor.OURS, "theirs": MergeFavor.THEIRS}
    try:
        repo = pygit2.Repository(str(git_dir))
        index = repo.merge_trees(
            base or repo.TreeBuilder().write(),
            ours,
            theirs,
            favor=sides[favor],
            flags=MergeFlag.FIND_RENAMES,
        )
        clashing = _settle(repo, index, favor)
        clashing += _settle_modes(repo, index, (base, ours, theirs), favor)
        return Merged(str(index.write_tree(repo)), tuple(dict.fromkeys(clashing)))
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise Missing(f"the merge in {git_dir} failed: {error}", "run `gitskills pull` again") from error


def _settle(repo: "pygit2.Repository", index: "pygit2.Index", favor: Favor) -> tuple[str, ...]:
    """Leave no conflict in `index`: by the favoured side, else with markers; returns the paths in conflict."""
    left = []
    for ancestor, ours, theirs in list(index.conflicts or ()):
        paths = sorted({entry.path for entry in (ancestor, ours, theirs) if entry is not None})
        for path in paths:
            del index.conflicts[path]
        if ancestor is not None and ours is not None and theirs is not None and ours.id == theirs.id:
            index.add(theirs if ours.mode == ancestor.mode else ours)  # the same edit, and one side's new mode
            continue
        if favor != "none":
            side = ours if favor == "ours" else theirs
            if side is not None:
                index.add(side)
            continue
        left.extend(paths)
        _mark(repo, index, ancestor, ours, theirs)
    return tuple(dict.fromkeys(left))


def _settle_modes(
    repo: "pygit2.Repository", index: "pygit2.Index", trees: tuple[str | None, str, str], favor: Favor
) -> tuple[str, ...]:
    """Find files that both sides added alike but for the mode: git calls that a conflict, libgit2 takes either."""
    import pygit2

    before, ours, theirs = (_modes(repo, tree) for tree in trees)
    left = []
    for path in ours.keys() & theirs.keys() - before.keys():
        if ours[path] != theirs[path] and path in index:
            mode = theirs[path] if favor == "theirs" else ours[path]
            index.add(pygit2.IndexEntry(path, index[path].id, mode))
            left.append(path)
    return tuple(sorted(left)) if favor == "none" else ()


def _modes(repo: "pygit2.Repository", tree: str | None) -> dict[str, "pygit2.enums.FileMode"]:
    """The mode of every file of a tree, by path."""
    import pygit2

    if tree is None:
        return {}
    index = pygit2.Index()
    index.read_tree(repo[tree].peel(pygit2.Tree))
    return {str(entry.path): entry.mode for entry in index}


def _mark(
    repo: "pygit2.Repository",
    index: "pygit2.Index",
    ancestor: "pygit2.IndexEntry | None",
    ours: "pygit2.IndexEntry | None",
    theirs: "pygit2.IndexEntry | None",
) -> None:
    """Put what a person needs to see of one conflict into `index`: both texts with markers, else what is left."""
    import pygit2

    kept = ours or theirs
    if kept is None:
        return
    if ours is not None and theirs is not None and LINK not in (ours.mode, theirs.mode):
        texts = [repo[one.id].read_raw() if one is not None else b"" for one in (ours, ancestor, theirs)]
        marked = _marked(*texts)
        if marked is not None:
            index.add(pygit2.IndexEntry(ours.path, repo.create_blob(marked), ours.mode))
            return
    index.add(kept)


def _marked(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """Merge three texts with git's diff3 markers; None where one is binary.

    By git itself: pygit2's merge of files knows neither diff3 nor any encoding but UTF-8.
    """
    labels = ("yours", "before", "upstream")
    with tempfile.TemporaryDirectory() as folder:
        for label, text in zip(labels, (ours, base, theirs), strict=True):
            (Path(folder) / label).write_bytes(text)
        try:
            return run("merge-file", "-p", "--diff3", *labels, cwd=Path(folder), ok=range(128))
        except GitFailed:
            return None
