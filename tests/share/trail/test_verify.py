"""`verify` believes what git holds, and says where a commit's trail claims something else."""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitskills.git.trailers import Event, format
from gitskills.share.trail import audit
from gitskills.share.trail.verify import Check, verify
from gitskills.state import database
from gitskills.state.paths import paths
from tests.conftest import SkillRepo
from tests.repositories import Commit, Files, git

NOWHERE = "a" * 40


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """Open the index of the test's home."""
    connection = database.index(paths())
    yield connection
    connection.close()


def checks(db: sqlite3.Connection, git_dir: Path, name: str | None = None) -> list[Check]:
    """Verify main."""
    tip = git("rev-parse", "main", cwd=git_dir).decode().strip()
    return list(verify(audit.read(db, git_dir, tip), git_dir, tip, name))


def failures(found: list[Check]) -> list[tuple[str, str]]:
    """Return skill and kind of what failed."""
    return [(check.skill, check.check) for check in found if not check.ok]


def told(skill_repo: SkillRepo, event: Callable[[str, str], Event], files: Files | None = None) -> Path:
    """Return a library whose second commit, an edit of `a`, has the trailers `event(tree before, tree after)`."""
    before, after = {"a/SKILL.md": "1\n", "b/SKILL.md": "1\n"}, files or {"a/SKILL.md": "2\n"}
    plain = skill_repo([before, after], name="plain.git")
    trees = [git("rev-parse", f"{rev}:a", cwd=plain).decode().strip() for rev in ("main~1", "main")]
    return skill_repo([before, Commit(after, format("a: edit", "", event(trees[0], trees[1])))])


@pytest.mark.parametrize("name", ["superpowers", "mattpocock-skills", "awesome-copilot"])
def test_a_library_without_trailers_is_in_order(
    bundles: Callable[[str], Path], db: sqlite3.Connection, name: str
) -> None:
    """A real library that never heard of us has nothing to claim and nothing wrong."""
    assert failures(checks(db, bundles(name))) == []


def test_a_true_trail(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """Trailers that say what the commit did pass every check, one row each."""
    found = checks(db, told(skill_repo, lambda base, tree: Event("a", "edit", base, tree)), "a")
    assert failures(found) == []
    assert [check.check for check in found] == ["skill", "op", "base", "tree", "signature", "signature"]


@pytest.mark.parametrize(
    ("event", "files", "failed"),
    [
        (lambda base, tree: Event("a", "edit", tree, tree), None, [("a", "base")]),
        (lambda base, tree: Event("a", "edit", base, base), None, [("a", "tree")]),
        (lambda base, tree: Event("b", "edit"), None, [("a", "skill")]),
        (lambda base, tree: Event("a", "dance"), None, [("a", "op")]),
        (lambda base, tree: Event("a", ""), None, [("a", "op")]),
        (
            lambda base, tree: Event("a", "edit"),
            {"a/SKILL.md": "2\n", "b/SKILL.md": "2\n"},
            [("b", "skill"), ("a", "skill")],
        ),
        (lambda base, tree: Event("a", "edit", proof=("abc123",)), None, [("a", "proof")]),
        (lambda base, tree: Event("a", "edit", proof=(tree,)), None, [("a", "proof")]),
    ],
    ids=["base", "tree", "skill", "op", "no-op", "others", "short-proof", "tree-as-proof"],
)
def test_a_false_trail(
    skill_repo: SkillRepo,
    db: sqlite3.Connection,
    event: Callable[[str, str], Event],
    files: Files | None,
    failed: list[tuple[str, str]],
) -> None:
    """Each claim that the repository contradicts fails as what it is."""
    assert failures(checks(db, told(skill_repo, event, files))) == failed


def test_a_squash_of_two_steps(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """Two events on one skill in one commit are a chain: the first one's base, the last one's tree."""
    git_dir = told(skill_repo, lambda base, tree: Event("a", "edit", base, NOWHERE))
    trees = [git("rev-parse", f"{rev}:a", cwd=git_dir).decode().strip() for rev in ("main~1", "main")]
    both = "\n".join(
        format("x", "", event).split("\n\n")[1].strip()
        for event in (Event("a", "edit", trees[0], NOWHERE), Event("a", "edit", NOWHERE, trees[1]))
    )
    squashed = skill_repo(
        [{"a/SKILL.md": "1\n", "b/SKILL.md": "1\n"}, Commit({"a/SKILL.md": "2\n"}, f"squash\n\n{both}\n")], name="s.git"
    )
    assert failures(checks(db, squashed)) == []


def test_two_skills_of_one_name(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A commit that changes two skills of one name has an event for each; a tree that neither names fails."""
    files = [{"a/SKILL.md": f"{n}\n", "x/a/SKILL.md": f"other {n}\n"} for n in (1, 2)]
    plain = skill_repo(files, name="plain.git")

    def event(path: str) -> Event:
        base, tree = (git("rev-parse", f"{rev}:{path}", cwd=plain).decode().strip() for rev in ("main~1", "main"))
        return Event("a", "edit", base, tree)

    events = [event("x/a"), event("a")]
    for order in (events, events[::-1]):
        true = skill_repo([files[0], Commit(files[1], format("a: edit", "", *order))], name=f"{order[0].base}.git")
        assert failures(checks(db, true)) == []
    false = [events[0], Event("a", "edit", NOWHERE, events[1].tree)]
    untrue = skill_repo([files[0], Commit(files[1], format("a: edit", "", *false))], name="false.git")
    assert failures(checks(db, untrue)) == [("a", "base")]


def test_a_rename_is_a_change_of_one_skill(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A commit that renames a skill names it as it is called from then on; its old folder is no other skill."""
    text = "same\n" * 5
    message = format("b: rename", "", Event("b", "edit"))
    found = checks(db, skill_repo([{"a/SKILL.md": text}, Commit({"a/SKILL.md": None, "b/SKILL.md": text}, message)]))
    assert failures(found) == []


def test_proofs_in_metadata(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A card's `gitskills-proof` is checked: known here, unknown here (no failure), or no commit id (a failure)."""
    card = "---\nname: {0}\ndescription: d\nmetadata:\n  gitskills-proof: {1}\n---\n"
    code = skill_repo([{"README.md": "code\n"}], name="code.git")
    commit = git("rev-parse", "main", cwd=code).decode().strip()
    proofs = {"real": commit, "far": NOWHERE, "bad": "HEAD", "none": "''", "odd": "[1"}
    history: list[Files] = [{"README.md": "code\n"}]
    history.append({f"cards/{name}/SKILL.md": card.format(name, proof) for name, proof in proofs.items()})
    found = {check.skill: check for check in checks(db, skill_repo(history)) if check.check == "proof"}
    assert {name: check.ok for name, check in found.items()} == {"real": True, "far": True, "bad": False, "odd": False}
    assert "unknown" in found["far"].message
    assert "unknown" not in found["real"].message


def test_candidates(skill_repo: SkillRepo, db: sqlite3.Connection) -> None:
    """A candidate's ref must end in a skill and the start of its commit's fingerprint."""
    git_dir = told(skill_repo, lambda base, tree: Event("a", "improve", base, tree, edit="12345678" * 8))
    for ref in ("refs/heads/gitskills/improve/a/12345678", "refs/remotes/origin/gitskills/improve/a/12345678"):
        git("update-ref", ref, "main", cwd=git_dir)
    assert failures(checks(db, git_dir)) == []
    for ref in ("a/87654321", "a/xyz", "b/12345678"):
        git("update-ref", f"refs/gitskills/rejected/{ref}", "main", cwd=git_dir)
    assert failures(checks(db, git_dir)) == [("a", "candidate"), ("a", "candidate"), ("b", "candidate")]
    assert [check.skill for check in checks(db, git_dir, "b") if check.check == "candidate"] == ["b"]


def test_signatures(skill_repo: SkillRepo, db: sqlite3.Connection, tmp_path: Path, home: Path) -> None:
    """A signed commit is good with its key at hand, uncheckable without it, and bad once its bytes were changed."""
    keygen = shutil.which("ssh-keygen")
    if keygen is None:
        pytest.skip("ssh-keygen is not installed: no signature can be made")
    key = tmp_path / "key"
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    git_dir = skill_repo([{"a/SKILL.md": "1\n"}])
    for name, value in {"gpg.format": "ssh", "user.signingkey": str(key)}.items():
        git("config", "--global", name, value)
    tree = git("rev-parse", "main^{tree}", cwd=git_dir).decode().strip()
    commit = git("commit-tree", "-S", tree, "-m", "signed", cwd=git_dir).decode().strip()
    forged = git("cat-file", "commit", commit, cwd=git_dir).replace(b"signed", b"forged")
    broken = git("hash-object", "-t", "commit", "-w", "--stdin", cwd=git_dir, stdin=forged).decode().strip()

    def verdict(oid: str) -> Check:
        git("update-ref", "refs/heads/main", oid, cwd=git_dir)
        return next(check for check in checks(db, git_dir) if check.check == "signature")

    assert (verdict(commit).ok, "nothing to check it with" in verdict(commit).message) == (True, True)
    signers = tmp_path / "signers"
    signers.write_text(f"ada@example.com {key.with_suffix('.pub').read_text()}")
    git("config", "--global", "gpg.ssh.allowedSignersFile", str(signers))
    assert (verdict(commit).ok, verdict(commit).message) == (True, "good signature (ada@example.com)")
    assert (verdict(broken).ok, "bad signature" in verdict(broken).message) == (False, True)
