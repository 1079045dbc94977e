"""`gitskills stats`: how skills did in sessions, by version."""

from typing import TYPE_CHECKING

import click

from gitskills.commands import options

if TYPE_CHECKING:
    from gitskills.commands.outcomes import Outcomes
    from gitskills.measure.stats import Version

    Told = tuple[Outcomes, Version]

_SHORT = {"no difference seen": "unclear", "too few to tell": "too few"}  # a row has 80 columns
_STYLES = {"better": "green", "worse": "bold red"}


@click.command(short_help="How skills did in sessions, by version")
@click.argument("name", required=False)
@click.option("--fetch", is_flag=True, help="Ask the libraries for the whole team's ledgers first.")
@click.option(
    "--since", metavar="SPAN", callback=options.span, default="90d", show_default=True, help="How far to look back."
)
@click.option("--failing", is_flag=True, help="Only what is current in its library and failed too often.")
@click.option(
    "--min-judged", type=click.IntRange(1), default=3, show_default=True, help="With --failing: sessions it takes."
)
@click.option(
    "--failure-rate",
    type=click.FloatRange(0, 1),
    default=0.4,
    show_default=True,
    help="With --failing: the share of them that failed.",
)
@click.option("--markdown", is_flag=True, help="Print a Markdown report, for CI.")
@options.glob
@options.as_json
def command(
    name: str | None,
    fetch: bool,
    since: float,
    failing: bool,
    min_judged: int,
    failure_rate: float,
    markdown: bool,
    glob: bool,
    as_json: bool,
) -> int:
    """Show what came of the sessions that had a skill, by its version: in all the libraries here, or of NAME.

    Known are this machine's sessions and, where a library keeps ledgers, its whole team's, as last fetched. A session
    counts once for a version. The failure rate is of those that were judged to have gone well or badly, with the
    bounds between which it lies at 95 %; a version is compared with the rate before it, which is "too few" to tell
    from where either has less than 5, and "unclear" where both may be the same.
    """
    import time

    from gitskills import console
    from gitskills.commands import outcomes
    from gitskills.measure import stats

    if markdown and as_json:
        raise click.UsageError("--markdown and --json exclude each other")
    libraries, failed = outcomes.read(options.project(glob), since=time.time() - since, fetch=fetch)
    found: list[Told] = []
    for one in libraries:
        bad = stats.failing(one.versions, one.current, judged=min_judged, rate=failure_rate)
        for each in bad if failing else one.versions:
            if name is None or name in (one.names[each.skill], one.paths[each.skill]):
                found.append((one, each))
    for text in failed:
        console.note(console.one_line(text))
    if as_json:
        console.emit_json([_json(*each) for each in found])
    elif markdown:
        _report(found)
    elif found:
        columns = ("skill", "ver", "had", "used", "failed", "rate", "by", "before")
        console.table(columns, (_row(*each) for each in found))
    else:
        console.note("no session of that time is known" if not failing else "no skill failed too often")
    return 1 if failed and not libraries else 0


def _json(one: "Outcomes", each: "Version") -> dict[str, object]:
    from gitskills.measure.stats import wilson

    low, high = wilson(each.failed, each.judged) if each.judged else (None, None)
    counts = ("sessions", "invoked", "judged", "ok", "failed", "unclear", "rate")
    return {
        **{"skill": one.names[each.skill], "source": one.source, "path": one.paths[each.skill]},
        **{"version": each.version, "tree": each.tree or None, "modified": each.version is None},
        **{"first": _when(each.first), "last": _when(each.last)},
        **{key: getattr(each, key) for key in counts},
        **{"low": low, "high": high, "writers": len(each.writers), "before": each.before, "change": each.change},
        "waiting": one.waiting.get(one.names[each.skill], []),
    }


def _when(at: float) -> str:
    import time

    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _row(one: "Outcomes", each: "Version") -> tuple[str | tuple[str, str], ...]:
    return (
        (one.names[each.skill], "bold"),
        f"v{each.version}" if each.version is not None else ("edited", "yellow"),
        str(each.sessions),
        str(each.invoked),
        f"{each.failed} of {each.judged}",
        _rate(each),
        str(len(each.writers)),
        _before(each),
    )


def _rate(each: "Version") -> str:
    """The share that failed, with its bounds in percent."""
    from gitskills.measure.stats import wilson

    if each.rate is None:
        return ""
    low, high = wilson(each.failed, each.judged)
    return f"{each.rate:.0%} ({low * 100:.0f}-{high * 100:.0f})"


def _before(each: "Version") -> str | tuple[str, str]:
    """What the version before had, and whether that differs."""
    if each.before is None or each.change is None:
        return ""
    return f"{each.before:.0%}: {_SHORT.get(each.change, each.change)}", _STYLES.get(each.change, "")


def _report(found: "list[Told]") -> None:
    """Print the rows as a table of Markdown; names are of the library's making and stand in code."""
    from gitskills import console

    if not found:
        console.say("No skill failed too often, by the sessions the ledgers know.")
        return
    console.say("| skill | version | judged | failed | failure rate | machines | waits for review |")
    console.say("|---|---|---:|---:|---|---:|---|")
    for one, each in found:
        name = one.names[each.skill]
        version = f"v{each.version}" if each.version is not None else "edited"
        waiting = ", ".join(map(_code, one.waiting.get(name, []))) or "nothing"
        cells = (_code(name), version, each.judged, each.failed, _rate(each), len(each.writers), waiting)
        console.say("| " + " | ".join(map(str, cells)) + " |")
    console.say("")
    console.say("Transcripts stay on the machines of those whose sessions these were: `gitskills improve --all` there")
    console.say("proposes what would have helped.")


def _code(text: str) -> str:
    """A text as code in a cell, where it can make neither markup nor another cell."""
    from gitskills import console

    return "`" + console.one_line(text).replace("`", "'").replace("|", "/") + "`"
