"""Rows for a person: on a terminal the first few of each kind, and how many more there are."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

SHOWN = 12  # rows of one kind that a terminal is shown

Row = TypeVar("Row")


def first(rows: Iterable[Row], kind: Callable[[Row], str], always: str = "") -> tuple[list[Row], Counter[str]]:
    """Return the rows to show, and of each kind how many are left out: none of the kind `always`, and none elsewhere
    than on a terminal."""
    every = list(rows)
    if not sys.stdout.isatty():
        return every, Counter()
    seen: Counter[str] = Counter()
    shown, left = [], Counter[str]()
    for row in every:
        what = kind(row)
        seen[what] += 1
        if seen[what] <= SHOWN or what == always:
            shown.append(row)
        else:
            left[what] += 1
    return shown, left


def tell_rest(left: Counter[str], indent: int) -> None:
    """Print how many more rows of each kind there are; words of kinds stand in a column that wide."""
    from gitskills import console

    for what, count in left.items():
        console.say((f"{what:>{indent}}  … and {count} more; `--json` lists all", "dim"))
