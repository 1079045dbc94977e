"""Templates are found in a checkout and in an installed wheel."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.state.templates import templates
from tests.conftest import ROOT

NAMES = ["agents", "code", "github", "gitlab", "library", "skill"]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel the way a release does, by way of the sdist, without any network."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def test_a_checkout_has_every_template_named_here() -> None:
    """The names this module tests are all there are, and each has files."""
    assert sorted(path.name for path in (ROOT / "templates").iterdir()) == NAMES
    assert all(templates(name) for name in NAMES)


def test_the_wheel_holds_every_template_byte_for_byte(wheel: Path) -> None:
    """A wheel built from the sdist carries all templates, dotfiles included, under the package."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {
            found[1]: archive.read(name)
            for name in archive.namelist()
            if (found := re.fullmatch("gitskills/templates/(.+)", name))
        }
    assert packed == {f"{name}/{path}": data for name in NAMES for path, data in templates(name).items()}


def test_an_installed_wheel_finds_its_own_templates(wheel: Path, tmp_path: Path) -> None:
    """With the wheel unpacked far from any checkout, the accessor returns the same files."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from gitskills.state import templates
print(templates.__file__)
print(templates.templates("skill")["SKILL.md"].decode())
"""
    python = [sys.executable, "-I", "-X", "utf8", "-c", code]
    done = subprocess.run(python, capture_output=True, text=True, encoding="utf-8")
    file, _, text = done.stdout.partition("\n")
    assert Path(file).is_relative_to(tmp_path), done.stderr
    assert text.strip() == templates("skill")["SKILL.md"].decode().strip()


def test_a_missing_template_says_what_to_do() -> None:
    """An installation without a template is an error with a fix, not an empty library."""
    with pytest.raises(GitskillsError, match="nothing") as caught:
        templates("nothing")
    assert caught.value.hint == "Reinstall gitskills."
