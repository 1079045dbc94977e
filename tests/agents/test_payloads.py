"""What hooks are told, in small examples, and whatever else may come."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitskills.agents.hooks import REGISTRATIONS
from gitskills.agents.payload import MOST, Payload, PayloadError, load, recognised
from gitskills.agents.readers import READERS, payload
from gitskills.agents.transcript import TranscriptError
from gitskills.errors import GitskillsError
from gitskills.sessions.marks import mark
from tests.agents.test_transcripts import VALUES, WORDS, write

JSON = dict[str, Any]


def told(agent: str, event: str = "", **fields: object) -> Payload:
    return payload(agent, event, json.dumps(fields).encode())


def test_every_agent_whose_hooks_are_registered_is_understood() -> None:
    """Whoever gets a hook of ours has a module that reads what it says, and each of its events means something."""
    assert set(READERS) == set(REGISTRATIONS)
    for agent, registration in REGISTRATIONS.items():
        for hook in registration.hooks:
            found = told(agent, hook.ours, hook_event_name=hook.theirs, tool_name="Read", tool_input={})
            assert found.event == hook.ours or (hook.ours, found.event) == ("skill", "tool"), (agent, hook)


@pytest.mark.parametrize("agent", sorted(READERS))
def test_without_the_agents_word_the_registration_says_which_event_it_is(agent: str) -> None:
    """A payload without its event's name is what the hook was registered for; a skill only once it is recognised."""
    events = ("session-start", "prompt", "skill", "stop", "session-end", "other", "")
    assert [told(agent, event).event for event in events] == [
        "session-start", "prompt", "tool", "stop", "session-end", "other", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("prompt", "skill", "arguments"),
    [
        ("/deploy", "deploy", ""),
        (" /deploy  now and\nhere ", "deploy", "now and\nhere"),
        ("/plug:deploy x", "plug:deploy", "x"),
        ("/home/dev/x is wrong", "", ""),
        ("use /deploy", "", ""),
        ("/", "", ""),
    ],
)
def test_claude_commands(prompt: str, skill: str, arguments: str) -> None:
    """A prompt that is a command names its skill and is no reaction; a path at the start is no command."""
    found = told("claude-code", hook_event_name="UserPromptSubmit", prompt=prompt, prompt_id="p")
    assert (found.skill, found.arguments) == (skill, arguments)
    assert found.reaction == ("" if skill else prompt.strip()) and found.tool_use_id == ("p" if skill else "")


@pytest.mark.parametrize(
    ("agent", "fields", "placed", "skill"),
    [
        ("codex", {"hook_event_name": "UserPromptSubmit", "prompt": "run $deploy. It failed"}, ["/x/deploy"], "deploy"),
        (
            "codex",
            {"hook_event_name": "UserPromptSubmit", "prompt": "$HOME and $other, not a$deploy"},
            ["/x/deploy"],
            "",
        ),
        ("codex", {"hook_event_name": "UserPromptSubmit", "prompt": "$one $deploy"}, ["C:\\x\\deploy\\"], "deploy"),
        ("cursor", {"hook_event_name": "beforeSubmitPrompt", "prompt": "/deploy now"}, ["/x/deploy"], "deploy"),
        ("cursor", {"hook_event_name": "beforeSubmitPrompt", "prompt": "/tmp is full"}, ["/x/deploy"], ""),
        ("gemini-cli", {"hook_event_name": "BeforeAgent", "prompt": "/deploy"}, [], ""),
    ],
)
def test_a_mention_is_a_skill_only_where_one_of_that_name_is_placed(
    agent: str, fields: JSON, placed: list[str], skill: str
) -> None:
    """Agents in which any word can look like a skill's name: what is placed decides."""
    found = recognised(told(agent, **fields), placed)
    assert (found.event, found.skill, found.reaction == "") == ("prompt", skill, bool(skill))


def test_cursor_names_the_tool_by_the_event() -> None:
    """Its older events tell a file or a command instead of a tool's input, and the project among the roots."""
    common: JSON = {"conversation_id": "c", "workspace_roots": ["/w"]}
    file = told("cursor", hook_event_name="beforeReadFile", file_path=".agents/skills/a/SKILL.md", **common)
    shell = told("cursor", hook_event_name="beforeShellExecution", command="cat .agents/skills/a/SKILL.md", **common)
    for found in (recognised(each, ["/w/.agents/skills/a"]) for each in (file, shell)):
        assert (found.event, found.skill, found.how, found.session) == ("skill", "a", "read", "c")


def test_hermes_and_opencode_tell_the_skills_text_for_a_typed_name() -> None:
    """Where the text of the skill stands in the prompt, the prompt is the invocation."""
    words = '[IMPORTANT: The user has invoked the "a" skill, …]\n\nx\n\n[Skill directory: /skills/a]\n'
    found = told("hermes-agent", hook_event_name="pre_llm_call", session_id="s", extra={"user_message": words})
    assert (found.skill, found.how, found.path, found.reaction) == ("a", "typed", "/skills/a", "")
    text = "x\nBase directory for this skill: /skills/a\nRelative paths in this skill …\n\nplease"
    output = {"parts": [{"type": "text", "text": text}]}
    found = told("opencode", hook="chat.message", input={"sessionID": "s"}, output=output, directory="/w")
    assert (found.skill, found.arguments, found.path, found.cwd, found.reaction) == (
        "a",
        "please",
        "/skills/a",
        "/w",
        "",
    )


def test_words_of_programs_are_not_the_users() -> None:
    """pi's extensions can send input; opencode's subagents have sessions of their own."""
    assert told("pi", event="input", ev={"text": "x", "source": "extension"}).event == "other"
    child = {"type": "session.created", "properties": {"info": {"id": "c", "parentID": "s"}}}
    assert told("opencode", hook="event", input=child).event == "other"


def test_our_own_prompts_are_recognised() -> None:
    """A hook that fires in a call of ours is told so by the mark in the prompt."""
    assert (
        told("claude-code", "prompt", prompt=f"Judge.\n{mark('a1')}").own
        and not told("codex", "prompt", prompt="x").own
    )


@pytest.mark.parametrize("raw", [b"", b"null", b"[1]", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_object_is_an_error_of_ours(raw: bytes) -> None:
    """Nothing, broken JSON, endless nesting: PayloadError."""
    with pytest.raises(PayloadError):
        payload("codex", "prompt", raw)


def test_payloads_of_any_size() -> None:
    """Ten megabytes with a byte order mark and broken characters are read; what no agent sends is not."""
    found = payload("codex", "prompt", b'\xef\xbb\xbf{"prompt": "' + b"x\xff" * 5_000_000 + b'"}')
    assert len(found.prompt) == 10_000_000
    with pytest.raises(PayloadError):
        load(b" " * (MOST + 1))


NAMES = [
    *("hook_event_name", "session_id", "transcript_path", "cwd", "prompt", "tool_name", "tool_input", "tool_use_id"),
    *("prompt_id", "command_name", "workspace_roots", "user_message", "ev", "text", "sessionFile", "directory"),
]
EVENTS = [
    *("UserPromptSubmit", "PreToolUse", "UserPromptExpansion", "preToolUse", "BeforeTool", "pre_tool_call", "input"),
    *("chat.message", "tool.execute.before", "command.execute.before", "tool_call", "agent_end", "BeforeAgent"),
]
FIELDS = st.dictionaries(st.sampled_from(NAMES) | WORDS, VALUES | st.sampled_from(EVENTS), max_size=8)


@settings(max_examples=400)
@given(st.sampled_from(sorted(READERS)), st.text(max_size=20), FIELDS)
def test_any_object_is_a_payload(agent: str, event: str, fields: JSON) -> None:
    """Wrong types everywhere: a payload comes out, whose texts are texts."""
    found = recognised(payload(agent, event, json.dumps(fields).encode()), ["a", "/skills/b"], "/home/u")
    for text in (found.session, found.transcript, found.cwd, found.prompt, found.skill, found.path, found.answer):
        assert "\0" not in text and text.encode() is not None
    assert isinstance(found.tool_input, dict) and isinstance(found.reaction, str)


# --- from the payload to the transcript

PLACES = {
    "claude-code": ".claude/projects/-w/{0}.jsonl",
    "codex": ".codex/sessions/2026/11/21/rollout-2026-11-21T00-37-21-{0}.jsonl",
    "cursor": ".cursor/projects/w/agent-transcripts/{0}/{0}.jsonl",
    "gemini-cli": ".gemini/tmp/hash/chats/session-2026-11-21T00-39-{0}.jsonl",
    "pi": ".pi/agent/sessions/--w--/2026_{0}.jsonl",
    "opencode": ".local/share/opencode/opencode.db",
    "hermes-agent": ".hermes/state.db",
}


@pytest.mark.parametrize("agent", PLACES)
def test_a_session_is_found_by_path_or_by_id(agent: str, tmp_path: Path) -> None:
    """Named or not, the file is found where the agent keeps it; before it is there, None."""
    path = tmp_path / PLACES[agent].format("904e125c")
    named = Payload(agent, "stop", "904e125c", str(path))
    assert READERS[agent].locate(named, tmp_path, {}) is None
    write(path, [])
    assert READERS[agent].locate(named, tmp_path, {}) == path.resolve()
    assert READERS[agent].locate(Payload(agent, "stop", "904e125c"), tmp_path, {}) == path
    by_file = agent in ("opencode", "hermes-agent")
    for odd in ("other", "", "../x", "*", "904e125?", "a/b", "\0"):
        assert (READERS[agent].locate(Payload(agent, "stop", odd), tmp_path, {}) is not None) == by_file


@pytest.mark.parametrize("agent", ["claude-code", "codex", "cursor", "pi"])
def test_a_payload_cannot_name_just_any_file(agent: str, tmp_path: Path) -> None:
    """Elsewhere, out by `..`, out by a link, a name that is none: refused, whatever is there."""
    inside = tmp_path / PLACES[agent].format("x")
    write(inside, [])
    secret = write(tmp_path / "id_rsa", [])
    names = [
        str(secret),
        str(inside.parent / ".." / ".." / ".." / ".." / ".." / "id_rsa"),
        "/etc/passwd",
        "relative.jsonl",
    ]
    try:
        (inside.parent / "link.jsonl").symlink_to(secret)
        (inside.parent / "loop").symlink_to(inside.parent / "loop")
        names += [str(inside.parent / "link.jsonl"), str(inside.parent / "loop" / "x")]
    except OSError:
        pass
    for name in [*names, "\0", "~nobody-of-that-name/x", str(inside.parent / "absent")]:
        try:
            assert READERS[agent].locate(Payload(agent, "stop", "s", name), tmp_path, {}) is None
        except GitskillsError as error:
            assert isinstance(error, TranscriptError)
        else:
            assert name.endswith(("absent", "x"))  # below the folder, and not there


def test_a_link_to_the_agents_folder_is_followed(tmp_path: Path) -> None:
    """Many keep `~/.claude` in a folder of dotfiles: the folder may be a link, and what is in it is inside."""
    real = write(tmp_path / "dotfiles" / "claude" / "projects" / "w" / "s.jsonl", [])
    try:
        (tmp_path / ".claude").symlink_to(tmp_path / "dotfiles" / "claude")
    except OSError:
        pytest.skip("no links here")
    named = Payload("claude-code", "stop", "s", str(tmp_path / ".claude" / "projects" / "w" / "s.jsonl"))
    assert READERS["claude-code"].locate(named, tmp_path, {}) == real.resolve()


def test_moved_folders(tmp_path: Path) -> None:
    """The agents' own variables say where their sessions are."""
    for agent, variable, value, place in (
        ("claude-code", "CLAUDE_CONFIG_DIR", "c", "c/projects"),
        ("codex", "CODEX_HOME", "c", "c/sessions"),
        ("gemini-cli", "GEMINI_CLI_HOME", "g", "g/.gemini/tmp"),
        ("opencode", "OPENCODE_DB", "o.db", "o.db"),
        ("opencode", "XDG_DATA_HOME", "d", "d/opencode/opencode.db"),
        ("pi", "PI_CODING_AGENT_DIR", "p", "p/sessions"),
        ("hermes-agent", "HERMES_HOME", "h", "h/state.db"),
    ):
        found = READERS[agent].roots(tmp_path / "home", {variable: str(tmp_path / value)})
        assert found[0] == tmp_path / place, agent


def test_gemini_finds_the_chat_when_its_payload_names_a_folder(tmp_path: Path) -> None:
    """The program was seen to name the folder of all its chats: the id in the file's name has to do."""
    path = write(tmp_path / PLACES["gemini-cli"].format("904e125c"), [])
    for named in (tmp_path / ".gemini" / "tmp", tmp_path / "elsewhere"):
        found = Payload("gemini-cli", "stop", "904e125c-2df1-4dd2-a998-3f56630d9415", str(named))
        assert READERS["gemini-cli"].locate(found, tmp_path, {}) == path
