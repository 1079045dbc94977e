"""The agents we serve, as data: where each one looks for skills and what gives it away.

Where the facts come from, in the order in which they win where they disagree:
  seen    the real program listed a skill put there (claude 2.1.197, codex 0.169.0, gemini 0.61.0, opencode 1.18.33, pi)
  docs    the maker's own documentation, read in 2026
  npx     the table of the `skills` package (vercel-labs/skills, src/agents.ts at 007a533): the base of this one
  gh, apm the tables of `gh skill` and of microsoft/apm
A row without a remark is npx's. `shared` claims only what the first two say, or what npx says and nobody denies: an
agent wrongly said to read `.agents/skills` would see nothing, one wrongly said not to gets a link it does not need.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gitskills.errors import GitskillsError

Scope = Literal["project", "global"]

SHARED = ".agents/skills"

_XDG = ".config"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent; every path is relative and posix.

    `project` is its own skill folder below a project and `user` the one below `base`, None where it has none. `base`
    is relative to the home folder, unless the environment variable `variable` says where it is instead. `shared`
    holds the scopes in which the agent reads `.agents/skills` as well. It is in use where one of `project_signs`
    exists below the project, one of `user_signs` below `base` ("" is `base` itself), or one of `programs` on PATH.
    """

    id: str
    title: str
    project: str | None
    base: str
    user: str | None = "skills"
    variable: str = ""
    shared: frozenset[Scope] = frozenset()
    project_signs: tuple[str, ...] = ()
    user_signs: tuple[str, ...] = ("",)
    programs: tuple[str, ...] = ()

    def reads_shared(self, scope: Scope) -> bool:
        """Whether the agent finds the skills in `.agents/skills` of this scope without a link."""
        return scope in self.shared


_NOWHERE: frozenset[Scope] = frozenset()
_PROJECT: frozenset[Scope] = frozenset({"project"})
_BOTH: frozenset[Scope] = frozenset({"project", "global"})


def _dot(id: str, title: str, folder: str = "", *, variable: str = "", shared: frozenset[Scope] = _NOWHERE) -> Agent:
    """An agent with `.X/skills` in the project and in the home folder, where X is its id unless `folder` says else."""
    base = folder or f".{id}"
    return Agent(id, title, f"{base}/skills", base, variable=variable, shared=shared, project_signs=(base,))


def _shared(id: str, title: str, *signs: str) -> Agent:
    """An agent that has no folder but `.agents/skills`, in the project and in the home folder."""
    return Agent(id, title, None, "", None, shared=_BOTH, user_signs=signs)


_ROWS = (
    # seen: reads neither .agents/skills; links in its folder work. Signs: apm.
    Agent(
        "claude-code", "Claude Code", ".claude/skills", ".claude",
        variable="CLAUDE_CONFIG_DIR", project_signs=(".claude", "CLAUDE.md"), programs=("claude",),
    ),
    # seen: lists .codex/skills and .agents/skills, in the repository and at home.
    Agent(
        "codex", "Codex", ".codex/skills", ".codex",
        variable="CODEX_HOME", shared=_BOTH, project_signs=(".codex",), programs=("codex",),
    ),
    # docs: .agents/skills and .cursor/skills, in the project and at home (npx and apm each name one of the two).
    Agent(
        "cursor", "Cursor", ".cursor/skills", ".cursor",
        shared=_BOTH, project_signs=(".cursor", ".cursorrules"), programs=("cursor-agent",),
    ),
    # seen: .gemini/skills and .agents/skills, in the repository and at home. Signs: apm.
    Agent(
        "gemini-cli", "Gemini CLI", ".gemini/skills", ".gemini",
        shared=_BOTH, project_signs=(".gemini", "GEMINI.md"), programs=("gemini",),
    ),
    # docs: .github/skills, .claude/skills and .agents/skills; at home .copilot/skills and .agents/skills. Signs: apm.
    Agent(
        "github-copilot", "GitHub Copilot", ".github/skills", ".copilot", shared=_BOTH,
        project_signs=(
            ".github/copilot-instructions.md", ".github/instructions", ".github/agents", ".github/prompts",
            ".github/hooks",
        ),
    ),
    # seen: reads .opencode/skills, .claude/skills and .agents/skills, in the repository and at home.
    Agent(
        "opencode", "OpenCode", ".opencode/skills", _XDG, "opencode/skills",
        variable="XDG_CONFIG_HOME", shared=_BOTH, project_signs=(".opencode",), user_signs=("opencode",),
        programs=("opencode",),
    ),
    # seen: .pi/skills and .agents/skills; at home .pi/agent/skills and .agents/skills.
    Agent("pi", "Pi", ".pi/skills", ".pi/agent", shared=_BOTH, project_signs=(".pi",)),
    # docs: reads .agents/skills only where its setting skills.external_dirs says so (apm relies on that).
    Agent(
        "hermes-agent", "Hermes Agent", ".hermes/skills", ".hermes",
        variable="HERMES_HOME", project_signs=(".hermes",),
    ),
    # docs agree with npx; apm alone says .agents/skills.
    Agent("windsurf", "Windsurf", ".windsurf/skills", ".codeium/windsurf", project_signs=(".windsurf",)),
    # docs: .agents/skills in the project; at home .config/agents/skills and its own.
    Agent(
        "goose", "Goose", ".goose/skills", _XDG, "goose/skills",
        variable="XDG_CONFIG_HOME", shared=_PROJECT, project_signs=(".goose",), user_signs=("goose",),
    ),
    Agent(
        "amp", "Amp", None, _XDG, "agents/skills",
        variable="XDG_CONFIG_HOME", shared=_PROJECT, user_signs=("amp",),
    ),
    # gh still names .kilocode, which npx calls the legacy folder.
    Agent("kilo", "Kilo Code", None, ".kilo", shared=_PROJECT, project_signs=(".kilo", ".kilocode")),
    _dot("roo", "Roo Code"),
    # docs: .cline/skills in both; npx alone says .agents/skills.
    _dot("cline", "Cline"),
    # npx's remark: reads .agents/skills in both. gh names its own folder.
    _dot("droid", "Droid", ".factory", shared=_BOTH),
    # docs: both, in the project and at home.
    _dot("rovodev", "Rovo Dev", shared=_BOTH),
    # docs: .deepagents/skills and .agents/skills in the project; at home .deepagents/agent/skills and .agents/skills.
    Agent(
        "deepagents", "Deep Agents", ".deepagents/skills", ".deepagents", "agent/skills",
        shared=_BOTH, project_signs=(".deepagents",),
    ),
    _shared("dexto", "Dexto", ".dexto"),
    _shared("kimi-code-cli", "Kimi Code CLI", ".kimi-code", ".kimi"),
    _shared("loaf", "Loaf", ".loaf"),
    Agent("sarvam-code", "Sarvam Code", None, ".sarvam", None, variable="SARVAM_HOME", shared=_BOTH),
    _shared("warp", "Warp", ".warp"),
    Agent("zed", "Zed", None, _XDG, None, variable="XDG_CONFIG_HOME", shared=_BOTH, user_signs=("zed",)),
    Agent("antigravity", "Antigravity", None, ".gemini/antigravity", shared=_PROJECT),
    # gh alone says ~/.antigravity/skills.
    Agent("antigravity-cli", "Antigravity CLI", None, ".gemini/antigravity-cli", shared=_PROJECT),
    Agent("firebender", "Firebender", None, ".firebender", shared=_PROJECT),
    Agent(
        "replit", "Replit", None, _XDG, "agents/skills",
        variable="XDG_CONFIG_HOME", shared=_PROJECT, project_signs=(".replit",), user_signs=(),
    ),
    Agent(
        "universal", "Universal", None, _XDG, "agents/skills",
        variable="XDG_CONFIG_HOME", shared=_PROJECT, user_signs=(),
    ),
    Agent(
        "promptscript", "PromptScript", None, "", None,
        shared=_PROJECT, project_signs=(".promptscript", "promptscript.yaml"), user_signs=(),
    ),
    # npx names the project folder `skills`, which is where a library of skills keeps them; apm says .agents/skills.
    Agent("openclaw", "OpenClaw", None, ".openclaw", shared=_PROJECT),
    # `data/skills` and `agent/skills` are no signs: too many projects have such a folder for other reasons.
    Agent("astrbot", "AstrBot", "data/skills", ".astrbot", "data/skills"),
    Agent("eve", "Eve", "agent/skills", "", None, user_signs=()),
    Agent("crush", "Crush", ".crush/skills", ".config/crush", project_signs=(".crush",)),
    Agent(
        "devin", "Devin for Terminal", ".devin/skills", _XDG, "devin/skills",
        variable="XDG_CONFIG_HOME", project_signs=(".devin",), user_signs=("devin",),
    ),
    Agent("kimchi", "Kimchi", ".kimchi/skills", ".config/kimchi", "harness/skills", project_signs=(".kimchi",)),
    Agent("cortex", "Cortex Code", ".cortex/skills", ".snowflake/cortex", project_signs=(".cortex",)),
    Agent(
        "posit-assistant", "Posit Assistant", ".posit/assistant/skills", ".posit/assistant",
        project_signs=(".posit/assistant",),
    ),
    Agent(
        "tabnine-cli", "Tabnine CLI", ".tabnine/agent/skills", ".tabnine", "agent/skills",
        project_signs=(".tabnine/agent",),
    ),
    _dot("trae", "Trae"),
    Agent("trae-cn", "Trae CN", ".trae/skills", ".trae-cn"),
    _dot("qoder", "Qoder"),
    Agent("qoder-cn", "Qoder CN", ".qoder/skills", ".qoder-cn"),
    _dot("zencoder", "Zencoder"),
    Agent("zenflow", "Zenflow", ".zencoder/skills", ".zencoder", user_signs=()),
    _dot("grok", "Grok Build", variable="GROK_HOME"),
    _dot("mistral-vibe", "Mistral Vibe", ".vibe", variable="VIBE_HOME"),
    _dot("autohand-code", "Autohand Code CLI", ".autohand", variable="AUTOHAND_HOME"),
    _dot("codewhale", "CodeWhale", variable="CODEWHALE_HOME"),
    _dot("kiro-cli", "Kiro CLI", ".kiro"),
    _dot("command-code", "Command Code", ".commandcode"),
    _dot("codearts-agent", "CodeArts Agent", ".codeartsdoer"),
    _dot("forgecode", "ForgeCode", ".forge"),
    _dot("iflow-cli", "iFlow CLI", ".iflow"),
    _dot("inference-sh", "inference.sh", ".inferencesh"),
    _dot("minimax-code", "MiniMax Code", ".minimax"),
    _dot("qwen-code", "Qwen Code", ".qwen"),
    _dot("adal", "AdaL"),
    _dot("aider-desk", "AiderDesk"),
    _dot("augment", "Augment"),
    _dot("bob", "IBM Bob"),
    _dot("codebuddy", "CodeBuddy"),
    _dot("codemaker", "Codemaker"),
    _dot("codestudio", "Code Studio"),
    _dot("continue", "Continue"),
    _dot("fx", "fx"),
    _dot("jazz", "Jazz"),
    _dot("junie", "Junie"),
    _dot("kode", "Kode"),
    _dot("lingma", "Lingma"),
    _dot("mcpjam", "MCPJam"),
    _dot("moxby", "Moxby"),
    _dot("mux", "Mux"),
    _dot("neovate", "Neovate"),
    _dot("ona", "Ona"),
    _dot("openhands", "OpenHands"),
    _dot("pochi", "Pochi"),
    _dot("reasonix", "Reasonix"),
    _dot("terramind", "Terramind"),
    _dot("tinycloud", "Tinycloud"),
    _dot("zcode", "ZCode"),
)  # fmt: skip

AGENTS: dict[str, Agent] = {agent.id: agent for agent in _ROWS}


class UnknownAgent(GitskillsError):
    """An agent id that is in no row."""


def look_up(ids: Iterable[str]) -> tuple[Agent, ...]:
    """Return the agents with these ids, each once and in this order; raises UnknownAgent, which names near ids."""
    return tuple(map(_one, dict.fromkeys(ids)))


def folder(agent: Agent, scope: Scope, root: Path, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the agent's own skill folder in the project at `root`, or the user's; None where it has none.

    An agent that reads `.agents/skills` (`Agent.reads_shared`) needs nothing in its own.
    """
    if scope == "project":
        return root / agent.project if agent.project else None
    return base(agent, home, environ) / agent.user if agent.user else None


def shared_folder(scope: Scope, root: Path, home: Path) -> Path:
    """Return the folder of the real skill folders: `.agents/skills` of the project at `root`, or of the user."""
    return (root if scope == "project" else home) / SHARED


def base(agent: Agent, home: Path, environ: Mapping[str, str]) -> Path:
    """The folder that holds the agent's user files: where its variable says, else where it is by default."""
    moved = environ.get(agent.variable, "").strip() if agent.variable else ""
    if moved.startswith("~/"):  # from a file of settings, where no shell expands it
        moved = str(home / moved[2:])
    # The XDG specification says to ignore relative values, and elsewhere no two programs would agree on their meaning.
    return Path(moved) if os.path.isabs(moved) else home / agent.base


def _one(id: str) -> Agent:
    if id in AGENTS:
        return AGENTS[id]
    near = " or ".join(_near(id))
    raise UnknownAgent(
        f"there is no agent {id!r}",
        f"did you mean {near}?" if near else f"agents: {', '.join(sorted(AGENTS))}",
    )


def _near(id: str) -> Iterator[str]:
    """Ids that `id` may have been meant for: those that share its first word, then those spelt alike."""
    from difflib import get_close_matches  # only on the way out with an error

    wanted = id.strip().lower().replace("_", "-").replace(" ", "-")
    titles = {agent.title.lower().replace(" ", "-"): name for name, agent in AGENTS.items()}
    found = [titles[wanted]] if wanted in titles else []
    found += [name for name in AGENTS if wanted.split("-")[0] in name.split("-")]
    found += get_close_matches(wanted, list(AGENTS), n=3, cutoff=0.75)
    yield from list(dict.fromkeys(found))[:3]
