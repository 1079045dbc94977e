"""What somebody at a terminal is asked, and when."""

import os
import re
from pathlib import Path

import pytest

from tests.conftest import SkillRepo
from tests.people import commit, numbered, person, skill
from tests.remotes import PASSWORD, USER, Web
from tests.terminals import on_terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")


def test_passwords_are_asked_for_one_at_a_time_and_once(tmp_path: Path, skill_repo: SkillRepo, web: Web) -> None:
    """Of sources fetched together each host's password is asked for once, after the other's was given."""
    libraries = [skill_repo({f"skills/{name}/SKILL.md": skill(name)}, name=f"{name}.git") for name in "abc"]
    urls = [web.behaving("private", library) for library in libraries]
    urls[1] = urls[1].replace("127.0.0.1", "localhost")
    more = "".join(f"  {name}: {url}\n" for name, url in zip("bc", urls[1:], strict=True))
    ada = person(tmp_path, urls[0], more=more)
    code, seen, asked = on_terminal(
        "pull",
        cwd=ada.root,
        env={"GITSKILLS_HOME": str(ada.store)},
        answers={"Username": USER, "Password": PASSWORD},
    )
    assert code == 0, seen
    hosts = [url.partition("//")[2].rpartition("@")[2].partition(":")[0] for _, url in asked]
    assert [word for word, _ in asked] == ["Username", "Password"] * 2
    assert hosts == ["127.0.0.1"] * 2 + ["localhost"] * 2
    assert set(ada.status()) == {"a", "b", "c"} and "access denied" not in seen


def test_a_list_has_one_line_for_each_skill(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """However long descriptions are, names are whole and each skill is one line of the terminal's width."""
    names = ["a" * 40, "b" * 30]
    ada = person(
        tmp_path, skill_repo({f"skills/{name}/SKILL.md": skill(name, description="long " * 60) for name in names})
    )
    ada.pull()
    code, seen, _ = on_terminal("list", cwd=ada.root, env={"GITSKILLS_HOME": str(ada.store)}, answers={})
    rows = [line for line in seen.splitlines() if "team" in line]
    assert code == 0 and len(rows) == 2, seen
    assert all(name in row and "long long" in row for name, row in zip(names, rows, strict=True)), seen
    narrow = {"GITSKILLS_HOME": str(ada.store), "COLUMNS": "66"}
    code, seen, _ = on_terminal("status", cwd=ada.root, env=narrow, answers={})
    assert code == 0 and seen.count("up-to-date") == 2 and seen.count("team") == 2, seen
    assert names[1] in seen and names[0] not in seen, "of two names the one that would squeeze the rest goes on below"


@pytest.mark.parametrize("columns", [30, 60])
def test_a_long_message_breaks_between_words(tmp_path: Path, skill_repo: SkillRepo, columns: int) -> None:
    """What does not fit goes on below, indented, with each command in one piece and no word lost or doubled."""
    ada = person(tmp_path, library := skill_repo({"skills/a/SKILL.md": numbered("a")}))
    ada.pull()
    commit(library, {"skills/a/SKILL.md": numbered("a").replace("line 1\n", "theirs\n")})
    ada.edit("a", "line 1\n", "mine\n")
    env = {"GITSKILLS_HOME": str(ada.store), "COLUMNS": str(columns)}
    code, seen, _ = on_terminal("pull", cwd=ada.root, env=env, answers={})
    shown = re.sub(r"\x1b\[[0-9;]*m", "", seen).splitlines()
    assert code == 1 and " ".join(shown).split() == ada.run("pull").out.split()
    assert all(len(line) <= columns or "`" in line for line in shown), seen
    assert any("`gitskills pull a --theirs`" in line for line in shown)
