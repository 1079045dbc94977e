"""Small transcripts in each agent's own shape, and whatever else may stand in such a file."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitskills.agents import claude_code, codex, cursor, gemini_cli, hermes_agent, opencode, pi
from gitskills.agents.readers import READERS, reader
from gitskills.errors import GitskillsError
from gitskills.sessions.find import latest
from gitskills.sessions.marks import mark
from gitskills.sessions.session import Session
from gitskills.sessions.window import window

JSON = dict[str, Any]


def write(path: Path, records: Iterable[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def told(session: Session) -> list[tuple[str, str]]:
    return [(turn.kind, turn.text) for turn in session.turns]


# --- claude-code


def said(uuid: str, text: object, **more: object) -> JSON:
    return {"type": "user", "uuid": uuid, "sessionId": "s", "cwd": "/w", "message": {"content": text}, **more}


def answered(uuid: str, *blocks: JSON, **more: object) -> JSON:
    return {"type": "assistant", "uuid": uuid, "sessionId": "s", "message": {"content": list(blocks)}, **more}


def called(id: str, skill: str = "a", name: str = "Skill") -> JSON:
    return {"type": "tool_use", "id": id, "name": name, "input": {"skill": skill}}


def result(id: str, text: str = "ok") -> list[JSON]:
    return [{"type": "tool_result", "tool_use_id": id, "content": text}]


def test_claude_fork_repeats_lines_that_count_once(tmp_path: Path) -> None:
    """A resumed or forked transcript tells its past again with the same uuids."""
    past = [said("1", "go"), answered("2", called("t")), said("3", result("t"))]
    session = claude_code.session(write(tmp_path / "f.jsonl", [*past, *past, said("4", "no")]))
    assert [turn.id for turn in session.turns] == ["1", "2", "3", "4"] and len(session.invocations) == 1


def test_claude_text_that_is_not_the_users(tmp_path: Path) -> None:
    """Reminders, outputs of local commands, notices and summaries stand in the user's place and are not the user's."""
    records = [
        said("1", "<system-reminder>secret rules</system-reminder>hello<system-reminder>x</system-reminder>"),
        said("2", "<local-command-stdout>Set model</local-command-stdout>"),
        said("3", "<task-notification>done</task-notification>"),
        said("4", "a summary of it all", isCompactSummary=True),
        said("5", "Caveat: whatever", isMeta=True),
        said("6", "[Request interrupted by user]"),
        said("7", [{"type": "text", "text": "look"}, {"type": "image", "source": {}}]),
    ]
    texts = [text for _, text in told(claude_code.session(write(tmp_path / "f.jsonl", records)))]
    assert texts == ["hello", "[Request interrupted by user]", "look\n[image]"]


def test_claude_commands_are_skills_only_with_instructions(tmp_path: Path) -> None:
    """`/clear` is said but is no skill; a second `/a` brings a note in place of the text, and is one."""
    command = (
        "<command-message>{0}</command-message>\n<command-name>/{0}</command-name>\n<command-args>{1}</command-args>"
    )
    body = "Base directory for this skill: /skills/a\n\n# A"
    records = [
        said("1", command.format("clear", "")),
        said("2", command.format("a", "x <b>"), promptId="p1"),
        said("3", [{"type": "text", "text": body}], isMeta=True, parentUuid="2"),
        said("4", command.format("a", ""), promptId="p2"),
        said("5", [{"type": "text", "text": "(Re-invocation of /a — see above)"}], isMeta=True, promptId="p2"),
    ]
    session = claude_code.session(write(tmp_path / "f.jsonl", records))
    assert told(session) == [("user", "/clear"), ("user", "/a x <b>"), ("user", "/a")]
    assert [(each.turn, each.tool_use_id, each.arguments, each.path, each.text) for each in session.invocations] == [
        (1, "p1", "x <b>", "/skills/a", "# A"),
        (2, "p2", "", "", ""),
    ]


def test_claude_subagents_of_subagents(tmp_path: Path) -> None:
    """Each part is put after the call that started it, told by the answer or by the file beside it."""
    write(tmp_path / "s.jsonl", [said("1", "go"), answered("2", called("t1", name="Agent")), said("9", "thanks")])
    folder = tmp_path / "s" / "subagents"
    started = said("4", result("t2"), toolUseResult={"agentId": "in"})
    write(folder / "agent-zout.jsonl", [said("3", "sub"), answered("3b", called("t2", name="Agent")), started])
    (folder / "agent-zout.meta.json").write_text('{"toolUseId": "t1"}')
    write(folder / "agent-in.jsonl", [said("5", "subsub"), answered("6", called("t3"))])
    write(folder / "agent-unknown.jsonl", [said("7", "who started me?")])
    session = claude_code.session(tmp_path / "s.jsonl")
    assert [turn.id for turn in session.turns] == ["1", "2", "3", "3b", "5", "6", "4", "9", "7"]
    (used,) = session.invocations
    assert (used.agent, session.turns[used.turn].id) == ("in", "6")


def test_claude_subagents_are_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    """A link among the subagents' files could lead anywhere."""
    write(tmp_path / "s.jsonl", [said("1", "go")])
    write(tmp_path / "else.jsonl", [said("2", "not yours")])
    (tmp_path / "s" / "subagents").mkdir(parents=True)
    try:
        (tmp_path / "s" / "subagents" / "agent-x.jsonl").symlink_to(tmp_path / "else.jsonl")
    except OSError:
        pytest.skip("no links here")
    assert [turn.id for turn in claude_code.session(tmp_path / "s.jsonl").turns] == ["1"]


def test_claude_sidechains_in_the_file_itself(tmp_path: Path) -> None:
    """Older versions wrote a subagent's lines among the others."""
    records = [
        said("1", "go"),
        said("2", "sub", isSidechain=True, agentId="x"),
        answered("3", called("t"), isSidechain=True),
    ]
    session = claude_code.session(write(tmp_path / "f.jsonl", records))
    assert [turn.agent for turn in session.turns] == ["", "x", "subagent"] and session.invocations[
        0
    ].agent == "subagent"


# --- codex


def item(**payload: object) -> JSON:
    return {"type": "response_item", "payload": payload}


def test_codex_without_word_of_who_spoke(tmp_path: Path) -> None:
    """Older rollouts name no kinds: what begins with a tag, and AGENTS.md, is the program's; skills are used."""
    talk = [
        {"type": "input_text", "text": text}
        for text in ("<environment_context>x", "fix it", "# AGENTS.md instructions for /w")
    ]
    body = "<skill>\n<name>a</name>\n<path>C:\\skills\\a\\SKILL.md</path>\n# A\n</skill>"
    records = [
        {"type": "session_meta", "payload": {"id": "s", "cwd": "/w"}},
        item(type="message", role="user", content=talk),
        item(type="message", role="user", content=[{"type": "input_text", "text": body}]),
        item(type="message", role="developer", content=[{"type": "input_text", "text": "rules"}]),
        {"type": "event_msg", "payload": {"type": "user_message", "message": "fix it"}},
    ]
    session = codex.session(write(tmp_path / "f.jsonl", records))
    assert told(session) == [("user", "fix it")] and (session.id, session.cwd) == ("s", "/w")
    assert [(each.skill, each.how, each.path, each.text) for each in session.invocations] == [
        ("a", "typed", "C:\\skills\\a", "# A")
    ]


@pytest.mark.parametrize(
    ("output", "text", "failed"),
    [
        ("Process exited with code 1\nOutput:\nx", "Process exited with code 1\nOutput:\nx", True),
        ("Wall time: 1\nProcess exited with code 0\n", "Wall time: 1\nProcess exited with code 0\n", False),
        ('{"output": "no", "metadata": {"exit_code": 2}}', "no", True),
        ({"content": "no", "success": False}, "no", True),
        ([{"type": "input_text", "text": "yes"}], "yes", False),
        ('{"any": "json"}', "", False),
        (None, "", False),
    ],
)
def test_codex_outputs_of_every_version(output: object, text: str, failed: bool, tmp_path: Path) -> None:
    """How a command ended stands in its text, in its metadata, or beside it."""
    records = [
        item(type="function_call", name="shell", arguments='{"command": ["ls"]}', call_id="c"),
        item(type="function_call_output", call_id="c", output=output),
    ]
    turn = codex.session(write(tmp_path / "f.jsonl", records)).turns[1]
    assert (turn.text, turn.failed, turn.tool) == (text, failed, "shell")


def test_codex_the_event_of_the_end_decides(tmp_path: Path) -> None:
    """Where the program itself says how a command ended, its text is not guessed at."""
    records = [
        item(type="function_call", name="exec_command", arguments="{}", call_id="c"),
        item(type="function_call_output", call_id="c", output="Process exited with code 0"),
        {"type": "event_msg", "payload": {"type": "exec_command_end", "call_id": "c", "exit_code": 7}},
        item(type="custom_tool_call", name="apply_patch", input="*** Begin Patch", call_id="d"),
        item(type="local_shell_call", action={"command": ["cat", "/skills/a/SKILL.md"]}, call_id="e"),
    ]
    session = codex.session(write(tmp_path / "f.jsonl", records), placed=["/skills/a"])
    assert session.turns[1].failed and session.turns[2].text == "*** Begin Patch"
    assert session.invocations[0].tool_use_id == "e"


# --- cursor


def test_cursor(tmp_path: Path) -> None:
    """The user's words are in a tag; a read of SKILL.md is a use; ids and results may be missing."""
    words = "<timestamp>now</timestamp><user_query>\ngo\n</user_query>"
    call = {"type": "tool_use", "name": "Read", "input": {"path": "/skills/a/SKILL.md"}}
    records = [
        {"role": "user", "message": {"content": [{"type": "text", "text": words}]}},
        {"role": "assistant", "message": {"content": [{"type": "text", "text": "ok"}, call]}},
        {"type": "turn_ended", "status": "error"},
        {"role": "user", "message": {"content": "no"}},
    ]
    session = cursor.session(write(tmp_path / "id.jsonl", records), placed=["/skills/a"])
    assert told(session) == [
        ("user", "go"),
        ("assistant", "ok"),
        ("tool_use", '{"path": "/skills/a/SKILL.md"}'),
        ("user", "no"),
    ]
    assert session.id == "id" and (found := latest(session, {"a"})) and (found.how, found.turn) == ("read", 2)


# --- gemini-cli


def spoke(id: str, text: object, type: str = "user", **more: object) -> JSON:
    return {"id": id, "type": type, "content": text, **more}


def test_gemini_last_version_of_a_message_rewinds_and_sets(tmp_path: Path) -> None:
    """A message grows under its id; a rewind takes back a message and all after it; `$set` puts others in place."""
    records = [
        {"sessionId": "s", "directories": ["/w"]},
        {"$set": {"messages": [spoke("0", [{"text": "<session_context>x"}])]}},
        spoke("1", [{"text": "go"}]),
        spoke("2", "", "gemini"),
        spoke("2", "half", "gemini"),
        spoke("2", "whole", "gemini"),
        spoke("3", "wrong way"),
        spoke("4", "ok", "gemini"),
        {"$rewindTo": "3"},
        {"$rewindTo": "unknown"},
        spoke("5", "right way"),
        spoke("6", "beep", "info"),
    ]
    session = gemini_cli.session(write(tmp_path / "session-s.jsonl", records))
    assert told(session) == [("user", "go"), ("assistant", "whole"), ("user", "right way")]
    assert (session.id, session.cwd) == ("s", "/w")


def test_gemini_calls_that_failed_and_chats_of_old(tmp_path: Path) -> None:
    """A refused skill was not given; the one JSON object of older versions is read as well."""
    call = {"id": "c", "name": "activate_skill", "args": {"name": "a"}, "status": "cancelled", "resultDisplay": "no"}
    chat = {"sessionId": "s", "messages": [spoke("1", "go"), spoke("2", "", "gemini", toolCalls=[call]), 5]}
    path = tmp_path / "session-1.json"
    path.write_text(json.dumps(chat, indent=2))
    session = gemini_cli.session(path)
    assert told(session) == [("user", "go"), ("tool_use", '{"name": "a"}'), ("tool_result", "no")]
    assert session.id == "s" and session.invocations[0].failed


def test_gemini_resumed(tmp_path: Path) -> None:
    """A resumed session sets its messages anew, with calls and results as parts of contents; nothing is lost or twice.

    With what stood before and, where that is gone, from the parts alone; a result has the id of its call's message.
    """
    output = "x\n<instructions>Do a.</instructions>\n\n/skills/a/\n└───SKILL.md"
    answered = {"functionResponse": {"id": "c", "name": "activate_skill", "response": {"output": output}}}
    call = {"id": "c", "name": "activate_skill", "args": {"name": "a"}}
    anew = [
        spoke("1", [{"text": "go"}]),
        spoke("2", [{"functionCall": call}], "gemini"),
        spoke("2", [answered]),
        spoke("3", [answered]),
        spoke("4", [{"text": "done"}], "gemini"),
    ]
    whole = spoke("2", "", "gemini", toolCalls=[call | {"status": "success", "result": [answered]}])
    before = [spoke("1", [{"text": "go"}]), whole, spoke("3", [answered]), spoke("4", "done", "gemini")]
    after = [{"$set": {"messages": anew}}, spoke("5", [{"text": "no"}])]
    for records in ([*before, *after], after):
        session = gemini_cli.session(write(tmp_path / "session-s.jsonl", [{"sessionId": "s"}, *records]))
        kinds = [turn.kind for turn in session.turns]
        assert kinds == ["user", "tool_use", "tool_result", "assistant", "user"], session.turns
        assert (found := latest(session, {"a"})) and (found.path, found.text) == ("/skills/a", "Do a.")
        assert (found.tool_use_id, found.failed) == ("c", False)
    refused = {"functionResponse": {"id": "c", "response": {"error": "no such skill"}}}
    records = [{"$set": {"messages": [anew[1], spoke("2", [refused])]}}]
    session = gemini_cli.session(write(tmp_path / "session-s.jsonl", records))
    assert told(session)[-1] == ("tool_result", "no such skill") and session.invocations[0].failed


def test_gemini_subagents(tmp_path: Path) -> None:
    """Their chats are in a folder of the session's name."""
    write(tmp_path / "session-1.jsonl", [{"sessionId": "abc"}, spoke("1", "go")])
    write(tmp_path / "abc" / "sub.jsonl", [{"sessionId": "sub"}, spoke("2", "task")])
    session = gemini_cli.session(tmp_path / "session-1.jsonl")
    assert [(turn.text, turn.agent) for turn in session.turns] == [("go", ""), ("task", "sub")] and session.id == "abc"


# --- pi


def entry(id: str | None, parent: str | None, role: str = "user", text: object = "", **more: object) -> JSON:
    return {"type": "message", "id": id, "parentId": parent, "message": {"role": role, "content": text, **more}}


def test_pi_the_branch_of_the_last_entry(tmp_path: Path) -> None:
    """Of a tree of tries only the one that the user went on with counts."""
    records = [
        {"type": "session", "id": "s", "cwd": "/w"},
        entry("1", None, text="go"),
        entry("2", "1", "assistant", [{"type": "text", "text": "wrong"}]),
        entry("3", "1", "assistant", [{"type": "text", "text": "right"}]),
        {"type": "compaction", "id": "4", "parentId": "3", "summary": "x"},
        entry("5", "4", "bashExecution", command="ls", output="no", exitCode=1),
    ]
    session = pi.session(write(tmp_path / "1_s.jsonl", records))
    assert told(session) == [("user", "go"), ("assistant", "right"), ("user", "!ls"), ("tool_result", "no")]


def test_pi_rings_and_files_without_ids(tmp_path: Path) -> None:
    """Parents that lead in a circle end; a file of the first version is read in order."""
    ring = [entry("1", "2", text="a"), entry("2", "1", text="b")]
    assert told(pi.session(write(tmp_path / "1_r.jsonl", ring))) == [("user", "a"), ("user", "b")]
    flat = [entry(None, None, text="a"), entry(None, None, text="b")]
    session = pi.session(write(tmp_path / "1_f.jsonl", flat))
    assert told(session) == [("user", "a"), ("user", "b")] and session.id == "f"


# --- opencode and hermes-agent: their stores are in test_stores.py


def test_opencode_a_stream_holds_the_last_state_of_each_part(tmp_path: Path) -> None:
    """A part comes in again and again; another session's parts are left out; the synthetic are nobody's words."""

    def part(session: str = "s", **part: object) -> JSON:
        event = {"type": "message.part.updated", "properties": {"sessionID": session, "part": part}}
        return {"hook": "event", "input": event, "output": None}

    def message(id: str, role: str) -> JSON:
        return {
            "hook": "event",
            "input": {"type": "message.updated", "properties": {"sessionID": "s", "info": {"id": id, "role": role}}},
        }

    skill = {"messageID": "2", "id": "c", "type": "tool", "tool": "skill", "callID": "k"}
    records = [
        message("1", "user"), part(messageID="1", id="a", type="text", text="go"),
        part(messageID="1", id="b", type="text", text="hidden", synthetic=True), message("2", "assistant"),
        part(**skill, state={"status": "running", "input": {"name": "a"}}),
        part(**skill, state={"status": "error", "input": {"name": "a"}, "error": "no such skill"}),
        part("other", messageID="9", id="z", type="text", text="else"),
    ]  # fmt: skip
    session = opencode.session(write(tmp_path / "f.jsonl", records))
    assert told(session) == [("user", "go"), ("tool_use", '{"name": "a"}'), ("tool_result", "no such skill")]
    assert session.invocations[0].failed


def test_hermes_an_export_and_a_typed_skill(tmp_path: Path) -> None:
    """A line of an export has a session's messages; a typed skill's text stands before the user's words."""
    words = (
        '[IMPORTANT: The user has invoked the "a" skill, indicating they want you to follow its instructions. '
        "The full skill content is loaded below.]\n\n# A\n\n[Skill directory: /skills/a]\nResolve any\n\n"
        "The user has provided the following instruction alongside the skill invocation: do it\n\n[Runtime note: x]"
    )
    call = {"id": "c", "function": {"name": "terminal", "arguments": '{"command": "cat /skills/b/SKILL.md"}'}}
    messages = [
        {"role": "user", "content": words}, {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": '{"output": "", "exit_code": 1, "error": null}'},
    ]  # fmt: skip
    records = [
        {"id": "s", "cwd": "/w", "messages": messages},
        {"id": "t", "messages": [{"role": "user", "content": "x"}]},
    ]
    session = hermes_agent.session(write(tmp_path / "f.jsonl", records), "s", ["/skills/b"])
    assert told(session)[0] == ("user", "/a do it") and session.turns[2].failed and session.cwd == "/w"
    assert [(each.skill, each.how, each.path, each.text, each.failed) for each in session.invocations] == [
        ("a", "typed", "/skills/a", "# A", False),
        ("b", "read", "/skills/b", "", True),
    ]
    assert told(hermes_agent.session(tmp_path / "f.jsonl")) == [("user", "x")]


# --- all of them

IDS = sorted(READERS)


def test_an_agent_without_a_module_is_an_error_that_names_the_others() -> None:
    """Sessions of other agents are not guessed at."""
    with pytest.raises(GitskillsError) as caught:
        reader("zed")
    assert "codex" in caught.value.hint
    assert [READERS[id].ID for id in READERS] == list(READERS)


@pytest.mark.parametrize("agent", IDS)
def test_odd_lines_are_passed_over_and_counted(agent: str, tmp_path: Path) -> None:
    """What is no JSON object is counted; a last line that is cut is not, but says that the file goes on."""
    path = tmp_path / "1_s.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"type": "x"}\r\n\n[1]\nnull\n"a"\n{broken\n\xff\xfe\x00\n{"type": "user", "mess')
    session = READERS[agent].session(path)
    assert (session.turns, session.skipped, session.complete) == ((), 5, False)


@pytest.mark.parametrize("agent", IDS)
def test_an_empty_file_is_a_session_without_turns(agent: str, tmp_path: Path) -> None:
    """A transcript that was just made."""
    (tmp_path / "f.jsonl").touch()
    session = READERS[agent].session(tmp_path / "f.jsonl")
    assert (session.turns, session.complete, session.agent) == ((), True, agent)


def example(agent: str, text: str) -> list[object]:
    """A transcript of the agent's in which the user says `text`."""
    parts = [{"type": "text", "text": text, "messageID": "m", "id": "p"}]
    output = {"message": {"id": "m", "role": "user"}, "parts": parts}
    examples: dict[str, list[object]] = {
        "claude-code": [said("1", text)],
        "codex": [item(type="message", role="user", content=[{"type": "input_text", "text": text}])],
        "cursor": [{"role": "user", "message": {"content": text}}],
        "gemini-cli": [{"sessionId": "s"}, spoke("1", [{"text": text}])],
        "opencode": [{"hook": "chat.message", "input": {"sessionID": "s"}, "output": output}],
        "pi": [entry("1", None, text=text)],
        "hermes-agent": [{"id": "s", "messages": [{"role": "user", "content": text}]}],
    }  # fmt: skip
    return examples[agent]


@pytest.mark.parametrize("agent", IDS)
@pytest.mark.parametrize("text", ["x" * 5_000_000, "a\0b\ud800c", "é" * 1000, "<system-reminder>" * 300_000])
def test_texts_of_any_size_and_kind(agent: str, text: str, tmp_path: Path) -> None:
    """Five megabytes in a line, NUL, half a character: it is read, and can be written anywhere."""
    session = READERS[agent].session(write(tmp_path / "1_s.jsonl", example(agent, text)))
    (turn,) = session.turns
    assert abs(len(turn.text) - len(text)) < 10 and turn.text.encode() and "\0" not in turn.text


@pytest.mark.parametrize("agent", IDS)
def test_a_session_of_ours_is_recognised(agent: str, tmp_path: Path) -> None:
    """What gitskills asked a model is never a user's session, whatever agent was asked."""
    prompt = f"Judge this.\n{mark('0f9e')}\n"
    assert READERS[agent].session(write(tmp_path / "1_s.jsonl", example(agent, prompt))).own


DEEP = b'{"type": "user", "role": "user", "message": ' + b'{"content": ' * 50_000 + b"1" + b"}" * 50_001


@pytest.mark.parametrize("agent", IDS)
def test_nesting_too_deep_is_one_odd_line(agent: str, tmp_path: Path) -> None:
    """No depth of nesting is an error of Python's."""
    (tmp_path / "1_s.jsonl").write_bytes(DEEP + b"\n" + b"[" * 1_000_000 + b"\n")
    assert READERS[agent].session(tmp_path / "1_s.jsonl").skipped == 2


# Words that mean something to some agent, so that random records go deeper than the first look.
WORDS = st.sampled_from(
    [
        *(
            "user",
            "assistant",
            "tool",
            "message",
            "session",
            "type",
            "role",
            "content",
            "text",
            "id",
            "uuid",
            "payload",
        ),
        *(
            "response_item",
            "session_meta",
            "gemini",
            "tool_use",
            "tool_result",
            "function_call",
            "function_call_output",
        ),
        *("input", "output", "arguments", "name", "call_id", "callID", "tool_use_id", "toolCalls", "result", "status"),
        *("response", "functionResponse", "activate_skill", "skill", "Skill", "skill_view", "state", "metadata"),
        *("part", "parts", "properties", "info", "hook", "event", "chat.message", "sessionID", "messageID", "messages"),
        *("$set", "$rewindTo", "parentId", "toolCall", "toolResult", "isMeta", "sourceToolUseID", "parentUuid"),
        *("isSidechain", "agentId", "toolUseResult", "item", "item_completed", "exit_code", "tool_calls", "function"),
        *("extra", "conversation_history", "stdin", "custom_tool_call", "local_shell_call", "action", "command"),
        *("internal_chat_message_metadata_passthrough", "content_item_kinds", "cmd", "file_path", "path", "args"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=6,
)
RECORD = st.dictionaries(WORDS, VALUES, max_size=5)

# One record of each kind, whole; the test puts anything in place of any part of them.
CALL = {"id": "c", "function": {"name": "skill_view", "arguments": '{"name": "a"}'}}
ACTIVATED = {"response": {"output": "<instructions>x</instructions>"}}
WHOLE: list[object] = [
    *(record for agent in IDS for record in example(agent, "go")),
    answered("2", {"type": "text", "text": "x"}, called("t"), called("u", name="Bash")),
    said("3", result("t"), toolUseResult={"agentId": "x"}),
    said("4", [{"type": "text", "text": "Base directory for this skill: /a\n\nx"}], isMeta=True, sourceToolUseID="t"),
    said("5", "<command-name>/a</command-name><command-args>b</command-args>", promptId="p"),
    said("6", "Base directory for this skill: /a", isMeta=True, promptId="p"),
    item(type="function_call", name="exec_command", arguments='{"cmd": "cat a/SKILL.md"}', call_id="k"),
    item(type="function_call_output", call_id="k", output="exited with 1"),
    item(type="message", role="user", content=[{"type": "input_text", "text": "<skill><name>a</name><path>b</path>"}]),
    {"type": "event_msg", "payload": {"type": "item_completed", "item": {"id": "k", "exit_code": 0}}},
    spoke("7", "", "gemini", toolCalls=[{"name": "activate_skill", "args": {"name": "a"}, "result": [ACTIVATED]}]),
    entry(
        "8", "1", "assistant", [{"type": "toolCall", "id": "c", "name": "read", "arguments": {"path": "a/SKILL.md"}}]
    ),
    entry("9", "8", "toolResult", "x", toolCallId="c"),
    {"sessionID": "s", "part": {"messageID": "m", "id": "q", "type": "tool", "tool": "skill", "state": {"input": {}}}},
    {"id": "s", "messages": [{"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "content": "{}"}]},
]


@st.composite
def broken(draw: st.DrawFn) -> object:
    """A whole record with anything in place of one of its parts."""
    record = json.loads(json.dumps(draw(st.sampled_from(WHOLE))))
    at = record
    while isinstance(at, dict | list) and at:
        key = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or draw(st.integers(0, 3)) == 0:
            at[key] = draw(VALUES)
            break
        at = at[key]
    return record


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(records=st.lists(RECORD | broken() | st.sampled_from(WHOLE), max_size=6), tail=st.binary(max_size=20))
def test_no_records_raise_but_our_errors(records: list[object], tail: bytes, tmp_path: Path) -> None:
    """Wrong types everywhere: a session comes out, its turns and invocations fit, and a window can be made of it."""
    path = tmp_path / "1_s.jsonl"
    lines = [json.dumps(record).encode("utf-8", "replace") for record in records]
    path.write_bytes(b"\n".join(lines) + b"\n" + tail)
    for agent in READERS.values():
        try:
            session = agent.session(path, placed=["a", "/skills/b"], home="/home/u")
        except GitskillsError:
            continue
        for turn in session.turns:
            turn.text.encode()
        for used in session.invocations:
            assert used.skill and 0 <= used.turn <= len(session.turns)
            window(session, used, "no")
