"""Put our entries into an agent's hook file and take them out again: text to text, everybody else's left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gitskills import jsontext, yamltext
from gitskills.agents import hookyaml
from gitskills.agents.hooks import Registration, handlers, is_ours
from gitskills.errors import GitskillsError
from gitskills.jsontext import Edit, Node

State = Literal["installed", "stale", "absent"]

_BLANK = " \t\r\n" + jsontext.BOM
_MARK = "// gitskills: this file is written by `gitskills hooks install`"


class Foreign(GitskillsError):
    """A hook file is not made as the agent's documentation says, or a plugin of our name is somebody else's."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file's new text, and the edits that led there from the text without our entries: see `uninstall`."""

    text: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One handler of ours: the chain of nodes from the file's root down to it, its event and what it says."""

    chain: tuple[Node, ...]
    event: str
    says: dict[str, object]


def state(text: str | None, registration: Registration, *, plugin: str = "", where: str) -> State:
    """Tell whether our entries stand in a file's text (None: there is no file): all as we write them now, or not.

    `plugin` is what we write where the whole file is ours. Raises GitskillsError for a text that cannot be read.
    """
    if text is None or not text.strip(_BLANK):
        return "absent"
    if registration.form == "plugin":
        if text == plugin:
            return "installed"
        if text.startswith(_MARK):
            return "stale"
        raise Foreign(f"{where} is not gitskills' file", "move it away, then run again")
    if registration.form == "yaml":
        found = hookyaml.entries(text, where=where)
    else:
        found = [(entry.event, entry.says) for entry in _entries(_root(text, where), registration, where)]
    if not found:
        return "absent"
    wanted = handlers(registration)
    same = len(found) == len(wanted) and all(one in found for one in wanted)
    return "installed" if same else "stale"


def install(
    text: str | None, registration: Registration, edits: Sequence[Edit] = (), *, plugin: str = "", where: str
) -> Change:
    """Return a file's text with our entries; the very same text where they stand there already.

    `edits` are those of an earlier registration, if there was one. Arguments and errors are those of `state`.
    """
    found = state(text, registration, plugin=plugin, where=where)
    if found == "installed":
        return Change(text or "", tuple(edits))
    if registration.form == "plugin":
        return Change(plugin, (Edit(0, "", plugin),))
    if found == "stale":
        text = uninstall(text or "", registration, edits, where=where)
    step = _next_yaml if registration.form == "yaml" else _next_json
    made: list[Edit] = []
    text = text or ""
    while edit := step(text, registration, where):
        text = edit.apply(text)
        made.append(edit)
    return Change(text, tuple(made))


def uninstall(text: str, registration: Registration, edits: Sequence[Edit] = (), *, where: str) -> str:
    """Return a file's text without our entries.

    With the `edits` that installing made, the text is what it was before, byte for byte, whatever was changed elsewhere
    in the meantime; without them, or where they were overwritten, our entries go and what they leave empty with them.
    """
    if registration.form == "plugin":
        return ""
    if registration.form == "yaml":
        after = hookyaml.remove(text, where=where)
    else:
        after = text
        while found := _entries(_root(after, where), registration, where):
            after = _without(after, found[0])
    before = jsontext.undo(text, edits) if edits else None
    # Text edited in the meantime may mean something else once ours is cut out of its middle: then the slower way it is.
    return after if before is None or _meant(before, registration) != _meant(after, registration) else before


def hollow(text: str, registration: Registration) -> bool:
    """Whether a text says nothing any more, so that a file we made can go."""
    if registration.form in ("plugin", "yaml"):
        return not text.strip(_BLANK)
    try:
        return not text.strip(_BLANK) or jsontext.parse(text, where="").value in ({}, {"version": 1})
    except jsontext.JsonError:
        return False


def _meant(text: str, registration: Registration) -> dict[str, object] | None:
    """What a file says but for what we may have left empty in it; None where it cannot be read or we stand in it."""
    try:
        if state(text, registration, where="") != "absent":
            return None
        load = yamltext.load if registration.form == "yaml" else _value
        said = (load(text, where="") if text.strip(_BLANK) else None) or {}
    except GitskillsError:
        return None
    events = said.get("hooks") or {}
    rest = {key: value for key, value in said.items() if key not in ("hooks", "version")}
    return rest | {"hooks": {event: entries for event, entries in events.items() if entries != []}}


def _value(text: str, *, where: str) -> Any:
    return jsontext.parse(text, where=where).value


def _next_yaml(text: str, registration: Registration, where: str) -> Edit | None:
    """The next edit on the way to a YAML file with all our entries."""
    missing = [one for one in handlers(registration) if one not in hookyaml.entries(text, where=where)]
    return hookyaml.insert(text, missing, where=where) if missing else None


def _next_json(text: str, registration: Registration, where: str) -> Edit | None:
    """The next edit on the way to a JSON file with all our entries."""
    wanted = handlers(registration)
    if not text.strip(_BLANK):
        return jsontext.begin(text, _whole(registration))
    root = _root(text, where)
    unit = jsontext.unit_of(text, root)
    if registration.form == "flat" and root.get("version") is None:
        return jsontext.insert(text, root, 1, "version", unit=unit)
    hooks = root.get("hooks")
    if hooks is None:
        return jsontext.insert(text, root, _whole(registration)["hooks"], "hooks", unit=unit)
    found = [(entry.event, entry.says) for entry in _entries(root, registration, where)]
    for event, entry in wanted:
        if (event, entry) not in found:
            there = hooks.get(event)
            if there is None:
                return jsontext.insert(text, hooks, [entry], event, unit=unit)
            return jsontext.insert(text, there, entry, unit=unit)
    return None


def _whole(registration: Registration) -> dict[str, object]:
    """The JSON file as it is where nobody else has anything to say."""
    hooks: dict[str, list[object]] = {}
    for event, entry in handlers(registration):
        hooks.setdefault(event, []).append(entry)
    return ({"version": 1} if registration.form == "flat" else {}) | {"hooks": hooks}


def _root(text: str, where: str) -> Node:
    root = jsontext.parse(text, where=where)
    _expect(root, "object", "the file", where)
    return root


def _expect(node: Node, kind: str, what: str, where: str) -> None:
    if node.kind != kind:
        raise Foreign(f"{where}: {what} is no {kind}", "correct the file as the agent's documentation says")


def _entries(root: Node, registration: Registration, where: str) -> list[_Entry]:
    """Find the handlers of ours; raises Foreign where the file is not made as the agent wants it."""
    hooks = root.get("hooks")
    if hooks is None:
        return []
    _expect(hooks, "object", "`hooks`", where)
    found = []
    for event in hooks.items:
        if event.kind != "list":
            # Agents keep settings of their own beside the events ("enabled": true); only our events must be lists.
            if any(event.key == hook.theirs for hook in registration.hooks):
                _expect(event, "list", f"`hooks.{event.key}`", where)
            continue
        for item in event.items:
            found += _handlers(registration, (root, hooks, event, item))
    return found


def _handlers(registration: Registration, chain: tuple[Node, ...]) -> list[_Entry]:
    """Find ours in one entry of an event's list: the entry itself, or handlers of a group."""
    *_, event, item = chain
    if item.kind != "object":
        return []
    if registration.form == "flat":
        return [_Entry(chain, event.key, item.value)] if is_ours(item.value.get("command")) else []
    inner = item.get("hooks")
    if inner is None or inner.kind != "list":
        return []
    return [
        _Entry((*chain, inner, handler), event.key, item.value | {"hooks": [handler.value]})
        for handler in inner.items
        if handler.kind == "object" and is_ours(handler.value.get("command"))
    ]


def _without(text: str, entry: _Entry) -> str:
    """Return the text without a handler, and without what holds nothing but it."""
    chain = entry.chain
    if len(chain) == 6 and len(chain[4].items) == 1:
        chain = chain[:4]  # the group goes with its last handler: what it matches matters to nobody then
    # Of two members of one name the last counts: without it the other would.
    while len(chain) in (3, 4) and len(chain[-2].items) == 1 and _once(chain[-3], chain[-2].key):
        chain = chain[:-1]
    return jsontext.remove(text, chain[-2], chain[-1])


def _once(container: Node, key: str) -> bool:
    return [item.key for item in container.items].count(key) == 1
