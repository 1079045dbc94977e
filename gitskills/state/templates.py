"""Where the files are that new libraries, new skills and CI jobs start from."""

from pathlib import Path

from gitskills.errors import GitskillsError

_PACKAGE = Path(__file__).resolve().parent.parent


def templates(name: str) -> dict[str, bytes]:
    """Return the files of the template `name`: path relative to where they go, with `/`, to content.

    In a wheel the templates lie inside the package; in a checkout, beside it.
    Raises GitskillsError when the installation lacks them.
    """
    for folder in (_PACKAGE / "templates" / name, _PACKAGE.parent / "templates" / name):
        if folder.is_dir():
            return {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
    raise GitskillsError(f"the template {name!r} is missing from {_PACKAGE}", "Reinstall gitskills.")
