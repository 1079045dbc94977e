"""Agents' hook files: our entries go in and come out again, and nobody else's byte moves."""

import contextlib
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gitskills import jsontext, yamltext
from gitskills.agents import hooks, hooktext
from gitskills.agents.hooks import REGISTRATIONS, command, handlers, is_ours
from gitskills.agents.hooktext import Foreign, install, state, uninstall
from gitskills.errors import GitskillsError
from gitskills.jsontext import BOM, Edit, JsonError
from tests.conftest import SHARED
from tests.test_jsontext import VALUES, render

JSON_AGENTS = ["claude-code", "codex", "cursor", "gemini-cli"]
PLUGIN = hooktext._MARK + "\nexport const x = 1\n"


def others(agent: str) -> st.SearchStrategy[dict[str, Any]]:
    """Settings of a user: hooks of their own among anything else, empty lists, empty groups."""
    if REGISTRATIONS[agent].form == "flat":
        entry: Any = st.fixed_dictionaries({"command": st.sampled_from(["make lint", "gitskills status", ""])})
    else:
        handler = st.fixed_dictionaries({"type": st.just("command"), "command": st.sampled_from(["make lint", "x y"])})
        entry = st.fixed_dictionaries(
            {"hooks": st.lists(handler, max_size=2)}, optional={"matcher": st.sampled_from(["*", "Skill", "Bash"])}
        )
    events = st.sampled_from([hook.theirs for hook in REGISTRATIONS[agent].hooks] + ["Notification", "PreCompact"])
    hooks_key = st.fixed_dictionaries({}, optional={"hooks": st.dictionaries(events, st.lists(entry, max_size=2))})
    rest = st.dictionaries(st.sampled_from(["env", "model", "ü", "version", "permissions"]), VALUES, max_size=3)
    return st.builds(lambda one, two: {**one, **two}, rest, hooks_key)


CASES = st.sampled_from(JSON_AGENTS).flatmap(
    lambda agent: st.tuples(
        st.just(agent),
        st.builds(lambda value, seed: render(value, Random(seed)), others(agent), st.integers(0, 1 << 32)),
    )
)


@given(CASES)
@example(("codex", ""))
@example(("codex", BOM))
@example(("cursor", " \r\n"))
@example(("claude-code", "{}"))
@example(("claude-code", '{"hooks": {}}'))
@example(("claude-code", '{\r\n\t"hooks": {\r\n\t\t"Stop": []\r\n\t}\r\n}'))
@example(("gemini-cli", '{"hooks": {"enabled": true, "disabled": []}, // mine\n}'))
@example(("claude-code", '{"hooks": 1, "hooks": {"Stop": []}}'))
def test_uninstall_restores_every_byte(case: tuple[str, str]) -> None:
    """Installing adds just our entries to any odd text, once; uninstalling gives the very text back."""
    agent, text = case
    registration = REGISTRATIONS[agent]
    change = install(text, registration, where="x")
    assert state(change.text, registration, where="x") == "installed"
    before = jsontext.parse(text, where="x").value if text.strip(f" \r\n{BOM}") else {}
    after = jsontext.parse(change.text, where="x").value
    assert without_ours(after) == without_ours(before)
    assert {key: value for key, value in after.items() if key not in ("hooks", "version")} == {
        key: value for key, value in before.items() if key not in ("hooks", "version")
    }
    assert install(change.text, registration, change.edits, where="x") == change
    assert uninstall(change.text, registration, change.edits, where="x") == text


@given(CASES)
def test_without_a_record_nothing_of_others_goes(case: tuple[str, str]) -> None:
    """On a machine that did not install them, our entries go with what they leave empty, and all else stays."""
    agent, text = case
    registration = REGISTRATIONS[agent]
    after = uninstall(install(text, registration, where="x").text, registration, where="x")
    assert state(after, registration, where="x") == "absent"
    assert without_ours(jsontext.parse(after, where="x").value) == without_ours(jsontext.parse(text, where="x").value)
    assert uninstall(after, registration, where="x") == after


@given(CASES, st.sampled_from(["first", "last", "event"]))
def test_uninstall_after_other_edits(case: tuple[str, str], edited: str) -> None:
    """What the user writes elsewhere in the meantime stays, and ours goes all the same."""
    agent, text = case
    registration = REGISTRATIONS[agent]
    change = install(text, registration, where="x")
    root = jsontext.parse(change.text, where="x")
    if edited == "first":
        mine = change.text[: root.start + 1] + '"mine": [1],' + change.text[root.start + 1 :]
    else:
        inner = root if edited == "last" else root.get("hooks")
        assert inner is not None
        mine = jsontext.insert(change.text, inner, [1], "mine").apply(change.text)
    after = uninstall(mine, registration, change.edits, where="x")
    assert state(after, registration, where="x") == "absent"
    left = jsontext.parse(after, where="x").value
    assert (left["hooks"] if edited == "event" else left).pop("mine") == [1]
    assert without_ours(left) == without_ours(jsontext.parse(text, where="x").value)


def test_a_comment_never_swallows_what_follows() -> None:
    """Where taking our text out would join a user's setting to a comment, the setting is kept."""
    registration = REGISTRATIONS["claude-code"]
    change = install('{"env": {} // why\n}', registration, where="x")
    mine = change.text[: change.text.rindex("\n}")] + ', "mine": 1\n}'
    assert jsontext.parse(uninstall(mine, registration, change.edits, where="x"), where="x").value == {
        "env": {},
        "mine": 1,
    }


def without_ours(settings: Any) -> dict[str, list[Any]]:
    """The events of a file with everybody else's entries, those left empty dropped."""
    found: dict[str, list[Any]] = {}
    events = settings.get("hooks") if isinstance(settings, dict) else None
    for event, entries in (events or {}).items():
        kept = [entry for entry in entries if not ours(entry)] if isinstance(entries, list) else [entries]
        if kept:
            found[event] = kept
    return found


def ours(entry: Any) -> bool:
    inner = entry.get("hooks", [entry]) if isinstance(entry, dict) else []
    return any(is_ours(one.get("command")) for one in inner if isinstance(one, dict))


@given(st.sampled_from(JSON_AGENTS), st.text(alphabet='{}[]",: \nhoks1') | st.text() | VALUES.map(json.dumps))
def test_any_file_is_edited_or_refused(agent: str, text: str) -> None:
    """A broken or strange file is refused with an error that names it, never half edited, never a traceback."""
    registration = REGISTRATIONS[agent]
    with contextlib.suppress(JsonError, Foreign):
        change = install(text, registration, where="x")
        assert uninstall(change.text, registration, change.edits, where="x") == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "the file is no object"),
        ('{"hooks": []}', "`hooks` is no object"),
        ('{"hooks": {"Stop": {}}}', r"`hooks\.Stop` is no list"),
        ('{"hooks": {', "settings.json:1: "),
    ],
)
def test_a_file_made_otherwise_is_refused(text: str, told: str) -> None:
    """What the agent itself would not read is named, not overwritten."""
    with pytest.raises(GitskillsError, match=told):
        install(text, REGISTRATIONS["claude-code"], where="settings.json")


def test_a_handler_added_to_our_group_stays() -> None:
    """An agent's own dialogue may put a user's hook beside ours, under one matcher: only ours goes."""
    registration = REGISTRATIONS["claude-code"]
    change = install("", registration, where="x")
    settings = json.loads(change.text)
    settings["hooks"]["PreToolUse"][0]["hooks"].append({"type": "command", "command": "mine"})
    after = uninstall(json.dumps(settings), registration, change.edits, where="x")
    assert json.loads(after) == {
        "hooks": {"PreToolUse": [{"matcher": "Skill", "hooks": [{"type": "command", "command": "mine"}]}]}
    }


def test_an_older_registration_is_brought_up_to_date() -> None:
    """Entries of another version, or some that are missing, are seen as stale and replaced."""
    registration = REGISTRATIONS["codex"]
    text = '{\n  "hooks": {\n    "Stop": [{"hooks": [{"type": "command", "command": "mine"}]}]\n  }\n}\n'
    old = install(text, registration, where="x")
    stale = old.text.replace('"timeout": 10', '"timeout": 30')
    assert state(stale, registration, where="x") == "stale"
    new = install(stale, registration, old.edits, where="x")
    assert state(new.text, registration, where="x") == "installed" and new.text.count("gitskills stop codex") == 1
    assert json.loads(uninstall(new.text, registration, new.edits, where="x")) == json.loads(text)


@pytest.mark.skipif(SHARED is None, reason="no captures: set GITSKILLS_SHARED")
@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("claude-code", "claude-code/skill-by-model/settings.json"),
        ("claude-code", "claude-code/skill-linked/settings.json"),
        ("codex", "codex/hooks.json"),
        ("gemini-cli", "gemini-cli/settings.json"),
        ("hermes-agent", "hermes-agent/config.yaml"),
    ],
)
def test_files_that_real_agents_read(agent: str, name: str) -> None:
    """Into settings that worked with the real programs ours go beside the others, made like them, and out again."""
    assert SHARED is not None
    text = (SHARED / "captures" / name).read_text(encoding="utf-8")
    registration = REGISTRATIONS[agent]
    change = install(text, registration, where=name)
    read: Any = yamltext.load if registration.form == "yaml" else lambda text, where: json.loads(text)
    old, new = read(text, where=name).get("hooks", {}), read(change.text, where=name)["hooks"]
    for event, entry in handlers(registration):
        theirs = [one for one in old.get(event, [])]
        assert [one for one in new[event] if one in theirs] == theirs and entry in new[event]
        if theirs and registration.form == "groups":
            assert set(theirs[0]["hooks"][0]) == set(entry["hooks"][0])  # type: ignore[index]
    assert uninstall(change.text, registration, change.edits, where=name) == text


HERMES = [
    "",
    "model: {default: x}",
    "model:\n  default: x\n",
    "# mine\nmodel:\r\n  default: x # why\r\nlist:\r\n- 1\r\n",
    "hooks:\n  pre_tool_call:\n    - command: mine  # why\n      timeout: 5\n\n# end\nother: |\n  text\n",
    "hooks:\n    # first\n    on_session_end:\n    - {command: mine}\n    pre_tool_call: []\nz: 1",
    "hooks: {}\nz: 1\n",
    "hooks:\nz: 1\n",
    "hooks: {pre_tool_call: [{command: mine}]}\n",
    "a: |+\n  text\n\n\n",
    "---\na: 1\n",
    "a: 1\n...\n",
]


@pytest.mark.parametrize("text", HERMES)
def test_yaml_is_restored_too(text: str) -> None:
    """A YAML file keeps its comments and layout, gets our entries, and is what it was when they are taken out."""
    registration = REGISTRATIONS["hermes-agent"]
    change = install(text, registration, where="x")
    assert state(change.text, registration, where="x") == "installed"
    assert install(change.text, registration, change.edits, where="x") == change
    old, new = (yamltext.load(one, where="x") or {} for one in (text, change.text))
    assert {key: value for key, value in new.items() if key != "hooks"} == {
        key: value for key, value in old.items() if key != "hooks"
    }
    assert without_ours(new) == without_ours(old)
    assert uninstall(change.text, registration, change.edits, where="x") == text
    bare = uninstall(change.text, registration, where="x")
    assert without_ours(yamltext.load(bare, where="x") or {}) == without_ours(old)


@given(st.text(alphabet="hoks: -\n{}[]#a1|\"'\r\t") | st.text())
@settings(max_examples=150)
def test_any_yaml_is_edited_or_refused(text: str) -> None:
    """No text makes editing raise anything but an error a user understands."""
    registration = REGISTRATIONS["hermes-agent"]
    with contextlib.suppress(GitskillsError):
        change = install(text, registration, where="x")
        assert uninstall(change.text, registration, change.edits, where="x") == text


def test_a_plugin_of_our_name_that_is_not_ours() -> None:
    """A plugin file is ours by its first line: another is neither overwritten nor removed."""
    registration = REGISTRATIONS["opencode"]
    assert install(None, registration, plugin=PLUGIN, where="x").text == PLUGIN
    assert state(PLUGIN + "// changed", registration, plugin=PLUGIN, where="x") == "stale"
    with pytest.raises(Foreign):
        install("export const mine = 1", registration, plugin=PLUGIN, where="x")


@pytest.mark.parametrize("agent", REGISTRATIONS)
def test_commands_are_recognised(agent: str) -> None:
    """Our command lines, those of Windows too, are known as ours; what others write about gitskills is not."""
    for event in ("session-start", "prompt", "skill", "stop", "session-end"):
        assert is_ours(command(agent, event, windows=True)) and is_ours(command(agent, event, windows=False))
    for line in ("gitskills pull", "sh -c 'gitskills pull'", f"echo; {command(agent, 'stop', windows=False)}", None, 1):
        assert not is_ours(line)


def test_the_command_is_the_same_everywhere() -> None:
    """codex asks for trust anew when a byte changes: this test is to be changed only on purpose."""
    assert command("codex", "skill", windows=False) == (
        'sh -c \'h="${GITSKILLS_HOME:-$HOME/.local/state/gitskills}/hook"; '
        'if [ -f "$h" ]; then sh "$h" "$@"; else cat; fi >/dev/null 2>&1; exit 0\' gitskills skill codex'
    )


def test_codex_is_asked_for_no_more_time_than_it_allows() -> None:
    """At the end of a session it allows 3 seconds, and tells its user at every start of a hook that wants more."""
    [entry] = [entry for event, entry in handlers(REGISTRATIONS["codex"]) if event == "SessionEnd"]
    assert entry["hooks"] == [{"type": "command", "command": command("codex", "session-end"), "timeout": 3}]


def test_where_the_files_are(tmp_path: Path) -> None:
    """The agents' own variables move their folders; an agent without hooks, or without them in a project, is told."""
    home, root = tmp_path / "home", tmp_path / "project"
    environ = {"CLAUDE_CONFIG_DIR": str(tmp_path / "claude"), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}

    def at(agent: str, scope: Any) -> Path | None:
        return hooks.place(REGISTRATIONS[agent], scope, root, home, environ)

    assert at("claude-code", "global") == tmp_path / "claude" / "settings.json"
    assert at("claude-code", "project") == root / ".claude" / "settings.json"
    assert at("opencode", "global") == tmp_path / "xdg" / "opencode" / "plugin" / "gitskills.js"
    assert at("pi", "global") == home / ".pi" / "agent" / "extensions" / "gitskills.ts"
    assert at("hermes-agent", "project") is None
    with pytest.raises(GitskillsError, match="zed has no hooks"):
        hooks.look_up("zed")
    with pytest.raises(GitskillsError, match="nobody is no agent"):
        hooks.look_up("nobody")


def test_edits_are_values() -> None:
    """What is remembered of a registration can be written down and read again."""
    change = install("{}", REGISTRATIONS["codex"], where="x")
    again = tuple(Edit(one.at, one.old, one.new) for one in change.edits)
    assert uninstall(change.text, REGISTRATIONS["codex"], again, where="x") == "{}"
