"""Questions `doctor` asks of git and its libraries; nothing is changed and nobody is prompted."""

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from gitskills.git import command
from gitskills.git.command import GitFailed, GitTimeout
from gitskills.git.commit import Identity
from gitskills.git.failures import NetworkFailed, failure

_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=5"
_PROGRAMS = {"openpgp": "gpg", "x509": "gpgsm", "ssh": "ssh-keygen"}


def libraries() -> str:
    """Name the git libraries and their versions; raises ImportError where one cannot be loaded."""
    import git
    import pygit2

    found = version("pygit2")
    return f"pygit2 {found} with libgit2 {pygit2.LIBGIT2_VERSION}, GitPython {git.__version__}"


def reach(url: str, *, timeout: float = 5.0) -> None:
    """Ask a remote for its HEAD within `timeout` seconds, with stored credentials only; raises a RemoteError."""
    # An askpass program that answers with nothing: a question from here would be lost between other checks.
    env = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true"}
    theirs = {"GIT_SSH", "GIT_SSH_COMMAND"} & command.environment().keys()
    if not theirs and not command.own_ssh():
        env["GIT_SSH_COMMAND"] = _SSH
    try:
        command.run("-c", "credential.interactive=false", "ls-remote", "--", url, "HEAD", timeout=timeout, env=env)
    except GitTimeout:
        problem = f"no answer within {timeout:g} seconds"
        raise NetworkFailed(problem, "Check the network and the proxy.", url=url) from None
    except GitFailed as error:
        raise failure(error.stderr, url) from None


def signing_problem(who: Identity) -> tuple[str, str] | None:
    """Say what stands between this identity and a signed commit, and what to do; None where nothing is seen.

    The signature itself is not tried: it could ask for a passphrase.
    """
    settings = dict(who.signing)
    form = settings.get("gpg.format", "openpgp").lower()
    program = settings.get(f"gpg.{form}.program") or (form == "openpgp" and settings.get("gpg.program")) or ""
    program = program or _PROGRAMS.get(form, "")
    if not program:
        return f"git signs with {form!r}, which it does not know", "git config --global gpg.format ssh"
    if shutil.which(str(Path(program).expanduser())) is None:
        return f"git signs commits with {program}, which is not installed", f"install {program}, or set gpg.format"
    key = settings.get("user.signingkey", "")
    if form == "ssh":
        return _ssh_problem(key, settings)
    return _gpg_problem(program, key or who.committer[1]) if form == "openpgp" else None


def _ssh_problem(key: str, settings: dict[str, str]) -> tuple[str, str] | None:
    choose = "git config --global user.signingkey ~/.ssh/id_ed25519.pub"
    if not key:
        chosen = settings.get("gpg.ssh.defaultkeycommand")
        return None if chosen else ("git signs commits by SSH, but no key is chosen", choose)
    if key.startswith(("key::", "ssh-", "ecdsa-", "sk-")) or Path(key).expanduser().is_file():
        return None
    return f"the signing key {key} does not exist", choose


def _gpg_problem(program: str, key: str) -> tuple[str, str] | None:
    asked = [str(Path(program).expanduser()), "--batch", "--list-secret-keys", "--", key.rstrip("!")]
    try:
        code = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=5).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program} does not answer: {error}", "check that `git commit -S` works here"
    if code == 0:
        return None
    return f"{program} has no secret key for {key}", "git config --global user.signingkey YOUR-KEY-ID"
