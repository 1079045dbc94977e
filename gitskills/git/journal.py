"""A ref that only ever grows: NDJSON files by day, commit on commit, moved at the remote by fast-forward alone."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitskills.git import objects, transport
from gitskills.git.commit import Identity, commit
from gitskills.git.failures import NonFastForward
from gitskills.git.repository import Repository

_TRIES = 5
_PLAIN = 0o100644


def append(
    git_dir: Path, url: str, ref: str, rows: Mapping[str, Sequence[tuple[str, str]]], who: Identity, *, timeout: float
) -> None:
    """Add rows, (id, JSON without line end) by the path of their file, to `ref` of the remote `url`: each id once.

    What a killed process pushed and never noted is found by its ids. `timeout` is in seconds, for each call of git.
    Raises a RemoteError, a NonFastForward where others keep moving the ref.
    """
    for last in range(_TRIES):
        old = objects.resolve(git_dir, ref)
        new = _commit(git_dir, old, rows, who)
        if new is None:
            return
        try:
            transport.push(git_dir, url, [(new, ref)], timeout=timeout)
        except NonFastForward:
            if last == _TRIES - 1:
                raise
            # A pattern, since a ref that is not there is no error then; forced, since the remote's word holds.
            transport.fetch(git_dir, url, [f"+{ref}*:{ref}*"], blobless=False, timeout=timeout)
            continue
        objects.update_ref(git_dir, ref, new, old, "gitskills: shared")
        return


def _commit(git_dir: Path, old: str | None, rows: Mapping[str, Sequence[tuple[str, str]]], who: Identity) -> str | None:
    """Write the commit that adds what `old` does not hold; None where it holds everything."""
    entries = objects.entries(git_dir, old) if old else {}
    before = dict(objects.blobs(git_dir, [entries[path][1] for path in rows if path in entries]))
    repository = Repository(git_dir)
    count = 0
    for path, some in rows.items():
        text = before[entries[path][1]] if path in entries else b""
        there = _ids(text)
        lines = [line for id, line in some if id not in there]
        if lines:
            count += len(lines)
            entries[path] = (_PLAIN, repository.write_blob(text + "".join(f"{one}\n" for one in lines).encode()))
    if not count:
        return None
    tree = repository.write_tree(entries)
    return commit(git_dir, tree, [old] if old else [], f"ledger: {count} row{'' if count == 1 else 's'}\n", who)


def _ids(text: bytes) -> set[str]:
    """The ids of the rows in a file; a line that is none has none."""
    found = set()
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            found.add(str(row.get("id")))
    return found
