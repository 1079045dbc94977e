"""Where gitskills keeps what is its own: config, cache and state folders, and the user's home."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The machine-local folders; none of them need exist yet.

    `config` holds the global gitskills.yaml and its lock, `cache` only what can be fetched or
    computed again, `state` what cannot; `home` is the user's home folder; `environ` is the
    environment these were read from, for the agents' own variables (CLAUDE_CONFIG_DIR …).
    """

    config: Path
    cache: Path
    state: Path
    home: Path
    environ: Mapping[str, str]

    @property
    def repositories(self) -> Path:
        """The folder of the bare cache repositories, one per source URL."""
        return self.cache / "repositories"

    @property
    def inbox(self) -> Path:
        """The folder where hooks leave what agents tell; see state/inbox.py."""
        return self.state / "inbox"

    def lock_for(self, subject: Path) -> Path:
        """The lock file that guards `subject`, a folder that must stay free of files of ours."""
        key = sha256(os.path.normcase(str(subject.absolute())).encode("utf-8", "surrogateescape")).hexdigest()
        return self.state / "locks" / f"{key[:32]}.lock"


def paths(environ: Mapping[str, str] | None = None) -> Paths:
    """The folders for this user, from the environment: GITSKILLS_HOME, else the platform's (XDG on Linux)."""
    environ = os.environ if environ is None else environ
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    own = environ.get("GITSKILLS_HOME")
    if own:
        base = Path(own).expanduser().absolute()
        return Paths(base / "config", base / "cache", base / "state", home, environ)
    if sys.platform in ("win32", "darwin"):
        import platformdirs  # 13 ms: only where the XDG rules do not hold

        return Paths(
            Path(platformdirs.user_config_dir("gitskills", appauthor=False)),
            Path(platformdirs.user_cache_dir("gitskills", appauthor=False)),
            Path(platformdirs.user_state_dir("gitskills", appauthor=False)),
            home,
            environ,
        )
    return Paths(
        _xdg(environ, "XDG_CONFIG_HOME", home / ".config"),
        _xdg(environ, "XDG_CACHE_HOME", home / ".cache"),
        _xdg(environ, "XDG_STATE_HOME", home / ".local" / "state"),
        home,
        environ,
    )


def _xdg(environ: Mapping[str, str], variable: str, default: Path) -> Path:
    """One XDG base folder; relative values are ignored, as the XDG base directory specification says."""
    value = environ.get(variable, "")
    return (Path(value) if value.startswith("/") else default) / "gitskills"
