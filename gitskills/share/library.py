"""Starting a library and starting a skill, both from templates."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gitskills import config, yamltext
from gitskills.errors import GitskillsError
from gitskills.git import trailers
from gitskills.git.command import GitFailed, run
from gitskills.git.trailers import Event
from gitskills.skills import frontmatter
from gitskills.skills.file import PLAIN, File
from gitskills.skills.refuse import refusal
from gitskills.skills.tree import files_oid
from gitskills.skills.validate import SKILL_FILE, validate
from gitskills.state.files import write_atomic
from gitskills.state.paths import paths
from gitskills.state.templates import templates

CI = Literal["github", "gitlab", "none"]
Repository = Literal["none", "empty", "started"]

EXAMPLE = "hello-gitskills"


@dataclass(frozen=True, slots=True)
class Created:
    """What `create` did, or would do.

    `written` and `kept` are paths with `/` inside `directory`: files made (or gitskills.yaml given its block), and
    files of the template that were there with other content. `commit` is the oid of the first commit, else empty.
    """

    directory: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    commit: str


def create(directory: Path, *, ci: CI = "none", dry_run: bool = False) -> Created:
    """Make `directory` a library: write what it lacks of the template, and commit it if nothing is committed yet.

    What is there stays as it is, but a gitskills.yaml without a `library:` block gets one. In a repository that has
    commits the files are only written: how they get into its history is its owners' choice. One that already is a
    library gets nothing but the files of `ci`.
    Raises GitskillsError for a bare repository, a folder inside another one, a library with nothing to add, and
    where git knows no name and address to commit under.
    """
    directory = directory.absolute()
    repository = _repository(directory)
    wanted = _wanted(directory, ci, repository)
    found = {path: (directory / path).read_bytes() for path in wanted if (directory / path).is_file()}
    kept = tuple(path for path in found if found[path] != wanted[path] and path != config.NAME)
    written = tuple(path for path in wanted if path not in kept and found.get(path) != wanted[path])
    if repository == "started" and not written:
        raise GitskillsError(f"{directory} already is a library", "`gitskills new NAME` starts a skill in it")
    if dry_run:
        return Created(directory, written, kept, "")
    directory.mkdir(parents=True, exist_ok=True)
    if repository == "none":
        run("init", "-q", "--initial-branch=main", cwd=directory)
    if repository != "started":
        _require_identity(directory)
    for path in written:
        write_atomic(directory / path, wanted[path])
    ours = {path: data for path, data in wanted.items() if path not in kept}
    return Created(directory, written, kept, "" if repository == "started" else _commit(directory, ours))


def new(name: str, directory: Path, *, dry_run: bool = False) -> Path:
    """Start the skill `name` as a folder of that name in `directory`, from the template; returns its SKILL.md.

    Raises GitskillsError when the specification does not allow the name, or something of that name is there.
    """
    text = frontmatter.set_key(templates("skill")[SKILL_FILE].decode(), "name", name)
    data = text.replace("# skill-name", f"# {name}").encode("utf-8", "replace")
    found = validate({SKILL_FILE: File(data)}, name)
    faults = [each.message for each in found if each.severity == "error" and each.code != "template-text"]
    fault = next(iter(faults), None) or refusal([(f"{name}/{SKILL_FILE}", PLAIN, "")])
    if fault:
        raise GitskillsError(f"{name!r} cannot be a skill's name: {fault}")
    folder = directory / name
    if os.path.lexists(folder):
        raise GitskillsError(f"{folder} exists already", "choose another name, or edit that skill")
    if not dry_run:
        write_atomic(folder / SKILL_FILE, data)
    return folder / SKILL_FILE


def skills_folder(directory: Path) -> Path:
    """Return where a new skill belongs that is started in `directory`.

    In a library that is its `skills/`; in any other repository or folder `.agents/skills`, where agents read it
    and `gitskills push` finds it.
    """
    from gitskills.share import project  # brings the network's libraries, which `init` does without

    here = project.load(paths(), directory)
    return here.root / "skills" if _is_library(here.root) else here.skills_folder


def _repository(directory: Path) -> Repository:
    """Tell whether `directory` is the top of a git repository, and of one with commits."""
    around = next(each for each in (directory, *directory.parents) if each.is_dir())
    try:
        asked = run("rev-parse", "--is-inside-work-tree", "--show-prefix", cwd=around).decode().split("\n")
    except GitFailed:
        return "none"
    if asked[0] != "true":
        raise GitskillsError(f"{around} has no work tree", "Clone the bare repository and run `gitskills init` there.")
    if asked[1] or around != directory:
        # Whoever keeps their home folder in git ignores what else lives there; such a folder stands on its own.
        inside = Path(os.path.relpath(directory, around)).as_posix() + "/"
        if run("check-ignore", "--", inside, cwd=around, ok=(0, 1)):
            return "none"
        hint = "Choose a folder outside it, or make that repository the library."
        raise GitskillsError(f"{directory} is inside another git repository", hint)
    return "started" if run("rev-parse", "-q", "--verify", "HEAD", cwd=directory, ok=(0, 1)) else "empty"


def _wanted(directory: Path, ci: CI, repository: Repository) -> dict[str, bytes]:
    """Return the files that `directory` should have, by path with `/`."""
    wanted = {} if ci == "none" else templates(ci)
    if repository == "started" and _is_library(directory):
        return wanted
    example = f"skills/{EXAMPLE}/{SKILL_FILE}"
    for path, data in templates("library").items():
        if path != example or all(skill == example for skill in _skill_files(directory)):
            wanted[path] = data.replace(b"library-name", directory.name.encode())
    if (directory / config.NAME).is_file():
        wanted[config.NAME] = _with_policy((directory / config.NAME).read_bytes(), wanted[config.NAME])
    return wanted


def _with_policy(text: bytes, policy: bytes) -> bytes:
    """Return a gitskills.yaml with `policy` at its end unless it has one. Raises where the file cannot take it."""
    if _has_policy(text):
        return text
    extended = text.rstrip() + b"\n\n" + policy
    _has_policy(extended)
    return extended


def _has_policy(text: bytes) -> bool:
    try:
        read = yamltext.load(text.decode(), where=config.NAME)
    except UnicodeDecodeError:
        raise GitskillsError(f"{config.NAME} is not UTF-8", "Save it as UTF-8.") from None
    return isinstance(read, dict) and "library" in read


def _is_library(directory: Path) -> bool:
    """Tell whether `directory` has a gitskills.yaml with a `library:` block."""
    file = directory / config.NAME
    return file.is_file() and _has_policy(file.read_bytes())


def _skill_files(directory: Path) -> Iterator[str]:
    """Yield the path, with `/`, of every SKILL.md below `directory` that is not some tool's or git's own."""
    for folder, below, files in os.walk(directory):
        below[:] = [name for name in below if name not in (".git", "node_modules")]
        if SKILL_FILE in files:
            yield Path(folder, SKILL_FILE).relative_to(directory).as_posix()


def _require_identity(directory: Path) -> None:
    """Raise where git would refuse to commit because it does not know who commits."""
    try:
        run("var", "GIT_COMMITTER_IDENT", cwd=directory)
    except GitFailed:
        raise GitskillsError(
            "git does not know who you are, and every change of a skill carries a name",
            'git config --global user.name "Your Name" && git config --global user.email you@example.com',
        ) from None


def _commit(directory: Path, files: dict[str, bytes]) -> str:
    """Commit `files` and nothing else that may be staged; returns the commit's oid."""
    folder = f"skills/{EXAMPLE}/"
    example = {path.removeprefix(folder): File(data) for path, data in files.items() if path.startswith(folder)}
    message = "library: start from the template of gitskills\n"
    if example:
        event = Event(EXAMPLE, "create", tree=files_oid(example))
        message = trailers.format(message, "It brings one skill, which tells agents how skills are shared.", event)
    run("add", "--force", "--", *files, cwd=directory)
    run("commit", "-q", "-F", "-", "--", *files, cwd=directory, input=message.encode())
    return run("rev-parse", "HEAD", cwd=directory).decode().strip()
