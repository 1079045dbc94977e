"""Work that nobody waits for: it is done once the command has answered (see `gitskills.__main__`)."""

from collections.abc import Callable

Work = Callable[[Callable[[], None]], object]
"""Work to put off. It is given what to call once the files it needs are open: no new one appears after that."""

Later = Callable[[Work], None]
"""Takes such work: `later` does."""

_works: list[Work] = []


def later(work: Work) -> None:
    """Put `work` off until the process is about to end; it must be such that no harm comes of its being lost."""
    _works.append(work)


def waiting() -> bool:
    """Whether anything was put off."""
    return bool(_works)


def work(begun: Callable[[], None]) -> None:
    """Do what was put off; `begun` is for the work to call."""
    while _works:
        _works.pop(0)(begun)
