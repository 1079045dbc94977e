"""What the files of a change are for: sources and tests teach, lock files and what programs write do not."""

import re
from collections.abc import Sequence
from typing import Literal

from gitskills.git.changes import FileChange

Kind = Literal["source", "test", "docs", "config", "data", "generated"]

# In the order in which a reader should see them.
ORDER: dict[Kind, int] = {"source": 0, "test": 1, "config": 2, "docs": 3, "data": 4, "generated": 5}

_LOCKS = frozenset(
    {
        *("cargo.lock", "composer.lock", "flake.lock", "gemfile.lock", "go.sum", "npm-shrinkwrap.json"),
        *("package-lock.json", "pdm.lock", "pipfile.lock", "pnpm-lock.yaml", "poetry.lock", "pubspec.lock"),
        *("uv.lock", "yarn.lock"),
    }
)
_GENERATED = re.compile(
    r"(?:^|/)(?:vendor|third_party|node_modules|dist|build|__snapshots__|\.yarn)/|\.lock$|\.min\.(?:js|css)$"
    r"|\.(?:pb\.go|snap|map|svg)$|_pb2(?:_grpc)?\.py$|\.generated\.|(?:^|/)generated/"
)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testing|e2e)/|(?:^|/)(?:test_[^/]*|conftest\.py)$"
    r"|[._-](?:test|tests|spec)\.[a-z]+$|Tests?\.(?:java|kt|cs|swift)$"
)
_DOCS = re.compile(
    r"\.(?:md|rst|adoc|txt)$|(?:^|/)docs?/|(?:^|/)(?:readme|changelog|changes|history|license|authors|contributing)"
    r"(?:\.[a-z]+)?$"
)
_CONFIG = re.compile(r"\.(?:ya?ml|toml|ini|cfg|json|conf|properties|xml|gradle)$|(?:^|/)\.[^/]+$|(?:^|/)makefile$")
_SOURCE = re.compile(
    r"\.(?:py|pyi|js|jsx|ts|tsx|mjs|cjs|go|rs|java|kt|kts|scala|c|h|cc|cpp|cxx|hpp|cs|rb|php|swift|m|mm|sh|bash|zsh|ps1"
    r"|lua|pl|pm|r|jl|dart|ex|exs|erl|hs|ml|clj|sql|proto|graphql|html|css|scss|vue|svelte|jinja|j2|tmpl|zig|nim)$"
)


def kind(path: str) -> Kind:
    """Return what a file is for, by its path alone."""
    low = path.lower()
    if low.rpartition("/")[2] in _LOCKS or _GENERATED.search(low):
        return "generated"
    if _TEST.search(low):
        return "test"
    if _SOURCE.search(low):
        return "source"
    if _DOCS.search(low):
        return "docs"
    return "config" if _CONFIG.search(low) else "data"


def ordered(files: Sequence[FileChange]) -> list[FileChange]:
    """Return files with what teaches most first: by kind, then by how much of them changed."""
    return sorted(files, key=lambda one: (ORDER[kind(one.path)], -(one.added + one.removed), one.path))
