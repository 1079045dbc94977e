"""What becomes of proofs when history is rewritten, and that a history that grows is not walked again."""

import contextlib
from collections.abc import Collection
from pathlib import Path

import pytest

from gitskills.cards import proofs
from gitskills.cards.verified import Verified, recall, remember
from gitskills.git import patches, reach
from gitskills.state import database
from gitskills.state.paths import paths
from tests.codes import Code

NEVER = Verified("")
ABSENT = "ab" * 20


def find(code: Code, *commits: str, before: Verified = NEVER, whole: bool = True) -> proofs.Found:
    """Look for proofs in the history of HEAD."""
    return ask(code, {commit: set() for commit in commits}, before, whole=whole)


def ask(code: Code, proofs_: dict[str, set[str]], before: Verified = NEVER, *, whole: bool = True) -> proofs.Found:
    """Look for proofs with patch ids that are on record."""
    tip = code.oid("HEAD")
    before = proofs.standing(code.git_dir, tip, before)
    left = reach.unreachable(code.git_dir, proofs_.keys() - before.reached, tip)
    here = reach.here(code.git_dir, proofs_.keys())
    return proofs.find(code.git_dir, tip, proofs_, before, here, left, whole=whole)


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """Return a clone whose main has three commits."""
    made = Code(tmp_path / "code")
    for number in range(3):
        made.write(f"f{number}.py", f"line {number}\n", f"main {number}")
    return made


def test_a_proof_on_the_branch_is_reached(code: Code) -> None:
    """A proof that is an ancestor of the tip is reached, and so is the tip itself."""
    tip, first = code.oid("HEAD"), code.oid("HEAD~2")
    assert find(code, tip, first).reached == {tip, first}


def test_a_force_push_loses_the_proof(code: Code) -> None:
    """A commit that the branch no longer has, nor a copy of it, is lost."""
    proof = code.write("new.py", "new\n")
    code.git("reset", "-q", "--hard", "HEAD~1")
    code.write("other.py", "other\n")
    found = find(code, proof)
    assert found.lost == {proof} and found.here == {proof} and not found.reached


@pytest.mark.parametrize("how", ["rebase", "squash", "pick"])
def test_rewritten_proofs_survive(code: Code, how: str) -> None:
    """A rebased, a squashed and a picked change is found by its patch, though its commit left."""
    code.git("switch", "-q", "-c", "topic")
    proof = code.write("new.py", "new\n")
    code.git("switch", "-q", "main")
    code.write("other.py", "other\n")
    if how == "rebase":
        code.git("rebase", "-q", "main", "topic")
    elif how == "squash":
        code.git("merge", "-q", "--squash", "topic")
        code.git("commit", "-q", "-m", "squashed")
    else:
        code.git("cherry-pick", proof)
    code.git("branch", "-q", "-f", "kept", proof)
    found = find(code, proof)
    assert found.copied == {proof} and not found.lost and not found.reached


def test_a_merge_replaced_by_a_squash_survives(code: Code) -> None:
    """A proof that is a merge of two commits is found as the one commit that a rewritten branch has in its place."""
    code.git("switch", "-q", "-c", "topic", "HEAD~1")
    code.write("a.py", "a\n")
    code.write("b.py", "b\n")
    code.git("switch", "-q", "main")
    code.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    proof = code.oid("HEAD")
    code.git("reset", "-q", "--hard", "HEAD~1")
    code.write("between.py", "x\n")
    code.git("merge", "-q", "--squash", "topic")
    code.git("commit", "-q", "-m", "squashed")
    assert find(code, proof).copied == {proof}


def test_a_patch_id_on_record_finds_a_copy(code: Code) -> None:
    """A patch id that a card carries counts, too: of several changes that became one only it may be known."""
    proof = code.write("new.py", "new\n")
    code.git("reset", "-q", "--hard", "HEAD~1")
    other = code.write("other.py", "other\n")
    said = patches.of(code.git_dir, [other])[other]
    assert ask(code, {proof: {said}}).copied == {proof}


def test_missing_proofs_are_neither_reached_nor_lost(code: Code) -> None:
    """Of a commit that is not here nothing is concluded."""
    found = find(code, ABSENT)
    assert not found.here and not found.reached and not found.lost


def test_a_missing_proof_is_found_by_the_patch_on_record(code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone made after a rebase never had the commit; its patch tells, once: later only new commits are searched."""
    (there,) = patches.of(code.git_dir, [code.oid("HEAD~1")]).values()
    found = ask(code, {ABSENT: {there}, "cd" * 20: {"0" * 40}})
    assert (found.copied, found.lost, found.here) == ({ABSENT}, {"cd" * 20}, set())
    before = found.at(code.oid("HEAD"))
    code.write("more.py", "more\n")
    asked: list[str] = []
    real = patches.between

    def note(git_dir: Path, base: str, tip: str, *, limit: int) -> dict[str, str]:
        asked.append(base)
        return real(git_dir, base, tip, limit=limit)

    monkeypatch.setattr(patches, "between", note)
    again = ask(code, {ABSENT: {there}, "cd" * 20: {"0" * 40}}, before)
    assert (again.copied, again.lost, asked) == ({ABSENT}, {"cd" * 20}, [before.tip])


def test_an_incomplete_clone_loses_nothing(code: Code) -> None:
    """Where parts of the history are missing, what is not found is not lost."""
    proof = code.write("new.py", "new\n")
    code.git("reset", "-q", "--hard", "HEAD~1")
    found = find(code, proof, whole=False)
    assert not found.lost and found.here == {proof}


def test_growing_history_is_not_walked_again(code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fast-forward git is asked about new proofs only."""
    first = code.oid("HEAD")
    before = find(code, first).at(first)
    second = code.write("new.py", "new\n")
    asked: list[set[str]] = []
    real = reach.unreachable

    def note(git_dir: Path, commits: Collection[str], tip: str) -> set[str]:
        asked.append(set(commits))
        return real(git_dir, commits, tip)

    monkeypatch.setattr(reach, "unreachable", note)
    assert find(code, first, second, before=before).reached == {first, second}
    assert asked == [{second}]


def test_a_rewritten_history_is_verified_anew(code: Code) -> None:
    """What was reached from a tip that is no ancestor of the new one counts for nothing."""
    proof = code.write("new.py", "new\n")
    before = find(code, proof).at(proof)
    code.git("reset", "-q", "--hard", "HEAD~1")
    code.write("other.py", "other\n")
    assert find(code, proof, before=before).lost == {proof}


def test_a_tip_that_is_not_here_counts_for_nothing(code: Code) -> None:
    """A tip remembered from another clone, which this one lacks, is no reason to believe anything."""
    proof = code.oid("HEAD")
    assert find(code, ABSENT, proof, before=Verified(ABSENT, {ABSENT})).reached == {proof}


def test_a_lost_proof_returns_by_a_copy_among_the_new_commits(code: Code) -> None:
    """After a fast-forward a lost proof is looked for among the new commits, by itself and by its patch."""
    picked = code.write("a.py", "a\n")
    merged = code.write("b.py", "b\n")
    code.git("branch", "kept")
    code.git("reset", "-q", "--hard", "HEAD~2")
    code.write("other.py", "other\n")
    before = find(code, picked, merged).at(code.oid("HEAD"))
    assert before.lost == {picked, merged}
    code.git("cherry-pick", picked)
    assert find(code, picked, merged, before=before).copied == {picked}
    code.git("merge", "-q", "-m", "merge", "kept")
    assert find(code, picked, merged, before=before).reached == {picked, merged}


def test_too_long_a_history_expires_nothing(code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not all patches since a proof left can be compared, it is not lost."""
    proof = code.write("new.py", "new\n")
    code.git("reset", "-q", "--hard", "HEAD~1")
    for number in range(3):
        code.write(f"o{number}.py", f"other {number}\n")
    monkeypatch.setattr(proofs, "SEARCHED", 2)
    found = find(code, proof)
    assert found.unsearched == {proof} and not found.lost


def test_what_was_verified_is_remembered_by_repository_and_ref() -> None:
    """A tip comes back for its repository and ref only, and the later one replaces it."""
    with contextlib.closing(database.state(paths())) as db:
        assert recall(db, "code", "main") == NEVER
        remember(db, "code", "main", Verified("1" * 40, {"2" * 40, "3" * 40}, {"4" * 40}))
        remember(db, "code", "main", Verified("5" * 40, {"2" * 40}, frozenset()))
        assert recall(db, "code", "main") == Verified("5" * 40, {"2" * 40}, frozenset())
        remember(db, "code", "main", Verified("5" * 40, {"2" * 40}, frozenset(), {"6" * 40}))
        assert recall(db, "code", "main").copied == {"6" * 40}
        assert recall(db, "code", "other") == recall(db, "other", "main") == NEVER
