"""A password typed at the terminal serves every connection of one run, as within one `git clone`.

Git asks anew in each of its processes where no credential helper of the user's keeps the answer, and one pull starts
several. Its own credential cache keeps it for us, in memory, and is ended with us.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from threading import Lock

from gitskills.git import command

_SECONDS = 300  # after which it is forgotten though we were killed
_made: list[Path] = []
_making = Lock()


def kept(url: str) -> tuple[str, ...]:
    """Return the `-c` options for git to keep what it is told for `url`; none where it asks nobody, or has no cache."""
    if os.name == "nt" or not url.startswith(("http:", "https:")) or not command.on_terminal():
        return ()
    import shlex

    with _making:
        if not _made:
            _made.append(Path(tempfile.mkdtemp(prefix="gitskills-")))  # for this user alone, or git refuses it
            atexit.register(_forget, _made[0])
    socket = shlex.quote(str(_made[0] / "socket"))
    return ("-c", f"credential.helper=cache --timeout={_SECONDS} --socket={socket}")


def _forget(folder: Path) -> None:
    """End the cache, if there is one, and with it what it keeps."""
    if (folder / "socket").exists():
        command.run("credential-cache", f"--socket={folder / 'socket'}", "exit", ok=range(256), timeout=5)
    shutil.rmtree(folder, ignore_errors=True)
