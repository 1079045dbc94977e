"""The library that cards live in: `--to`, or the only source there is."""

from typing import TYPE_CHECKING

from gitskills.errors import GitskillsError

if TYPE_CHECKING:
    from gitskills.cards import tree as trees
    from gitskills.cards.landing import Site
    from gitskills.share.project import Project


def site(project: "Project", source: str | None) -> "Site":
    """Return the library called `source`, or the only one. Raises GitskillsError."""
    from gitskills.cards.landing import Site
    from gitskills.git.commit import identity

    sources = project.config.sources
    if source is None and len(sources) != 1:
        if not sources:
            raise project.no_sources()
        raise GitskillsError("there are several sources", f"say which with --to: {', '.join(sorted(sources))}")
    found = project.source(source or next(iter(sources)))
    return Site(project.cache(found), found.ref, lambda: identity(project.root))


def tree(project: "Project", source: str | None) -> "tuple[list[trees.Row], list[str]]":
    """Return the tree of cards of a library as last fetched, and what is wrong with broken ones."""
    import contextlib

    from gitskills.cards import tree as trees
    from gitskills.state import database

    found = site(project, source)
    if not found.cache.exists:
        raise GitskillsError("nothing has been fetched yet", "run `gitskills pull`")
    tip = found.tip()[1]
    if tip is None:
        return [], []
    found.bring(tip)
    named = {one.url for one in project.config.sources.values() if project.cache(one).git_dir == found.cache.git_dir}
    with contextlib.closing(database.state(project.paths)) as db:
        return trees.read(found.cache.git_dir, tip, db, sorted({found.cache.url, *named}))
