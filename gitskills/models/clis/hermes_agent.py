"""Hermes Agent's CLI, as seen with 0.19.0: `hermes chat -Q`."""

import re
from pathlib import Path

from gitskills.models.clis.providers import keys, named
from gitskills.models.headless import Call, Cli, Question
from gitskills.models.protocol import ModelFailed
from gitskills.process import Ended

# Hermes reads a prompt from its arguments alone, and Linux allows one argument 128 KiB, Windows all of them 32.
LONGEST = 30_000

_TAG = "gitskills-answer"
_DELIMIT = f"\n\nPut your whole answer between a line <{_TAG}> and a line </{_TAG}>."
_TAGGED = re.compile(rf"<{_TAG}>\r?\n?(.*?)\r?\n?[ \t]*</{_TAG}>", re.DOTALL)
# What it says of itself on standard output before the answer.
_NOISE = re.compile(r"(?:Warning: Unknown toolsets:|\s+⚠ ).*\r?\n")


def _prepare(question: Question) -> Call:
    if len(question.prompt.encode("utf-8", "replace")) > LONGEST:
        raise ModelFailed(
            f"agent:hermes-agent takes prompts of at most {LONGEST} bytes", "choose another model for this role"
        )
    home = Path(question.environ.get("HERMES_HOME") or question.home / ".hermes")
    args = [
        *("chat", "-Q", "--ignore-rules"),
        *("-t", "none"),  # an unknown set of tools, which leaves none; "" would be all of them
        *("--source", "tool", "--max-turns", "1"),
        *(("--provider", question.provider, "-m", question.model) if question.model else ()),
        *("-q", question.prompt),
    ]
    env = {
        "HERMES_EPHEMERAL_SYSTEM_PROMPT": question.system + _DELIMIT,
        # As a variable, not as the option: the user's hooks, plugins and MCP servers stay out, their provider in.
        "HERMES_SAFE_MODE": "1",
    }
    own = ("HERMES_HOME", *keys(question.provider), *named([home / "config.yaml"], question.environ))
    return Call(args, "", own, env)


def _read(ended: Ended, folder: Path) -> tuple[str, str]:
    """Take what stands between the tags; where the model set none, all but what hermes says of itself."""
    text = ended.out.decode("utf-8", "surrogateescape")
    while noise := _NOISE.match(text):
        text = text[noise.end() :]
    if ended.returncode:
        return "", text.strip().rpartition("\n")[2]  # the error stands where the answer would
    found = _TAGGED.findall(text)
    return (found[0] if len(found) == 1 else text), ""


CLI = Cli(
    "hermes-agent",
    "hermes",
    _prepare,
    _read,
    several=True,
    login="`hermes setup` chooses a provider on this machine",
)
