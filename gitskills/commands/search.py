"""`gitskills search`: which skills fit."""

import click

from gitskills.commands import options, targets

SHOWN = 160  # characters of a description; what a skill is for stands first


@click.command(short_help="Find skills by words, a name or a whole prompt")
@click.argument("query", nargs=-1, required=True)
@click.option("-n", "count", type=click.IntRange(min=1), default=10, show_default=True, help="At most this many.")
@options.glob
@options.as_json
def command(query: tuple[str, ...], count: int, glob: bool, as_json: bool) -> None:
    """Find skills in the libraries of this project, installed or not: words, a skill's name, or a whole prompt."""
    from gitskills import console
    from gitskills.share import lockfile
    from gitskills.share.search.find import find

    project = options.project(glob)
    hits = find(project.paths, project.libraries(), " ".join(query), count, targets.embedder(project))
    installed = {(one.source, one.path) for one in lockfile.read(project.lock_path).values()}
    if as_json:
        console.emit_json(
            [
                {
                    "name": hit.name,
                    "description": hit.description,
                    "source": hit.source,
                    "score": round(hit.score, 6),
                    "path": hit.path,
                    "installed": (hit.source, hit.path) in installed,
                }
                for hit in hits
            ]
        )
    elif not hits:
        console.note("no skill fits; `gitskills list` shows those installed here")
    else:
        console.table(
            ("skill", "", "source", "description"),
            (
                (
                    (hit.name, "bold"),
                    ("installed", "green") if (hit.source, hit.path) in installed else "",
                    (hit.source, "dim"),
                    _short(hit.description),
                )
                for hit in hits
            ),
        )


def _short(description: str) -> str:
    text = " ".join(description.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1].rsplit(" ", 1)[0] + "…"
