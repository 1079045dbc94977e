"""A renamed skill folder is recognised by the strongest evidence there is, and by nothing weaker than git's own."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from gitskills.git import history
from gitskills.git.renames import alike, follow
from tests.conftest import SkillRepo
from tests.repositories import Commit, git

TEXT = "".join(f"line {number}\n" for number in range(20))


def renames(git_dir: Path, *, blobs: bool = True) -> tuple[set[tuple[str, str, str]], bool]:
    """Return (commit, from, to) of every rename found, and whether all could be looked into."""

    def contents(oids: Iterable[str]) -> Mapping[str, bytes]:
        return history.objects_here(git_dir, oids) if blobs else {}

    changes = list(history.changes(git_dir, "main"))
    whole = follow(changes, contents)
    found = {(c.commit, t.origin, t.path) for c in changes for t in c.touches if t.origin is not None}
    return found, whole


@pytest.mark.parametrize("name", ["superpowers", "mattpocock-skills", "awesome-copilot"])
def test_real_libraries(bundles: Callable[[str], Path], name: str) -> None:
    """All that `git log -M` takes for a renamed SKILL.md of a folder that went and one that came is found."""
    git_dir = bundles(name)
    # One pass without detection tells what went and came; git -M may also pair a file with one outside a skill.
    options = ("--no-walk", "--stdin", "-z", "-M50%", "-l0", "--diff-filter=R", "--name-status", "--format=%x01%H")
    listed = git("rev-list", "--no-merges", "main", cwd=git_dir)
    out = git("log", *options, "--", "*SKILL.md", cwd=git_dir, stdin=listed).decode()
    theirs = set()
    for record in out.split("\x01")[1:]:
        commit, *fields = record.replace("\n", "").strip("\0").split("\0")
        fields = [field for field in fields if field]
        for _, old, new in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
            theirs.add((commit, old.removesuffix("/SKILL.md"), new.removesuffix("/SKILL.md")))
    ours, whole = renames(git_dir)
    assert whole
    assert theirs <= ours
    if name == "mattpocock-skills":
        assert len(theirs) > 50


@pytest.mark.parametrize(
    ("before", "after", "message", "origin"),
    [
        ({"a/SKILL.md": TEXT}, {"b/SKILL.md": TEXT}, "", "a"),
        ({"a/SKILL.md": TEXT}, {"b/SKILL.md": TEXT + "more\n"}, "", "a"),
        ({"a/SKILL.md": TEXT}, {"x/a/SKILL.md": "all new\n"}, "", "a"),
        ({"a/SKILL.md": TEXT, "a/r.md": "r\n"}, {"b/SKILL.md": "all new\n", "b/r.md": "r\n"}, "", "a"),
        ({"a/SKILL.md": TEXT}, {"b/SKILL.md": "all new\n"}, "", None),
        ({"a/SKILL.md": TEXT}, {"b/SKILL.md": "all new\n"}, "b: renamed\n\nSkill: b\nSkill-Base: {tree}\n", "a"),
        ({"a/SKILL.md": TEXT, "c/SKILL.md": TEXT + "c\n"}, {"b/SKILL.md": TEXT}, "", "a"),
        ({"SKILL.md": TEXT}, {"skills/b/SKILL.md": TEXT}, "", ""),
    ],
    ids=["same", "alike", "moved", "others", "unlike", "told", "best", "root"],
)
def test_evidence(
    skill_repo: SkillRepo, before: dict[str, str], after: dict[str, str], message: str, origin: str | None
) -> None:
    """Each kind of evidence decides alone; none of it, and the skill is another one."""
    tree = git("rev-parse", "main:a", cwd=skill_repo([before], name="0.git")).decode().strip() if message else ""
    git_dir = skill_repo([before, Commit(dict.fromkeys(before) | after, message.format(tree=tree) or "moved")])
    found, whole = renames(git_dir)
    assert whole
    assert [old for _, old, _ in found] == ([] if origin is None else [origin])


def test_missing_contents_are_said(skill_repo: SkillRepo) -> None:
    """Where contents alone could decide and are not here, nothing is guessed and the answer says so."""
    git_dir = skill_repo([{"a/SKILL.md": TEXT}, {"a/SKILL.md": None, "b/SKILL.md": TEXT + "more\n"}])
    assert renames(git_dir, blobs=False) == (set(), False)


def test_alike_is_a_share() -> None:
    """Nothing in common is 0, all of it 1, half of the longer text 0.5."""
    assert (alike(b"", b"x\n"), alike(b"x\n", b"x\n"), alike(b"x\n", b"x\ny\n")) == (0, 1, 0.5)
