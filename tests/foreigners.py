"""Other tools at work in a project: what each leaves on disk after it installed a skill from a git repository."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from gitskills.share.foreign import digest
from gitskills.state import files
from tests.repositories import git


def check_out(library: Path, path: str, to: Path, rev: str = "main") -> Path:
    """Put the folder `path` of a library at `rev` on disk as `to`, as every tool does first."""
    to.mkdir(parents=True)
    listed = git("ls-tree", "-r", "-z", f"{rev}:{path}", cwd=library).decode().split("\0")
    for row in filter(None, listed):
        meta, _, name = row.partition("\t")
        mode, _, oid = meta.split()
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(git("cat-file", "blob", oid, cwd=library))
        target.chmod(int(mode[-3:], 8))
    return to


def npx(root: Path, library: Path, path: str, rev: str = "main", *, link: str = ".claude/skills", **more: Any) -> Path:
    """`npx skills add`: the real folder in .agents/skills, a link beside, an entry in skills-lock.json; no commit."""
    name = path.rpartition("/")[2]
    folder = check_out(library, path, root / ".agents" / "skills" / name, rev)
    if link:
        (root / link).mkdir(parents=True, exist_ok=True)
        up = os.path.relpath(folder, root / link)
        os.symlink(up, root / link / name, target_is_directory=True)
    lock = root / "skills-lock.json"
    data: dict[str, Any] = {"version": 1, "skills": {}}
    if lock.exists():
        data = json.loads(lock.read_text())
    data["skills"][name] = {
        "source": library.as_uri(),
        "sourceType": "git",
        "skillPath": f"{path}/SKILL.md",
        "computedHash": digest.npx(files.read(folder)),
        **more,
    }
    lock.write_text(json.dumps(data, indent=2) + "\n", newline="\n")
    return folder


def gh(root: Path, library: Path, path: str, rev: str = "main", *, into: str = ".claude/skills") -> Path:
    """`gh skill install`: the folder in an agent's own place, the frontmatter written anew with where it came from."""
    name = path.rpartition("/")[2]
    folder = check_out(library, path, root / into / name, rev)
    tree = git("rev-parse", f"{rev}:{path}", cwd=library).decode().strip()
    manifest = folder / "SKILL.md"
    manifest.write_bytes(_written_anew(manifest.read_bytes().decode(), path, library.as_uri(), tree).encode())
    return folder


def _written_anew(text: str, path: str, url: str, tree: str) -> str:
    """As Go's YAML library writes it: keys sorted, no comments, no quotes where none are needed."""
    _, block, body = text.split("---\n", 2)
    keys = {"metadata": ""}
    for line in block.splitlines():
        key, _, value = line.partition(": ")
        if not line.startswith("#"):
            keys[key] = value.partition("   #")[0].strip().strip('"')
    said = {"path": path, "ref": "refs/heads/main", "repo": url, "tree-sha": tree}
    keys["metadata"] = "".join(f"\n    github-{key}: {value}" for key, value in said.items())
    lines = "".join(f"{key}:{value if key == 'metadata' else ' ' + value}\n" for key, value in sorted(keys.items()))
    return f"---\n{lines}---\n{body.lstrip(chr(10)).rstrip(chr(10))}\n"


def apm(
    root: Path, library: Path, path: str, rev: str = "main", *, into: tuple[str, ...] = (".agents/skills",)
) -> None:
    """`apm install`: a folder in each target, and a lock with the very commit and each file's hash."""
    name = path.rpartition("/")[2]
    commit = git("rev-parse", rev, cwd=library).decode().strip()
    rows = [
        'lockfile_version: "1"',
        "dependencies:",
        f"  - repo_url: {library.as_uri()}",
        f"    resolved_commit: {commit}",
        "    resolved_ref: main",
        f"    virtual_path: {path}",
        "    package_type: claude_skill",
        "    deployed_files:",
    ]
    hashes = ["    deployed_file_hashes:"]
    for place in into:
        folder = check_out(library, path, root / place / name, rev)
        for file, content in files.read(folder).items():
            rows.append(f"      - {place}/{name}/{file}")
            hashes.append(f'      {place}/{name}/{file}: "sha256:{digest.apm_file(content.data)}"')
    (root / "apm.lock.yaml").write_text("\n".join([*rows, *hashes, ""]), newline="\n")


def openskills(root: Path, library: Path, path: str, rev: str = "main") -> Path:
    """`openskills install`: the folder with a record inside."""
    name = path.rpartition("/")[2]
    folder = check_out(library, path, root / ".agents" / "skills" / name, rev)
    record = {"source": "o/r", "sourceType": "git", "repoUrl": library.as_uri(), "subpath": path}
    (folder / ".openskills.json").write_text(json.dumps(record))
    return folder


def remove_tree(folder: Path) -> None:
    """Take a folder away as a user does."""
    shutil.rmtree(folder)
