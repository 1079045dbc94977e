"""`gitskills hook`: what agents call. `__main__` answers it without this module, but for `--help` and `-C DIR`."""

import contextlib

import click


@click.command(
    hidden=True,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@click.argument("event", required=False, default="")
@click.option("--agent", default="", help="The agent that calls.")
def command(event: str, agent: str) -> int:
    """Put what an agent tells on standard input into the inbox. Agents call this; it never fails them.

    EVENT is session-start, prompt, skill, stop or session-end. The exit code is always 0.
    """
    from gitskills.state import inbox
    from gitskills.state.paths import paths

    where = paths()
    with contextlib.suppress(OSError, ValueError, MemoryError):
        payload = inbox.receive(0)
        wanted = inbox.heeded(where.environ) and inbox.wanted(event, agent, payload)
        if wanted and (event != "session-start" or inbox.ours(str(where.inbox), payload)):
            inbox.write(str(where.inbox), event, agent, payload)
    return 0
