"""The command line before it is read: a pull whose words leave no doubt asks its servers first."""

from pathlib import Path

import pytest

from gitskills import cli
from gitskills.git.cache import Cache
from gitskills.share.begin import Begun
from tests.conftest import SkillRepo
from tests.people import Person, person, skill


@pytest.fixture
def ada(tmp_path: Path, skill_repo: SkillRepo, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody in their project who has pulled nothing yet."""
    ada = person(tmp_path, skill_repo({"skills/a/SKILL.md": skill("a")}))
    monkeypatch.chdir(ada.root)
    monkeypatch.setenv("GITSKILLS_HOME", str(ada.store))
    return ada


@pytest.mark.parametrize("words", ["pull", "pull a --json", "pull --dry-run --ours", "pull --theirs"])
def test_a_plain_pull_is_begun(ada: Person, words: str) -> None:
    """The sources are being fetched before click is there to read the words."""
    begun = cli._begun(words.split())
    assert isinstance(begun, Begun) and begun.project.root == ada.root
    assert begun.fetching.finish() == {} and all(cache.exists for cache in begun.caches.values())


@pytest.mark.parametrize(
    "words", ["", "push", "status", "-C x pull", "pull --offline", "pull --frozen", "pull -h", "pull --global"]
)
def test_anything_else_is_left_to_the_command(ada: Person, words: str) -> None:
    """What may need no network, another project or an answer about usage asks nobody."""
    assert cli._begun(words.split()) is None
    assert not (ada.store / "cache").exists()


@pytest.mark.parametrize("fault", ["gitskills.yaml", "gitskills.lock"])
def test_what_is_wrong_is_told_once_and_by_the_command(ada: Person, fault: str) -> None:
    """A broken file keeps the network out, and the program says so as ever."""
    (ada.root / fault).write_text("]")
    assert cli._begun(["pull"]) is None
    done = ada.run("pull")
    assert done.code == 1 and done.err.count("error") == 1 and fault in done.err
    assert not (ada.store / "cache").exists()


@pytest.mark.parametrize(("problem", "code"), [(KeyboardInterrupt(), 130), (ValueError("x"), 3)])
def test_what_breaks_so_early_is_told_as_ever(
    ada: Person, monkeypatch: pytest.MonkeyPatch, problem: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C and a bug of ours while a pull is begun end in the exit codes, without a traceback."""

    def begin(*_: object, **__: object) -> object:
        raise problem

    monkeypatch.setattr("gitskills.share.begin.begin", begin)
    assert cli.main(["pull"]) == code and "Traceback" not in capsys.readouterr().err


def test_the_command_goes_on_with_it(ada: Person) -> None:
    """What was begun is what is installed; an unknown option stays an error of usage."""
    assert ada.run("pull").code == 0 and ada.read("a") == skill("a")
    assert ada.run("pull", "--nonsense").code == 2


def test_an_index_whose_pages_are_damaged_is_thrown_away(ada: Person) -> None:
    """Damage that shows only when a page is read is told once, never as a bug; the next run makes it anew."""
    assert ada.run("pull").code == 0
    before = ada.run("log").out
    (index,) = ada.store.rglob("index.sqlite3")
    data = index.read_bytes()
    damaged = 0
    for page in range(1, len(data) // 4096, 4):
        for rest in index.parent.glob("index.sqlite3-*"):
            rest.unlink()
        index.write_bytes(data[: 4096 * page] + b"\xff" * 4096 * 4 + data[4096 * (page + 4) :])
        done = ada.run("log")
        if done.code:
            assert (done.code, "thrown away" in done.err, "run it again" in done.err) == (1, True, True)
            done, damaged = ada.run("log"), damaged + 1
        assert (done.code, done.out) == (0, before)
    assert damaged


def test_a_thread_that_breaks_off_is_a_failure(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in a fetch is told as one of that source, and not as if all were up to date."""

    def refresh(*_: object, **__: object) -> bool:
        raise ValueError("a bug")

    monkeypatch.setattr(Cache, "refresh", refresh)
    monkeypatch.setattr("threading.excepthook", lambda args: None)
    begun = cli._begun(["pull"])
    assert isinstance(begun, Begun)
    (problem,) = begun.fetching.finish().values()
    assert "broke off" in problem.message and "bug" in problem.hint
