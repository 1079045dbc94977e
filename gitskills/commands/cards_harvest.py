"""`gitskills cards harvest`: distil merged changes into cards."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitskills.commands import options
from gitskills.errors import GitskillsError

if TYPE_CHECKING:
    from gitskills.cards.harvest import Harvested, Wanted
    from gitskills.git.code import Code
    from gitskills.models.protocol import Model
    from gitskills.share.project import Project

STYLES = {"harvested": "green", "superseded": "green", "merged": "cyan"}
LONGEST = 1 << 20  # bytes of an acceptance file that are read


@click.command(short_help="Distil merged changes into cards")
@click.option("--code", "folder", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
              metavar="DIR", help="A clone of the code in which changes were merged.")  # fmt: skip
@click.option("--commit", "rev", metavar="SHA", help="One merged change; a commit of its branch stands for it.")
@click.option("--since", metavar="REV", help="Every change merged after this commit, tag or branch.")
@click.option("--ref", metavar="R", help="The history that counts; default: the default branch as last fetched.")
@click.option("--acceptance", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="What the change was accepted by: the failing test's output, the acceptance criteria.")  # fmt: skip
@click.option("--pr-url", "url", metavar="URL", default="", help="Where the change was discussed; kept as evidence.")
@click.option("--model", "spec", metavar="MODEL", help="The librarian; default: by GITSKILLS_MODEL_LIBRARIAN, config.")
@click.option("--again", is_flag=True, help="Ask the model also about changes of which it made no card before.")
@click.option("--to", "source", metavar="SOURCE", help="The library of the cards, where there are several.")
@options.dry_run
@options.as_json
def command(
    folder: Path,
    rev: str | None,
    since: str | None,
    ref: str | None,
    acceptance: Path | None,
    url: str,
    spec: str | None,
    again: bool,
    source: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Distil merged changes into cards: how this kind of change is made here, proven by the commit.

    What the library has already is left out, so the same command may run after every merge. A change of the same kind
    as an earlier one renews that card; one much like it joins it. Nothing is published that holds a secret, hidden
    text or a phrase that takes over a model.
    """
    from dataclasses import replace

    from gitskills import console
    from gitskills.cards.harvest import harvest
    from gitskills.commands import shelves
    from gitskills.git import code

    if (rev is None) == (since is None):
        raise click.UsageError("say which changes: either --commit SHA or --since REV")
    if rev is None and (acceptance or url):
        raise click.UsageError("--acceptance and --pr-url belong to one change: give it by --commit")
    project = options.project(False)
    found = code.look(folder, ref)
    wanted = replace(_wanted(found, rev, since or "", acceptance, url), again=again)
    site, model = shelves.site(project, source), _model(project, spec)
    harvested = harvest(site, found, model, wanted, project.paths, dry_run=dry_run)
    if as_json:
        keys = ("commit", "action", "card", "path", "reason")
        console.emit_json([{key: getattr(row, key) for key in keys} for row in harvested.rows])
    else:
        _tell(harvested)
    for problem in harvested.broken:
        console.note(("not a card: ", "yellow"), console.one_line(problem))
    if dry_run:
        console.note("dry run: nothing was written")
    return 1 if any(row.failed for row in harvested.rows) else 0


def _wanted(code: "Code", rev: str | None, since: str, acceptance: Path | None, url: str) -> "Wanted":
    """Return which changes are meant. Raises GitskillsError where there are none of that name."""
    from gitskills.cards.harvest import Wanted, only
    from gitskills.git import objects

    if rev is not None:
        with_it = acceptance.read_bytes()[:LONGEST].decode("utf-8", "replace") if acceptance else ""
        change, parent = only(code, rev)
        return Wanted(change, parent, with_it, _link(url))
    base = objects.resolve(code.git_dir, f"{since}^{{commit}}")
    if base is None:
        raise GitskillsError(f"the code has no commit {since!r}", "--since names a commit, a tag or a branch of it")
    return Wanted(code.tip, base)


def _link(url: str) -> str:
    """Return an address fit to be kept for ever: of the web, and without a password in it."""
    from urllib.parse import urlsplit

    if not url:
        return ""
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    except ValueError:
        plain = False
    if not plain or len(url) > 500 or not url.isascii() or not url.isprintable() or " " in url:
        raise click.UsageError("--pr-url is no address of the web, or holds a login")
    return url


def _model(project: "Project", spec: str | None) -> "Model":
    from gitskills.commands import targets
    from gitskills.models.choose import model

    paths = project.paths
    return model(spec, "librarian", paths.environ, paths.home) if spec else targets.models(project)("librarian")


def _tell(found: "Harvested") -> None:
    """Print the cards and what failed, and how many changes were passed over for which reasons."""
    from collections import Counter

    from gitskills import console
    from gitskills.commands import fitting

    passed = Counter(row.reason.partition(":")[0] for row in found.rows if row.action == "skipped" and not row.failed)
    told = [row for row in found.rows if row.action != "skipped" or row.failed]
    shown, left = fitting.first(told, lambda row: row.action, always="skipped")
    for row in shown:
        reason = f"  {console.one_line(row.reason)}" if row.reason else ""
        style = STYLES.get(row.action, "yellow")
        console.say((f"{row.action:>10}", style), f"  {row.commit[:10]}  ", (row.path, "bold"), reason, hang=24)
    fitting.tell_rest(left, 10)
    for reason, count in passed.most_common():
        console.say((f"{count:>10} skipped: {console.one_line(reason)}", "dim"))
    if not found.rows:
        console.say(("nothing was merged since", "dim"))
