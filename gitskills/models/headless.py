"""`agent:<id>[/<model>]`: the CLI of a coding agent answers, with no tools, nothing of the user's and no memory."""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from gitskills.models import call
from gitskills.models.answer import accept_text
from gitskills.models.environment import allowed, marked
from gitskills.models.programs import find
from gitskills.models.protocol import ModelFailed
from gitskills.process import Ended
from gitskills.sessions.marks import mark

LIMIT = 8 << 20  # bytes of what a CLI writes around an answer: events, figures

_UNFIT = re.compile("[\0\ud800-\udfff]")  # what neither an argument nor UTF-8 can carry


@dataclass(frozen=True, slots=True)
class Question:
    """What a CLI is asked, and where its files may be.

    `model` is the CLI's own name for it ("" leaves it to the CLI), `provider` the one before it where the CLI has
    several. `folder` is a temporary folder of this call's own; `work` below it, empty and with a name no other folder
    has, is the working directory.
    """

    system: str
    prompt: str
    provider: str
    model: str
    folder: Path
    work: Path
    environ: Mapping[str, str]
    home: Path

    def file(self, name: str, text: str) -> str:
        """Write a file beside the working directory, readable by this user alone; return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(text.encode("utf-8", "replace"))
        return str(path)


@dataclass(frozen=True, slots=True)
class Call:
    """How a CLI is run: its arguments, its standard input, what it sees of our environment and what is added to it.

    `own` holds the names or globs of the variables that are its own. `leftovers` are what it writes elsewhere in
    spite of all; they are removed afterwards.
    """

    args: Iterable[str]
    input: str
    own: Iterable[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    leftovers: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Cli:
    """An agent's CLI: the agent's id, its program, how to call it and how to read what it wrote.

    `read` takes the ended process and the call's folder and returns the answer and, where it failed, what it said of
    the failure. `several` says that a model is named with its provider. `models` gives the default model of a role,
    under "" that of every other; the CLI's own default where there is none.
    """

    id: str
    program: str
    prepare: Callable[[Question], Call]
    read: Callable[[Ended, Path], tuple[str, str]]
    several: bool = False
    models: Mapping[str, str] = field(default_factory=dict)
    login: str = ""


class AgentModel:
    """An agent's CLI as a model."""

    def __init__(self, cli: Cli, model: str, *, environ: Mapping[str, str], home: Path) -> None:
        """Take the CLI and the model as the spec names it; "" is the CLI's default. Raises ModelFailed as `_split`."""
        self._cli, self._environ, self._home = cli, environ, home
        self._provider, self._model = _split(cli, model)
        self._timeout = call.seconds(environ)
        self.name = f"agent:{cli.id}/{model}" if model else f"agent:{cli.id}"

    def ask(self, system: str, prompt: str, *, role: str) -> str:
        """Return the answer. Raises ModelFailed where the CLI is missing, fails, says nothing or takes too long."""
        program = find(self._cli.program, self._environ, self._home)
        if program is None:
            raise ModelFailed(
                f"{self.name}: no program {self._cli.program} on PATH or in the usual places",
                f"install it, or set GITSKILLS_MODEL_{role.upper()} to another model",
            )
        with TemporaryDirectory(prefix="gitskills-", ignore_cleanup_errors=True) as root:
            question = self._question(Path(root).resolve(), system, prompt)
            prepared = self._cli.prepare(question)
            try:
                ended = self._run(program, question, prepared, role)
            finally:
                for leftover in prepared.leftovers:
                    shutil.rmtree(leftover, ignore_errors=True)
            answer, said = self._cli.read(ended, question.folder)
        if ended.returncode or said or not answer.strip():
            raise call.failed(self.name, ended, said, environ=self._environ, login=self._cli.login)
        return accept_text(answer, self.name)

    def _question(self, folder: Path, system: str, prompt: str) -> Question:
        nonce = uuid.uuid4().hex
        work = folder / f"gitskills-{nonce}"
        for place in (work, folder / "tmp"):
            place.mkdir()
        system, prompt = (_UNFIT.sub("\ufffd", text) for text in (system, f"{mark(nonce)}\n\n{prompt}"))
        return Question(system, prompt, self._provider, self._model, folder, work, self._environ, self._home)

    def _run(self, program: Path, question: Question, prepared: Call, role: str) -> Ended:
        path = self._environ.get("PATH", "")
        if str(program.parent) not in path.split(os.pathsep):
            # A script of node's looks for node on PATH; a version manager has the right one beside the script.
            path = os.pathsep.join(filter(None, (str(program.parent), path)))
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(question.folder / "tmp"))
        env = allowed(self._environ, prepared.own) | {"PATH": path, "NO_COLOR": "1"} | temporary | dict(prepared.env)
        return call.run(
            self.name,
            [str(program), *prepared.args],
            cwd=question.work,
            env=marked(env, role),
            input=prepared.input,
            timeout=self._timeout,
            limit=LIMIT,
        )


def _split(cli: Cli, model: str) -> tuple[str, str]:
    """Return the provider and the model of a spec. Raises ModelFailed for a provider without its model."""
    if not cli.several or not model:
        return "", model
    provider, _, name = model.partition("/")
    if not provider or not name:
        raise ModelFailed(
            f"agent:{cli.id}/{model} names a provider without its model",
            f"write agent:{cli.id}/<provider>/<model>",
        )
    return provider, name
