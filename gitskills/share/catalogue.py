"""`list` and `show`: skills as they are here, or as their libraries have them."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from gitskills.config import Pattern, Source
from gitskills.errors import GitskillsError
from gitskills.git import objects
from gitskills.git.objects import MANIFEST
from gitskills.share import lockfile
from gitskills.share.project import Library, Project
from gitskills.share.roots import root_name
from gitskills.share.select import Upstream, skill_name
from gitskills.share.standing import standings
from gitskills.share.status import Status
from gitskills.share.trail import audit
from gitskills.share.trail.looking import root_of
from gitskills.skills.file import File
from gitskills.skills.frontmatter import summary
from gitskills.skills.tree import files_oid
from gitskills.state import database, files


@dataclass(frozen=True, slots=True)
class Row:
    """One skill of `list`: `commit` is the one that made this version, or that it was installed from."""

    name: str
    description: str
    source: str
    version: int | None
    commit: str | None
    tree: str | None
    status: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One skill in full: its row, its folder in the library, and its files."""

    row: Row
    path: str
    files: Mapping[str, File]


def here(project: Project) -> list[Row]:
    """The skills installed in the project, and those others put beside them."""
    found = standings(project)
    versions = found.versions(project)
    rows = []
    for one in found.rows:
        if one.status is Status.MISSING and one.commit is None:
            continue  # asked for, never installed
        text = _manifest(project, one.skill)
        rows.append(
            Row(
                one.skill,
                summary(text).description,
                one.source,
                versions.get(one.skill),
                one.commit,
                one.tree,
                one.status,
                one.path,
            )
        )
    return rows


def there(project: Project) -> list[Row]:
    """Every skill of every library at hand, whether it is installed or not."""
    return [row for library in project.libraries() for row in _rows(project, library)]


def installed(project: Project, name: str) -> Shown | None:
    """A skill as it is on disk here, or None."""
    live = project.skills_folder / name
    if not (live / MANIFEST).is_file() or not name:
        return None
    content = files.read(live)
    row = next((one for one in here(project) if one.name == name), None)
    text = manifest(content)
    fallback = Row(name, summary(text).description, "", None, None, files_oid(content), "untracked")
    return Shown(row or fallback, row.path if row else "", content)


def at(project: Project, name: str, version: str | None) -> Shown:
    """A skill as its library has it: at its tip, or at `version` (v3, a commit, a tree). Raises GitskillsError.

    An installed one is meant by the name it has here, whatever its library calls it and others have.
    """
    missing: GitskillsError | None = None
    install = lockfile.read(project.lock_path).get(name)
    libraries = [project.library(project.origin(install))] if install else project.libraries()
    for library in libraries:
        if library.tip is None:
            continue
        try:
            return _at(project, library, name, version, install.path if install else None)
        except GitskillsError as error:
            missing = missing or error
    raise missing or GitskillsError(f"no library has a skill {name!r}", "`gitskills list --available` shows them")


def _at(project: Project, library: Library, name: str, version: str | None, path: str | None) -> Shown:
    """The skill at `path` of one library, or that it calls `name`."""
    with contextlib.closing(database.index(project.paths)) as db:
        trail = audit.read(db, library.git_dir, library.tip or "")
        want = partial(_bring, project, library)
        asked = path
        if asked is None:
            asked = "" if trail.root() and name == root_of(library, trail, want) else name
        row = trail.at(asked, version) if version else next(one for one in trail.rows(asked) if one.version)
    if not row.tree:
        raise GitskillsError(f"{name} was removed in {row.commit[:10]}", f"`gitskills log {name}` shows its versions")
    entries = objects.entries(library.git_dir, row.tree)
    want(oid for mode, oid in entries.values() if mode != 0o160000)
    stream = objects.blobs(library.git_dir, [oid for mode, oid in entries.values() if mode != 0o160000])
    kept = [(path, mode) for path, (mode, _) in entries.items() if mode != 0o160000]
    content = {path: File(data, mode) for (path, mode), (_, data) in zip(kept, stream, strict=True)}
    text = summary(manifest(content))
    shown = Row(row.name or name, text.description, library.source, row.version, row.commit, row.tree)
    return Shown(shown, row.path, content)


def _rows(project: Project, library: Library) -> list[Row]:
    if library.tip is None:
        return []
    skills = objects.skills(library.git_dir, library.tip)
    root = root_name(library.git_dir, skills[""].entries, partial(_bring, project, library)) if "" in skills else ""
    probe = Upstream(Source(library.source, library.url, None, (Pattern("*"),)), library.url, library.tip, skills, root)
    manifests = {path: one.entries[MANIFEST][1] for path, one in skills.items()}
    _bring(project, library, manifests.values())
    texts = dict(objects.blobs(library.git_dir, dict.fromkeys(manifests.values())))
    with contextlib.closing(database.index(project.paths)) as db:
        latest = audit.read(db, library.git_dir, library.tip).skills()
    rows = []
    for path, one in skills.items():
        known = latest.get(path)
        description = summary(texts[manifests[path]].decode("utf-8", "replace")).description
        version, commit = (known.version, known.landed) if known else (None, None)
        rows.append(Row(skill_name(one, probe), description, library.source, version, commit, one.tree, path=path))
    return sorted(rows, key=lambda row: row.name)


def _bring(project: Project, library: Library, oids: Iterable[str]) -> None:
    """Fetch missing blobs, where the library is a source's cache."""
    source = project.config.sources.get(library.source)
    if source is not None:
        project.cache(source).want(oids)


def _manifest(project: Project, name: str) -> str:
    try:
        return (project.skills_folder / name / MANIFEST).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def manifest(content: Mapping[str, File]) -> str:
    """The text of a skill's SKILL.md, "" where it has none."""
    return content[MANIFEST].data.decode("utf-8", "replace") if MANIFEST in content else ""
