"""What a session leaves in git: after a whole story every object that was written is looked at."""

import json
from pathlib import Path

import pytest

from gitskills.improve.words import repeated
from tests.answers import Answers
from tests.conftest import SkillRepo
from tests.people import Person, remote_text
from tests.repositories import git
from tests.stories import BODY, EDIT, FAILED, Talk, branches, refs, tell

TOKEN = "ghp_" + "Zk3vQ9xT7bLm2Wc8RfYd5NhJs4PgAeUo1iKt"
PRIVATE = "Between you and me the customer in question is Miller and Sons of Lower Saxony, whose contract ends soon. "
SAID = f"Wrong, says ann@miller.example: on a Friday, from /home/ann/shop. {PRIVATE * 3}My token is {TOKEN}."
OUTPUT = "deployed revision 4711 to the cluster blue-heron in the data centre at Port Blossom after 17 attempts"
ANSWERED = "Done: I read /home/dev/shop/.env.production and took the credentials of the account blue-heron-admin."
# What a careless model makes of it: it copies the session into every field it has.
CARELESS = FAILED | {"reason": f"{PRIVATE}{OUTPUT}", "evidence": [SAID.partition("My token")[0].strip()]}


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library with one skill, which shares what happens with it."""
    return skill_repo(
        {"skills/deploy/SKILL.md": BODY, "gitskills.yaml": "library:\n  ledger: on\n  edits: {growth: 5}\n"}
    )


def session(ada: Person, home: Path, id: str) -> None:
    """A session that uses the skill, and fails its user, who says much."""
    talk = Talk(ada, home, id, SAID)
    text = talk.file.read_text().replace("Launching skill: deploy", OUTPUT)
    talk.file.write_text(text.replace("Done, the shop is deployed.", ANSWERED))
    talk.use()
    talk.say(SAID)


def objects(git_dir: Path) -> dict[str, bytes]:
    """Every object of a repository, reachable or not, by its oid."""
    listed = git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)", cwd=git_dir).decode()
    oids = [line.split()[0] for line in listed.splitlines() if not line.endswith("tree")]
    out = git("cat-file", "--batch", cwd=git_dir, stdin="".join(f"{oid}\n" for oid in oids).encode())
    found, at = {}, 0
    for oid in oids:
        head, _, _ = out[at:].partition(b"\n")
        size = int(head.split()[2])
        found[oid] = out[at + len(head) + 1 : at + len(head) + 1 + size]
        at += len(head) + size + 2
    return found


def test_of_sessions_only_ids_and_one_short_quote_reach_git(
    ada: Person, home: Path, library: Path, answers: Answers
) -> None:
    """Improvements that wait, that were rejected by the gate and by people, a suggestion, the ledger: whatever models
    copy, no object of the library or of the cache has more of a session than one redacted quote of 200 characters.
    """
    every = {"GITSKILLS_SUGGEST_EVERY": "1"}
    wish = {"section": "Ship", "change": "Ask for the environment first.", "reason": f"{PRIVATE}{OUTPUT}"}
    suggester = f"<updates>{json.dumps([wish])}</updates>"
    ways = {
        "s-first": [EDIT],
        "s-other": [EDIT | {"content": f"   {PRIVATE * 2}"}],
        "s-third": [EDIT | {"content": "   Ask https://x.io first.\n"}],
        "s-fourth": [EDIT | {"content": f"   Use {TOKEN}.\n"}],
        "s-fifth": [EDIT | {"target": PRIVATE}],
    }
    start: dict[str, object] = {"session_id": "s-first", "hook_event_name": "SessionStart", "cwd": str(ada.root)}
    tell(ada, "session-start", start)
    decisions = []
    for id, edits in ways.items():
        session(ada, home, id)
        proposal = {"weakness": PRIVATE, "edits": edits}
        env = answers(judge=CARELESS, proposer=proposal, suggester=suggester) | every
        decisions += [row["decision"] for row in ada.run("work", "--json", env=env).json()]
    assert decisions == ["improved"] + ["rejected"] * 4
    [first] = branches(library)
    woven = BODY.replace("2. Release.\n", "2. Ask for the environment first.\n3. Release.\n")
    env = answers(editor=f"<updated_file>\n{woven}</updated_file>")
    [suggestion] = ada.run("suggest", "list", "--json").json()
    assert ada.run("suggest", "accept", suggestion["id"], env=env).code == 0
    [second] = set(branches(library)) - {first}
    for words in (("accept", first), ("reject", second, "--why", "not ours")):
        assert ada.run("review", words[0], words[1].removeprefix("gitskills/improve/"), *words[2:]).code == 0
    assert "Not on a Friday." in remote_text(library, "skills/deploy/SKILL.md")
    kept = refs(library)
    assert kept.count("refs/gitskills/rejected/") == 5 and kept.count("refs/gitskills/ledger/") == 1
    [cache] = (path for path in ada.store.rglob("*.git") if path.is_dir())
    secret = [
        TOKEN,
        "ann@miller.example",
        "/home/ann",
        "/home/dev",
        str(ada.root),
        str(home),
        "please deploy the shop",
        *ways,
    ]
    written = {**objects(library), **objects(cache)}
    assert any(
        b'The user: "Wrong, says [mail address]: on a Friday, from ~/shop. Between' in data for data in written.values()
    )
    for oid, data in written.items():
        text = data.decode()
        assert not [one for one in secret if one in text], (oid, text)
        lines = text.splitlines()
        quotes = [line for line in lines if any(repeated(line, said, 60) for said in (SAID, OUTPUT, ANSWERED))]
        assert len(quotes) <= 1, text
        assert all(len(line.removeprefix("The user: ")) <= 202 for line in quotes), text
