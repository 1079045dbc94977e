"""Is the model of a role at hand? Looked up without asking it: a question costs money, and seconds."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from gitskills.models.choose import cli, model
from gitskills.models.programs import find
from gitskills.models.protocol import ModelFailed


def at_hand(spec: str, role: str, *, environ: Mapping[str, str], home: Path) -> str:
    """Return what answers for a spec: a program's path, an SDK, the rules. Raises ModelFailed where nothing does."""
    name = model(spec, role, environ, home).name
    kind, _, rest = spec.partition(":")
    match kind:
        case "agent":
            return f"{name} by {_program(cli(rest.partition('/')[0]).program, name, environ, home)}"
        case "command":
            from gitskills.models.command import split

            first = split(rest)[0]
            return f"{name} by {first if Path(first).name != first else _program(first, name, environ, home)}"
        case "anthropic" | "openai":
            return f"{name} by {_sdk(kind, environ)}"
    return "the offline rules, which find what a user says outright in English"


def _program(program: str, who: str, environ: Mapping[str, str], home: Path) -> Path:
    found = find(program, environ, home)
    if found is None:
        raise ModelFailed(
            f"{who}: no program {program} on PATH or in the usual places", "install it, or choose another"
        )
    return found


def _sdk(name: str, environ: Mapping[str, str]) -> str:
    if find_spec(name) is None:
        raise ModelFailed(f"{name}: needs the extra `{name}`", f"pip install 'gitskills[{name}]'")
    key, base = (f"{name.upper()}_{end}" for end in ("API_KEY", "BASE_URL"))
    if not environ.get(key) and not (name == "openai" and environ.get(base)):
        raise ModelFailed(f"{name}: {key} is not set", f"set {key}")
    return f"its API at {environ.get(base) or 'the usual address'}"
