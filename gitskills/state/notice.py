"""What a user is told when the next session starts: one line in a file that the hook finds without a database.

Not every agent shows its user what a hook says: on a terminal gitskills says it too, once a day.
"""

import os

from gitskills.state.files import write_atomic
from gitskills.state.paths import Paths

FILE = ("notices", "notice")  # below the state folder
TOLD = ("notices", "told")  # its time is when a terminal was told
DAY = 86400.0  # seconds


def tell(where: Paths, text: str) -> None:
    """Leave one line to be told at the start of every session, or with "" nothing any more. Raises OSError."""
    file = where.state.joinpath(*FILE)
    if not text:
        file.unlink(missing_ok=True)
    elif not file.is_file() or file.read_text(encoding="utf-8") != f"{text}\n":
        write_atomic(file, f"{text}\n".encode())


def due(where: Paths, *, now: float) -> str:
    """Return the line if no terminal was told for a day, and note that one is now (`now` in seconds); else ""."""
    file, told = where.state.joinpath(*FILE), where.state.joinpath(*TOLD)
    try:
        text = file.read_text(encoding="utf-8").strip()
        if not text or (told.exists() and 0 <= now - told.stat().st_mtime < DAY):
            return ""
        told.touch()
        os.utime(told, (now, now))
    except (OSError, UnicodeDecodeError):
        return ""
    return text
