"""`gitskills cards retrieve`: the cards that fit a piece of work, for the next brief."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from gitskills.commands import options
from gitskills.errors import GitskillsError

if TYPE_CHECKING:
    from gitskills.cards.rank import Query, Ranker
    from gitskills.cards.retrieve import Found, Library
    from gitskills.share.project import Project

LONGEST = 1 << 20  # bytes of a request that are read


@click.command(short_help="Find the few cards that fit a piece of work")
@click.argument("query", nargs=-1)
@click.option("--file", "file", type=click.File("rb"), metavar="FILE", help="Read the request from a file; - is stdin.")
@click.option("--area", default="", metavar="AREA", help="The part of the code the work is about, as in api/errors.")
@click.option("--paths", multiple=True, metavar="PATH", help="A file or folder the work will touch; repeatable.")
@click.option("-k", "count", type=click.IntRange(min=0), default=3, show_default=True, help="At most this many.")
@click.option("--max-chars", "longest", type=click.IntRange(min=0), default=6000, show_default=True,
              help="The longest brief.")  # fmt: skip
@click.option("--brief", "as_brief", is_flag=True, help="Print the section to paste into a prompt.")
@click.option("--record", "session", metavar="SESSION", help="Note in the ledger which cards this session was given.")
@click.option("--to", "--source", "source", metavar="SOURCE", help="Only the cards of this library.")
@click.option("--repo", metavar="REPO", help="Whose cards come first; default: the repository one stands in.")
@options.as_json
def command(
    query: tuple[str, ...],
    file: BinaryIO | None,
    area: str,
    paths: tuple[str, ...],
    count: int,
    longest: int,
    as_brief: bool,
    session: str | None,
    source: str | None,
    repo: str | None,
    as_json: bool,
) -> None:
    """Find the few cards that fit a piece of work: a request, the area or the files it will touch, or all of these.

    Nothing is printed where nothing fits: a recipe for other work is worse than none. Works offline on what was last
    fetched.
    """
    from gitskills import console
    from gitskills.cards.brief import brief, shown
    from gitskills.cards.retrieve import retrieve

    if as_brief and as_json:
        raise click.UsageError("--brief and --json are two forms of one answer: choose one")
    project = options.project(False)
    asked = _query(project, " ".join(query), file, area, paths, repo)
    found = retrieve(project.paths, _libraries(project, source), asked, count, _ranker(project))
    if as_brief:
        text = brief(found, longest)
        found = found[: shown(found, longest)]
    if session and found:
        _record(project, session, found)
    if as_json:
        console.emit_json([_row(one) for one in found])
    elif as_brief:
        click.echo(text.encode("utf-8", "replace"), nl=False)
    else:
        for one in found:
            _tell(one, asked)
        if not found:
            console.note("no card fits")


def _tell(one: "Found", asked: "Query") -> None:
    """Print a card: score and path, what it is for (as much as fits the line), and why it was chosen."""
    from gitskills import console
    from gitskills.cards.why import trigger, why

    card = one.card
    stale = ("  stale", "yellow") if card.stale else ""
    console.say((f"{card.score:6.2f}", "green"), "  ", (console.one_line(card.path), "bold"), stale)
    console.page([["        ", console.one_line(trigger(one.body))]], crop=True)
    console.say((f"        {console.one_line(why(card, one.body, asked))}", "dim"), hang=8)


def _ranker(project: "Project") -> "Ranker | None":
    """What ranks by meaning as well, where an embedder is named."""
    from gitskills.commands import targets

    embedder = targets.embedder(project)
    if embedder is None:
        return None
    from gitskills.cards.semantic import Semantic

    return Semantic(embedder)


def _query(
    project: "Project",
    text: str,
    file: BinaryIO | None,
    area: str,
    paths: tuple[str, ...],
    repo: str | None,
) -> "Query":
    """Return what is asked: the words given, then the file; stdin where nothing is given and it is no terminal."""
    from gitskills.cards.rank import Query
    from gitskills.skills.area import normalise

    if file is not None:
        text = f"{text}\n{file.read(LONGEST).decode('utf-8', 'replace')}".strip()
    elif not (text or area or paths):
        if sys.stdin.isatty():
            raise click.UsageError("say what the work is: QUERY, --file, --area or --paths")
        text = sys.stdin.buffer.read(LONGEST).decode("utf-8", "replace")
    named = tuple(dict.fromkeys(_from_root(path).replace("\\", "/").removeprefix("./") for path in paths if path))
    # Bytes of another encoding come as lone surrogates, which no database takes.
    whole = [one.encode("utf-8", "replace").decode() for one in (text, *named)]
    return Query(whole[0], normalise(area), tuple(whole[1:]), _here(project) if repo is None else repo)


def _from_root(path: str) -> str:
    """A path as cards have it: an absolute one is told from the root of the repository one stands in."""
    from gitskills.git.command import GitFailed, run

    if not Path(path).is_absolute():
        return path
    try:
        root = run("rev-parse", "--show-toplevel", cwd=Path.cwd()).decode("utf-8", "surrogateescape").rstrip("\n")
        return Path(path).resolve().relative_to(Path(root).resolve()).as_posix()
    except (GitFailed, ValueError, OSError):
        return path


def _here(project: "Project") -> str:
    """The name of the repository one stands in, as cards have it; "" where there is none."""
    from gitskills.git import code
    from gitskills.git.command import GitFailed, run

    try:
        return code.name(Path(run("rev-parse", "--absolute-git-dir", cwd=Path.cwd()).decode().rstrip("\n")))
    except (GitFailed, GitskillsError):
        return ""


def _libraries(project: "Project", source: str | None) -> "list[Library]":
    """Return the libraries to look in, or the one called `source`. Raises GitskillsError."""
    from gitskills.cards.retrieve import Library
    from gitskills.commands.targets import located
    from gitskills.git.url import redact

    if source is not None:
        project.source(source)
    found = []
    for one in project.libraries():
        if one.tip is not None and source in (None, one.source):
            known = project.config.sources.get(one.source)
            url = redact(located(project, known.url)) if known is not None else one.url
            found.append(Library(one.source, url, one.git_dir, one.tip, partial(_bring, project, one.source)))
    return found


def _bring(project: "Project", source: str) -> None:
    """Have the cards' files here: a cache may be without those that nobody looked at. Offline, what is here must do."""
    from gitskills import console
    from gitskills.commands import shelves

    if source not in project.config.sources:
        return
    site = shelves.site(project, source)
    try:
        site.bring(site.tip()[1])
    except GitskillsError as error:
        console.note(("not all cards are here: ", "yellow"), console.one_line(error.message))


def _row(one: "Found") -> dict[str, object]:
    card = one.card
    return {
        "name": card.name,
        "path": card.path,
        "area": card.area,
        "kind": card.kind,
        "score": card.score,
        "confidence": card.confidence,
        "state": one.state,
        "proof": list(card.proof),
        "tree": card.tree,
        "repo": card.repo,
        "source": one.library.source,
    }


def _record(project: "Project", session: str, found: "list[Found]") -> None:
    """Keep which cards a session (its salted hash) was given, at which tree and rank."""
    import contextlib

    from gitskills.commands import targets
    from gitskills.improve.windows import digest
    from gitskills.state import database, ledger

    name = digest(targets.salt(project), session)
    with contextlib.closing(database.state(project.paths)) as db:
        for rank, one in enumerate(found, 1):
            facts: dict[str, ledger.Value] = {
                "session": name,
                "card": one.card.path,
                "tree": one.card.tree,
                "rank": rank,
            }
            ledger.append(db, one.library.url, "injection", facts)
