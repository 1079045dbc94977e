"""The story `demo` tells: a team of two, their library, and what happens to one skill. Data and set-up, no talk."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gitskills.git.command import run

SKILL = """\
---
name: deploy
description: Deploy the web service to staging or production. Use when asked to ship, release or roll back.
---

# Deploy

## Before

- Run the tests.

## Ship

1. `make image`
2. `make release ENV=staging`

## Roll back

`make release ENV=production VERSION=previous`
"""


SAID = (
    ("user", "please deploy the shop"),
    ("skill", "deploy"),
    ("assistant", "Done: the shop is in production."),
    ("user", "No, that was wrong: it is Friday evening and nobody is here. Never deploy on a Friday."),
)
"""What is said in the session in which the skill fails its user."""


@dataclass(frozen=True, slots=True)
class Step:
    """One scene: what is told, then a command line of one person (`gitskills …` or `git …`), then an edit to make."""

    told: str
    who: str = ""
    command: tuple[str, ...] = ()
    edit: tuple[str, str, str] | None = None
    """Skill, the text to replace in its SKILL.md, and the new text; an empty old text replaces all."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a machine of their own: `home`, and `project`, the folder they work in."""

    name: str
    home: Path
    project: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process theirs, whoever really runs it."""
        home = str(self.home)
        return {
            "HOME": home,
            "USERPROFILE": home,
            "GITSKILLS_HOME": str(self.home / ".gitskills"),
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GITSKILLS_MODEL": "rules",  # no model is asked, whatever is installed here
        }


def cast(root: Path) -> dict[str, Person]:
    """Make the team below `root`: two people with a project each, and an empty shared repository."""
    run("init", "-q", "--bare", "-b", "main", str(root / "team-skills.git"))
    people = {}
    for name, agents in (("Ada", (".claude", ".codex")), ("Ben", (".cursor",))):
        home = root / name.lower()
        person = Person(name, home, home / "shop")
        for agent in agents:
            (person.project / agent).mkdir(parents=True)
        identity = f"[user]\n\tname = {name}\n\temail = {name.lower()}@example.com\n[init]\n\tdefaultBranch = main\n"
        (home / ".gitconfig").write_text(identity, encoding="utf-8")
        run("init", "-q", str(person.project), env=person.environment)
        people[name] = person
    return people


def act(person: Person, edit: tuple[str, str, str]) -> None:
    """Make an edit as the person would, in the folder their agents read."""
    skill, old, new = edit
    file = person.project / ".agents" / "skills" / skill / "SKILL.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new) if old else new, encoding="utf-8", newline="\n")


def session(root: Path) -> Path:
    """Write the transcript Ben's agent leaves of that session; returns the file."""
    file = root / "ben" / "friday.jsonl"
    rows = []
    for number, (kind, text) in enumerate(SAID):
        use = {"type": "tool_use", "id": "toolu_01", "name": "Skill", "input": {"skill": text}}
        content = {"user": text, "assistant": [{"type": "text", "text": text}], "skill": [use]}[kind]
        role = "user" if kind == "user" else "assistant"
        row = {
            "type": role,
            "uuid": f"{number}",
            "parentUuid": f"{number - 1}" if number else None,
            "sessionId": "demo",
        }
        rows.append(json.dumps(row | {"message": {"role": role, "content": content}}) + "\n")
    file.write_text("".join(rows), encoding="utf-8")
    return file


def story(root: Path) -> Iterator[Step]:
    """The scenes in order."""
    remote = str(root / "team-skills.git")
    library = str(root / "ada" / "team-skills")
    yield Step(
        "Ada starts the team's library and pushes it: an ordinary git repository.",
        "Ada",
        ("gitskills", "init", library),
    )
    yield Step("", "Ada", ("git", "-C", library, "push", "-q", remote, "main"))
    yield Step("In her project she takes skills from it.", "Ada", ("gitskills", "add", remote))
    yield Step("She writes a new skill …", "Ada", ("gitskills", "new", "deploy"), ("deploy", "", SKILL))
    yield Step(
        "… and publishes it. It is validated and scanned, then becomes a commit.",
        "Ada",
        ("gitskills", "push", "deploy", "-m", "how we ship the shop"),
    )
    yield Step(
        "Ben works elsewhere, with another agent. He gets the same skills.",
        "Ben",
        ("gitskills", "add", remote),
        ("deploy", "- Run the tests.\n", "- Run the tests.\n- Check that nobody else is deploying.\n"),
    )
    yield Step("Both improve the skill at the same time. Ben publishes first.", "Ben", ("gitskills", "push"))
    yield Step(
        "Ada changed another part meanwhile; she has not seen Ben's line.",
        edit=("deploy", "VERSION=previous`\n", "VERSION=previous`, then tell #ops why.\n"),
        who="Ada",
    )
    yield Step("", "Ada", ("gitskills", "status", "--fetch"))
    yield Step("", "Ada", ("gitskills", "diff"))
    yield Step("Her push merges with Ben's and lands on top of it. Nothing was forced.", "Ada", ("gitskills", "push"))
    yield Step("Ben pulls: both edits are there.", "Ben", ("gitskills", "pull"))
    yield Step("", "Ben", ("gitskills", "show", "deploy"))
    yield Step("The audit trail is git's own history.", "Ben", ("gitskills", "log", "deploy"))
    yield from _learning(root)
    yield Step(
        "And every version can be had back.", "Ben", ("gitskills", "revert", "deploy", "--to", "v1", "--dry-run")
    )


def _learning(root: Path) -> Iterator[Step]:
    """The skill fails somebody, and is better afterwards."""
    said = SAID[-1][1]
    yield Step(f'Later the skill fails Ben. He tells his agent: "{said}"')
    failed = ("gitskills", "improve", "deploy", "--session", str(session(root)))
    yield Step("gitskills reads the session, judges, and proposes one small edit as a commit.", "Ben", failed)
    yield Step("It waits on a branch. Ada looks at what waits, and accepts it.", "Ada", ("gitskills", "review"))
    yield Step("", "Ada", ("gitskills", "review", "accept", "--all"))
    yield Step("Everybody gets it, and the trail says where it came from …", "Ben", ("gitskills", "pull"))
    yield Step("", "Ben", ("gitskills", "log", "deploy"))
    yield Step("… down to who wrote each line.", "Ben", ("gitskills", "blame", "deploy"))
