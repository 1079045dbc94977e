"""The agents' door: what an agent tells on stdin becomes one file in the inbox, as it came; never a failure.

Run as a program, `python -I -S hook.py EVENT AGENT [INBOX]`, or by `gitskills hook EVENT --agent AGENT`.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# They show their user the `systemMessage` of an answer when a session starts; opencode and pi by our plugin.
_SHOWN = frozenset({"claude-code", "codex", "gemini-cli", "opencode", "pi"})

if __name__ == "__main__":  # -I and -S leave the package's folder off the path
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main(arguments: list[str]) -> int:
    """Put the event on stdin into the inbox and return 0, whatever happens."""
    for step in (_deliver, _answer):
        try:
            step(*_words(arguments))
        except Exception:
            continue  # the agent's work is worth more than our record of it
    return 0


def _answer(event: str, agent: str, folder: str) -> None:
    if agent == "cursor":  # it reads an answer on every event, and takes nothing but JSON
        os.write(1, b"{}\n")
    elif event == "session-start" and agent in _SHOWN and os.environ.get("GITSKILLS_WORKER") != "1":
        _notify(folder)


def _notify(folder: str) -> None:
    """Have the agent tell its user what waits for them, if anything does; see state/notice.py."""
    if not folder:
        from gitskills.state.paths import paths

        folder = str(paths().inbox)
    try:
        with open(os.path.join(os.path.dirname(folder), "notices", "notice"), encoding="utf-8") as file:
            text = file.read(500).strip()
    except FileNotFoundError:
        return
    if text and os.environ.get("GITSKILLS_DISABLED") != "1":
        from json import dumps

        os.write(1, dumps({"systemMessage": f"gitskills: {text}"}).encode() + b"\n")


def _deliver(event: str, agent: str, folder: str) -> None:
    from gitskills.state import inbox

    payload = inbox.receive(0)
    if not inbox.heeded(os.environ) or not inbox.wanted(event, agent, payload):
        return
    if not folder:
        from gitskills.state.paths import paths

        folder = str(paths().inbox)
    begins = event == "session-start"
    if begins and not inbox.ours(folder, payload):
        return
    inbox.write(folder, event, agent, payload)
    if (begins and _begins(os.environ)) or inbox.due(folder, event, agent, payload):
        _start(os.path.dirname(folder))


def _begins(environ: "Mapping[str, str]") -> bool:
    """Whether a session that starts is anything to the worker; whether a sweep is due, it finds out."""
    pulls = environ.get("GITSKILLS_AUTOPULL") != "0" or environ.get("GITSKILLS_ATTRIBUTION") != "0"
    return pulls or environ.get("GITSKILLS_SWEEP") == "weekly"


def _start(state: str) -> None:
    """Start a worker that outlives us and the agent: no terminal, no descriptors of ours, nobody's child.

    It starts in a folder of ours: Python looks for modules where it is started, and a project could hold anything.
    """
    words = [sys.executable, "-m", "gitskills", "work", "--drain"]
    if sys.platform == "win32":
        import subprocess

        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        null = subprocess.DEVNULL
        subprocess.Popen(words, cwd=state, stdin=null, stdout=null, stderr=null, creationflags=flags)
        return
    if child := os.fork():
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork() == 0:  # not a leader of its session, it can never get a terminal
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            os.closerange(3, 4096)
            os.chdir(state)
            os.execv(words[0], words)
    finally:
        os._exit(0)


def _words(arguments: list[str]) -> tuple[str, str, str]:
    """The event, the agent and the inbox ("" where none is named); the agent also as `--agent A` or `--agent=A`."""
    words, given = [], iter(arguments)
    agent = ""
    for word in given:
        if word == "--agent":
            agent = next(given, "")
        elif word.startswith("--agent="):
            agent = word.partition("=")[2]
        else:
            words.append(word)
    if agent:
        words.insert(1, agent)
    event, agent, folder, *_ = (*words, "", "", "")
    return event, agent, folder


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # nothing is buffered, and tearing an interpreter down takes a millisecond
