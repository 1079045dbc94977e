"""Which cards were put into briefs here: events that leave no commit, as the trail tells them (`log --op inject`)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from gitskills.share.project import Library, Project

Told = dict[str, object]
"""One injection as `log --json` has it."""


def injections(project: "Project", name: str | None, count: int | None) -> list[Told]:
    """Return what this machine's ledger has of the project's libraries, newest first; of one card by name or path."""
    import contextlib
    from itertools import islice

    from gitskills.state import database

    with contextlib.closing(database.state(project.paths)) as db:
        found = [row for library in project.libraries() for row in _told(db, project, library)]
    found.sort(key=lambda row: str(row["date"]), reverse=True)
    return list(islice((row for row in found if name in (None, row["skill"], row["path"])), count))


def _told(db: "sqlite3.Connection", project: "Project", library: "Library") -> Iterator[Told]:
    from gitskills.commands.targets import located
    from gitskills.git.url import redact
    from gitskills.state import ledger

    known = project.config.sources.get(library.source)
    url = redact(located(project, known.url)) if known is not None else library.url
    for facts in ledger.told(db, url, "injection"):
        path = str(facts.get("card", ""))
        yield {
            "commit": "",
            "date": facts.get("at"),
            "author": f"machine {ledger.writer(db)}",
            "skill": path.rpartition("/")[2],
            "op": "inject",
            "version": None,
            "tree": facts.get("tree"),
            "summary": f"rank {facts.get('rank')} in the brief of session {facts.get('session')}",
            "trailers": {},
            "source": library.source,
            "path": path,
        }
