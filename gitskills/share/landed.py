"""What a push was about to publish: one that is killed may have landed all the same, and its user may have edited on.

One ref for each project: a tree with, for each skill, its folder as pushed, the base it had, and the commit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gitskills.git.history import is_ancestor
from gitskills.git.objects import delete_ref, make_tree, resolve, subtrees, update_ref
from gitskills.skills.tree import SUBMODULE

_TREE = 0o040000


@dataclass(frozen=True, slots=True)
class Sent:
    """One skill on its way: the tree of its folder, the base that had (None: new), and the commit pushed."""

    ours: str
    base: str | None
    commit: str

    def base_at(self, git_dir: Path, base: str | None, tip: str) -> str | None:
        """The tree that the folder is edited from, for one whose recorded base is `base`: where the commit is part of
        `tip` that is what was pushed; None where this says nothing."""
        here = base == self.base and resolve(git_dir, f"{self.commit}^{{commit}}") is not None
        return self.ours if here and is_ancestor(git_dir, self.commit, tip) else None


def read(git_dir: Path, key: str) -> dict[str, Sent]:
    """What pushes of the project `key` noted and did not end with, by skill."""
    rows = subtrees(git_dir, _ref(key))
    names = [name.removesuffix(" pushed") for name in rows if name.endswith(" pushed")]
    return {name: Sent(rows[f"{name} ours"], rows.get(f"{name} base"), rows[f"{name} pushed"]) for name in names}


def note(git_dir: Path, key: str, sent: Mapping[str, Sent]) -> None:
    """Note what is about to be pushed, beside what earlier pushes left."""
    _write(git_dir, key, {**read(git_dir, key), **sent})


def forget(git_dir: Path, key: str, names: Iterable[str]) -> None:
    """Drop the notes of skills whose push is recorded."""
    gone = set(names)
    _write(git_dir, key, {name: one for name, one in read(git_dir, key).items() if name not in gone})


def _write(git_dir: Path, key: str, sent: Mapping[str, Sent]) -> None:
    rows: dict[str, tuple[int, str]] = {}
    for name, one in sent.items():
        rows |= {f"{name} ours": (_TREE, one.ours), f"{name} pushed": (SUBMODULE, one.commit)}
        if one.base:
            rows[f"{name} base"] = (_TREE, one.base)
    if rows:
        tree = make_tree(git_dir, rows)
        update_ref(git_dir, _ref(key), tree, resolve(git_dir, _ref(key)), "gitskills: push")
    else:
        delete_ref(git_dir, _ref(key))


def _ref(key: str) -> str:
    return f"refs/gitskills/pushing/{key}"
