"""From what agents told to windows and jobs: each event once, in order, whatever state it is in."""

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from gitskills.agents import readers
from gitskills.agents.payload import Payload, recognised
from gitskills.errors import GitskillsError
from gitskills.improve import windows, wishes
from gitskills.improve.site import Placed, Site
from gitskills.state import events, inbox, starts
from gitskills.state.inbox import Message
from gitskills.state.lock import locked
from gitskills.state.paths import Paths
from gitskills.state.starts import Start
from gitskills.state.transaction import transaction

_SILENT = ("stop", "session-end")  # they open no window and spend none


@dataclass(slots=True)
class Intake:
    """One run over the inbox; `passed` tells what was passed over, and `messages` is how long a window is.

    Every `every` messages of a session in which a skill was used make a job for the suggester; 0: none.
    """

    paths: Paths
    db: sqlite3.Connection
    site: Site
    messages: int = windows.MESSAGES
    every: int = wishes.EVERY
    passed: list[str] = field(default_factory=list)
    _placed: dict[str, Sequence[Placed]] = field(default_factory=dict)

    def run(self, *, now: float) -> int:
        """Take the inbox and deal with every event; returns how many there were. Raises Busy where another does it."""
        with locked(self.paths.state / "intake.lock", timeout=10, what="the inbox"):
            events.absorb(self.paths, self.db, now=now)
            windows.sweep(self.db, now=now)
            wishes.sweep(self.db, now=now, every=self.every)
            count = 0
            for message in events.pending(self.db):
                self._event(message)
                count += 1
            self._mark()
        return count

    def _event(self, message: Message) -> None:
        """Do what an event leads to and mark it as dealt with, in one transaction."""
        told, used, start = None, None, None
        if message.event not in _SILENT:
            try:
                told, used = self._read(message)
                start = self._start(message)
            except (GitskillsError, OSError) as error:
                self.passed.append(f"{message.event} of {message.agent}: {error}")
        with transaction(self.db):
            if start is not None:
                starts.note(self.db, start)
            if told is not None:
                self._act(message, told, used)
            if used is not None:  # before the commit: killed after it, nobody would look at the next message
                self._mark()
            events.handle(self.db, [message.name])

    def _mark(self) -> None:
        """Tell the hook whose messages matter."""
        inbox.mark(str(self.paths.inbox), windows.sessions(self.db) | wishes.sessions(self.db))

    def _start(self, message: Message) -> Start | None:
        """Return the session that starts with an event, None where none does that concerns us."""
        if message.event != "session-start":
            return None
        told = readers.payload(message.agent, message.event, message.payload)
        if told.event != "session-start" or told.own or not told.session or told.subagent:
            return None
        return Start(told.agent, told.session, told.cwd, message.at)

    def _read(self, message: Message) -> tuple[Payload | None, Placed | None]:
        """Return what an event tells, None where it tells nothing, and which skill of ours it uses."""
        told = readers.payload(message.agent, message.event, message.payload)
        if told.own or not told.session or told.event not in ("prompt", "skill", "tool"):
            return None, None
        if told.event == "prompt" and not told.skill and not told.mentions:
            return told, None
        placed = self._there(told.cwd)
        told = recognised(told, [folder for one in placed for folder in one.folders], str(self.paths.home))
        used = find(told, placed)
        return (told, used) if used is None or self.site.wanted(told.cwd, used.name) else (None, None)

    def _there(self, cwd: str) -> Sequence[Placed]:
        if cwd not in self._placed:
            self._placed[cwd] = self.site.placed(cwd)
        return self._placed[cwd]

    def _act(self, message: Message, told: Payload, used: Placed | None) -> None:
        session = (told.agent, told.session)
        if used is not None:
            windows.open_(
                self.db, session, used.name, told.cwd, told.tool_use_id, messages=self.messages, at=message.at
            )
            if self.every:
                wishes.use(self.db, session, used.name, told.cwd, told.tool_use_id, at=message.at)
        elif told.reaction and not told.subagent:
            windows.spend(self.db, session, message.name, told.transcript, told.reaction, at=message.at)
            said = (told.transcript, told.reaction)
            wishes.hear(self.db, session, message.name, said, every=self.every, at=message.at)


def find(told: Payload, placed: Sequence[Placed]) -> Placed | None:
    """Return the skill of ours that an event uses; by its folder where that is told, else by its name."""
    if told.event not in ("prompt", "skill") or not told.skill:
        return None
    if told.path:
        return next((one for one in placed if ours(told.path, one)), None)
    return next((one for one in placed if told.skill in one.names), None)


def ours(folder: str, one: Placed) -> bool:
    """Whether a folder, as an agent names it, is where a skill of ours lies."""
    return folder in one.folders or os.path.realpath(folder) in one.folders
