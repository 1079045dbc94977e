"""What a module must offer to let us follow its agent's sessions."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

from gitskills.agents.payload import Payload
from gitskills.sessions.session import Session


class Reader(Protocol):
    """One agent: its hooks' payloads, and where and how it keeps its sessions."""

    ID: str

    def payload(self, event: str, data: Mapping[str, Any]) -> Payload:
        """Return what a hook was told; `event` is the one of ours that it was registered for."""

    def roots(self, home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
        """Return the folders (or the database) below which the agent keeps its sessions."""

    def locate(self, payload: Payload, home: Path, environ: Mapping[str, str]) -> Path | None:
        """Return the file that holds the payload's session, named there or found by its id; None where none is.

        Raises TranscriptError where the payload names a file outside `roots`.
        """

    def session(self, path: Path, id: str = "", placed: Collection[str] = (), home: str = "") -> Session:
        """Return the session that a file holds, of several that with this id, else the last; raises TranscriptError.

        `placed` and `home` serve to recognise reads of a SKILL.md (see `sessions.reads.read`).
        """
