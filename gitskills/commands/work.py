"""`gitskills work`: what agents told through their hooks becomes verdicts and, where a skill failed, a commit."""

import click

from gitskills.commands import options

STYLES = {"improved": "green", "ok": "green", "rejected": "bold red"}


@click.command(short_help="Judge what agents told through their hooks")
@click.option("--once", is_flag=True, help="Only what is there now.")
@click.option("--drain", is_flag=True, help="Until nothing is left, also of what comes meanwhile; this is the default.")
@options.as_json
def command(once: bool, drain: bool, as_json: bool) -> int:
    """Process what agents told through their hooks; hooks start this by themselves when there is something to judge.

    A skill that gitskills placed opens a window of three messages of the user (GITSKILLS_WINDOW). Each is judged;
    where the skill's text failed the user, one small edit is proposed on a branch of its library. Every five messages
    (GITSKILLS_SUGGEST_EVERY) are searched for what should hold for every run: see `gitskills suggest list`. For a
    session that has started the skills are pulled, for five seconds at most, and it is noted which ones it has.
    """
    import time
    from contextlib import closing

    from gitskills import console
    from gitskills.commands import starting, targets
    from gitskills.commands.installed import Installed
    from gitskills.improve import weekly
    from gitskills.improve.windows import MESSAGES
    from gitskills.improve.wishes import EVERY
    from gitskills.improve.worker import Worker
    from gitskills.measure import ledger
    from gitskills.state import database, inbox
    from gitskills.state.paths import paths

    if once and drain:
        raise click.UsageError("--once and --drain exclude each other")
    where = paths()
    messages = _count(where.environ.get("GITSKILLS_WINDOW", "")) or MESSAGES
    every = _count(where.environ.get("GITSKILLS_SUGGEST_EVERY", ""), EVERY)
    rows, passed, suggested = [], [], 0
    if inbox.heeded(where.environ):
        weekly.start(where, now=time.time())
        with closing(database.state(where)) as db:
            site = Installed(where)
            worker = Worker(where, db, site, messages, every, lambda: starting.begin(where, db, site))
            worker.run(once=once)
            # Hooks say --drain; who calls it by hand wants to see.
            failed = ledger.share(where, db, targets.ledger_wanted, now=time.time(), patient=drain)
        rows, passed, suggested = worker.rows, worker.passed + failed, worker.suggested
    if as_json:
        console.emit_json([row.json() for row in rows])
    else:
        for row in rows:
            style = STYLES.get(row.decision, "yellow")
            console.say((f"{row.decision:>9}", style), "  ", (row.skill, "bold"), f"  {console.one_line(row.reason)}")
        if not rows:
            console.note("nothing to judge")
    if suggested:
        console.note(f"new suggestions: {suggested}; `gitskills suggest list` shows what waits")
    for text in passed:
        console.note(f"passed over: {console.one_line(text)}")
    return 0


def _count(said: str, default: int = 0) -> int:
    """The number that a variable holds, `default` where it holds none."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else default
