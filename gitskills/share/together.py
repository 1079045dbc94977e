"""Many new skills at once: git writes them aside while the agents' links to them are made, then all appear together."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gitskills.share.spots import Spot
from gitskills.state.stage import Stage


def fill(real: Stage, spots: Mapping[Spot, Stage], names: Sequence[str], write: Callable[[Path], None]) -> None:
    """Let `write` build the folders `names`, and put them in place where there is no skills folder yet.

    The links of each of `spots`, which do not exist yet either, are made meanwhile and follow. What cannot appear
    together is left for `put` and `link` to do one by one. What `write` raises comes through.
    """
    linked: list[Spot] = []
    thread = threading.Thread(target=lambda: linked.extend(one for one in spots if one.fill(spots[one], names)))
    thread.start()
    there = False
    try:
        real.fill(names, write)
        there = real.appear()
    finally:
        thread.join()
        for spot, stage in spots.items():
            if not (there and spot in linked and spot.appear(stage)):
                stage.drop()
