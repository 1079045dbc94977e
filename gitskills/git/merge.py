"""Three-way merges of trees, in memory: no work tree, no index file, nothing to clean up after a crash."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gitskills.errors import GitskillsError

if TYPE_CHECKING:
    import pygit2

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
    Raises GitskillsError where an object is missing.
    """
    import pygit2
    from pygit2.enums import MergeFavor, MergeFileFlag, MergeFlag

    sides = {"none": MergeFavor.NORMAL, "ours": MergeFavor.OURS, "theirs": MergeFavor.THEIRS}
    try:
        repo = pygit2.Repository(str(git_dir))
        index = repo.merge_trees(
            base or repo.TreeBuilder().write(),
            ours,
            theirs,
            favor=sides[favor],
            flags=MergeFlag.FIND_RENAMES,
            file_flags=MergeFileFlag.STYLE_DIFF3,
        )
        conflicts = _settle(repo, index, favor)
        return Merged(str(index.write_tree(repo)), conflicts)
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise GitskillsError(f"the merge in {git_dir} failed: {error}", "run `gitskills pull` again") from error


def _settle(repo: "pygit2.Repository", index: "pygit2.Index", favor: Favor) -> tuple[str, ...]:
    """Leave no conflict in `index`: by the favoured side, else with markers; returns the paths in conflict."""
    left = []
    for ancestor, ours, theirs in list(index.conflicts or ()):
        paths = sorted({entry.path for entry in (ancestor, ours, theirs) if entry is not None})
        for path in paths:
            del index.conflicts[path]
        if favor != "none":
            side = ours if favor == "ours" else theirs
            if side is not None:
                index.add(side)
            continue
        left.extend(paths)
        _mark(repo, index, ancestor, ours, theirs)
    return tuple(dict.fromkeys(left))


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
    if ours is not None and theirs is not None and not any(_binary(repo, one) for one in (ours, theirs)):
        result = repo.merge_file_from_index(ancestor, ours, theirs, use_deprecated=False)
        if isinstance(result, pygit2.index.MergeFileResult) and result.contents is not None:
            text = result.contents.encode() if isinstance(result.contents, str) else result.contents
            index.add(pygit2.IndexEntry(ours.path, repo.create_blob(text), ours.mode))
            return
    index.add(kept)


def _binary(repo: "pygit2.Repository", entry: "pygit2.IndexEntry") -> bool:
    import pygit2

    blob = repo[entry.id]
    return isinstance(blob, pygit2.Blob) and blob.is_binary
