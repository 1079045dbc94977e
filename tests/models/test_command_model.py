"""command: any program answers on standard output; what ends badly is a failed call and never an answer."""

import os
import sys
import time
from pathlib import Path

import pytest

from gitskills.models.answer import LIMIT
from gitskills.models.command import CommandModel, split
from gitskills.models.protocol import ModelFailed
from tests.programs import executable, recorded, recording


def model(code: str, folder: Path, **environ: str) -> CommandModel:
    """Return a model that is this Python code."""
    script = folder / "a model.py"
    script.write_text(code, encoding="utf-8")
    words = f'"{sys.executable}" "{script}" one "two three"'
    return CommandModel(words, environ={**os.environ, **environ}, home=folder)


def ask(code: str, folder: Path, **environ: str) -> str:
    """Ask such a model as a judge."""
    return model(code, folder, **environ).ask("Be a judge.", "Prompt\nof two lines.", role="judge")


def test_it_gets_text_role_and_mark(tmp_path: Path) -> None:
    """Standard input is the system text, a blank line, the prompt; the environment has role and worker mark."""
    log = recording(tmp_path / "bin", "oracle", "print('  the answer\\n')")
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    asked = CommandModel("oracle --now 'two words'", environ={**os.environ, "PATH": path, "MY_KEY": "k"}, home=tmp_path)
    assert asked.ask("Be a judge.", "Prompt\nof two lines.", role="judge") == "the answer"
    (seen,) = recorded(log)
    assert seen["stdin"] == "Be a judge.\n\nPrompt\nof two lines."
    assert seen["argv"] == ["--now", "two words"]
    assert (seen["env"]["GITSKILLS_ROLE"], seen["env"]["GITSKILLS_WORKER"]) == ("judge", "1")
    assert seen["env"]["MY_KEY"] == "k" and seen["session"] and asked.name == "command:oracle"


def test_it_runs_where_the_user_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is one from the working directory."""
    program = executable(tmp_path / "tools", "oracle", "print('here')")
    monkeypatch.chdir(tmp_path)
    words = str(program.relative_to(tmp_path)) if sys.platform == "win32" else "./tools/oracle"
    assert CommandModel(words, environ=os.environ, home=tmp_path).ask("s", "p", role="grader") == "here"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; print('{\"outcome\": \"ok\"}'); print('no\\x1b[31m credit', file=sys.stderr); sys.exit(7)",
         r"exit code 7\): no credit$"),
        ("pass", "gave no answer"),
        ("print(' \\n ')", "gave no answer"),
        ("import sys; print('warning', file=sys.stderr)", "gave no answer"),
        ("import sys; sys.stdout.buffer.write(b'ok \\xff')", "not UTF-8"),
        (f"print('x' * {LIMIT + 10})", "more than 1 MB"),
        ("while True: print('x' * 65536)", "more than 1 MB"),
        ("import os; os.abort()", "exit code"),
    ],
    ids=["exit", "silent", "blank", "stderr", "utf8", "large", "flood", "signal"],
)  # fmt: skip
def test_what_ends_badly_is_a_failed_call(code: str, said: str, tmp_path: Path) -> None:
    """An exit code, silence, blanks, broken UTF-8, too much, a crash: each is told, none is an answer."""
    with pytest.raises(ModelFailed, match=said) as failure:
        ask(code, tmp_path)
    assert "\x1b" not in failure.value.message and "\n" not in failure.value.message


def test_a_megabyte_is_an_answer(tmp_path: Path) -> None:
    """The limit itself is allowed, and a prompt of that size arrives."""
    code = f"import sys; data = sys.stdin.buffer.read(); print('x' * {LIMIT - 20} + str(len(data)))"
    found = model(code, tmp_path).ask("s" * 1000, "ü" * (1 << 20), role="editor")
    assert found.startswith("xxx") and found.endswith(str(1002 + (2 << 20)))


@pytest.mark.parametrize("code", ["import time; time.sleep(60)", "import sys; sys.stdout.close(); input(); input()"])
def test_it_never_hangs(code: str, tmp_path: Path) -> None:
    """A program that sleeps, or waits for more input, ends in time."""
    start = time.monotonic()
    with pytest.raises(ModelFailed):
        ask(code, tmp_path, GITSKILLS_MODEL_TIMEOUT="0.7")
    assert time.monotonic() - start < 10


def test_failures_show_no_key(tmp_path: Path) -> None:
    """A program that complains about its key does not get the key into our message."""
    code = "import os, sys; sys.exit('bad key ' + os.environ['ORACLE_API_KEY'])"
    with pytest.raises(ModelFailed, match=r"bad key \*\*\*"):
        ask(code, tmp_path, ORACLE_API_KEY="sk-123456789")


def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    """The same question again is asked again."""
    code = (
        "import pathlib, sys\nmark = pathlib.Path(sys.argv[0]).with_name('tried')\n"
        "tried = mark.exists()\nmark.touch()\nprint('answer') if tried else sys.exit(1)"
    )
    asked = model(code, tmp_path)
    with pytest.raises(ModelFailed):
        asked.ask("s", "p", role="judge")
    assert asked.ask("s", "p", role="judge") == "answer"


def test_no_such_program(tmp_path: Path) -> None:
    """A program that is not there is a failed call."""
    with pytest.raises(ModelFailed, match="cannot be started"):
        CommandModel("no-such-program-here", environ={"PATH": str(tmp_path)}, home=tmp_path).ask("s", "p", role="judge")


@pytest.mark.parametrize("words", ["", "  ", "'unclosed"])
def test_words_that_name_no_program(words: str, tmp_path: Path) -> None:
    """Nothing, and a quote without its end, are told when the model is chosen."""
    with pytest.raises(ModelFailed, match="command:"):
        CommandModel(words, environ={}, home=tmp_path)


def test_words_are_split_and_never_run_by_a_shell() -> None:
    """Quotes group; what a shell would act on is just text."""
    assert split("python 'a b' \"c d\" $HOME; rm #x") == ["python", "a b", "c d", "$HOME;", "rm", "#x"]


@pytest.mark.parametrize("value", ["soon", "0", "-1", "inf", "nan"])
def test_a_time_that_is_none(value: str, tmp_path: Path) -> None:
    """GITSKILLS_MODEL_TIMEOUT has to be a number of seconds."""
    with pytest.raises(ModelFailed, match="GITSKILLS_MODEL_TIMEOUT"):
        ask("print('x')", tmp_path, GITSKILLS_MODEL_TIMEOUT=value)
