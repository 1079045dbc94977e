"""Which agent are we working for? What the user says, else the marks an agent leaves in its children's environment."""

from collections.abc import Mapping

VARIABLE = "GITSKILLS_AGENT"

# Seen in hooks and shells of the real programs, or in their code. The order matters: gemini sets CLAUDE_PROJECT_DIR
# as well, and an agent that is started by another one inherits the other's marks.
_MARKS = (
    ("gemini-cli", ("GEMINI_SESSION_ID", "GEMINI_CLI")),
    ("codex", ("CODEX_THREAD_ID", "CODEX_SESSION_ID", "CODEX_SANDBOX", "CODEX_MANAGED_PACKAGE_ROOT")),
    ("opencode", ("OPENCODE",)),
    ("pi", ("PI_CODING_AGENT",)),
    ("hermes-agent", ("HERMES_SESSION_ID", "HERMES_INTERACTIVE", "HERMES_SESSION_SOURCE")),
    ("cursor", ("CURSOR_AGENT", "CURSOR_TRACE_ID")),
    ("claude-code", ("CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "CLAUDE_PROJECT_DIR")),
)


def host(environ: Mapping[str, str]) -> str:
    """Return the id of the agent that we run inside of; "" where there is none, or none says so."""
    if said := environ.get(VARIABLE):
        return said
    return next((agent for agent, marks in _MARKS if any(environ.get(mark) for mark in marks)), "")
