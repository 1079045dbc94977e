"""The identity of a skill: git's own oids of blobs and trees, computed without opening a repository.

`status` compares hundreds of folders with what was installed; loading libgit2 for that would cost
more than all the hashing. Format: gitformat documentation, "git hash-object" and "git mktree".
"""

from collections.abc import Mapping
from hashlib import sha1

from gitskills.skills.file import File

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
LINK, EXECUTABLE, PLAIN, SUBMODULE = 0o120000, 0o100755, 0o100644, 0o160000


def blob_oid(data: bytes) -> str:
    """The oid git gives a blob of these bytes (40 hex digits)."""
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def tree_oid(entries: Mapping[str, tuple[int, str]]) -> str:
    """The oid git gives the tree that holds `entries`: path with `/` → (git mode, blob oid)."""
    return _tree(_nested(entries))


def files_oid(files: Mapping[str, File]) -> str:
    """The oid git gives the tree that holds these files, keyed by path with `/`."""
    return tree_oid({path: (file.mode, blob_oid(file.data)) for path, file in files.items()})


Node = dict[str, "Node | tuple[int, str]"]


def _nested(entries: Mapping[str, tuple[int, str]]) -> Node:
    root: Node = {}
    for path, entry in entries.items():
        *folders, name = path.split("/")
        node = root
        for folder in folders:
            below = node.setdefault(folder, {})
            if not isinstance(below, dict):
                raise ValueError(f"{path!r} lies below a file")
            node = below
        if name in node:
            raise ValueError(f"{path!r} is both a file and a folder")
        node[name] = entry
    return root


def _tree(node: Node) -> str:
    """Hash one level; git sorts folders as if their names ended in `/`."""
    rows: list[tuple[bytes, bytes]] = []
    for name, entry in node.items():
        raw = name.encode("utf-8", "surrogateescape")
        if isinstance(entry, dict):
            rows.append((raw + b"/", b"40000 " + raw + b"\0" + bytes.fromhex(_tree(entry))))
        else:
            rows.append((raw, b"%o " % entry[0] + raw + b"\0" + bytes.fromhex(entry[1])))
    body = b"".join(row for _, row in sorted(rows))
    return sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
