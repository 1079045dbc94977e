"""`improve --all` and the weekly sweep, with real processes: which skills are tried, from what, and how often."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gitskills.improve import weekly
from gitskills.improve.sweep import Terms, deficient
from gitskills.state import database, ledger
from gitskills.state.paths import paths
from tests.answers import Answers, called
from tests.conftest import SkillRepo
from tests.people import Person, commit, remote_text, skill
from tests.processes import Result
from tests.repositories import git
from tests.stories import BODY, FAILED, OK, OTHER, PROPOSAL, Talk, branches, judged
from tests.transcripts import NEVER

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks are POSIX")


@pytest.fixture
def library(skill_repo: SkillRepo) -> Path:
    """A library with two skills."""
    return skill_repo({"skills/deploy/SKILL.md": BODY, "skills/tidy/SKILL.md": skill("tidy")})


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[str]]:
    """Return a function: the roles asked since it was last called."""

    def read() -> list[str]:
        found = called(tmp_path)
        (tmp_path / "calls").unlink(missing_ok=True)
        return found

    return read


def used(ada: Person, home: Path, id: str, name: str = "deploy", reaction: str = NEVER) -> Path:
    """A session in which a skill was used and the user reacted, as Claude Code tells it."""
    talk = Talk(ada, home, id, reaction, name)
    talk.use()
    talk.say(reaction)
    return talk.file


@pytest.fixture
def failing(ada: Person, home: Path) -> list[Path]:
    """Two of three sessions that `deploy` failed, with nothing come of it, as `work` would have left them."""
    judged(ada, {"bad-0": "failed", "bad-1": "failed", "good": "ok"})
    return [Talk(ada, home, f"bad-{number}").file for number in range(2)]


def work(ada: Person, env: dict[str, str], *options: str) -> Result:
    done = ada.run("work", "--json", *options, env=env)
    assert done.code == 0, done.err
    return done


def sweep(ada: Person, env: dict[str, str], *options: str) -> list[dict[str, Any]]:
    done = ada.run("improve", "--all", "--json", *options, env=env)
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = done.json()
    return found


def test_a_skill_that_failed_too_often_is_improved_and_the_others_cost_nothing(
    ada: Person, home: Path, library: Path, tmp_path: Path, answers: Answers, calls: Callable[[], list[str]]
) -> None:
    """What `work` judged decides: one commit that names both failures; a good skill and a second run cost no call."""
    for number in range(2):
        used(ada, home, f"bad-{number}")
    assert len(work(ada, answers(judge=FAILED, proposer="I have no idea")).json()) == 2
    used(ada, home, "good-1", reaction="thanks")
    for number in range(3):
        used(ada, home, f"tidy-{number}", "tidy", reaction="thanks")
    assert len(work(ada, answers(judge=OK)).json()) == 4
    calls()
    env = answers(judge=FAILED, proposer=PROPOSAL)
    [row] = sweep(ada, env)
    assert set(row) >= {"skill", "outcome", "layer", "reason", "decision", "fingerprint", "branch", "commit", "checks"}
    assert (row["skill"], row["decision"]) == ("deploy", "improved") and "2 of 3 sessions failed" in row["reason"]
    assert calls() == ["judge", "proposer"] and branches(library) == [row["branch"]]
    message = git("log", "-1", "--format=%B", row["branch"], cwd=library).decode()
    assert message.count("Skill-Evidence: claude-code:") == 2 and "bad-" not in message
    asked = (tmp_path / "asked-proposer").read_text()
    assert "(session 1 of 2)" in asked and "(session 2 of 2)" in asked
    [again] = sweep(ada, env)
    assert (again["decision"], again["branch"]) == ("duplicate", row["branch"]) and calls() == []


@pytest.mark.usefixtures("failing")
def test_what_counts_as_too_often_can_be_said(ada: Person, answers: Answers) -> None:
    """How many sessions, what share of them and how long ago: two of three, a moment ago, with these and not those."""
    now = time.time()
    with closing(database.state(ada.paths)) as db:
        for terms, found in (
            (Terms(), 1),
            (Terms(judged=4), 0),
            (Terms(rate=0.66), 1),
            (Terms(rate=0.67), 0),
            (Terms(rate=0), 1),
            (Terms(since=-1), 0),
        ):
            assert len(deficient(db, terms, now=now)) == found, terms
        db.execute("UPDATE verdict SET outcome = 'unclear' WHERE outcome = 'ok'")
        assert deficient(db, Terms(), now=now) == []
        db.execute("UPDATE verdict SET outcome = 'ok'")
        assert deficient(db, Terms(rate=0), now=now) == []
        db.execute("UPDATE verdict SET outcome = 'failed', at = at - 40 * 86400")
        db.execute("UPDATE job SET at = at - 40 * 86400")
    assert sweep(ada, answers(judge=OK)) == []
    options = ("--since", "8w", "--min-judged", "3", "--failure-rate", "1", "--dry-run")
    assert len(sweep(ada, answers(judge=OK), *options)) == 1


def test_the_whole_team_decides_what_failed_too_often(
    ada: Person, home: Path, library: Path, answers: Answers, calls: Callable[[], list[str]]
) -> None:
    """One failure here is too few to tell; with two of others in the library's ledger it is enough, and ada's own
    session leads to the edit. Where all failed elsewhere, that is said and no model is asked.
    """
    commit(library, {"gitskills.yaml": "library: {ledger: on}\n"})
    ada.pull()
    judged(ada, {"bad-0": "failed"})
    Talk(ada, home, "bad-0")
    env = answers(judge=FAILED, proposer=PROPOSAL)
    assert sweep(ada, env) == []
    with closing(database.state(ada.paths)) as db:
        url, path, tree = db.execute("SELECT url, skill, tree FROM verdict").fetchone()
        for number in range(2):
            facts: dict[str, ledger.Value] = {"session": f"{number:016x}", "path": path, "tree": tree}
            ledger.append(db, url, "outcome", {**facts, "outcome": "failed", "layer": "skill_defect"})
    assert ada.run("work").code == 0
    with closing(database.state(ada.paths)) as db:
        kept = db.execute("SELECT * FROM verdict").fetchone()
        db.execute("DELETE FROM verdict")
        db.execute(
            "INSERT INTO attribution VALUES ('s', 'claude-code', 'deploy', 'team', ?, ?, '', '', 0, 'A', 0)", kept[:2]
        )
        db.execute("UPDATE ledger SET waits = 0")
    [row] = sweep(ada, env, "--min-judged", "2")
    assert row["decision"] == "no-change" and "on other machines" in row["reason"] and calls() == []
    with closing(database.state(ada.paths)) as db:
        db.execute(f"INSERT INTO verdict VALUES ({', '.join('?' * len(kept))})", kept)
    [row] = sweep(ada, env)
    assert row["decision"] == "improved" and "3 of 3 sessions failed" in row["reason"]


def test_usage(ada: Person) -> None:
    """Neither a skill nor --all, both, or a span that is none: wrong usage."""
    for words in ([], ["deploy"], ["deploy", "--all"], ["--all", "--since", "soon"], ["--all", "--min-judged", "0"]):
        assert ada.run("improve", *words).code == 2, words
    done = ada.run("improve", "--all")
    assert (done.code, done.out) == (0, "") and "no skill failed in 40%" in done.err


@pytest.mark.parametrize("why", ["gone", "lapse", "newer", "off", "tried"])
def test_why_there_is_nothing_to_go_on(
    ada: Person, library: Path, failing: list[Path], answers: Answers, calls: Callable[[], list[str]], why: str
) -> None:
    """Each reason is told and costs no call: transcripts gone, not the text's fault, newer text, off, tried before."""
    env = answers(judge=OK, proposer=PROPOSAL)
    expected = {"gone": "not here any more", "lapse": "execution_lapse 2", "newer": "newer version", "off": "wants no"}
    if why == "gone":
        for file in failing:
            file.unlink()
    elif why == "lapse":
        with closing(database.state(ada.paths)) as db:
            db.execute("UPDATE verdict SET layer = 'execution_lapse' WHERE outcome = 'failed'")
    elif why == "newer":
        commit(library, {"skills/deploy/SKILL.md": BODY + "\nMore.\n"})
    elif why == "off":
        commit(library, {"gitskills.yaml": "library:\n  improve: off\n"})
    else:
        [first] = sweep(ada, env)
        assert first["decision"] == "ok" and calls() == ["judge"]
    [row] = sweep(ada, env)
    assert row["decision"] == "no-change" and expected.get(why, "nothing new since it was tried") in row["reason"]
    assert calls() == [] and branches(library) == []


@pytest.mark.usefixtures("failing")
def test_a_call_that_failed_is_no_answer(ada: Person, library: Path, answers: Answers) -> None:
    """When a model is away the sweep says so, and the next one asks again."""
    [row] = sweep(ada, {"GITSKILLS_MODEL": "command:false"})
    assert row["decision"] == "unclear"
    [row] = sweep(ada, answers(judge=FAILED, proposer=PROPOSAL))
    assert row["decision"] == "improved" and len(branches(library)) == 1


@pytest.mark.usefixtures("failing")
def test_a_dry_run_writes_nothing(ada: Person, library: Path, answers: Answers) -> None:
    """With --dry-run the gate decides, no branch appears, and the next run is as if there had been none."""
    env = answers(judge=FAILED, proposer=PROPOSAL)
    for _ in range(2):
        [row] = sweep(ada, env, "--dry-run")
        assert (row["decision"], row["branch"]) == ("improved", "") and branches(library) == []


@pytest.mark.usefixtures("failing")
def test_direct_publishes_what_two_sessions_showed(ada: Person, library: Path, answers: Answers) -> None:
    """Where the team says direct, the two failing sessions are enough."""
    commit(library, {"gitskills.yaml": "library:\n  improve: direct\n  need: 2\n"})
    [row] = sweep(ada, answers(judge=FAILED, proposer=PROPOSAL))
    assert row["decision"] == "improved" and branches(library) == []
    assert "Not on a Friday." in remote_text(library, "skills/deploy/SKILL.md")


@POSIX
def test_one_of_twenty_sessions_starts_the_weekly_sweep(tmp_path: Path) -> None:
    """Twenty at once, one sweep, in the background with `improve --all`; for a week no other, then again one."""
    started = tmp_path / "started"
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho \"$@\" >> '{started}'\n")
    program.chmod(0o755)
    env = os.environ | {"GITSKILLS_HOME": str(tmp_path / "store"), "GITSKILLS_SWEEP": "weekly"}
    code = (
        "import sys\n"
        "from gitskills.improve.weekly import start\n"
        "from gitskills.state.paths import paths\n"
        f"sys.executable = {str(program)!r}\n"
        "print(int(start(paths(), now=1e9)))\n"
    )
    asking = [subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE) for _ in range(20)]
    assert sum(int(process.communicate(timeout=60)[0]) for process in asking) == 1
    assert waited(started) == "-m gitskills improve --all\n"
    where = paths(env)
    assert not weekly.due(where, now=1e9 + weekly.WEEK - 1)
    assert weekly.due(where, now=1e9 + weekly.WEEK) and not weekly.due(where, now=1e9 + weekly.WEEK)
    (where.state / "sweep").write_text("nonsense")
    assert weekly.due(where, now=1e9)


@pytest.mark.usefixtures("failing")
@POSIX
def test_sessions_that_start_lead_to_one_sweep(
    ada: Person, library: Path, answers: Answers, calls: Callable[[], list[str]]
) -> None:
    """From the hook on: five sessions start at once, one sweep improves the skill; without the wish none is started."""
    env = os.environ | {"GITSKILLS_HOME": str(ada.store)} | answers(judge=FAILED, proposer=PROPOSAL)
    words = [sys.executable, "-m", "gitskills", "hook", "session-start", "--agent", "claude-code"]

    def start(id: str, env: Mapping[str, str]) -> None:
        told = {"session_id": id, "hook_event_name": "SessionStart", "cwd": str(ada.root), "source": "startup"}
        subprocess.run(words, input=json.dumps(told).encode(), cwd=ada.root, env=env, check=True)

    start("s-0", env)
    assert not (ada.paths.state / "sweep").exists()
    for number in range(1, 6):
        start(f"s-{number}", env | {"GITSKILLS_SWEEP": "weekly"})
    deadline = time.monotonic() + 30
    while not branches(library) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(branches(library)) == 1 and calls() == ["judge", "proposer"]
    stamp = (ada.paths.state / "sweep").read_bytes()
    work(ada, env | {"GITSKILLS_SWEEP": "weekly"})
    assert (ada.paths.state / "sweep").read_bytes() == stamp


def waited(file: Path) -> str:
    """What a file holds once it is there."""
    deadline = time.monotonic() + 30
    while not (file.exists() and file.read_text().endswith("\n")) and time.monotonic() < deadline:
        time.sleep(0.02)
    return file.read_text()


@pytest.mark.parametrize(
    "env", [{}, {"GITSKILLS_SWEEP": "daily"}, {"GITSKILLS_DISABLED": "1"}, {"GITSKILLS_WORKER": "1"}]
)
def test_nobody_who_did_not_ask_gets_a_sweep(tmp_path: Path, env: dict[str, str]) -> None:
    """Without GITSKILLS_SWEEP=weekly, or where gitskills is off, none is due and nothing is written."""
    asked = {"GITSKILLS_SWEEP": "weekly"} if env and "GITSKILLS_SWEEP" not in env else {}
    where = paths(os.environ | {"GITSKILLS_HOME": str(tmp_path / "store")} | asked | env)
    assert not weekly.start(where, now=1e9) and not where.state.exists()


@POSIX
@pytest.mark.parametrize(
    ("policy", "lands"),
    [
        ("review", "after"),
        ("direct", "before"),
        pytest.param("review", "before", marks=pytest.mark.slow),
        pytest.param("direct", "after", marks=pytest.mark.slow),
    ],
)
def test_a_push_on_its_way_when_the_worker_dies_is_the_only_one(
    ada: Person,
    home: Path,
    library: Path,
    tmp_path: Path,
    answers: Answers,
    calls: Callable[[], list[str]],
    policy: str,
    lands: str,
) -> None:
    """Killed while its push waits at the server, the job is finished with what was answered; no model is asked anew.

    The push lands after the next run or while that pushes: either way one commit.
    """
    commit(library, {"gitskills.yaml": f"library:\n  improve: {policy}\n"})
    used(ada, home, "bad-0")
    if policy == "direct":  # the first session alone would be for people
        work(ada, answers(judge=FAILED, proposer="I have no idea"))
        used(ada, home, "bad-1")
    env = os.environ | {"GITSKILLS_HOME": str(ada.store)} | answers(judge=FAILED, proposer=PROPOSAL)
    held = Held(library, tmp_path)
    process = subprocess.Popen([sys.executable, "-m", "gitskills", "work"], cwd=ada.root, env=env)
    held.wait(1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert calls()[-2:] == ["judge", "proposer"]
    again = subprocess.Popen(
        [sys.executable, "-m", "gitskills", "work"], cwd=ada.root, env=env | answers(proposer=OTHER)
    )
    held.wait(2)
    held.go(*((1, 2) if lands == "before" else (2, 1)))
    assert again.wait(60) == 0 and calls() == []
    on_main = git("log", "--format=%s", "--grep=Skill-Op: improve", "main", cwd=library).decode().splitlines()
    assert (len(branches(library)), len(on_main)) == ((0, 1) if policy == "direct" else (1, 0))
    with closing(database.state(ada.paths)) as db:
        assert db.execute("SELECT count(*) FROM draft").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM job WHERE NOT done").fetchone() == (0,)


class Held:
    """A server that lets each push wait: the first, the second … until it is told to go on with it."""

    def __init__(self, library: Path, folder: Path) -> None:
        self.folder, self.hook = folder / "held", library / "hooks" / "pre-receive"
        self.folder.mkdir()
        self.hook.parent.mkdir(exist_ok=True)
        self.hook.write_text(
            "#!/bin/sh\nn=1\n"
            f"while ! mkdir '{self.folder}'/$n 2>/dev/null; do n=$((n + 1)); done\n"
            f"while [ $n -le 2 ] && [ ! -e '{self.folder}'/$n/go ]; do sleep 0.02; done\nexit 0\n"
        )
        self.hook.chmod(0o755)

    def wait(self, number: int) -> None:
        """Wait for a push to arrive."""
        deadline = time.monotonic() + 30
        while not (self.folder / str(number)).exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def go(self, *numbers: int) -> None:
        """Let pushes go on, one after the other."""
        for number in numbers:
            (self.folder / str(number) / "go").touch()
            time.sleep(0.4)
