"""What tests of improving share: a skill that fails its user, the session in which it does, and prepared answers."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gitskills.commands import targets
from gitskills.commands.installed import Installed
from gitskills.git.commit import identity
from gitskills.improve import windows
from gitskills.improve.case import Case
from gitskills.improve.witness import read, witness
from gitskills.state import database, inbox
from tests.answers import Answers, answering
from tests.people import Person, person, skill
from tests.repositories import git
from tests.transcripts import NEVER, transcript

BODY = skill("deploy", "\n## Ship\n\n1. Run the tests.\n2. Release.\n", description="Ship the shop.")
EDIT = {"op": "insert_after", "target": "1. Run the tests.\n", "content": "   Not on a Friday.\n"}
PROPOSAL = {"weakness": "It does not say when not to deploy", "edits": [EDIT]}
OTHER = PROPOSAL | {"edits": [EDIT | {"content": "   Never at the end of the week.\n"}]}
FAILED = {
    "outcome": "failed",
    "layer": "skill_defect",
    "reason": "The skill does not say when not to deploy.",
    "evidence": ["Never deploy on a Friday."],
}
OK = {"outcome": "ok", "reason": "done", "evidence": []}


@pytest.fixture
def ada(tmp_path: Path, library: Path) -> Person:
    """Ada, who has the skills of the test's `library`."""
    someone = person(tmp_path, library, agents="[claude-code]")
    someone.pull()
    return someone


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    """Return a function: answers by role → the environment in which models give them, with notes in `tmp_path`."""
    return partial(answering, tmp_path)


def branches(library: Path) -> list[str]:
    """The candidates and proposals that wait in a library."""
    return git("for-each-ref", "--format=%(refname:short)", "refs/heads/gitskills", cwd=library).decode().split()


def refs(library: Path) -> str:
    """Every ref of a library with what it points to."""
    return git("for-each-ref", cwd=library).decode()


class Talk:
    """A session of Claude Code in Ada's project, as its hooks tell it; no worker is started."""

    def __init__(
        self, ada: Person, home: Path, id: str = "5e55-1", reaction: str = NEVER, name: str = "deploy"
    ) -> None:
        self.ada, self.id, self.count, self.name = ada, id, 0, name
        folder = home / ".claude" / "projects" / "shop"
        folder.mkdir(parents=True, exist_ok=True)
        self.file = transcript(folder / f"{id}.jsonl", name, reaction, session=id)

    def told(self, event: str, **more: object) -> dict[str, object]:
        """The payload of one event."""
        self.count += 1  # the same words twice at once would be one event, told by two registrations
        common = {"count": self.count, "session_id": self.id, "cwd": str(self.ada.root)}
        return common | {"transcript_path": str(self.file), "hook_event_name": event} | more

    def use(self, name: str = "") -> None:
        """The agent uses a skill."""
        tool = {"tool_name": "Skill", "tool_input": {"skill": name or self.name}, "tool_use_id": "toolu_1"}
        tell(self.ada, "skill", self.told("PreToolUse", **tool))

    def say(self, text: str = NEVER) -> None:
        """The user says something."""
        tell(self.ada, "prompt", self.told("UserPromptSubmit", prompt=text))


def tell(ada: Person, event: str, payload: dict[str, object] | str) -> None:
    """Leave one event in the inbox, as a hook does."""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    inbox.write(str(ada.paths.inbox), event, "claude-code", text.encode())


class Scripted:
    """A model in this process; an answer is text, what becomes JSON, or a function that gives one of these.

    `asked` are the roles it was asked in, `prompts` the latest prompt by role.
    """

    name = "scripted"

    def __init__(self, **answers: object) -> None:
        self.answers, self.asked = answers, list[str]()
        self.prompts: dict[str, str] = {}

    def ask(self, system: str, prompt: str, *, role: str) -> str:
        """Answer; see `gitskills.models.protocol.Model`."""
        self.asked.append(role)
        self.prompts[role] = prompt
        answer = self.answers[role]
        if callable(answer):
            answer = answer()
        return answer if isinstance(answer, str) else json.dumps(answer)


def case(
    ada: Person,
    model: Scripted | Callable[[str], Any],
    *,
    reaction: str = NEVER,
    session: str = "5e55-1",
    sessions: Sequence[str] = (),
) -> Case:
    """Return what `gitskills improve deploy --session …` runs, in this process; `sessions` showed the weakness too."""
    file = transcript(ada.root.parent / f"{session}.jsonl", "deploy", reaction, session=session)
    target = targets.target(ada.project, "deploy")
    told = read(file, "claude-code", (), str(ada.paths.home))
    shown = witness(told, ("deploy",), target.text, targets.salt(ada.project))
    models = (lambda role: model) if isinstance(model, Scripted) else model
    return Case(target, replace(shown, sessions=tuple(sessions)), models, identity(ada.root))


def judged(ada: Person, outcomes: Mapping[str, str]) -> None:
    """Record a verdict (ok, failed, unclear) per session about the installed `deploy`, with nothing come of it."""
    site = Installed(ada.paths)
    [deploy] = [one for one in site.placed(str(ada.root)) if one.name == "deploy"]
    with closing(database.state(ada.paths)) as db:
        for id, outcome in outcomes.items():
            session, at = ("claude-code", id), time.time()
            windows.open_(db, session, "deploy", str(ada.root), "toolu_1", messages=1, at=at)
            windows.spend(db, session, id, "", NEVER, at=at)
            [job] = windows.jobs(db)
            what = ("skill_defect", str(FAILED["reason"])) if outcome == "failed" else (None, "done")
            who = windows.digest(site.salt, id)
            verdict = windows.Judged(deploy.url, deploy.path, deploy.tree, who, "team", outcome, *what)
            windows.finish(db, job, verdict, at=at)
