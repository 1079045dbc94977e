"""From a spec to a model: `rules`, `agent:<id>[/<model>]`, `anthropic:<model>`, `openai:<model>`, `command:<words>`."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from gitskills.models.headless import AgentModel, Cli
from gitskills.models.host import host
from gitskills.models.programs import find
from gitskills.models.protocol import Model, ModelFailed

VARIABLE = "GITSKILLS_MODEL"
EVERY = "default"  # the key of `models:` for every role it does not name
CLIS = ("claude-code", "codex", "gemini-cli", "opencode", "pi", "hermes-agent")

_FORMS = "rules, agent:<id>[/<model>], anthropic:<model>, openai:<model> or command:<words>"
_NONE: Mapping[str, str] = {}


def choose(
    role: str,
    *,
    environ: Mapping[str, str],
    home: Path,
    project: Mapping[str, str] = _NONE,
    user: Mapping[str, str] = _NONE,
    agent: str = "",
) -> Model:
    """Return the model for a role; see `spec` for the arguments. Raises ModelFailed for a spec that names none."""
    return model(spec(role, environ=environ, home=home, project=project, user=user, agent=agent), role, environ, home)


def spec(
    role: str,
    *,
    environ: Mapping[str, str],
    home: Path,
    project: Mapping[str, str] = _NONE,
    user: Mapping[str, str] = _NONE,
    agent: str = "",
) -> str:
    """Return which model a role has: GITSKILLS_MODEL_<ROLE>, GITSKILLS_MODEL, the project's `models:`, the user's.

    Where none of them says, it is the agent we work for, if its CLI is here: `agent` (its id, where the caller
    knows), else the one whose marks are in the environment; else `rules`. Raises ModelFailed for a command from the
    project's file: whoever clones a repository must not run what it says.
    """
    for name in (f"{VARIABLE}_{role.upper()}", VARIABLE):
        if said := environ.get(name, "").strip():
            return said
    if said := (project.get(role) or project.get(EVERY) or "").strip():
        if said.startswith("command:"):
            raise ModelFailed(
                f"the project's gitskills.yaml wants to run a command as the {role}: {said}",
                f"if that is yours, set {VARIABLE}_{role.upper()}, or `models:` in the gitskills.yaml of your own",
            )
        return said
    if said := (user.get(role) or user.get(EVERY) or "").strip():
        return said
    served = agent or host(environ)
    if served in CLIS and find(cli(served).program, environ, home):
        return f"agent:{served}"
    return "rules"


def model(spec: str, role: str, environ: Mapping[str, str], home: Path) -> Model:
    """Return the model that a spec names; `role` decides an agent's default. Raises ModelFailed where it names none."""
    kind, colon, rest = spec.partition(":")
    match kind:
        case "rules" if not colon:
            from gitskills.models.rules import RulesModel

            return RulesModel()
        case "command" if rest:
            from gitskills.models.command import CommandModel

            return CommandModel(rest, environ=environ, home=home)
        case "agent" if rest:
            return _agent(rest, role, environ, home)
        case "anthropic" | "openai" if not rest.strip():
            raise ModelFailed(f"{kind}: names a provider without its model", f"write {kind}:<model>")
        case "anthropic":
            from gitskills.models.anthropic import AnthropicModel

            return AnthropicModel(rest, environ=environ)
        case "openai":
            from gitskills.models.openai import OpenAIModel

            return OpenAIModel(rest, environ=environ)
    raise ModelFailed(f"no such model: {spec!r}", f"write {_FORMS}")


def cli(agent: str) -> Cli:
    """Return the CLI of an agent, one of CLIS."""
    found: Cli = import_module(f"gitskills.models.clis.{agent.replace('-', '_')}").CLI
    return found


def _agent(rest: str, role: str, environ: Mapping[str, str], home: Path) -> AgentModel:
    agent, slash, name = rest.partition("/")
    if agent not in CLIS:
        raise ModelFailed(f"agent:{agent} cannot be asked without tools", f"agents that can: {', '.join(CLIS)}")
    if slash and not name:
        raise ModelFailed(f"agent:{rest} names no model", f"write agent:{agent}, or agent:{agent}/<model>")
    chosen = cli(agent)
    name = name or chosen.models.get(role, chosen.models.get("", ""))
    return AgentModel(chosen, name, environ=environ, home=home)
