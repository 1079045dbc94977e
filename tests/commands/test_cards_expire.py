"""`cards expire`: what a code repository's history says about cards, as one commit in their library."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cards.shelves import Shelf, leaf
from tests.codes import Code
from tests.processes import gitskills
from tests.repositories import git

TEN = "".join(f"line number {number}\n" for number in range(10))


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """Return a clone with two commits on main."""
    made = Code(tmp_path / "code")
    made.write("a.py", "a\n")
    made.write("b.py", "b\n")
    return made


def lost(code: Code, path: str = "new.py") -> str:
    """Commit a file and take the commit away again, as a force-push does; return it."""
    proof = code.write(path, "new\n")
    code.git("reset", "-q", "--hard", "HEAD~1")
    return proof


def test_a_lost_proof_expires_its_card_in_one_commit(tmp_path: Path, code: Code) -> None:
    """Two cards expire in one commit that says why, and a second run changes nothing; every other byte stays."""
    shelf = Shelf.make(
        tmp_path,
        code,
        leaf("api", "kept", proof=(code.oid("HEAD"),)),
        leaf("api", "gone", proof=(lost(code),)),
        leaf("db", "gone-too", proof=(lost(code, "other.py"),)),
    )
    before = shelf.text("cards/api/gone")
    rows = shelf.expire()
    assert {path: row["state"] for path, row in rows.items()} == {
        "cards/api/kept": "reachable",
        "cards/api/gone": "unreachable",
        "cards/db/gone-too": "unreachable",
    }
    assert len(shelf.log()) == 2
    message = shelf.log()[0]
    assert "Skill: gone\nSkill-Op: expire\n" in message and "Skill: gone-too\n" in message
    assert "- cards/db/gone-too: expired: its proof is no longer part of HEAD" in message
    after = shelf.text("cards/api/gone")
    mark = "  gitskills-expired: its proof is no longer part of HEAD\n"
    assert mark in after and after.replace(mark, "") == before
    assert "expired" not in shelf.text("cards/api/kept")
    for path in ("cards/api/gone", "cards/db/gone-too"):
        assert f"Skill-Tree: {git('rev-parse', f'main:{path}', cwd=shelf.library).decode().strip()}" in message
    assert {row["action"] for row in shelf.expire().values()} == {""} and len(shelf.log()) == 2


def test_a_dry_run_writes_and_remembers_nothing(tmp_path: Path, code: Code) -> None:
    """A dry run says what would be; a run after it does it."""
    shelf = Shelf.make(tmp_path, code, leaf("api", "gone", proof=(lost(code),)))
    assert shelf.expire("--dry-run")["cards/api/gone"]["action"] == "expired"
    assert len(shelf.log()) == 1
    assert shelf.expire()["cards/api/gone"]["action"] == "expired"
    assert len(shelf.log()) == 2


def test_a_proof_that_returns_restores_its_card(tmp_path: Path, code: Code) -> None:
    """Merged again, the commit makes its card live again; so does a commit with the same patch."""
    merged, picked = lost(code, "m.py"), lost(code, "p.py")
    shelf = Shelf.make(tmp_path, code, leaf("api", "m", proof=(merged,)), leaf("api", "p", proof=(picked,)))
    shelf.expire()
    assert "gitskills-expired" in shelf.text("cards/api/m") and "gitskills-expired" in shelf.text("cards/api/p")
    code.git("merge", "-q", "--no-ff", "-m", "again", merged)
    code.git("cherry-pick", picked)
    assert {row["action"] for row in shelf.expire().values()} == {"restored"}
    assert "expired" not in shelf.text("cards/api/m") + shelf.text("cards/api/p")


@pytest.mark.parametrize("how", ["squash", "rebase", "pick"])
def test_rewritten_proofs_keep_their_cards(tmp_path: Path, code: Code, how: str) -> None:
    """A squash, a rebase and a cherry-pick replace the commit and keep the card."""
    code.git("switch", "-q", "-c", "topic")
    proof = code.write("new.py", "new\n")
    code.git("switch", "-q", "main")
    code.write("other.py", "other\n")
    match how:
        case "squash":
            code.git("merge", "-q", "--squash", "topic")
            code.git("commit", "-q", "-m", "squashed")
        case "rebase":
            code.git("rebase", "-q", "main", "topic")
            code.git("switch", "-q", "main")
            code.git("merge", "-q", "--ff-only", "topic")
        case _:
            code.git("cherry-pick", proof)
    shelf = Shelf.make(tmp_path, code, leaf("api", "new", proof=(proof,), paths=("new.py",)))
    row = shelf.expire()["cards/api/new"]
    assert row["state"] == "reachable" and "same patch" in row["reason"] and len(shelf.log()) == 1


@pytest.mark.parametrize("seen", [False, True])
def test_a_clone_made_after_a_rewrite_knows_the_change_by_its_patch(tmp_path: Path, code: Code, seen: bool) -> None:
    """It never had the proof; what another clone of this machine found out of it is not taken for the commit itself."""
    proof = code.write("new.py", "one\ntwo\nthree\n")
    shelf = Shelf.make(tmp_path, code)
    assert shelf.run("harvest", "--code", code.folder, "--commit", proof).code == 0
    code.git("reset", "-q", "--hard", "HEAD~1")
    code.write("before.py", "x\n")
    code.git("cherry-pick", proof)
    if seen:
        code.git("remote", "add", "origin", "https://example.com/acme/code")
        assert {row["state"] for row in shelf.expire().values()} == {"reachable"}
    clone = Code(tmp_path / "x" / code.folder.name)
    git("fetch", "-q", code.folder.as_uri(), "HEAD:refs/heads/fresh", cwd=clone.folder)
    clone.git("switch", "-q", "fresh")
    shelf.code = clone
    clone.git("remote", "add", "origin", "https://example.com/acme/code")
    (row,) = shelf.expire("--ref", "HEAD").values()
    assert row["state"] == "reachable" and "same patch" in row["reason"]
    clone.git("rm", "-q", "new.py")
    clone.git("commit", "-q", "-m", "gone")
    assert [row["state"] for row in shelf.expire().values()] == ["reachable"] and len(shelf.log()) == 2
    mark = "metadata:\n  gitskills-expired: every path it left there is gone from main\n"
    shelf.change({f"{row['path']}/SKILL.md": shelf.text(row["path"]).replace("metadata:\n", mark)})
    assert [row["state"] for row in shelf.expire().values()] == ["unreachable"]
    clone.git("revert", "--no-edit", "HEAD")
    assert [row["action"] for row in shelf.expire().values()] == ["restored"]


def test_a_node_of_two_repositories_goes_with_neither_alone(tmp_path: Path, code: Code) -> None:
    """What one of them no longer has is not all that the node's leaves are about."""
    proof = code.write("new.py", "new\n")
    code.git("rm", "-q", "new.py")
    code.git("commit", "-q", "-m", "gone")
    node = replace(leaf("", "api", proof=(proof, "ab" * 20), paths=("new.py",)), path="cards/api", kind="node")
    shelf = Shelf.make(tmp_path, code, replace(node, area="api"))
    assert {row["state"] for row in shelf.expire().values()} <= {"reachable", "stale"}


@pytest.mark.parametrize("option", ["--depth=1", "--filter=blob:none", "--filter=tree:0"])
def test_incomplete_clones_expire_nothing(tmp_path: Path, code: Code, option: str) -> None:
    """In a shallow, a blobless and a treeless clone what is not found is unknown, and kept."""
    proof, gone = code.oid("HEAD~1"), lost(code)
    code.git("rm", "-q", "a.py")
    code.git("commit", "-q", "-m", "remove")
    code.git("config", "uploadpack.allowFilter", "true")
    code.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clone = tmp_path / "clone"
    git("clone", "-q", option, code.folder.as_uri(), clone)
    git("fetch", "-q", "origin", gone, cwd=clone)
    cards = leaf("api", "old", proof=(proof,), paths=("a.py",)), leaf("api", "gone", proof=(gone,))
    shelf = Shelf.make(tmp_path, Code(clone), *cards)
    rows = shelf.expire()
    assert {row["state"] for row in rows.values()} <= {"unknown", "reachable"}
    assert rows["cards/api/gone"]["state"] == "unknown" and "clone" in rows["cards/api/gone"]["reason"]
    assert len(shelf.log()) == 1


def test_what_cannot_be_known_is_kept(tmp_path: Path, code: Code) -> None:
    """No proof, a commit that is not here, and a card of another repository are unknown, each with its reason."""
    code.git("config", "remote.origin.url", "https://example.com/acme/app.git")
    shelf = Shelf.make(
        tmp_path,
        code,
        leaf("api", "none"),
        leaf("api", "missing", proof=("ab" * 20,), repo="example.com/acme/app"),
        leaf("api", "other", proof=("cd" * 20,), repo="example.com/acme/other"),
    )
    rows = shelf.expire("--ref", "HEAD")
    assert {row["state"] for row in rows.values()} == {"unknown"} and len(shelf.log()) == 1
    reasons = [rows[f"cards/api/{name}"]["reason"] for name in ("none", "missing", "other")]
    assert reasons == [
        "it names no proof",
        f"commit {'ab' * 6} is not in this repository",
        "its code is another repository: example.com/acme/other",
    ]


def test_paths_that_are_gone_expire_a_card(tmp_path: Path, code: Code) -> None:
    """A card expires when all it touched is gone, not when some is; it lives again when a path returns."""
    proof = code.oid("HEAD")
    shelf = Shelf.make(
        tmp_path,
        code,
        leaf("api", "all", proof=(proof,), paths=("b.py",)),
        leaf("api", "some", proof=(proof,), paths=("a.py", "b.py")),
    )
    assert {row["state"] for row in shelf.expire().values()} == {"reachable"}
    code.git("rm", "-q", "b.py")
    code.git("commit", "-q", "-m", "remove")
    rows = shelf.expire()
    assert rows["cards/api/all"]["action"] == "expired" and "gone" in rows["cards/api/all"]["reason"]
    assert rows["cards/api/some"]["action"] == ""
    code.write("b.py", "b\n")
    assert shelf.expire()["cards/api/all"]["action"] == "restored"


def test_rewritten_lines_make_a_card_stale(tmp_path: Path, code: Code) -> None:
    """More than the churn given of its lines rewritten marks a card; written back, the mark goes."""
    proof = code.write("c.py", TEN)
    shelf = Shelf.make(tmp_path, code, leaf("api", "c", proof=(proof,), paths=("c.py",)))
    code.write("c.py", TEN[: TEN.index("line number 3")] + "something else\n")
    row = shelf.expire("--churn", "0.8")["cards/api/c"]
    assert row["state"] == "reachable"
    row = shelf.expire()["cards/api/c"]
    assert (row["state"], row["action"]) == ("stale", "marked") and "70%" in row["reason"]
    assert "gitskills-stale" in shelf.text("cards/api/c") and "expired" not in shelf.text("cards/api/c")
    row = shelf.expire()["cards/api/c"]
    assert (row["state"], row["action"]) == ("stale", "")
    code.write("c.py", TEN)
    assert shelf.expire()["cards/api/c"]["action"] == "cleared"
    assert "gitskills-stale" not in shelf.text("cards/api/c")


def test_others_who_push_first_lose_nothing(tmp_path: Path, code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card that came since the library was last fetched is judged, too, and stays."""
    shelf = Shelf.make(tmp_path, code, leaf("api", "gone", proof=(lost(code),)))
    shelf.expire("--dry-run")
    text = shelf.text("cards/api/gone").replace("gone", "late")
    shelf.change({"cards/api/late/SKILL.md": text, "notes.txt": "mine\n"})
    rows = shelf.expire()
    assert {path: row["action"] for path, row in rows.items()} == {
        "cards/api/gone": "expired",
        "cards/api/late": "expired",
    }
    assert git("show", "main:notes.txt", cwd=shelf.library) == b"mine\n"


def test_a_broken_card_stops_nothing(tmp_path: Path, code: Code) -> None:
    """What is no card is told on standard error, and hostile metadata reaches no command line of git's."""
    hostile = (
        "---\nname: h\ndescription: d\nmetadata:\n  gitskills-kind: leaf\n  gitskills-proof: '--all ^HEAD main'\n---\n"
    )
    shelf = Shelf.make(
        tmp_path,
        code,
        leaf("api", "gone", proof=(lost(code),), paths=("../x", "-r", ":(glob)*", "a\tb")),
        more={"cards/api/broken/SKILL.md": "no frontmatter\n", "cards/api/h/SKILL.md": hostile},
    )
    done = shelf.run("expire", "--code", code.folder)
    assert done.code == 0 and "cards/api/broken" in done.err and "Traceback" not in done.err
    assert "expired" in done.out and "1 unknown, 1 unreachable" in done.out


def test_a_card_that_calls_itself_otherwise_keeps_the_trail_true(tmp_path: Path, code: Code) -> None:
    """The trail knows it by its folder; the name it claims is another card's, whose trailers stay right."""
    cards = leaf("api", "one", proof=(lost(code),)), leaf("api", "two", proof=(lost(code, "other.py"),))
    shelf = Shelf.make(tmp_path, code, cards[0], replace(cards[1], name="one"))
    assert {row["action"] for row in shelf.expire().values()} == {"expired"}
    assert "Skill: two\n" in shelf.log()[0]
    assert gitskills("verify", cwd=shelf.project).code == 0


def test_a_card_that_cannot_be_marked_stops_no_other(tmp_path: Path, code: Code) -> None:
    """Frontmatter that reads and cannot be edited is told with its place; all other cards expire."""
    proof = lost(code)
    shelf = Shelf.make(tmp_path, code, leaf("api", "gone", proof=(proof,)))
    anchored = shelf.text("cards/api/gone").replace("description: ", "description: &a ")
    flow = f"---\nname: flow\nmetadata: {{gitskills-kind: leaf, gitskills-proof: {proof}}}\n---\n"
    shelf.change({"cards/api/anchor/SKILL.md": anchored, "cards/api/flow/SKILL.md": flow})
    done = shelf.run("expire", "--code", code.folder, "--json")
    actions = {row["path"].rpartition("/")[2]: row["action"] for row in done.json()}
    assert actions == {"gone": "expired", "flow": "expired", "anchor": ""}
    assert "cards/api/anchor: SKILL.md:3: anchors" in done.err and done.code == 0
    assert "gitskills-expired" in shelf.text("cards/api/gone") and shelf.text("cards/api/anchor") == anchored


def test_wrong_places_are_told(tmp_path: Path, code: Code) -> None:
    """A folder without a repository, a ref that is none and an unknown library are errors, not bugs."""
    shelf = Shelf.make(tmp_path, code, leaf("api", "a", proof=(code.oid("HEAD"),)))
    for args, said in (
        (("--code", tmp_path), "is in no git repository"),
        (("--code", tmp_path), "git said: fatal: not a git repository"),
        (("--code", code.folder, "--ref", "nope"), "has no commit 'nope'"),
        (("--code", code.folder, "--to", "nope"), "no source 'nope'"),
    ):
        done = shelf.run("expire", *args)
        assert done.code == 1 and said in done.err
    assert shelf.run("expire", "--code", code.folder, "--churn", "nan").code == 2


def test_areas_of_one_name_keep_the_trail_true(tmp_path: Path, code: Code) -> None:
    """A card expired below an area, and another area of the same name: `verify` finds every trailer true."""
    gone = code.write("gone.py", "x = 1\n")
    code.git("rm", "-q", "gone.py")
    code.write("other.py", "y = 1\n")
    facts: Any = {"proof": (gone,), "paths": ("gone.py",)}
    nodes = [replace(leaf(above, "swift"), kind="node", area=f"{above}/swift") for above in ("a", "b")]
    nodes[1] = replace(nodes[1], **facts)
    made = Shelf.make(tmp_path, code, *nodes, leaf("a/swift", "build", **facts), leaf("b/swift", "ship"))
    assert [one["action"] for one in made.expire().values()] == ["", "expired", "expired", ""]
    done = gitskills("verify", cwd=made.project)
    assert done.code == 0, done.out


def test_only_what_a_proof_left_there_can_go(tmp_path: Path, code: Code) -> None:
    """Paths that a card cannot name count, too; what a change removed itself is gone at once; `harvest`, `expire`."""
    base = code.oid("HEAD")
    name = b"/caf\xe9.py" if sys.platform == "linux" else b"/cafe.py"  # elsewhere a name is text
    with open(os.fsencode(code.folder) + name, "wb") as odd:
        odd.write(b"def coffee(): ...\n")
    code.git("add", "-A")
    code.git("commit", "-q", "-m", "Brew coffee with the machine")
    code.git("rm", "-q", "a.py")
    code.git("commit", "-q", "-m", "Remove the deprecated teapot")
    for number in range(45):
        (code.folder / f"m{number:02}.py").write_text(f"x = {number}\n" * (50 - number), encoding="utf-8")
    code.git("add", "-A")
    code.git("commit", "-q", "-m", "Add a module for each kettle")
    (code.folder / "with space.py").write_text("def one(): ...\n", encoding="utf-8")
    code.write("plain.py", "def two(): ...\n")
    code.git("add", "-A")
    code.git("commit", "-q", "--amend", "-m", "Protocol of the samovar")
    shelf = Shelf.make(tmp_path, code)
    assert shelf.run("harvest", "--code", code.folder, "--since", base).code == 0
    code.git("rm", "-q", "plain.py", *(f"m{number:02}.py" for number in range(40)))
    code.git("commit", "-q", "-m", "fewer")
    states = {row["card"]: row["state"] for row in shelf.expire().values()}
    assert states.pop("remove-the-deprecated-teapot") == "unreachable"
    assert {*states.values()} == {"reachable", "stale"} and len(states) == 3
    code.git("rm", "-q", "with space.py", *(f"m{number:02}.py" for number in range(40, 45)))
    code.git("commit", "-q", "-m", "none")
    expired = {row["card"] for row in shelf.expire().values() if row["action"] == "expired"}
    assert expired == {"add-a-module-for-each-kettle", "protocol-of-the-samovar"}


def test_an_areas_card_lives_as_long_as_its_leaves(tmp_path: Path, code: Code) -> None:
    """The files that all leaves touched may go: the leaves stand, so does the node, and nothing is promoted again."""
    proofs = []
    for number in range(3):
        (code.folder / "shared.py").write_text("x\n" * (number + 1), encoding="utf-8")
        code.write(f"own{number}.py", f"def own{number}(): ...\n")
        code.git("add", "-A")
        code.git("commit", "-q", "--amend", "-m", f"own {number}")
        proofs.append(code.oid("HEAD"))
    cards = [leaf("api", f"own-{n}", proof=(proofs[n],), paths=("shared.py", f"own{n}.py")) for n in range(3)]
    shelf = Shelf.make(tmp_path, code, *cards)
    code.git("rm", "-q", "shared.py")
    code.git("commit", "-q", "-m", "no more")
    assert shelf.promote()["api"]["state"] == "promoted"
    assert {row["action"] for row in shelf.expire().values()} == {""}
    assert shelf.promote()["api"]["state"] == "unchanged" and len(shelf.log()) == 2


def test_an_areas_card_stands_by_any_proof_of_its_leaves(tmp_path: Path, code: Code) -> None:
    """Leaves whose older proofs stand are live, so is their node; and a node that expired is not promoted again."""
    cards = [leaf("api", f"c-{n}", proof=(code.oid("HEAD"), lost(code, f"n{n}.py"))) for n in range(3)]
    shelf = Shelf.make(tmp_path, code, *cards)
    shelf.promote()
    assert {row["state"] for row in shelf.expire().values()} == {"reachable"}
    mark = "metadata:\n  gitskills-expired: retired\n"
    shelf.change({"cards/api/SKILL.md": shelf.text("cards/api").replace("metadata:\n", mark)})
    assert shelf.promote()["api"]["state"] == "unchanged"


def test_a_fork_that_lags_behind_expires_nothing(tmp_path: Path, code: Code) -> None:
    """A proof that only the team's repository has merged is here, fetched, and no part of the fork's branch."""
    proof = code.write("new.py", "new\n")
    code.git("reset", "-q", "--hard", "HEAD~1")
    code.git("remote", "add", "origin", "https://example.com/me/code.git")
    shelf = Shelf.make(tmp_path, code, leaf("api", "new", proof=(proof,), repo="example.com/team/code"))
    assert shelf.expire()["cards/api/new"]["state"] == "unknown" and len(shelf.log()) == 1
    code.git("remote", "set-url", "origin", "https://example.com/team/code.git")
    assert shelf.expire()["cards/api/new"]["action"] == "expired"


def test_a_damaged_index_is_made_anew(tmp_path: Path, code: Code, home: Path) -> None:
    """All of it is derived: pages that hold nothing readable any more cost a second look, and no error."""
    cards = [leaf("api", f"c-{n}", proof=(code.oid("HEAD"),), paths=("a.py",)) for n in range(40)]
    shelf = Shelf.make(tmp_path, code, *cards)
    rows = shelf.expire()
    (index,) = home.rglob("index.sqlite3")
    data = index.read_bytes()
    for page in range(1, len(data) // 4096, 6):
        for rest in index.parent.glob("index.sqlite3-*"):
            rest.unlink()
        index.write_bytes(data[: 4096 * page] + b"\xff" * 4096 * 6 + data[4096 * (page + 6) :])
        assert shelf.expire() == rows
