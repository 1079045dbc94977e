"""`command:<words>`: any program answers. It gets the text on standard input and answers on standard output."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from gitskills.models import call
from gitskills.models.answer import LIMIT, accept
from gitskills.models.environment import marked
from gitskills.models.programs import find
from gitskills.models.protocol import ModelFailed


class CommandModel:
    """A program of the user's, in the user's environment and working directory."""

    def __init__(self, words: str, *, environ: Mapping[str, str], home: Path) -> None:
        """Take the command line, split as a shell splits it but never run by one. Raises ModelFailed if it is none."""
        self._words = split(words)
        self._environ, self._home = environ, home
        self._timeout = call.seconds(environ)
        self.name = f"command:{Path(self._words[0]).name}"

    def ask(self, system: str, prompt: str, *, role: str) -> str:
        """Return what the program answers to the system text, a blank line and the prompt.

        Raises ModelFailed for an exit code other than 0, an empty answer, one that is no UTF-8, or a time-out.
        """
        first, *rest = self._words
        program = first if Path(first).name != first else str(find(first, self._environ, self._home) or first)
        ended = call.run(
            self.name,
            [program, *rest],
            cwd=Path(),
            env=marked(self._environ, role),
            input=f"{system}\n\n{prompt}",
            timeout=self._timeout,
            limit=LIMIT,
        )
        if ended.returncode:
            raise call.failed(self.name, ended, environ=self._environ)
        return accept(ended.out, self.name)


def split(words: str) -> list[str]:
    """Split a command line into words; quotes group, and on Windows a backslash is just a backslash."""
    lexer = shlex.shlex(words, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    if sys.platform == "win32":
        lexer.escape = ""
    try:
        found = list(lexer)
    except ValueError as error:
        raise ModelFailed(f"command:{words} cannot be split into words: {error}") from None
    if not found:
        raise ModelFailed("command: names no program", "write command:<program> <arguments>")
    return found
