"""gitskills.lock: read with suspicion, written so that git merges two people's changes."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.share.lockfile import Install, LockError, parse, read, render, safe_name, write
from tests.conftest import SkillRepo
from tests.people import numbered, person, untouched
from tests.repositories import git

A, B = "a" * 40, "b" * 40


def one(name: str, tree: str = A, path: str = "") -> Install:
    return Install(name, "team", "https://example.com/s.git", None, B, path or f"skills/{name}", tree)


def text(name: str = "a", changes: dict[str, object] | None = None) -> str:
    entry = {"commit": A, "path": "skills/a", "ref": None, "source": "team", "tree": B, "url": "x"} | (changes or {})
    return json.dumps({"version": 1, "skills": {name: entry}})


good_names = st.text(min_size=1, max_size=20).filter(safe_name)
good_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
oids = st.one_of(*(st.text("0123456789abcdef", min_size=n, max_size=n) for n in (40, 64)))
installs = st.builds(
    Install, good_names, good_text, good_text, st.none() | good_text, oids, st.just("skills/a") | st.just(""), oids
)


@given(st.lists(installs, max_size=5))
def test_what_is_written_is_read_back(listed: list[Install]) -> None:
    """Any set of installs survives being written and read, and the bytes depend on the set alone."""
    by_name = {install.skill: install for install in listed}
    data = render(by_name)
    assert parse(data.decode()) == by_name
    assert render(dict(sorted(by_name.items(), reverse=True))) == data
    assert data.endswith(b"\n") and b"\r" not in data
    assert json.loads(data) == json.loads(json.dumps(json.loads(data), sort_keys=True))


def test_the_contracts_shape() -> None:
    """The lock has the keys the contract names, sorted, one fact a line."""
    data = render({"b": one("b"), "a": one("a")})
    assert json.loads(data) == {
        "version": 1,
        "skills": {
            name: {
                "source": "team",
                "url": "https://example.com/s.git",
                "ref": None,
                "commit": B,
                "path": f"skills/{name}",
                "tree": A,
            }
            for name in "ab"
        },
    }
    assert data == json.dumps(json.loads(data), indent=2, sort_keys=True).encode() + b"\n"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | oids,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=8,
)
entries = st.fixed_dictionaries(
    {}, optional={key: json_values for key in ("commit", "path", "ref", "source", "tree", "url", "more")}
)
almost = st.fixed_dictionaries(
    {"version": st.just(1) | json_values},
    optional={"skills": st.dictionaries(st.text(max_size=12), entries | json_values, max_size=3) | json_values},
)
damaged = st.tuples(installs, st.integers(0, 400), st.text(max_size=3)).map(
    lambda x: (t := render({x[0].skill: x[0]}).decode())[: x[1]] + x[2] + t[x[1] + 1 :]
)


@settings(max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), json_values.map(json.dumps), almost.map(json.dumps), damaged))
@example("[" * 100_000)
@example('{"version": 1, "skills": {"\\ud800": {}}}')
@example('{"version": ' + "9" * 5000 + ', "skills": {}}')
@example('{"version": 1e999, "skills": {}}')
@example('{"version": NaN, "skills": {}}')
@example(text("\ud800"))
@example(text("a" * 300))
@example(text("a", {"path": "\udcff"}))
def test_any_text_is_read_or_refused(lock: str) -> None:
    """Whatever the file holds, the reader gives installs with usable names or our error with a hint: 2,000 examples."""
    try:
        found = parse(lock)
    except GitskillsError as error:
        assert error.hint
        return
    for name, install in found.items():
        assert name == install.skill and safe_name(name)
        os.fsencode(name)
        assert len(install.tree) in (40, 64) and ".." not in install.path.split("/")
        render({name: install})


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    """A file of any bytes raises only our error, and never counts as empty."""
    path = tmp_path / "gitskills.lock"
    path.write_bytes(data)
    with pytest.raises(LockError):
        read(path)


@pytest.mark.parametrize(
    "name",
    [
        *("../x", "a/b", "-rf", "--upload-pack=x", "", ".", "..", "a\\b", "C:", "a:b", "a\0b", "a\nb", "a\x1b[31m"),
        *("con", "NUL", "com1", "aux.txt", "a.", "a ", ".git", ".GIT", "git~1", ".g\u200cit", "a" * 256, "\ud800"),
        *("a\x85b", "a*", 'a"', "a|b", "a<b"),
    ],
)
def test_hostile_names(name: str) -> None:
    """A name that is a path, an option, a device, git's own folder or no name at all is refused, in the lock too."""
    assert not safe_name(name)
    with pytest.raises(LockError):
        parse(text(name))


@pytest.mark.parametrize("name", ["a", "acme-deploy", "Deploy", "a.b", "ünï", "\u6f22\u5b57", "a b", "a" * 255])
def test_honest_names(name: str) -> None:
    """Names that every file system takes are allowed, also those that the specification would not."""
    assert safe_name(name)


@pytest.mark.parametrize(
    "entry",
    [
        {"commit": "abc"},
        {"commit": "--all"},
        {"tree": None},
        {"tree": "A" * 40},
        {"path": "../../etc"},
        {"path": "/etc"},
        {"path": "a/../../b"},
        {"path": 1},
        {"url": None},
        {"source": []},
    ],
)
def test_hostile_entries(entry: dict[str, object]) -> None:
    """An entry whose oids are none or whose path leaves the library is an error, not a skill."""
    with pytest.raises(LockError):
        parse(text("a", entry))


@pytest.mark.parametrize("found", [{"version": 2, "skills": {}}, {"version": 2, "skills": {"a": {"new": 1}}}])
def test_a_newer_lock_is_an_error_that_says_so(found: object) -> None:
    """A lock of a later version is not guessed at."""
    with pytest.raises(LockError) as error:
        parse(json.dumps(found))
    assert "upgrade" in error.value.hint


def test_a_lock_in_conflict_says_so() -> None:
    """Git's conflict markers are recognised and the way out is named."""
    with pytest.raises(LockError, match="conflict markers") as error:
        parse('{\n<<<<<<< HEAD\n  "a": 1\n=======\n>>>>>>> x\n}\n')
    assert "gitskills pull" in error.value.hint


def test_an_absent_lock_is_empty_and_a_quiet_write_is_none(tmp_path: Path) -> None:
    """No file is an empty lock; equal bytes are not written again; an empty lock makes no file."""
    path = tmp_path / "gitskills.lock"
    assert read(path) == {}
    write(path, {})
    assert not path.exists()
    write(path, {"a": one("a")})
    os.utime(path, (1, 1))
    write(path, {"a": one("a")})
    assert path.stat().st_mtime == 1
    write(path, {})
    assert read(path) == {} and path.exists()


def test_every_verb_stops_at_a_broken_lock(tmp_path: Path, skill_repo: SkillRepo) -> None:
    """With a lock that cannot be read, pull, push and status exit 1, name the file, and change nothing."""
    ada = person(tmp_path, skill_repo({"skills/a/SKILL.md": numbered("a")}))
    ada.pull()
    (ada.root / "gitskills.lock").write_text('{"version": 1')
    with untouched(ada.root):
        for verb in ("pull", "push", "status"):
            done = ada.run(verb)
            assert (done.code, "gitskills.lock" in done.err, "Traceback" in done.err) == (1, True, False)


def test_git_merges_two_peoples_locks(tmp_path: Path) -> None:
    """Two people who each install or update another skill get one lock by `git merge`, without a conflict."""
    git("init", "-q", tmp_path)
    path = tmp_path / "gitskills.lock"
    base = {name: one(name) for name in ("a", "d", "g", "k", "p")}

    def commit(installs: dict[str, Install], branch: str) -> None:
        git("checkout", "-q", "-B", branch, *(["main"] if branch != "main" else []), cwd=tmp_path)
        write(path, installs)
        git("add", ".", cwd=tmp_path)
        git("commit", "-q", "-m", branch, cwd=tmp_path)

    commit(base, "main")
    ours = {**base, "b": one("b"), "g": one("g", B)}
    theirs = {**base, "m": one("m"), "a": one("a", B)}
    del theirs["p"]
    commit(ours, "ours")
    commit(theirs, "theirs")
    git("checkout", "-q", "ours", cwd=tmp_path)
    assert subprocess.run(["git", "merge", "-q", "--no-edit", "theirs"], cwd=tmp_path).returncode == 0
    merged = {**base, "b": one("b"), "g": one("g", B), "m": one("m"), "a": one("a", B)}
    del merged["p"]
    assert read(path) == merged
