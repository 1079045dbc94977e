"""pi's CLI, as seen with 0.73.1: `pi -p`."""

from pathlib import Path

from gitskills.models.clis.providers import keys, named
from gitskills.models.headless import Call, Cli, Question
from gitskills.process import Ended

_ENV = {"PI_OFFLINE": "1", "PI_TELEMETRY": "0", "PI_SKIP_VERSION_CHECK": "1"}


def _prepare(question: Question) -> Call:
    home = Path(question.environ.get("PI_CODING_AGENT_DIR") or question.home / ".pi" / "agent")
    args = [
        *(("--provider", question.provider, "--model", question.model) if question.model else ()),
        *("--no-session", "--no-tools", "--no-extensions", "--no-skills", "--no-prompt-templates", "--no-themes"),
        *("--no-context-files", "--offline", "--thinking", "off"),
        # The name of a file that exists stands for what is in it.
        *("--system-prompt", question.file("system.md", question.system), "-p"),
    ]
    # In models.json a key may be the name of a variable.
    own = ("PI_CODING_AGENT_DIR", "ANTHROPIC_OAUTH_TOKEN", *keys(question.provider))
    return Call(args, question.prompt, (*own, *named([home / "models.json"], question.environ)), _ENV)


def _read(ended: Ended, folder: Path) -> tuple[str, str]:
    return ("" if ended.returncode else ended.out.decode("utf-8", "surrogateescape")), ""


CLI = Cli("pi", "pi", _prepare, _read, several=True, login="run `pi` and `/login` once, or set the provider's key")
