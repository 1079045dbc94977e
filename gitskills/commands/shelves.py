"""The library that cards live in: `--to`, or the only source there is."""

from typing import TYPE_CHECKING

from gitskills.errors import GitskillsError

if TYPE_CHECKING:
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
