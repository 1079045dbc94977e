"""Every payload and transcript captured from the real programs becomes what was seen there.

The captures lie in `shared/data/captures` (see tests/conftest.py); where they are absent these tests are skipped and
those of test_transcripts.py, test_payloads.py and test_stores.py stand in with small examples of the same shapes.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gitskills.agents.payload import Payload, recognised
from gitskills.agents.readers import READERS, payload
from gitskills.sessions.session import Session
from tests.conftest import SHARED

CAPTURES = SHARED / "captures" if SHARED else None
PLACED = ["/home/dev/work3/.claude/skills/demo", "/home/dev/.codex/skills/demo1", "/home/dev/.pi/agent/skills/demo1"]
CLAUDE = "/home/dev/work3/.claude/skills/demo"
BODY = "# Demo\n\nSKILL-BODY-MARK {0}\n\nSkill dir: " + CLAUDE
FILE = "---\nname: demo1\ndescription: Demo skill demo1. Use when asked for demo1.\n---\n\n# Demo\nBODY-demo1\n"
TOOL = "toolu_stub0002"

pytestmark = pytest.mark.skipif(
    CAPTURES is None or not CAPTURES.is_dir(),
    reason="no captures: set GITSKILLS_SHARED to the folder that holds captures/",
)


def captures() -> Path:
    assert CAPTURES
    return CAPTURES


def told(session: Session) -> list[str]:
    """A session's turns in short: who, with which tool, the first words."""
    return [
        " ".join(
            filter(None, (turn.agent[:3], turn.kind, turn.tool, "failed" * turn.failed, turn.text.split("\n")[0][:24]))
        )
        for turn in session.turns
    ]


def used(session: Session) -> list[tuple[str | int | bool, ...]]:
    """A session's invocations as tuples."""
    return [
        (each.skill, each.how, each.turn, each.tool_use_id, each.arguments, each.path, each.text, each.failed)
        for each in session.invocations
    ]


def claude(name: str, folder: Path) -> Session:
    """Read a capture of claude-code's, laid out as the program lays it out."""
    (transcript,) = (captures() / "claude-code" / name).glob("transcript*.jsonl")
    shutil.copy(transcript, folder / "0.jsonl")
    for part in (captures() / "claude-code" / name).glob("subagent*.jsonl"):
        (folder / "0" / "subagents").mkdir(parents=True)
        shutil.copy(part, folder / "0" / "subagents" / "agent-a54714e343ead41c4.jsonl")
    return READERS["claude-code"].session(folder / "0.jsonl", placed=PLACED)


@pytest.mark.parametrize(
    ("name", "turns", "invocations"),
    [
        (
            "skill-by-model",
            [
                "user please run the demo for ",
                'tool_use Skill {"skill": "demo", "args"',
                "tool_result Skill Launching skill: demo",
                "assistant FINAL-TEXT",
            ],
            [("demo", "tool", 1, TOOL, "alpha beta", CLAUDE, BODY.format("alpha beta"), False)],
        ),
        (
            "skill-linked",
            [
                "user x",
                'tool_use Skill {"skill": "usk"}',
                "tool_result Skill Launching skill: usk",
                "assistant USK-DONE",
            ],
            [("usk", "tool", 1, TOOL, "", "/home/dev/.claude/skills/usk", "USK-BODY", False)],
        ),
        (
            "skill-typed",
            ["user /demo one two", "assistant CANNED-ANSWER-42"],
            [
                (
                    "demo",
                    "typed",
                    0,
                    "2b35a95d-d638-4e61-8730-7e81145f13dc",
                    "one two",
                    CLAUDE,
                    BODY.format("one two"),
                    False,
                )
            ],
        ),
        (
            "skill-unknown",
            [
                "user run demo",
                'tool_use Skill {"skill": "nosuchskill"}',
                "tool_result Skill failed <tool_use_error>Unknown ",
                "assistant NS-DONE",
            ],
            [("nosuchskill", "tool", 1, TOOL, "", "", "", True)],
        ),
        (
            "skill-read-by-shell",  # the program refused the command: nothing was read
            [
                "user run demo",
                'tool_use Bash {"command": "cat .claude',
                "tool_result Bash failed This Bash command contai",
                "assistant BASH-DONE",
            ],
            [("demo", "read", 1, TOOL, "", CLAUDE, "", True)],
        ),
        (
            "tool-failed",  # the command failed after the file was shown
            [
                "user run demo",
                'tool_use Bash {"command": "cat .claude',
                "tool_result Bash failed Exit code 1",
                "assistant BASH-DONE",
            ],
            [("demo", "read", 1, TOOL, "", CLAUDE, "", False)],
        ),
        (
            "skill-read-by-tool",
            [
                "user run demo",
                'tool_use Read {"file_path": "/home/dev',
                "tool_result Read 1\t---",
                "assistant READ-DONE",
            ],
            [("demo", "read", 1, TOOL, "", CLAUDE, "", False)],
        ),
        (
            "subagent",
            [
                "user use a subagent",
                'tool_use Agent {"subagent_type": "gener',
                "a54 user SUBPROMPT: use demo skil",
                'a54 tool_use Skill {"skill": "demo", "args"',
                "a54 tool_result Skill Launching skill: demo",
                "a54 assistant SUB-DONE",
                "tool_result Agent SUB-DONE",
                "assistant AG-DONE",
            ],
            [("demo", "tool", 3, "toolu_stub0003", "from-sub", CLAUDE, BODY.format("from-sub"), False)],
        ),
    ],
)
def test_claude_code(name: str, turns: list[str], invocations: list[tuple[Any, ...]], tmp_path: Path) -> None:
    """Each kind of use of a skill is recognised for what it was, with the text the model was given."""
    session = claude(name, tmp_path)
    assert told(session) == turns
    assert used(session) == invocations
    assert session.cwd.startswith("/home/dev/work") and (session.skipped, session.complete, session.own) == (
        0,
        True,
        False,
    )


def test_claude_codes_session_has_the_id_of_its_hooks(tmp_path: Path) -> None:
    """The id in the transcript is the one the hooks told."""
    hooks = (captures() / "claude-code" / "subagent" / "hooks.jsonl").read_text(encoding="utf-8").splitlines()
    assert claude("subagent", tmp_path).id == json.loads(hooks[0])["stdin"]["session_id"]


OPENCODE = "/home/dev/work8/.opencode/skills/demo1"
PI = "/home/dev/.pi/agent/skills/demo1"
SKILL = "# Demo\nBODY-demo1"


@pytest.mark.parametrize(
    ("agent", "file", "turns", "invocations"),
    [
        (
            "codex",
            "rollout-bypass.jsonl",
            [
                "user $demo1 please",
                'tool_use exec_command {"cmd": "cat /home/dev/.',
                "tool_result exec_command Chunk ID: 916df9",
                "assistant CODEX-FINAL",
            ],
            [
                (
                    "demo1",
                    "typed",
                    0,
                    "01a1fb89-4c3e-79c0-b627-39845c8f2242",
                    "",
                    "/home/dev/.codex/skills/demo1",
                    FILE.strip(),
                    False,
                ),
                ("demo1", "read", 1, "call_stub0001", "", "/home/dev/.codex/skills/demo1", "", False),
            ],
        ),
        (
            "gemini-cli",
            "session-2026-11-21T00-39-904e125c.jsonl",
            [
                "user Run the demo",
                'tool_use activate_skill {"name": "demo"}',
                'tool_result activate_skill <activated_skill name="d',
                "assistant GEMINI-FINAL",
            ],
            [
                (
                    "demo",
                    "tool",
                    1,
                    "activate_skill__fc0001",
                    "",
                    "/home/dev/work6/.gemini/skills/demo",
                    "# Demo\nBODY-demo",
                    False,
                )
            ],
        ),
        (
            "opencode",
            "events-skill.jsonl",
            [
                'user "Run demo1"',
                'tool_use skill {"name": "demo1"}',
                'tool_result skill <skill_content name="dem',
                "assistant OC-FINAL",
            ],
            [("demo1", "tool", 1, "call_stub0001", "", OPENCODE, SKILL, False)],
        ),
        (
            "opencode",
            "events-command.jsonl",
            ["user /demo1 arg1", "assistant CANNED-ANSWER-42"],
            [("demo1", "typed", 0, "", "arg1", OPENCODE, SKILL, False)],
        ),
        (
            "opencode",
            "stdout-skill.jsonl",
            ['tool_use skill {"name": "demo1"}', 'tool_result skill <skill_content name="dem', "assistant OC-FINAL"],
            [("demo1", "tool", 0, "call_stub0001", "", OPENCODE, SKILL, False)],
        ),
        (
            "pi",
            "session-2026-11-21T00-41-47-674Z_01a1fb8d-5b99-754d-9b49-721de882f358.jsonl",
            ["user Run demo1", 'tool_use read {"path": "/home/dev/.pi/', "tool_result read ---", "assistant PI-FINAL"],
            [("demo1", "read", 1, "call_stub0001", "", PI, FILE, False)],
        ),
        (
            "pi",
            "session-2026-11-21T00-41-49-943Z_01a1fb8d-6475-7580-a030-3c3280b360ee.jsonl",
            ["user /skill:demo1 arg1", "assistant CANNED-ANSWER-42"],
            [("demo1", "typed", 0, "", "arg1", PI, SKILL, False)],
        ),
        (
            "hermes-agent",
            "hooks.jsonl",
            [
                "user Run demo1",
                'tool_use skill_view {"name": "demo1"}',
                'tool_result skill_view {"success": true, "name"',
                "assistant HERMES-FINAL",
            ],
            [("demo1", "tool", 1, "call_stub0002", "", "/home/dev/.hermes/skills/demo1", FILE, False)],
        ),
    ],
)
def test_other_agents(agent: str, file: str, turns: list[str], invocations: list[tuple[Any, ...]]) -> None:
    """What the user said, what the agent did and which skill it used, in each agent's own format."""
    session = READERS[agent].session(captures() / agent / file, placed=PLACED)
    assert told(session) == turns
    assert used(session) == invocations
    assert session.id and (session.skipped, session.complete, session.own) == (0, True, False)


def events(agent: str, file: str) -> list[Payload]:
    """What hooks were told, read from the bytes that they would have been given."""
    found = []
    for line in (captures() / agent / file).read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        raw = json.dumps(record.get("stdin", record)).encode()
        found.append(recognised(payload(agent, "?", raw), PLACED))
    return found


def short(payload: Payload) -> tuple[str, ...]:
    """What a payload says beyond its session: the event and whatever it has to tell."""
    invoked = f"{payload.skill}:{payload.how}:{payload.arguments}" if payload.skill else ""
    said = (payload.prompt, payload.answer, invoked, payload.tool, payload.tool_use_id, payload.subagent)
    return (payload.event, *filter(None, said))


TYPED_ID = "2b35a95d-d638-4e61-8730-7e81145f13dc"
TURN = "01a1fb89-4c3e-79c0-b627-39845c8f2242"
SUB = "a54714e343ead41c4"
COMMAND = (
    "# Demo\nBODY-demo1\n\n\nBase directory for this skill: "
    + OPENCODE
    + ("\nRelative paths in this skill (e.g., scripts/, references/) are relative to this base directory.\n\narg1")
)


@pytest.mark.parametrize(
    ("agent", "file", "expected"),
    [
        (
            "claude-code",
            "skill-by-model/hooks.jsonl",
            [
                ("session-start",),
                ("prompt", "please run the demo for me"),
                ("skill", "demo:tool:alpha beta", "Skill", TOOL),
                ("stop", "FINAL-TEXT"),
                ("session-end",),
            ],
        ),
        (
            "claude-code",
            "skill-linked/hooks.jsonl",
            [
                ("session-start",),
                ("prompt", "x"),
                ("skill", "usk:tool:", "Skill", TOOL),
                ("stop", "USK-DONE"),
                ("session-end",),
            ],
        ),
        (
            "claude-code",
            "skill-typed/hooks.jsonl",
            [
                ("session-start",),
                ("skill", "/demo one two", "demo:typed:one two", TYPED_ID),
                ("prompt", "/demo one two", "demo:typed:one two", TYPED_ID),
                ("stop", "CANNED-ANSWER-42"),
                ("session-end",),
            ],
        ),
        (
            "claude-code",
            "skill-unknown/hooks.jsonl",
            [
                ("session-start",),
                ("prompt", "run demo"),
                ("stop", "NS-DONE"),
                ("session-end",),
            ],
        ),
        (
            "claude-code",
            "skill-read-by-shell/hooks.jsonl",
            [
                ("session-start",),
                ("prompt", "run demo"),
                ("skill", "demo:read:", "Bash", TOOL),
                ("stop", "BASH-DONE"),
                ("session-end",),
            ],
        ),
        (
            "claude-code",
            "skill-read-by-tool/hooks.jsonl",
            [
                ("session-start",),
                ("prompt", "run demo"),
                ("skill", "demo:read:", "Read", TOOL),
                ("stop", "READ-DONE"),
                ("session-end",),
            ],
        ),
        (
            "claude-code",
            "tool-failed/hooks.jsonl",
            [
                ("session-start",),
                ("prompt", "run demo"),
                ("skill", "demo:read:", "Bash", TOOL),
                ("stop", "BASH-DONE"),
                ("session-end",),
            ],
        ),
        (
            "claude-code",
            "subagent/hooks.jsonl",
            [
                ("session-start",),
                ("prompt", "use a subagent"),
                ("tool", "Agent", TOOL),
                ("skill", "demo:tool:from-sub", "Skill", "toolu_stub0003", SUB),
                ("stop", "AG-DONE"),
                ("session-end",),
            ],
        ),
        (
            "codex",
            "hooks.jsonl",
            [
                ("session-start",),
                ("prompt", "$demo1 please", "demo1:typed:", TURN),
                ("skill", "demo1:read:", "Bash", "call_stub0001"),
                ("stop", "CODEX-FINAL"),
                ("session-end",),
            ],
        ),
        (
            "hermes-agent",
            "hooks.jsonl",
            [
                ("session-start",),
                ("prompt", "Run demo1"),
                ("skill", "demo1:tool:", "skill_view", "call_stub0002"),
                ("stop", "HERMES-FINAL"),
                ("session-end",),
            ],
        ),
        (
            "opencode",
            "events-skill.jsonl",
            [
                ("session-start",),
                ("prompt", '"Run demo1"'),
                ("skill", "demo1:tool:", "skill", "call_stub0001"),
                ("stop",),
            ],
        ),
        (
            "opencode",
            "events-command.jsonl",
            [
                ("session-start",),
                ("skill", "demo1:typed:arg1"),
                ("prompt", COMMAND, "demo1:typed:arg1"),
                ("stop",),
            ],
        ),
        (
            "pi",
            "events-read.jsonl",
            [
                ("session-start",),
                ("prompt", "Run demo1"),
                ("skill", "demo1:read:", "read", "call_stub0001"),
                ("stop", "PI-FINAL"),
                ("session-end",),
            ],
        ),
        (
            "pi",
            "events-slash.jsonl",
            [
                ("session-start",),
                ("prompt", "/skill:demo1 arg1", "demo1:typed:arg1"),
                ("stop", "CANNED-ANSWER-42"),
                ("session-end",),
            ],
        ),
        (
            "pi",
            "events.jsonl",
            [("session-start",), ("prompt", "x"), ("stop", "CANNED-ANSWER-42"), ("session-end",)] * 2,
        ),
    ],
)
def test_what_hooks_are_told(agent: str, file: str, expected: list[tuple[str, ...]]) -> None:
    """Each event that means something to us is named as ours, with what it tells; the rest is `other`."""
    told = events(agent, file)
    assert [short(each) for each in told if each.event != "other"] == expected
    sessions = {each.session for each in told if each.event != "other"}
    # The last capture of pi ran without a session file.
    assert len(sessions) == 1 and (sessions != {""}) == (file != "events.jsonl")
    assert all(each.cwd for each in told if each.event in ("session-start", "prompt") and agent != "opencode")


def test_what_gemini_tells() -> None:
    """Four sessions one after the other, three of which ask a model that never answers."""
    told = [each for each in events("gemini-cli", "hooks.jsonl") if each.event != "other"]
    assert [short(each) for each in told[:5]] == [
        ("session-start",),
        ("prompt", "Run the demo"),
        ("skill", "demo:tool:", "activate_skill"),
        ("stop", "Run the demo", "GEMINI-FINAL"),
        ("session-end",),
    ]
    assert len({each.session for each in told}) == 4
    assert {short(each) for each in told[5:]} == {("session-start",), ("prompt", "Say the word"), ("session-end",)}


def test_a_command_is_no_reaction() -> None:
    """What invokes a skill opens a window; it is not what the user thinks of the skill used before."""
    for agent, file in (
        ("claude-code", "skill-typed/hooks.jsonl"),
        ("pi", "events-slash.jsonl"),
        ("codex", "hooks.jsonl"),
    ):
        assert [each.reaction for each in events(agent, file)] == [""] * len(events(agent, file))
    assert "Run demo1" in [each.reaction for each in events("pi", "events-read.jsonl")]


def test_no_capture_is_left_out() -> None:
    """Every file of records there is one that a test above reads, or is of the probes that are no sessions."""
    here = Path(__file__).read_text(encoding="utf-8")
    for file in captures().rglob("*.jsonl"):
        claudes = file.is_relative_to(captures() / "claude-code")
        name = file.parent.name if claudes else file.name
        # How long the file was at each hook, and what codex prints: neither is kept by codex, no hook is told it.
        assert name in here or file.name in ("snap.jsonl", "stdout-bypass.jsonl"), file
