"""Real git servers on 127.0.0.1, started once per test process when first asked for, and always stopped.

`remote` runs a test once per transport; `web` is the HTTP server with its ways to misbehave. Both serve any bare
repository below pytest's temporary folder, so a repository costs a test nothing but making it.
"""

from __future__ import annotations

import base64
import getpass
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gitskills.git import command
from gitskills.process import ending
from tests.repositories import git

USER, PASSWORD = "ada", "s3cret"


@dataclass(frozen=True)
class Remote:
    """A running server: `kind` (file, daemon, http, ssh), the URL of its root, the environment its clients need."""

    kind: str
    root: Path
    base_url: str
    environment: dict[str, str] = field(default_factory=dict)

    def serve(self, git_dir: Path) -> str:
        """Let a bare repository below the root be fetched from, filtered, and pushed to; return its URL."""
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "http.receivepack"):
            git("config", key, "true", cwd=git_dir)
        return f"{self.base_url}/{git_dir.resolve().relative_to(self.root).as_posix()}"


class Web(Remote):
    """The HTTP server; each way to misbehave is a prefix of the path."""

    def behaving(self, way: str, git_dir: Path) -> str:
        """Return the URL under which the server is `private`, `public`, `readonly`, `broken`, `silent` or `dying`.

        A `public` one may be read by all, and wants a login for a push; a `dying` one is cut off half-way.
        """
        return self.serve(git_dir).replace("/open/", f"/{way}/", 1)


def refuse(git_dir: Path, *lines: str, status: int = 1) -> None:
    """Make a bare repository refuse every push, saying these lines."""
    hook = git_dir / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    said = "".join(f"printf '%b\\n' '{line}' >&2\n" for line in lines)
    hook.write_text(f"#!/bin/sh\n{said}exit {status}\n", newline="\n")
    hook.chmod(0o755)


def protect(git_dir: Path, branch: str) -> None:
    """Make a bare repository refuse pushes to one branch, in GitHub's words."""
    hook = git_dir / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f'#!/bin/sh\n[ "$1" = refs/heads/{branch} ] || exit 0\n'
        f"echo 'error: GH006: Protected branch update failed for refs/heads/{branch}.' >&2\nexit 1\n",
        newline="\n",
    )
    hook.chmod(0o755)


@pytest.fixture(scope="session", params=["file", "daemon", "http", "ssh"])
def _server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    root = tmp_path_factory.getbasetemp().resolve()
    if request.param == "file":
        yield Remote("file", root, root.as_uri())
    elif request.param == "http":
        yield request.getfixturevalue("_web")
    else:
        with _daemon(root) if request.param == "daemon" else _sshd(root, tmp_path_factory.mktemp("sshd")) as server:
            yield server


@pytest.fixture
def remote(_server: Remote, monkeypatch: pytest.MonkeyPatch) -> Remote:
    """A server of each kind in turn: file://, git daemon, smart HTTP, and SSH where sshd is installed."""
    for name, value in _server.environment.items():
        monkeypatch.setenv(name, value)
    return _server


@pytest.fixture(scope="session")
def _web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    root = tmp_path_factory.getbasetemp().resolve()
    with smart_http(root) as web:
        yield web


@pytest.fixture
def web(_web: Web) -> Web:
    """The smart HTTP server alone."""
    return _web


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a server listens; False when it ended instead."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(0.03)  # were the port another's, ours would be ending now
                return process.poll() is None
        time.sleep(0.01)
    return False


@contextmanager
def _daemon(root: Path) -> Iterator[Remote]:
    for _ in range(5):
        port = free_port()
        where = ("--listen=127.0.0.1", f"--port={port}", "--reuseaddr", f"--base-path={root}")
        process = command.start("daemon", "--export-all", "--enable=receive-pack", *where, str(root))
        with process, ending(process, None):
            if _answers(port, process):
                yield Remote("daemon", root, f"git://127.0.0.1:{port}")
                return
    pytest.skip("git daemon does not run here")


@contextmanager
def smart_http(root: Path) -> Iterator[Web]:
    stopping = threading.Event()

    class Handler(_Handler):
        folder, stop = root, stopping

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Web("http", root, f"http://127.0.0.1:{server.server_port}/open")
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """CGI for `git http-backend`; the first part of the path says how to behave."""

    protocol_version = "HTTP/1.1"
    folder: Path
    stop: threading.Event

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """Serve the refs."""
        _, way, path = self.path.split("/", 2)
        body = self._body()
        if way == "silent":
            self.stop.wait(60)
            self.close_connection = True
        elif way == "broken":
            self._answer(500, [], b"out of order\n")
        elif self._closed(way, path) and self.headers.get("Authorization") != _basic(USER, PASSWORD):
            self._answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
        elif way == "readonly" and "git-receive-pack" in path:
            self._answer(403, [], b"")
        else:
            self._backend(path, body, cut=way == "dying" and self.command == "POST")

    do_POST = do_GET

    def _closed(self, way: str, path: str) -> bool:
        """Whether a request takes a login."""
        return way == "private" or (way == "public" and "git-receive-pack" in path)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _backend(self, path: str, body: bytes, cut: bool) -> None:
        path, _, query = path.partition("?")
        cgi = {
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{path}",
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_USER": USER,
        }
        out = command.run("http-backend", input=body, env=cgi, ok=range(256))
        head, _, data = out.partition(b"\r\n\r\n")
        fields = [(key, value) for key, _, value in (line.partition(": ") for line in head.decode().split("\r\n"))]
        status = next((int(value.split()[0]) for key, value in fields if key == "Status"), 200)
        self._answer(status, [pair for pair in fields if pair[0] not in ("Status", "")], data, cut=cut)

    def _answer(self, status: int, fields: list[tuple[str, str]], data: bytes, cut: bool = False) -> None:
        self.send_response(status)
        for key, value in (*fields, ("Content-Length", str(len(data)))):
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = cut


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def _sshd(root: Path, folder: Path) -> Iterator[Remote]:
    """Run sshd with throw-away keys, a configuration of its own, and a home folder that is not the developer's."""
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    sshd = shutil.which("sshd", path=search)
    if sshd is None or shutil.which("ssh") is None or sys.platform == "win32":
        pytest.skip("no sshd is installed")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    port, me = free_port(), getpass.getuser()
    seal = f"HOME={folder} GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null"
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        f"PermitRootLogin yes\nMaxStartups 200\nAcceptEnv GIT_PROTOCOL\nSetEnv {seal}\n"
    )
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    ssh = f"ssh -F none -i {folder}/user -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile={folder}/known"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "config")], stderr=log, process_group=0)
    with process, ending(process, None):
        alive = _answers(port, process)
        if (
            not alive
            or subprocess.run(
                [*ssh.split(), "-p", str(port), f"{me}@127.0.0.1", "true"], capture_output=True
            ).returncode
        ):
            why = (folder / "log").read_text().strip().splitlines() or ["it says nothing"]
            pytest.skip(f"sshd does not run here: {why[-1]}")
        yield Remote("ssh", root, f"ssh://{me}@127.0.0.1:{port}{root}", {"GIT_SSH_COMMAND": ssh})
