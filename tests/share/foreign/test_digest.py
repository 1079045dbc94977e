"""Other tools' hashes against the vectors of interop notes and of real records."""

from gitskills.share.foreign import digest
from gitskills.share.foreign.digest import Digest
from gitskills.skills.file import EXECUTABLE, LINK, File
from gitskills.skills.tree import files_oid

MANIFEST = b"---\nname: my-skill\ndescription: A test skill\n---\n# My Skill\n"
ALONE = {"SKILL.md": File(MANIFEST)}
SKILL = {
    **ALONE,
    "references/a.md": File(b"A\n"),
    "scripts/run.sh": File(b"echo hi\n"),
    "LICENSE": File(b"MIT\n"),
}
# Names whose order a plain sort, with or without case, gets wrong.
TRAP = {**ALONE} | {
    f"{name}.md": File(str(number).encode())
    for number, name in enumerate(("a_b", "a-b", "aB", "ab", "a1", "a10", "a2"), start=1)
}


def test_git_trees() -> None:
    """The tree oid is git's, with the script executable and without, and for a lone SKILL.md."""
    assert files_oid(SKILL) == "fc1bf73f033988e76ad9d5c7e51e0bfb2d74ab11"
    executable = SKILL | {"scripts/run.sh": File(b"echo hi\n", EXECUTABLE)}
    assert files_oid(executable) == "936eccabdc4a6a8ce1654f2b95a4ae2dc75a7a5b"
    assert files_oid(ALONE) == "b367c5f43c7ba19fb130c86ec44213d8f4b8eb42"


def test_npx() -> None:
    """The computedHash of `npx skills`, also where only ICU's order of names gives it."""
    assert digest.npx(SKILL) == "e8869b5e3a0f98b05b35d2668b54e2eec9023910514e81a9e90e54a4287f431d"
    assert digest.npx(ALONE) == "bfafd2c5f61b63820c426bb1d4ba9a961c80c5b494525fe8075e24b3f2ce1183"
    assert digest.npx(TRAP) == "2b05db2aa8ff52152ed6e20b88e13b7ede4971ce416cccf0b452d9fb3d5d1484"


def test_npx_leaves_out_what_it_does() -> None:
    """Links and what lies in node_modules or .git do not count."""
    more = {"link": File(b"LICENSE", LINK), "node_modules/x.js": File(b"x"), "a/.git/config": File(b"x")}
    assert digest.npx(SKILL | more) == digest.npx(SKILL)


def test_the_order_is_that_of_javascript() -> None:
    """Names sort as Node's localeCompare sorted this sample: punctuation, digits, letters, lower case first."""
    sample = [
        "_x",
        "-x",
        ".x",
        "10",
        "9",
        "a_b",
        "a-b",
        "a.b",
        "a/b",
        "a+b",
        "a~b",
        "a1",
        "a10",
        "a2",
        "ab",
        "aB",
        "Ab",
        "AB",
    ]
    assert digest._sorted(reversed(sample)) == sample
    assert digest._sorted(["a b", "a_b"]) == ["a b", "a_b"]


def test_apm() -> None:
    """APM's content_hash, and its file hash, for which CRLF is LF unless the file is binary."""
    assert digest.apm(SKILL) == "c8c12589fd55f6ccc1dd9ed3c32558d6be097195a687b3b2e493c27322e6f256"
    assert digest.apm(ALONE) == digest.npx(ALONE)
    assert digest.apm_file(MANIFEST) == "e196bb2cfeafcf469201433cae9c0fcbf17de1fa0dde77314c5472d1932358e0"
    assert digest.apm_file(MANIFEST.replace(b"\n", b"\r\n")) == digest.apm_file(MANIFEST)
    assert digest.apm_file(b"\xff\r\n") != digest.apm_file(b"\xff\n")


def test_clawhub() -> None:
    """ClawHub's fingerprint, which dot files do not change."""
    assert digest.clawhub(SKILL) == "6a3670bf06c0e84b395e6cb7be909323d5d462ca7f02d4c983aa79b536b3689e"
    assert digest.clawhub(SKILL | {".clawhub/origin.json": File(b"{}")}) == digest.clawhub(SKILL)


def test_a_recorded_digest_fits_or_not() -> None:
    """A record tells the files it was made of from others, and says so where it cannot tell."""
    for kind in ("npx", "apm", "clawhub"):
        recorded = Digest(kind, digest._WHOLE[kind](SKILL) or "")
        assert recorded.fits(SKILL) is True and recorded.fits(ALONE) is False
    assert Digest("npx", "0" * 64).fits({"é.md": File(b"")}) is None
    each = Digest("apm-files", files={"SKILL.md": digest.apm_file(MANIFEST)})
    assert each.fits(SKILL) is True and each.fits({"SKILL.md": File(b"x")}) is False and each.fits({}) is False
