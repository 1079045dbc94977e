"""The agents' door: what an agent tells on stdin becomes one file in the inbox, as it came; never a failure.

Run as a program, `python -I -S hook.py EVENT AGENT [INBOX]`, or by `gitskills hook EVENT --agent AGENT`.
"""

import os
import sys

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


def _deliver(event: str, agent: str, folder: str) -> None:
    from gitskills.state import inbox

    payload = inbox.receive(0)
    if not inbox.heeded(os.environ) or not inbox.wanted(event, agent, payload):
        return
    if not folder:
        from gitskills.state.paths import paths

        folder = str(paths().inbox)
    inbox.write(folder, event, agent, payload)


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
