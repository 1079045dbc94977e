"""What a user is told when the next session starts: one line in a file that the hook finds without a database."""

from gitskills.state.files import write_atomic
from gitskills.state.paths import Paths

FILE = ("notices", "notice")  # below the state folder


def tell(where: Paths, text: str) -> None:
    """Leave one line to be told at the start of every session, or with "" nothing any more. Raises OSError."""
    file = where.state.joinpath(*FILE)
    if not text:
        file.unlink(missing_ok=True)
    elif not file.is_file() or file.read_text(encoding="utf-8") != f"{text}\n":
        write_atomic(file, f"{text}\n".encode())
