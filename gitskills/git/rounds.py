"""The one lock between machines is the remote's refusal: who was not first begins anew on what the others pushed."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from gitskills.errors import GitskillsError
from gitskills.git.failures import NonFastForward

PATIENCE = 180.0  # seconds of trying against others who push at the same time

Result = TypeVar("Result")


def until_pushed(attempt: Callable[[], Result], refresh: Callable[[], object], *, patience: float = PATIENCE) -> Result:
    """Return what `attempt` does once the remote has not moved under it; before each further one `refresh` is called.

    `patience` is in seconds. Raises GitskillsError where others are first for as long.
    """
    deadline, pause = time.monotonic() + patience, 0.05
    while True:
        try:
            return attempt()
        except NonFastForward as refused:
            if time.monotonic() > deadline:
                told = f"others kept pushing to {refused.url} for {patience:.0f} s"
                raise GitskillsError(told, "run the same command again") from refused
        time.sleep(random.uniform(0, pause))  # full jitter: those who collided must not meet again
        pause = min(pause * 2, 4.0)
        refresh()
