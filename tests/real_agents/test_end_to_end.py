"""The whole of it with the real agents: a session that failed its user becomes one commit on a branch of the library.

Nothing of gitskills is called but `add` and `hooks install`: the agent's own hooks tell, start the worker, and the
worker asks the agent's own CLI. What is not real is the model: a server on this machine says what the script says.
"""

import json
import re
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gitskills.sessions.marks import MARK
from tests.conftest import SkillRepo
from tests.people import remote_text, skill
from tests.processes import Result, gitskills
from tests.providers import Answer, Provider, provider
from tests.real_agents.agents import AGENTS, RealAgent
from tests.real_agents.trust import approve
from tests.repositories import git

pytestmark = [pytest.mark.agents, pytest.mark.timeout(240)]

TASK = "Please greet Bob Builder, who likes 4711 tulips."
TYPED = "Bob Builder, who likes 4711 tulips; no tool is needed."
ANSWER = "Good day, Mister Builder of the yellow helmets."
QUOTE = "always greet people by their first name"
REACTION = f"No, that is wrong, Bob is a friend from 0815 Lane: {QUOTE}."
PRIVATE = (b"4711 tulips", b"yellow helmets", b"0815 Lane")
TEXT = skill("greet", "\n1. Say hello.\n2. Ask how they are.\n", description="Greet a person, when asked to greet.")
EDIT = {"op": "insert_after", "target": "1. Say hello.\n", "content": "   Use the first name.\n"}
BETTER = TEXT.replace("1. Say hello.\n", "1. Say hello.\n   Use the first name.\n")
VERDICT = {
    "outcome": "failed",
    "layer": "skill_defect",
    "reason": "The skill does not say to use the first name.",
    "evidence": [QUOTE],
}
PROPOSAL = {"weakness": "It does not say how to address people", "edits": [EDIT]}
COMPLAINT = re.compile(r"hook\b.*\b(?:fail|error|cancel|timed out)|clamping", re.IGNORECASE)
RESULTS = ('"tool_result"', '"function_call_output"', '"role": "tool"', '"functionResponse"')


def tools(body: Mapping[str, Any]) -> list[Any]:
    """The tools that a request offers, whatever its format."""
    return [one for one in body.get("tools") or [] if one.get("functionDeclarations") != []]


def is_ours(body: Mapping[str, Any]) -> bool:
    """Whether a request is gitskills' own question."""
    return MARK in json.dumps(body)


def script(agent: RealAgent, body: Mapping[str, Any]) -> Answer:
    """Use the skill, say something, take the reaction; then judge and propose."""
    text = json.dumps(body)
    if is_ours(body):
        return Answer(json.dumps(VERDICT if "You judge one use of a skill" in text else PROPOSAL))
    if not tools(body):
        return Answer("A greeting")  # a title for the session
    if "0815 Lane" in text:
        return Answer("I will.")
    if TYPED in text:
        return Answer(ANSWER)
    return Answer(ANSWER) if any(one in text for one in RESULTS) else Answer(tool=agent.calls)


@dataclass(frozen=True)
class Desk:
    """Somebody's machine: an agent, its home folder, a project with the skill, the library it is from, the model.

    `scope` is the option that says whose the hooks are.
    """

    agent: RealAgent
    home: Path
    project: Path
    library: Path
    model: Provider
    scope: tuple[str, ...] = ()

    def say(self, command: Sequence[str], words: str) -> str:
        """Give the user's words to the agent, without a terminal; return what it answered."""
        done = subprocess.run(
            [*command, words], cwd=self.project, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0 and not COMPLAINT.search(done.stderr), (done.stdout, done.stderr)
        return done.stdout

    def run(self, *words: str | Path) -> Result:
        """Run gitskills in the project."""
        return gitskills(*words, cwd=self.project)

    def hooks(self, action: str, *words: str) -> Result:
        """Run `gitskills hooks` for this agent."""
        return self.run("hooks", action, "--agent", self.agent.id, *self.scope, *words)

    def branches(self) -> list[str]:
        """The branches that gitskills made in the library."""
        return (
            git("for-each-ref", "--format=%(refname:short)", "refs/heads/gitskills", cwd=self.library).decode().split()
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the state database says."""
        file = self.home / ".local" / "state" / "gitskills" / "state.sqlite3"
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=20)) as db:
            return db.execute(query).fetchall()


@pytest.fixture(params=AGENTS, ids=lambda agent: agent.id)
def agent(request: pytest.FixtureRequest) -> RealAgent:
    """An agent whose CLI is installed; else the test is skipped, visibly."""
    found: RealAgent = request.param
    if shutil.which(found.program) is None:
        pytest.skip(f"NOT RUN: {found.program} is not on PATH; `bash .ci/run agents` installs it where it can")
    return found


@pytest.fixture
def desk(
    agent: RealAgent, home: Path, tmp_path: Path, skill_repo: SkillRepo, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """The machine, set up as its user would, with the skill added and nothing of gitskills' set by variables."""
    library = skill_repo({"skills/greet/SKILL.md": TEXT})
    project = tmp_path / "shop"
    git("init", "-q", project)
    for name in ("GITSKILLS_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name)
    with provider(by=lambda body: script(agent, body)) as model:
        for name, value in agent.env.items():
            monkeypatch.setenv(name, value.replace("{url}", model.url))
        for path, text in agent.settings.items():
            file = home / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("{url}", model.url), encoding="utf-8")
        desk = Desk(agent, home, project, library, model, ("--global",) if agent.glob else ())
        added = desk.run("add", library, *desk.scope)
        assert added.code == 0, added.err
        yield desk
    for folder in (project / ".opencode", home / ".config" / "opencode"):
        shutil.rmtree(folder, ignore_errors=True)  # opencode fetches 63 MB into each, and pytest keeps them


def hooked(desk: Desk) -> None:
    """Register our hooks; where the agent wants its user's approval, see that we say so.

    Approval is given as the user would give it: to codex at once, to hermes by an option of its first run.
    """
    assert desk.hooks("install").code == 0
    [before] = desk.hooks("status", "--json").json()
    assert (before["state"], before["trust"]) == ("installed", "untrusted" if desk.agent.asks else "")
    doctor = _doctor(desk)
    assert doctor["ok"] is not desk.agent.asks, doctor
    if desk.agent.asks:
        assert "approval" in before["message"] and doctor["fix"]
    if desk.agent.id == "codex":
        approve(desk.home, desk.project)


def trusted(desk: Desk) -> None:
    """See that nothing is said any more of an approval that was given."""
    [after] = desk.hooks("status", "--json").json()
    assert after["trust"] == ("trusted" if desk.agent.asks else "") and _doctor(desk)["ok"]


def _doctor(desk: Desk) -> dict[str, Any]:
    checks: list[dict[str, Any]] = desk.run("doctor", "--offline", "--json", *desk.scope).json()
    return next(one for one in checks if one["check"] == f"hooks {desk.agent.id}")


def until(desk: Desk) -> None:
    """Wait for the worker that the agent's hook started to be done."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if desk.branches() and desk.rows("SELECT count(*) FROM job WHERE done = 1") == [(1,)]:
            return
        time.sleep(0.2)
    raise AssertionError((desk.rows("SELECT * FROM job"), desk.run("work", "--json"), len(desk.model.requests)))


def trailers(desk: Desk, branch: str) -> dict[str, str]:
    """The trailers of a branch's last commit."""
    said = git("log", "-1", "--format=%(trailers:only,unfold)", branch, cwd=desk.library).decode()
    return dict(line.split(": ", 1) for line in said.splitlines() if line)


def objects(repository: Path) -> bytes:
    """Every object of a repository, one after the other."""
    return git("cat-file", "--batch-all-objects", "--batch", cwd=repository)


def test_a_session_that_failed_its_user_becomes_a_commit(desk: Desk) -> None:
    """Hooks fire, the use is known, judge and proposer have no tools, and one commit stands on the improve branch."""
    hooked(desk)
    assert ANSWER in desk.say(desk.agent.first, TASK)
    trusted(desk)
    assert "I will." in desk.say(desk.agent.again, REACTION)
    until(desk)
    seen = _our_calls_had_no_tools_and_told_no_hook(desk)
    _what_happened_is_recorded(desk)
    _one_commit_stands_on_its_branch(desk, seen)
    _nothing_of_the_session_is_in_git(desk)
    assert desk.run("work", "--json").json() == []
    _uninstall_leaves_what_was(desk)


def _uninstall_leaves_what_was(desk: Desk) -> None:
    """After the agent has lived with our hooks they go, and its settings are its user's again."""
    [standing] = desk.hooks("status", "--json").json()
    assert standing["state"] == "installed", "the agent has not broken them"
    assert desk.hooks("uninstall").code == 0
    path = Path(standing["path"])
    before = desk.agent.settings.get(path.relative_to(desk.home).as_posix()) if desk.agent.glob else None
    assert (path.read_text() if path.exists() else None) == (before and before.replace("{url}", desk.model.url))


@pytest.mark.parametrize("agent", [one for one in AGENTS if one.typed], ids=lambda agent: agent.id, indirect=True)
def test_a_skill_that_its_user_named_is_judged_as_well(desk: Desk) -> None:
    """No tool tells of it; the words do, and the transcript has the skill's text.

    The hooks are the user's here, which hold wherever the CLI is run: also where the worker asks it.
    """
    desk = replace(desk, scope=("--global",))
    hooked(desk)
    assert ANSWER in desk.say(desk.agent.first, f"{desk.agent.typed} {TYPED}")
    assert "I will." in desk.say(desk.agent.again, REACTION)
    until(desk)
    assert [tools(body) for body in desk.model.bodies if is_ours(body)] == [[], []]
    assert desk.rows("SELECT count(*) FROM event WHERE event = 'prompt'") == [(2,)], "our calls told no hook"
    _what_happened_is_recorded(desk)
    [branch] = desk.branches()
    assert remote_text(desk.library, "skills/greet/SKILL.md", branch) == BETTER
    _nothing_of_the_session_is_in_git(desk)


@pytest.mark.parametrize("agent", AGENTS[:3], ids=lambda agent: agent.id, indirect=True)
def test_a_session_without_a_skill_of_ours_costs_nothing(desk: Desk) -> None:
    """Whatever its user says, no model is asked by us and nothing is written to the library."""
    hooked(desk)
    assert ANSWER in desk.say(desk.agent.first, f"Say hello to {TYPED}")
    assert "I will." in desk.say(desk.agent.again, REACTION)
    assert desk.run("work", "--json").json() == [] and desk.branches() == []
    assert desk.rows("SELECT count(*) FROM event WHERE event = 'prompt'") == [(2,)] and not desk.rows(
        "SELECT * FROM job"
    )
    assert not [body for body in desk.model.bodies if is_ours(body)]


@pytest.mark.parametrize("agent", AGENTS[:3], ids=lambda agent: agent.id, indirect=True)
def test_hooks_of_a_gitskills_that_is_gone_are_not_noticed(desk: Desk) -> None:
    """A team commits the registration; whoever has no gitskills sees no word of it, nor does the agent's record."""
    hooked(desk)
    shutil.rmtree(desk.home / ".local" / "state" / "gitskills")
    assert ANSWER in desk.say(desk.agent.first, TASK)
    assert not (desk.home / ".local" / "state" / "gitskills").exists()
    kept = [file.read_text("utf-8") for file in desk.home.glob(".*/**/*.jsonl")]
    assert kept and not [text for text in kept if "hook_non_blocking_error" in text or "hook_error" in text]


def _our_calls_had_no_tools_and_told_no_hook(desk: Desk) -> str:
    """Look at what the model was asked; return the text of the conversation's last request."""
    ours = [body for body in desk.model.bodies if is_ours(body)]
    theirs = [body for body in desk.model.bodies if not is_ours(body)]
    assert [tools(body) for body in ours] == [[], []], "one judge, one proposer, no tools"
    assert REACTION in json.dumps(ours[0]), "the judge sees what the user said"
    spoken = [body for body in theirs if tools(body)]
    assert len(spoken) == 3, "a call of a tool, an answer, an answer to the reaction"
    told = Counter(event for (event,) in desk.rows("SELECT event FROM event"))
    assert told["prompt"] == 2 and told["skill"] >= 1, told
    assert told["session-start"] <= 2 and set(told) <= {"session-start", "prompt", "skill", "stop", "session-end"}, told
    return json.dumps(spoken[-1])


def _what_happened_is_recorded(desk: Desk) -> None:
    """The session, the skill and the verdict are in the state database."""
    [(agent, session, name, done)] = desk.rows("SELECT agent, session, skill, done FROM job")
    assert (agent, name, done) == (desk.agent.id, "greet", 1) and session
    assert desk.rows("SELECT outcome, layer FROM verdict") == [("failed", "skill_defect")]


def _one_commit_stands_on_its_branch(desk: Desk, spoken: str) -> None:
    [branch] = desk.branches()
    assert git("rev-list", "--count", f"main..{branch}", cwd=desk.library).strip() == b"1"
    assert remote_text(desk.library, "skills/greet/SKILL.md", branch) == BETTER
    said = trailers(desk, branch)
    assert branch == f"gitskills/improve/greet/{said['Skill-Edit'][:8]}"
    assert (said["Skill"], said["Skill-Op"]) == ("greet", "improve")
    assert (said["Skill-Gate"], said["Skill-Calls"]) == ("unverified", "2")
    for name, rev in (("Skill-Base", "main"), ("Skill-Tree", branch)):
        assert git("rev-parse", f"{rev}:skills/greet", cwd=desk.library).decode().strip() == said[name]
    assert re.match(f"agent:{desk.agent.id}(/\\S+)? v\\d", said["Skill-Judge"])
    assert re.match(f"agent:{desk.agent.id}(/\\S+)? v\\d", said["Skill-Proposer"])
    who, _, use = said["Skill-Evidence"].partition("#")
    assert re.fullmatch(f"{desk.agent.id}:[0-9a-f]{{16}}", who)
    assert use and any(call in use for call in re.findall(r"(?:toolu|call|fc)_[0-9a-f]{16}", spoken)), said


def _nothing_of_the_session_is_in_git(desk: Desk) -> None:
    """Of what was said one quote is in the library and in our copies of it, and no id of the session."""
    session = desk.rows("SELECT session FROM job")[0][0].encode()
    caches = [path.parent for path in (desk.home / ".cache" / "gitskills").rglob("HEAD")]
    assert caches
    for repository in (desk.library, *caches):
        written = objects(repository)
        assert not [one for one in (*PRIVATE, session) if one in written]
    assert QUOTE.encode() in objects(desk.library)


@pytest.mark.parametrize("agent", [one for one in AGENTS if one.id == "codex"], ids=["codex"], indirect=True)
def test_codex_without_its_users_approval_runs_no_hook(desk: Desk) -> None:
    """It skips them without a word, as `hooks status` says it will; nothing is told, and nothing breaks."""
    assert desk.hooks("install").code == 0
    assert ANSWER in desk.say(desk.agent.first, TASK)
    assert list((desk.home / ".local" / "state" / "gitskills" / "inbox").rglob("*.codex")) == []
