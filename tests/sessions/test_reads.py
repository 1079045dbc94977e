"""Which tool calls are reads of a placed skill's SKILL.md."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.sessions.reads import arguments, folder, read

PLACED = ("/w/.agents/skills/demo", "/home/u/.agents/skills/x y", "C:\\Users\\Ada\\.agents\\skills\\win")


def skill(command: object, tool: str = "Bash") -> str | None:
    found = read(tool, {"command": command}, PLACED, "/w", "/home/u")
    return found.skill if found else None


@pytest.mark.parametrize(
    "command",
    [
        "cat .agents/skills/demo/SKILL.md", "cat /w/.agents/skills/demo/SKILL.md; exit 3",
        "cat .agents/skills/demo/SKILL.md && false",
        "cd .agents/skills && cat demo/SKILL.md", "cd .agents && cd skills && head -5 demo/SKILL.md",
        "bash -lc 'sed -n 1,200p .agents/skills/demo/SKILL.md'", "sh -c \"bash -c 'cat .agents/skills/demo/SKILL.md'\"",
        "FOO=1 sudo head -50 './.agents/skills/demo/SKILL.md'", "cat < .agents/skills/demo/SKILL.md",
        "cat .agents/skills/other/../demo/SKILL.md", "ls; cat .agents/skills/demo/SKILL.md 2>/dev/null | head",
        "for f in a; do cat .agents/skills/demo/SKILL.md; done",
        "if true\nthen /bin/cat .agents/skills/demo/SKILL.md\nfi",
        ["bash", "-lc", "cat .agents/skills/demo/SKILL.md"], ["cat", ".agents/skills/demo/SKILL.md"],
        'pwsh -NoProfile -Command "Get-Content .agents\\skills\\demo\\SKILL.md"',
        'cat ".agents/skills/"demo/SKILL.md',
    ],
)  # fmt: skip
def test_a_shell_that_shows_the_file_reads_the_skill(command: object) -> None:
    """However the path is written and wherever in the command line it stands."""
    assert skill(command) == "demo"


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("cat ~/.agents/skills/x\\ y/SKILL.md", "x y"),
        ('cat "$HOME/.agents/skills/x y/SKILL.md"', "x y"),
        ("type C:\\Users\\ada\\.agents\\skills\\win\\SKILL.md", "win"),
        ('Get-Content "c:/users/Ada/.agents/skills/win/skill.md"', "win"),
    ],
)
def test_homes_spaces_and_windows(command: str, name: str) -> None:
    """Home folders, escaped spaces and Windows paths, whose case does not matter, are understood."""
    assert (skill(command) or "").lower() == name


@pytest.mark.parametrize(
    "command",
    [
        "echo hi > .agents/skills/demo/SKILL.md", "cat draft >> .agents/skills/demo/SKILL.md",
        "ls .agents/skills/demo/SKILL.md",
        "cat <<EOF > .agents/skills/demo/SKILL.md\nhi\nEOF", "sed -i s/a/b/ .agents/skills/demo/SKILL.md",
        "git add .agents/skills/demo/SKILL.md", "rm .agents/skills/demo/SKILL.md", "cat .agents/skills/demo/README.md",
        "cat .agents/skills/other/SKILL.md", "cat skills/demo/SKILL.md", "cat SKILL.md",
        "echo cat .agents/skills/demo/SKILL.md",
        "sed --in-place=.b s/a/b/ .agents/skills/demo/SKILL.md", "cp .agents/skills/demo/SKILL.md /tmp", "", None, 5,
        [None], {"a": 1},
    ],
)  # fmt: skip
def test_what_does_not_show_a_placed_skill_is_no_read(command: object) -> None:
    """Writing, listing, committing, copying, and skills that are not placed do not count."""
    assert skill(command) is None


@pytest.mark.parametrize(
    ("tool", "input"),
    [
        ("Read", {"file_path": "/w/.agents/skills/demo/SKILL.md"}),
        ("read", {"path": ".agents/skills/demo/SKILL.md", "limit": 5}),
        ("read_file", {"absolute_path": "/w/.agents/skills/demo/SKILL.md"}),
        ("read_file", {"target_file": "file:///w/.agents/skills/demo/SKILL.md"}),
        ("read_many_files", {"paths": ["a", "/w/.agents/skills/demo/SKILL.md"]}),
        ("exec_command", {"cmd": "cat demo/SKILL.md", "workdir": ".agents/skills"}),
    ],
)
def test_tools_that_read_files(tool: str, input: dict[str, Any]) -> None:
    """The agents' own tools name the file in one of a few places."""
    assert read(tool, input, PLACED, "/w") == ("demo", "/w/.agents/skills/demo")


@pytest.mark.parametrize("tool", ["Edit", "Write", "apply_patch", "NotebookEdit", "delete_file", "Glob", "str_replace"])
def test_tools_that_write_files_read_none(tool: str) -> None:
    """An agent that changes a skill has not used it."""
    assert read(tool, {"file_path": "/w/.agents/skills/demo/SKILL.md"}, PLACED, "/w") is None


def test_a_relative_place_is_any_folder_that_ends_so() -> None:
    """For a session from elsewhere the caller can name the skill alone; whole names only."""
    call = {"command": "cat /elsewhere/.codex/skills/demo/SKILL.md"}
    assert read("Bash", call, ["demo"]) == ("demo", "/elsewhere/.codex/skills/demo")
    assert read("Bash", call, ["skills/demo"]) and read("Bash", call, [".codex/skills/demo/"])
    for other in ("emo", "skills", "", ".", "/demo", "/skills/demo"):
        assert read("Bash", call, [other]) is None
    assert read("Bash", call, []) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
SHELL = st.text(alphabet="cat SKIL.md/\\'\"&|;<>$~\n(")
KEYS = st.sampled_from(["command", "cmd", "path", "file_path", "paths", "workdir"])


@given(
    st.text(),
    st.dictionaries(KEYS, JSON | SHELL | SHELL.map(lambda text: f"cat {text}/SKILL.md")),
    st.lists(st.text(), max_size=3),
    st.text(),
)
def test_no_input_of_a_tool_raises(tool: str, input: dict[str, Any], placed: list[str], cwd: str) -> None:
    """Any input, any command, any folders: an answer or none."""
    found = read(tool, input, [*placed, "demo"], cwd, cwd)
    assert found is None or found.path


def test_arguments_and_folders_as_agents_write_them() -> None:
    """An input may be JSON text, a place may be the file itself."""
    assert arguments('{"a": 1}') == arguments({"a": 1}) == {"a": 1}
    assert arguments("[1]") == arguments("{") == arguments(None) == arguments("[" * 100_000) == {}
    assert folder("/a/demo/SKILL.md") == folder("/a/demo") == "/a/demo" and folder("C:\\a\\SKILL.md") == "C:\\a"
