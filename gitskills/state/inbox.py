"""The inbox: a folder in the manner of maildir where hooks leave what agents tell, one file per event.

Writing must cost an agent nothing, so the top of this module imports next to nothing; what reads imports when it runs.
A file is written under `tmp/`, renamed into `new/` when whole, moved to `cur/` by the reader and removed when done
(https://cr.yp.to/proto/maildir.html). Nothing waits for the disk: only a power cut can lose what was written.
"""

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

EVENTS = ("session-start", "prompt", "skill", "stop", "session-end")
LIMIT = 16 << 20  # bytes of one payload: a longer one is read to its end and dropped
STALE = 36 * 3600  # seconds after which an unfinished file is nobody's, as maildir has it
_CHUNK = 1 << 20

MARKS = "placed"  # beside the inbox; see state/marks.py

# These have no tool for skills: they read the file. All their tool calls come here, and only such a read matters.
_READERS = frozenset({"codex", "cursor", "pi"})
_MARK = b"SKILL.md"

# What a prompt holds in which the user names a skill: of that no other event tells. Of codex's see `_names_one`.
_NAMED = {
    "cursor": (b'"prompt":"/', b'"prompt": "/'),
    "hermes-agent": (b"[IMPORTANT: The user has invoked the ",),
    "pi": (b"/skill:",),
}

# Events that nobody takes (no skill was used) are taken all the same before they slow the hook down.
_MANY = 256

_count = 0


class Message:
    """One event in the inbox: the file's `name` is its key, `at` the seconds since the epoch when it was written."""

    __slots__ = ("agent", "at", "event", "name", "payload")

    def __init__(self, name: str, event: str, agent: str, at: float, payload: bytes) -> None:
        self.name = name
        self.event = event
        self.agent = agent
        self.at = at
        self.payload = payload


def heeded(environ: "Mapping[str, str]") -> bool:
    """Whether hooks are to do anything: not when they are off, nor in what gitskills itself started."""
    return environ.get("GITSKILLS_DISABLED") != "1" and environ.get("GITSKILLS_WORKER") != "1"


def wanted(event: str, agent: str, payload: bytes) -> bool:
    """Whether an event is to be kept: a known one of an agent with a sane name, that says something."""
    if event not in EVENTS or not payload or len(payload) > LIMIT:
        return False
    if not 0 < len(agent) <= 40 or agent.strip("abcdefghijklmnopqrstuvwxyz0123456789-"):
        return False
    return event != "skill" or agent not in _READERS or _MARK in payload


def receive(descriptor: int) -> bytes:
    """Read a file descriptor to its end and return its bytes, or none of them when they are more than `LIMIT`.

    The rest of a long payload is read all the same: an agent that cannot write it all might call the hook broken.
    A terminal is not read.
    """
    chunks: list[bytes] = []
    size = 0
    while not os.isatty(descriptor) and (chunk := os.read(descriptor, _CHUNK)):
        size += len(chunk)
        if size <= LIMIT:
            chunks.append(chunk)
    return b"".join(chunks) if size <= LIMIT else b""


def write(folder: str, event: str, agent: str, payload: bytes) -> str:
    """Leave one event in the inbox `folder` and return its name; raises OSError and leaves nothing behind."""
    global _count
    _count += 1
    name = f"{time.time_ns():019d}-{os.getpid()}-{_count}-{os.urandom(4).hex()}.{event}.{agent}"
    aside = os.path.join(folder, "tmp", name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(aside, flags, 0o600)
    except FileNotFoundError:
        # `tmp` last: a writer that finds it takes the others to be there. What users say is nobody else's to read.
        for part in ("", "cur", "new", "tmp"):
            os.makedirs(os.path.join(folder, part), 0o700, exist_ok=True)
        descriptor = os.open(aside, flags, 0o600)
    try:
        try:
            view = memoryview(payload)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        os.rename(aside, os.path.join(folder, "new", name))
    except BaseException:
        os.unlink(aside)
        raise
    return name


def ours(folder: str, payload: bytes) -> bool:
    """Whether a session that starts, in the folder that `payload` tells or in this one, may have skills of ours.

    Nobody knows before the first worker has looked; see state/marks.py.
    """
    try:
        with open(os.path.join(os.path.dirname(folder), MARKS), "rb") as file:
            marks = file.read().splitlines()
    except FileNotFoundError:
        return True
    if not marks or b"*" in marks:
        return bool(marks)
    text = (payload + b"\0" + os.fsencode(os.getcwd())).lower().replace(b"\\", b"/")
    return any(mark in text for mark in marks)


def due(folder: str, event: str, agent: str, payload: bytes) -> bool:
    """Whether an event that was just left should start a worker: a user spoke, and that may be about a skill.

    It may where a skill was used since the inbox was last taken, where the user names one in the prompt, or where the
    session has an open window: then `windows` holds an empty file with the session's id as its name, in hex.
    """
    if event != "prompt":
        return False
    if _names_one(agent, payload):
        return True
    names = os.listdir(os.path.join(folder, "new"))
    if len(names) >= _MANY or any(".skill." in name for name in names):
        return True
    try:
        marks = os.listdir(os.path.join(folder, "windows"))
    except FileNotFoundError:
        return False
    return any(bytes.fromhex(mark) in payload for mark in marks)


def _names_one(agent: str, payload: bytes) -> bool:
    """Whether a prompt may name a skill; codex's `$name` may be a shell's variable, which costs one worker then."""
    if agent == "codex":
        return any(after[:1].islower() for after in payload.split(b"$")[1:])
    return any(words in payload for words in _NAMED.get(agent, ()))


def mark(folder: str, sessions: "Collection[str]") -> None:
    """Leave a file for each session with an open window, and none for others; see `due`."""
    windows = os.path.join(folder, "windows")
    wanted = {session.encode("utf-8", "replace")[:100].hex() for session in sessions if session}
    try:
        there = set(os.listdir(windows))
    except FileNotFoundError:
        if not wanted:
            return
        os.makedirs(windows, 0o700, exist_ok=True)
        there = set()
    for name in wanted - there:
        os.close(os.open(os.path.join(windows, name), os.O_WRONLY | os.O_CREAT, 0o600))
    for name in there - wanted:
        os.unlink(os.path.join(windows, name))


def take(folder: "Path", *, now: float, timeout: float = 120.0) -> "Iterator[Message]":
    """Yield each event of the inbox once, oldest first; `done` takes it out for good.

    What a reader took and did not finish, because it was killed, comes again. One process reads at a time: another
    waits `timeout` seconds, then gets `Busy`. `now` is the time in seconds, by which files nobody finished are removed.
    Raises OSError for a folder that cannot be read.
    """
    from gitskills.state.lock import locked

    if not folder.is_dir():
        return
    with locked(folder / "lock", timeout=timeout, what="the inbox"):
        _sweep(folder, now)
        for name in _names(folder, "cur"):
            yield from _read(folder, name)
        for name in _names(folder, "new"):
            os.replace(folder / "new" / name, folder / "cur" / name)
            yield from _read(folder, name)


def done(folder: "Path", name: str) -> None:
    """Take an event out of the inbox for good."""
    (folder / "cur" / name).unlink(missing_ok=True)


def waiting(folder: "Path") -> int:
    """How many events nobody has finished with."""
    return sum(len(_names(folder, part)) for part in ("new", "cur"))


def _names(folder: "Path", part: str) -> list[str]:
    try:
        return sorted(os.listdir(folder / part))
    except FileNotFoundError:
        return []


def _read(folder: "Path", name: str) -> "Iterator[Message]":
    """Yield the event in one file under `cur/`; a file that is none of ours is removed."""
    stamp, _, rest = name.partition(".")
    event, _, agent = rest.partition(".")
    written = stamp.partition("-")[0]
    path = folder / "cur" / name
    if event in EVENTS and agent and written.isdecimal():
        yield Message(name, event, agent, int(written) / 1e9, path.read_bytes())
    elif path.is_file():
        path.unlink()


def _sweep(folder: "Path", now: float) -> None:
    """Remove what killed or choked hooks never finished writing."""
    for name in _names(folder, "tmp"):
        path = folder / "tmp" / name
        try:
            if path.stat().st_mtime < now - STALE:
                path.unlink()
        except FileNotFoundError:  # just finished
            continue
