"""Three public libraries, with their real history, over every transport: the team's whole day on each."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitskills.git import objects
from tests.people import Person, folder, log, person, remote_text, skill, untouched
from tests.remotes import Remote
from tests.repositories import git

# Skills at the tip; awesome-copilot has 419 files called SKILL.md, 15 of them inside other skills.
LIBRARIES = {"superpowers": 14, "mattpocock-skills": 41, "awesome-copilot": 404}


def trees(repository: Path) -> dict[str, str]:
    """The tree of each skill at the tip, by name, as plain git lists them."""
    tip = git("rev-parse", "main", cwd=repository).decode().strip()
    return {one.name: one.tree for one in objects.skills(repository, tip).values()}


def mark(text: str, number: int, word: str) -> str:
    """The text with a word put after the `number`-th line of prose from its middle on."""
    lines = text.split("\n")
    prose = [at for at in range(len(lines) // 2, len(lines)) if lines[at].strip() and not lines[at].startswith("---")]
    lines[prose[number]] += f" {word}"
    return "\n".join(lines)


def long_ones(one: Person) -> list[str]:
    """Skills long enough for two edits to lie apart."""
    return [name for name in sorted(one.lock()) if len(one.read(name).splitlines()) > 60][:4]


# Each library from a folder, one of them by git daemon and HTTP too; the others over the network, and SSH, as the slow
# kind.
TEAMS = [
    pytest.param(
        kind, name, marks=[pytest.mark.slow] if kind == "ssh" or (kind != "file" and name != "superpowers") else []
    )
    for kind in ("file", "daemon", "http", "ssh")
    for name in LIBRARIES
    if kind != "ssh" or name == "superpowers"  # where each connection takes half a second
]


@pytest.fixture
def team(
    request: pytest.FixtureRequest, library: Callable[[str], Path], remote: Remote, tmp_path: Path
) -> tuple[Path, Person, Person]:
    """A library on a server, and two people who take it from there."""
    repository = library(request.param)
    url = remote.serve(repository)
    return repository, person(tmp_path, url), person(tmp_path, url, "bob")


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("_server", "team"), TEAMS, indirect=True)
def test_a_teams_day(team: tuple[Path, Person, Person]) -> None:
    """Pull for two agents, edit, push, pull by the second user, merge, clash and each way out, a new skill, revert."""
    repository, ada, bob = team
    first = trees(repository)
    done = ada.pull()
    assert len(done) == len(first) == LIBRARIES[repository.stem]
    assert {one.action for one in done.values()} == {"installed"}
    assert {name: ada.tree(name) for name in first} == first
    assert {name: os.readlink(ada.root / ".claude/skills" / name) for name in first} == {
        name: f"../../.agents/skills/{name}" for name in first
    }
    assert set(ada.status().values()) == {"up-to-date"}
    with untouched(ada.root):
        assert {one.action for one in ada.pull().values()} == {"unchanged"}
    bob.pull()
    one, other, third, fourth = long_ones(ada)

    ada.write(one, mark(ada.read(one), 0, "(by Ada)"))
    assert ada.push()[one].action == "pushed"
    changed = {name: row for name, row in bob.pull().items() if row.action != "unchanged"}
    assert changed.keys() == {one} and changed[one].action == "updated" and bob.read(one) == ada.read(one)

    ada.write(other, mark(ada.read(other), 0, "(by Ada)"))
    bob.write(other, mark(bob.read(other), -1, "(by Bob)"))
    assert ada.push()[other].action == "pushed" and bob.pull()[other].action == "merged"
    assert "(by Ada)" in bob.read(other) and "(by Bob)" in bob.read(other)
    assert bob.push()[other].action == "pushed" and ada.pull()[other].action == "updated"
    assert ada.read(other) == bob.read(other)

    settle_clashes(ada, bob, (one, other, third))

    bob.write("brand-new", skill("brand-new", "Made by Bob.\n"))
    assert bob.push("brand-new")["brand-new"].action == "pushed"
    assert ada.pull()["brand-new"].action == "installed"
    assert git("fsck", "--no-dangling", cwd=repository) == b""
    look_back(repository, ada, one, first[one])
    assert ada.tree(fourth) == first[fourth] == trees(repository)[fourth]


def settle_clashes(ada: Person, bob: Person, names: tuple[str, str, str]) -> None:
    """The same line edited by both, three times, settled in the three ways there are."""
    for name in names:
        ada.write(name, mark(ada.read(name), 1, "ADA"))
        bob.write(name, mark(bob.read(name), 1, "BOB"))
    ada.push()
    before = {name: folder(bob.skills / name) for name in names}
    done = bob.pull()
    assert {name: done[name].action for name in names} == dict.fromkeys(names, "conflict")
    assert {name: folder(bob.skills / name) for name in names} == before
    ours, theirs, edited = names
    assert bob.pull(ours, favor="ours")[ours].action == "merged"
    assert bob.pull(theirs, favor="theirs")[theirs].action == "merged"
    bob.write(edited, bob.read(edited).replace(" BOB", " ADA and BOB"))
    assert {name: row.action for name, row in bob.push().items()} == {ours: "pushed", edited: "pushed"}
    ada.pull()
    for name, wanted in ((ours, " BOB"), (theirs, " ADA"), (edited, " ADA and BOB")):
        assert wanted in ada.read(name) and ada.read(name) == bob.read(name)
    assert set(ada.status().values()) == set(bob.status().values()) == {"up-to-date"}


def look_back(repository: Path, ada: Person, name: str, tree: str) -> None:
    """The trail of a skill through the real program: log, blame, verify, and a revert to its first state here."""
    done = ada.run("log", name, "--json")
    assert done.code == 0, done.err
    rows = done.json()
    assert [row["op"] for row in rows][:2] == ["edit", "edit"]
    assert {row["author"].split(" <")[0] for row in rows[:2]} == {"Ada", "Bob"}
    done = ada.run("blame", name, "--json")
    assert done.code == 0, done.err
    blamed = done.json()
    assert "".join(row["text"] + "\n" for row in blamed).rstrip("\n") == ada.read(name).rstrip("\n")
    assert {"Ada", "Bob"} & {row["author"].split(" <")[0] for row in blamed}
    done = ada.run("revert", name, "--to", tree, "--json")
    assert done.code == 0, done.err
    assert trees(repository)[name] == tree == ada.tree(name)
    assert log(repository, "-1")[0].startswith(f"{name}: revert")


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_part_of_a_library_at_an_old_commit(library: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    """Some skills of a commit long ago are installed as they were, renamed, and brought to the tip later."""
    repository = library(name)
    tip = git("rev-parse", "main", cwd=repository).decode().strip()
    old = git("rev-list", "--first-parent", "main", cwd=repository).decode().split()[25]
    then = {one.name: one for one in objects.skills(repository, old).values()}
    chosen = sorted(then.keys() & trees(repository).keys())[:3]
    one = chosen[0]
    patterns = f"[{{name: {one}, as: renamed}}, {', '.join(chosen[1:])}]"
    ada = person(tmp_path, repository, more=f"    ref: {old}\n    skills: {patterns}\n")
    assert ada.pull().keys() == {"renamed", *chosen[1:]}
    assert {each: ada.tree(each) for each in chosen[1:]} == {each: then[each].tree for each in chosen[1:]}
    ada.config.write_text(ada.config.read_text().replace(f"    ref: {old}\n", ""))
    ada.pull()
    assert ada.lock()["renamed"].path.endswith(one) and ada.tree("renamed") == trees(repository)[one]
    assert {each.commit for each in ada.lock().values()} <= {old, tip}


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_skill_of_a_library_can_be_edited_and_pushed(
    library: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    """A line added to each of many real skills passes validation and scan, and reaches the library in one push."""
    repository = library(name)
    ada = person(tmp_path, repository, agents="[codex]")
    ada.pull()
    names = sorted(ada.lock())[:60]
    for one in names:
        ada.write(one, ada.read(one) + "\nOne more line.\n")
    done = ada.push()
    refused = {one: row.message for one, row in done.items() if row.action != "pushed"}
    assert not refused
    assert len(log(repository)) >= len(names)
    paths = {one: install.path for one, install in ada.lock().items()}
    assert all(remote_text(repository, f"{paths[one]}/SKILL.md") == ada.read(one) for one in names)
