"""How each agent is told to call our hook: the file it reads, the events we want, the command it runs.

Seen with the real programs where a version stands beside the row; cursor by its documentation only.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gitskills.agents.table import AGENTS, Scope, base
from gitskills.errors import GitskillsError

Form = Literal["groups", "flat", "yaml", "plugin"]

# The launcher (see `launcher`) is looked up when the hook runs, so the command is one and the same on every machine: a
# team can commit it, and an agent that asks for trust when a command changes asks once. Where there is no launcher
# the payload is read and dropped: an agent that cannot write it all might call the hook broken. `exit 0` covers all.
_COMMAND = (
    """sh -c 'h="${GITSKILLS_HOME:-$HOME/.local/state/gitskills}/hook"; """
    """if [ -f "$h" ]; then sh "$h" "$@"; else cat; fi >/dev/null 2>&1; %sexit 0' gitskills """
)
# Where the agent shows its user what a hook answers, the hook may answer: see hook.py.
_ANSWERS = {(agent, "session-start") for agent in ("claude-code", "codex", "gemini-cli")}
_QUIET, _HEARD = "else cat; fi >/dev/null 2>&1;", "else cat >/dev/null; fi 2>/dev/null;"
_JSON_ANSWER = 'echo "{}"; '  # cursor takes nothing but JSON for an answer
_OURS = re.compile(r"sh -c '.*gitskills.*' gitskills [a-z-]+ [a-z-]+|gitskills hook [a-z-]+ --agent [a-z-]+", re.DOTALL)

_LAUNCHER = """\
# Written by `gitskills hooks install`; agents' hooks run it to hand what they tell to gitskills' inbox.
python={python}
program={program}
inbox={inbox}
{exports}[ "$GITSKILLS_DISABLED" = 1 ] && exec cat >/dev/null
[ "$GITSKILLS_WORKER" = 1 ] && exec cat >/dev/null
[ -x "$python" ] && [ -f "$program" ] && exec "$python" -I -S "$program" "$1" "$2" "$inbox"
command -v gitskills >/dev/null && exec gitskills hook "$1" --agent "$2"
exec cat >/dev/null
"""


@dataclass(frozen=True, slots=True)
class Hook:
    """One thing to be told: `theirs` is the agent's event, `ours` as gitskills calls it; `timeout` in the agent's unit.

    A `timeout` of 0 is the registration's.
    """

    theirs: str
    ours: str
    matcher: str = ""
    timeout: int = 0


@dataclass(frozen=True, slots=True)
class Registration:
    """How one agent is registered with: `project` and `user` are its file below the project and below its own folder.

    `form` is the file's: JSON with `groups` of handlers, a `flat` JSON list, `yaml`, or a `plugin` that is all ours.
    `timeout` is in the agent's unit.
    """

    agent: str
    form: Form
    project: str | None
    user: str
    hooks: tuple[Hook, ...] = ()
    timeout: int = 10
    named: bool = False


_CLAUDE_CODE = (
    Hook("SessionStart", "session-start"),
    Hook("UserPromptSubmit", "prompt"),
    Hook("UserPromptExpansion", "skill"),  # a skill the user typed: no PreToolUse tells of it
    Hook("PreToolUse", "skill", "Skill"),
    Hook("Stop", "stop"),
    Hook("SessionEnd", "session-end"),
)
_CODEX = (
    Hook("SessionStart", "session-start"),
    Hook("UserPromptSubmit", "prompt"),
    Hook("PreToolUse", "skill", "Bash"),  # it has no tool for skills: the shell reads SKILL.md
    Hook("Stop", "stop"),
    Hook("SessionEnd", "session-end", timeout=3),  # it allows no more, and warns its user at every start of more
)
_CURSOR = (
    Hook("sessionStart", "session-start"),
    Hook("beforeSubmitPrompt", "prompt"),
    Hook("preToolUse", "skill", "Read|Shell"),
    Hook("stop", "stop"),
    Hook("sessionEnd", "session-end"),
)
_GEMINI_CLI = (
    Hook("SessionStart", "session-start", "*"),
    Hook("BeforeAgent", "prompt", "*"),
    Hook("BeforeTool", "skill", "activate_skill"),
    Hook("AfterAgent", "stop", "*"),
    Hook("SessionEnd", "session-end", "*"),
)
_HERMES_AGENT = (
    Hook("on_session_start", "session-start"),
    Hook("pre_llm_call", "prompt"),
    Hook("pre_tool_call", "skill", "skill_view"),
    Hook("post_llm_call", "stop"),
    Hook("on_session_end", "session-end"),
)

REGISTRATIONS: dict[str, Registration] = {
    one.agent: one
    for one in (
        Registration("claude-code", "groups", ".claude/settings.json", "settings.json", _CLAUDE_CODE),  # 2.1.197
        Registration("codex", "groups", ".codex/hooks.json", "hooks.json", _CODEX),  # 0.169.0
        Registration("cursor", "flat", ".cursor/hooks.json", "hooks.json", _CURSOR),
        Registration(  # 0.61.0; its unit is the millisecond
            "gemini-cli", "groups", ".gemini/settings.json", "settings.json", _GEMINI_CLI, 10_000, named=True
        ),
        Registration("opencode", "plugin", ".opencode/plugin/gitskills.js", "opencode/plugin/gitskills.js"),  # 1.18.33
        Registration("pi", "plugin", ".pi/extensions/gitskills.ts", "extensions/gitskills.ts"),  # 0.73.1
        Registration("hermes-agent", "yaml", None, "config.yaml", _HERMES_AGENT),  # 0.19.0
    )
}


def look_up(id: str) -> Registration:
    """Return how the agent `id` is registered with; raises GitskillsError where it cannot be."""
    if id in REGISTRATIONS:
        return REGISTRATIONS[id]
    why = "has no hooks that gitskills knows" if id in AGENTS else "is no agent that gitskills knows"
    raise GitskillsError(f"{id} {why}", f"agents with hooks: {', '.join(REGISTRATIONS)}")


def place(registration: Registration, scope: Scope, root: Path, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the file to edit in the project at `root`, or the user's; None where the agent has none there."""
    if scope == "project":
        return root / registration.project if registration.project else None
    return base(AGENTS[registration.agent], home, environ) / registration.user


def command(agent: str, event: str, *, windows: bool = os.name == "nt") -> str:
    """Return the command line an agent runs for an event.

    It needs no shell of its own (hermes has none) and is right in every shell of POSIX systems. On Windows agents
    differ in theirs (Git Bash, PowerShell, cmd), and only a plain call of a program on PATH is right in all of them.
    """
    if windows:
        return f"gitskills hook {event} --agent {agent}"
    words = _COMMAND % (_JSON_ANSWER if agent == "cursor" else "") + f"{event} {agent}"
    return words.replace(_QUIET, _HEARD) if (agent, event) in _ANSWERS else words


def is_ours(command: object) -> bool:
    """Whether a command line in an agent's settings is one that some version of gitskills wrote."""
    return isinstance(command, str) and _OURS.fullmatch(command) is not None


def launcher(python: str, program: Path, inbox: Path, folders: Mapping[str, str] | None = None) -> str:
    """Return the text of the launcher: a shell script that runs hook.py with the Python that gitskills runs with.

    `folders` are the variables by which the worker that it starts finds the state beside that inbox.
    """
    from shlex import quote

    exports = "".join(f"export {name}={quote(value)}\n" for name, value in (folders or {}).items())
    return _LAUNCHER.format(python=quote(python), program=quote(str(program)), inbox=quote(str(inbox)), exports=exports)


def launched(lines: Iterable[str]) -> list[Path]:
    """Return the files that a launcher with these lines runs."""
    from shlex import split

    words = [line.partition("=")[2] for line in lines if line.startswith(("python=", "program="))]
    return [Path("".join(split(word))) for word in words]


def launched_with(lines: Iterable[str]) -> dict[str, str]:
    """Return where a launcher with these lines has gitskills look: the inbox, and the folders' variables."""
    from shlex import split

    rows = (line.removeprefix("export ").partition("=") for line in lines if line.startswith(("inbox=", "export XDG_")))
    return {name: "".join(split(value)) for name, _, value in rows}


def launcher_path(home: Path, environ: Mapping[str, str]) -> Path:
    """Where the registered command looks for the launcher; not by XDG_STATE_HOME, which not every agent passes on."""
    own = environ.get("GITSKILLS_HOME")
    return (Path(own).expanduser().absolute() if own else home / ".local" / "state" / "gitskills") / "hook"


def handlers(registration: Registration) -> list[tuple[str, dict[str, object]]]:
    """Return what to put into the agent's file: its event and the entry, in the file's form."""
    return [(hook.theirs, _entry(registration, hook)) for hook in registration.hooks]


def _entry(registration: Registration, hook: Hook) -> dict[str, object]:
    matcher: dict[str, object] = {"matcher": hook.matcher} if hook.matcher else {}
    timeout = hook.timeout or registration.timeout
    run: dict[str, object] = {"command": command(registration.agent, hook.ours), "timeout": timeout}
    if registration.form != "groups":
        return matcher | run
    name: dict[str, object] = {"name": "gitskills"} if registration.named else {}
    return matcher | {"hooks": [name | {"type": "command"} | run]}
