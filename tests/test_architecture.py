"""The house guards itself: DESIGN's rules that a parser can check, read from the source without importing it."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT

RANKS = {
    **dict.fromkeys(["__main__"], 6),
    **dict.fromkeys(["cli", "hook"], 5),
    **dict.fromkeys(["commands"], 4),
    **dict.fromkeys(["share", "improve", "cards", "measure"], 3),
    **dict.fromkeys(["git", "state", "agents", "models"], 2),
    **dict.fromkeys(["skills", "sessions", "config"], 1),
    **dict.fromkeys(
        ["errors", "console", "jsontext", "later", "memory", "process", "yamlplain", "yamltext", "yamlvalue", ""], 0
    ),
}
# Sideways on purpose: repositories are locked like any state, outcomes belong to what is installed, and what is a
# secret or hidden is the same in a skill as in what was said about it.
SIDEWAYS = {
    ("git", "gitskills.state.lock"),
    ("git", "gitskills.state.paths"),
    ("measure", "gitskills.share.lockfile"),
    ("sessions", "gitskills.skills.hidden"),
    ("sessions", "gitskills.skills.secrets"),
}
DOORS = {
    "anthropic": ("gitskills.models.anthropic",),
    "click": ("gitskills.commands.", "gitskills.console"),
    "detect_secrets": ("gitskills.skills.",),
    "git": ("gitskills.git.",),
    "numpy": ("gitskills.models.embedder",),
    "openai": ("gitskills.models.openai",),
    "platformdirs": ("gitskills.state.paths",),
    "pygit2": ("gitskills.git.",),
    "sentence_transformers": ("gitskills.models.embedder",),
    "rich": ("gitskills.console",),
    "ruamel": ("gitskills.yamltext",),
    "yaml": (),  # comes along with detect-secrets; YAML 1.1
}
BOUNDARIES = ("gitskills.cli", "gitskills.hook")
TERMINAL = ("gitskills.__main__", *BOUNDARIES, "gitskills.commands.", "gitskills.console")
ENVIRONMENT_READERS = ("gitskills.state.paths", "gitskills.git.command", "gitskills.git.transport", "gitskills.models.")
HOOK = {"gitskills.state.inbox", "gitskills.state.paths"}


class Import(NamedTuple):
    """One import statement's target, where it stands, and whether only type checkers follow it."""

    target: str
    line: int
    for_types: bool


@dataclass(frozen=True)
class Module:
    """A parsed source file."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def part(self) -> str:
        """The folder or top-level module it belongs to: "share" of gitskills.share.pull, "" of the package itself."""
        return part(self.name)

    def inside(self, doors: tuple[str, ...]) -> bool:
        """Tell whether the module is one of `doors`, where "a.b." means everything below a.b."""
        return any(self.name == door or (door.endswith(".") and self.name.startswith(door)) for door in doors)


def part(name: str) -> str:
    return [*name.split("."), ""][1]


def parse(root: Path) -> dict[str, Module]:
    """Parse every module of the package `gitskills` below `root`."""
    modules = {}
    for path in sorted(root.glob("gitskills/**/*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        modules[name] = Module(name, path, text, ast.parse(text))
    return modules


@cache
def house() -> dict[str, Module]:
    """The package as it is."""
    return parse(ROOT)


def imports(module: Module, known: Mapping[str, Module]) -> Iterator[Import]:
    """Yield what a module imports anywhere, functions included; `from package import module` names the module."""
    for_types = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in for_types)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield Import(full if full in known else base, node.lineno, id(node) in for_types)


def rank_faults(modules: Mapping[str, Module]) -> Iterator[str]:
    """Find imports that point up, or sideways into another folder of the same rank."""
    for module in modules.values():
        for target, line, _ in imports(module, modules):
            if target.startswith("."):
                yield f"{module.name}:{line} imports {target}: relative"
            if target.split(".")[0] != "gitskills":
                continue
            own, other = RANKS[module.part], RANKS[part(target)]
            beside = own == other and own > 0 and module.part != part(target)
            if other > own or (beside and (module.part, target) not in SIDEWAYS):
                yield f"{module.name}:{line} imports {target}: rank {own} from rank {other}"
            if module.name == "gitskills.hook" and target not in HOOK:
                yield f"{module.name}:{line} imports {target}: the hook needs none of it"


def cycle_faults(modules: Mapping[str, Module]) -> Iterator[str]:
    """Find a ring of imports, those inside functions included."""
    graph = {
        name: {each.target for each in imports(module, modules) if each.target in modules and not each.for_types}
        for name, module in modules.items()
    }
    # Every module of a package loads its __init__; the root's holds nothing but the version.
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield " → ".join(error.args[1])


def door_faults(modules: Mapping[str, Module]) -> Iterator[str]:
    """Find a guarded library imported outside its door."""
    for module in modules.values():
        for target, line, _ in imports(module, modules):
            library = target.split(".")[0]
            if library in DOORS and not module.inside(DOORS[library]):
                yield f"{module.name}:{line} imports {target}"


def init_faults(modules: Mapping[str, Module]) -> Iterator[str]:
    """Find a package whose __init__ holds anything; the root's may say what it is and its version."""
    for module in modules.values():
        if module.path.name != "__init__.py":
            continue
        allowed = module.name == "gitskills" and [type(each) for each in module.tree.body] == [ast.Expr, ast.Assign]
        if module.text and not allowed:
            yield f"{module.name}: not empty"


def size_faults(modules: Mapping[str, Module]) -> Iterator[str]:
    """Find functions over 50 lines and modules over 350."""
    for module in modules.values():
        if (lines := len(module.text.splitlines())) > 350:
            yield f"{module.name}: {lines} lines"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > 50:
                    yield f"{module.name}:{node.lineno} {node.name}: {lines} lines"


def terminal_faults(modules: Mapping[str, Module]) -> Iterator[str]:
    """Find prints, prompts and exits below the command line."""
    names = {"print", "input", "exit", "quit", "breakpoint", "sys.exit", "os._exit"}
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names and not module.inside(TERMINAL):
                yield f"{module.name}:{node.lineno} calls {ast.unparse(node.func)}"


def environment_faults(modules: Mapping[str, Module]) -> Iterator[str]:
    """Find reads of the environment outside the modules that may."""
    names = {"environ", "environb", "getenv", "getenvb", "putenv"}
    for module in modules.values():
        if module.inside(TERMINAL + ENVIRONMENT_READERS):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                used = {alias.name for alias in node.names} & names
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os":
                used = {node.attr} & names
            else:
                continue
            for name in used:
                yield f"{module.name}:{node.lineno} uses os.{name}"


def except_faults(modules: Mapping[str, Module]) -> Iterator[str]:
    """Find handlers that catch everything outside the two boundaries, `suppress(Exception)` included.

    `except BaseException` that ends in a bare `raise` catches nothing: it undoes something on the way out.
    """
    broad = {"Exception", "BaseException"}
    for module in modules.values():
        if module.inside(BOUNDARIES):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler):
                if ast.unparse(node).startswith("except BaseException:") and ast.unparse(node.body[-1]) == "raise":
                    continue
                caught = {"BaseException"} if node.type is None else {ast.unparse(each) for each in types(node.type)}
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                caught = {ast.unparse(each) for each in node.args}
            else:
                continue
            if caught & broad:
                yield f"{module.name}:{node.lineno} catches {', '.join(sorted(caught & broad))}"


def types(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


Rule = Callable[[Mapping[str, Module]], Iterator[str]]

RULES: list[Rule] = [
    rank_faults,
    cycle_faults,
    door_faults,
    init_faults,
    size_faults,
    terminal_faults,
    environment_faults,
    except_faults,
]
IDS = [str(getattr(rule, "__name__", rule)) for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_house_keeps_its_rules(rule: Rule) -> None:
    """No module of the package breaks the rule."""
    assert list(rule(house())) == []


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (rank_faults, "git/odb.py", "def f():\n    from gitskills.share import pull"),
        (rank_faults, "agents/codex.py", "import gitskills.state.paths"),
        (rank_faults, "git/odb.py", "from gitskills.state import database"),
        (rank_faults, "share/pull.py", "from . import push"),
        (rank_faults, "hook.py", "from gitskills.errors import GitskillsError"),
        (cycle_faults, "share/pull.py", "def f():\n    import gitskills.share.push"),
        (door_faults, "share/pull.py", "def f():\n    from git.exc import GitError"),
        (door_faults, "skills/edit.py", "import yaml"),
        (init_faults, "share/__init__.py", "# nothing"),
        (init_faults, "__init__.py", "import os"),
        (size_faults, "share/pull.py", "def f():\n" + "    pass\n" * 50),
        (size_faults, "share/pull.py", "x = 1\n" * 351),
        (terminal_faults, "share/pull.py", "def f():\n    print()"),
        (terminal_faults, "share/pull.py", "import sys\nsys.exit(1)"),
        (environment_faults, "share/pull.py", "import os\nos.environ['A']"),
        (environment_faults, "share/pull.py", "from os import environ"),
        (except_faults, "share/pull.py", "try:\n    pass\nexcept (OSError, Exception):\n    pass"),
        (except_faults, "share/pull.py", "try:\n    pass\nexcept:\n    pass"),
        (except_faults, "share/pull.py", "try:\n    pass\nexcept BaseException as error:\n    raise error"),
        (except_faults, "share/pull.py", "try:\n    pass\nexcept Exception:\n    raise"),
        (except_faults, "share/pull.py", "import contextlib\nwith contextlib.suppress(Exception):\n    pass"),
    ],
)
def test_the_rules_see_a_breach(rule: Rule, path: str, source: str, tmp_path: Path) -> None:
    """Each rule passes a small sound package and reports exactly one fault when one line breaks it."""
    for name, text in {
        "__init__.py": '"""Sound."""\n__version__ = "1"\n',
        "errors.py": "class GitskillsError(Exception): ...\n",
        "share/__init__.py": "",
        "share/pull.py": "",
        "share/push.py": "from gitskills.share import pull\n",
        "state/database.py": "import gitskills.errors\ntry:\n    pass\nexcept BaseException:\n    raise\n",
        "state/paths.py": "import os\nos.environ\n",
        "git/cache.py": "from typing import TYPE_CHECKING\nimport pygit2\nfrom gitskills.state.paths import paths\n",
        "commands/pull.py": "import click\nfrom gitskills.share import pull\nprint()\n",
        "cli.py": "try:\n    pass\nexcept Exception:\n    pass\n",
    }.items():
        (tmp_path / "gitskills" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "gitskills" / name).write_text(text, encoding="utf-8")
    assert list(rule(parse(tmp_path))) == []
    (tmp_path / "gitskills" / path).parent.mkdir(exist_ok=True)
    (tmp_path / "gitskills" / path).write_text(source, encoding="utf-8")
    assert len(list(rule(parse(tmp_path)))) == 1
