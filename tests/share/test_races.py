"""Many at once: nothing is lost, nothing is forced, and exactly one wins where only one can."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import SkillRepo
from tests.people import Person, commit, folder, log, numbered, person, remote_text, skill
from tests.processes import crowd
from tests.repositories import git

# What one process of the crowd does: waits for the start, then edits and pushes its own skills one by one.
PUSHES = """\
import json, sys
from pathlib import Path
from gitskills.share.project import load
from gitskills.share.publish import Options
from gitskills.share.push import push
from gitskills.share.pull import pull
from gitskills.share.outcome import Options as Pull
from gitskills.state.paths import paths
names = sys.argv[1:]
sys.stdin.readline()
said = []
for number, name in enumerate(names):
    path = Path(".agents/skills") / name / "SKILL.md"
    path.write_text(path.read_text().replace("line 3\\n", f"line 3, by {name}, {number}\\n"))
    said += [one.action for one in push(load(paths(), Path.cwd()), Options((name,)))]
print(json.dumps(said))
"""


class Crowd:
    """Processes that are started, wait, and are let go together."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[str]] = []

    def start(self, who: Person, *words: str | Path) -> None:
        """Start a process in a person's project; it begins when it reads its standard input."""
        self._started.append(
            subprocess.Popen(
                [sys.executable, *map(str, words)],
                cwd=who.root,
                env={**os.environ, "GITSKILLS_HOME": str(who.store)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )

    def run(self, timeout: float) -> list[tuple[int, str, str]]:
        """Let all go at once; return exit code, output and errors of each."""
        for one in self._started:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        with ThreadPoolExecutor(len(self._started)) as pool:
            said = list(pool.map(lambda one: one.communicate(timeout=timeout), self._started))
        return [(one.returncode, *out) for one, out in zip(self._started, said, strict=True)]


def people(tmp_path: Path, url: Path, count: int, *, pull: bool = True) -> list[Person]:
    """People with a project and a home each."""
    crowd = [person(tmp_path, url, f"p{number}", agents="[codex]") for number in range(count)]
    for one in crowd if pull else ():
        one.pull()
    return crowd


def pushed(everybody: Sequence[Person], *, named: bool = False) -> list[str]:
    """Let all push at once, by the names of their one new skill where it is `named`; return what came of it."""
    done = crowd([partial(one.run, "push", "--json", *([one.name] if named else [])) for one in everybody])
    return [row["action"] for one in done for row in one.json()]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_twenty_people_push_ten_edits_each(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """20 processes with their own clones push 10 edits of different skills each: 200 commits, in line, none lost."""
    names = [[f"s{who}-{number}" for number in range(10)] for who in range(20)]
    library = skill_repo({f"skills/{name}/SKILL.md": numbered(name) for mine in names for name in mine})
    base = log(library, "--format=%H")
    crowd = Crowd()
    everybody = people(tmp_path, library, 20)
    for one, mine in zip(everybody, names, strict=True):
        crowd.start(one, "-c", PUSHES, *mine)
    done = crowd.run(220)
    assert [(code, out.strip(), err) for code, out, err in done] == [
        (0, str(["pushed"] * 10).replace("'", '"'), "")
    ] * 20
    commits = log(library, "--format=%H %P")
    assert len(commits) == len(base) + 200
    assert [row.split()[1:] for row in commits[:200]] == [[row.split()[0]] for row in commits[1:]], "in line, no merge"
    assert commits[-1].split()[0] == base[0], "no force: what was there is still below"
    subjects = Counter(subject.split(":")[0] for subject in log(library)[:200])
    assert subjects == Counter(name for mine in names for name in mine)
    for mine in names:
        for number, name in enumerate(mine):
            assert f"line 3, by {name}, {number}\n" in remote_text(library, f"skills/{name}/SKILL.md")
    for one in everybody[:3]:
        one.pull()
        assert set(one.status().values()) == {"up-to-date"}
    assert git("fsck", "--no-dangling", cwd=library) == b""


def test_the_same_line_by_many(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Eight people edit one line and push at once: one wins, seven are told of the conflict and keep their bytes."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a")})
    everybody = people(tmp_path, library, 8)
    for one in everybody:
        one.edit("a", "line 3\n", f"line 3, by {one.name}\n")
    done = pushed(everybody)
    assert sorted(done) == ["conflict"] * 7 + ["pushed"]
    assert len(log(library)) == 2
    winner = everybody[done.index("pushed")]
    assert remote_text(library, "skills/a/SKILL.md") == winner.read("a")
    for one in everybody:
        assert one.read("a") == numbered("a").replace("line 3\n", f"line 3, by {one.name}\n")
        assert not one.stages


def test_different_lines_of_one_skill_by_many(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Six people edit six lines of one skill and push at once: all six edits are on the branch and on every machine."""
    library = skill_repo({"skills/a/SKILL.md": numbered("a", 40)})
    everybody = people(tmp_path, library, 6)
    for number, one in enumerate(everybody):
        one.edit("a", f"line {number * 6}\n", f"line {number * 6}, by a, 0\n")
    assert pushed(everybody) == ["pushed"] * 6
    text = remote_text(library, "skills/a/SKILL.md")
    assert text.count(", by a, 0") == 6 and len(log(library)) == 7
    for one in everybody:
        one.pull()
        assert one.read("a") == text


def test_first_pushes_into_an_empty_repository(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Three people whose first push meets an empty repository at once all get their skill in."""
    library = skill_repo()
    everybody = people(tmp_path, library, 3, pull=False)
    for one in everybody:
        one.write(one.name, skill(one.name, "line 3\n"))
    assert pushed(everybody, named=True) == ["pushed"] * 3
    assert sorted(log(library)) == ["p0: new skill", "p1: new skill", "p2: new skill"]
    assert log(library, "--merges") == []


def test_two_pulls_in_one_project(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Four processes pull in one project at once: each ends well, the skills are whole, nothing is left beside them."""
    library = skill_repo({f"skills/s{n}/SKILL.md": numbered(f"s{n}") for n in range(15)})
    ada = person(tmp_path, library)
    for round_ in range(2):
        done = crowd([lambda: ada.run("pull", "--json")] * 4)
        assert [(one.code, one.err) for one in done] == [(0, "")] * 4
        assert set(ada.status().values()) == {"up-to-date"} and not ada.stages
        texts = {f"skills/s{n}/SKILL.md": numbered(f"s{n}", 13 + round_) for n in range(15)}
        commit(library, {**texts, "skills/s0/more": str(round_)})


def test_pull_and_push_in_one_project(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Pulls and pushes at once in one project lose no edit: it is on the branch and on disk afterwards."""
    library = skill_repo({f"skills/s{n}/SKILL.md": numbered(f"s{n}") for n in range(6)})
    ada = person(tmp_path, library)
    ada.pull()
    commit(library, {f"skills/s{n}/SKILL.md": numbered(f"s{n}").replace("line 9\n", "line nine\n") for n in range(6)})
    for number in range(6):
        ada.edit(f"s{number}", "line 1\n", "line one\n")
    done = crowd([partial(ada.run, verb) for verb in ("pull", "push", "pull", "push")])
    assert [(one.code, one.err) for one in done] == [(0, "")] * 4
    for number in range(6):
        text = remote_text(library, f"skills/s{number}/SKILL.md")
        assert "line one" in text and "line nine" in text and ada.read(f"s{number}") == text
    assert set(ada.status().values()) == {"up-to-date"} and not ada.stages


def test_several_projects_share_one_cache(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Eight projects of one user, with nothing cached, pull the same library at once through one cache."""
    library = skill_repo({f"skills/s{n}/SKILL.md": numbered(f"s{n}") for n in range(10)})
    everybody = [
        Person(one.name, one.root, tmp_path / "shared.home") for one in people(tmp_path, library, 8, pull=False)
    ]
    done = crowd([partial(one.run, "pull") for one in everybody])
    assert [(one.code, one.err) for one in done] == [(0, "")] * 8
    assert len(list((tmp_path / "shared.home/cache/repositories").glob("*.git"))) == 1
    wanted = folder(everybody[0].skills)
    assert all(folder(one.skills) == wanted and len(one.lock()) == 10 for one in everybody)
    assert all(set(one.status().values()) == {"up-to-date"} for one in everybody)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_crowd_of_everything(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """Projects that share caches and projects that do not pull, edit and push for a while: every edit is in the end."""
    library = skill_repo({f"skills/s{n}/SKILL.md": numbered(f"s{n}") for n in range(6)})
    everybody = [
        Person(one.name, one.root, tmp_path / f"home{number % 3}")
        for number, one in enumerate(people(tmp_path, library, 6, pull=False))
    ]
    for one in everybody:
        one.pull()
    chance = random.Random(7)
    words: list[str] = []

    def work(one: Person, seed: int) -> None:
        mine = random.Random(seed)
        for number in range(4):
            name = f"s{mine.randrange(6)}"
            word = f"{one.name}-{number}"
            # Everybody has lines of their own in every skill, so all edits can go together.
            line = int(one.name[1:]) * 2
            text = one.read(name).splitlines(keepends=True)
            at = next(i for i, each in enumerate(text) if each.startswith(f"line {line}"))
            text[at] = f"{text[at].rstrip()} {word}\n"
            one.write(name, "".join(text))
            words.append(f"{name} {word}")
            done = one.run("push" if mine.random() < 0.7 else "pull", timeout=100)
            assert done.code == 0, done

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, everybody, chance.sample(range(100), 6)))
    for one in everybody:
        assert one.run("push").code == 0
    for one in everybody:
        one.pull()
    texts = {f"s{n}": remote_text(library, f"skills/s{n}/SKILL.md") for n in range(6)}
    for word in words:
        name, _, token = word.partition(" ")
        assert token in texts[name]
    for one in everybody:
        assert {name: one.read(name) for name in texts} == texts
