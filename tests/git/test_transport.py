"""git/transport.py against real servers: what it brings and sends, and what each failure is called."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from gitskills.git import bare, command, failures, transport
from gitskills.git.cache import Cache
from gitskills.git.failures import (
    AuthFailed,
    LocalFailed,
    NetworkFailed,
    NonFastForward,
    NotFound,
    PushRefused,
    RemoteError,
    ServerError,
)
from gitskills.state.paths import paths
from tests.conftest import SkillRepo
from tests.remotes import PASSWORD, USER, Remote, Web, free_port, protect, refuse
from tests.repositories import git

SKILL = {"skills/a/SKILL.md": "---\nname: a\n---\nText.\n"}
REFSPECS = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]


@pytest.fixture
def upstream(skill_repo: SkillRepo) -> Path:
    """A bare library with two commits."""
    return skill_repo([SKILL, {"skills/a/more.md": "More.\n"}])


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """An empty bare repository to fetch into."""
    git_dir = tmp_path / "local.git"
    git_dir.mkdir()
    bare.create(git_dir)
    return git_dir


def rev(git_dir: Path, ref: str = "refs/heads/main") -> str:
    """Return the oid a ref names."""
    return git("rev-parse", ref, cwd=git_dir).decode().strip()


def commit(git_dir: Path, parent: str, text: str = "x") -> str:
    """Make a commit of the parent's tree on top of it."""
    return git("commit-tree", "-p", parent, "-m", text, f"{parent}^{{tree}}", cwd=git_dir).decode().strip()


def objects(git_dir: Path) -> list[str]:
    """Return the kinds of the objects that are here."""
    rows = git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)", cwd=git_dir)
    return rows.decode().split()


def test_ls_remote_tells_head_branches_and_tags(remote: Remote, upstream: Path) -> None:
    """Every transport tells the default branch by name, and the oid of each branch and tag, tags unpeeled."""
    git("tag", "-a", "v1", "-m", "one", "main", cwd=upstream)
    found = transport.ls_remote(remote.serve(upstream))
    assert (found.head, found.head_oid) == ("refs/heads/main", rev(upstream))
    assert dict(found.refs) == {"refs/heads/main": rev(upstream), "refs/tags/v1": rev(upstream, "v1")}


def test_ls_remote_of_an_empty_repository(remote: Remote, skill_repo: SkillRepo) -> None:
    """An empty remote has no default branch and is no failure."""
    found = transport.ls_remote(remote.serve(skill_repo()))
    assert (found.head, dict(found.refs)) == (None, {})


def test_fetch_leaves_blobs_out_and_brings_those_wanted(remote: Remote, upstream: Path, local: Path) -> None:
    """A blobless fetch brings commits and trees; single blobs come when asked for, and only they."""
    url = remote.serve(upstream)
    transport.fetch(local, url, REFSPECS, prune=True)
    assert rev(local, "refs/remotes/origin/main") == rev(upstream)
    assert "blob" not in objects(local)
    blob = rev(upstream, "main:skills/a/SKILL.md")
    transport.fetch(local, url, stdin_oids=[blob])
    assert objects(local).count("blob") == 1
    assert command.run("cat-file", "blob", blob, git_dir=local) == SKILL["skills/a/SKILL.md"].encode()


def test_fetch_stores_no_promise_and_no_url(remote: Remote, upstream: Path, local: Path) -> None:
    """Nothing in the repository lets a later command go to the network on its own, or shows credentials."""
    before = (local / "config").read_text()
    transport.fetch(local, remote.serve(upstream), REFSPECS)
    assert (local / "config").read_text() == before
    assert not (local / "FETCH_HEAD").exists()


def test_fetch_prunes_only_what_it_mirrors(remote: Remote, upstream: Path, local: Path) -> None:
    """A branch that became a folder of branches is replaced, and our own refs stay."""
    url = remote.serve(upstream)
    git("branch", "topic", "main", cwd=upstream)
    transport.fetch(local, url, REFSPECS, prune=True)
    git("update-ref", "refs/gitskills/conflicts/a", rev(upstream), cwd=local)
    git("branch", "-D", "topic", cwd=upstream)
    git("branch", "topic/deeper", "main", cwd=upstream)
    transport.fetch(local, url, REFSPECS, prune=True)
    refs = git("for-each-ref", "--format=%(refname)", cwd=local).decode().split()
    assert refs == ["refs/gitskills/conflicts/a", "refs/remotes/origin/main", "refs/remotes/origin/topic/deeper"]


def test_fetch_reports_progress(upstream: Path, local: Path) -> None:
    """Progress comes in git's phases, with a total, up to that total."""
    seen: list[tuple[str, int, int | None]] = []
    transport.fetch(local, upstream.as_uri(), REFSPECS, progress=lambda *report: seen.append(report))
    assert [report for report in seen if report[0] == "receiving" and report[1] == report[2] != 0]


def test_push_moves_refs_forward(remote: Remote, upstream: Path, local: Path) -> None:
    """A commit on upstream's tip, made where blobs are missing, arrives on every transport, with a second ref."""
    url = remote.serve(upstream)
    transport.fetch(local, url, REFSPECS)
    new = commit(local, rev(upstream))
    transport.push(local, url, [(new, "refs/heads/main"), (new, "refs/heads/gitskills/push/ada/a")])
    assert rev(upstream) == rev(upstream, "refs/heads/gitskills/push/ada/a") == new


def test_push_into_an_empty_repository(remote: Remote, skill_repo: SkillRepo, upstream: Path) -> None:
    """The first push makes the branch."""
    empty = skill_repo(name="empty.git")
    transport.push(upstream, remote.serve(empty), [(rev(upstream), "refs/heads/main")])
    assert rev(empty) == rev(upstream)


def test_push_never_forces(remote: Remote, upstream: Path, local: Path) -> None:
    """When the remote has moved the push is refused as such and changes nothing, not even the other ref."""
    url = remote.serve(upstream)
    transport.fetch(local, url, REFSPECS)
    old = rev(upstream)
    theirs = commit(upstream, old, "theirs")
    git("update-ref", "refs/heads/main", theirs, cwd=upstream)
    ours = commit(local, old, "ours")
    with pytest.raises(NonFastForward):
        transport.push(local, url, [(ours, "refs/heads/main"), (ours, "refs/heads/other")])
    assert rev(upstream) == theirs
    assert b"other" not in git("for-each-ref", cwd=upstream)


def test_push_refused_by_a_hook_tells_what_the_server_said(remote: Remote, upstream: Path) -> None:
    """The hook's words come through, without what could drive a terminal, and the hint names review."""
    refuse(upstream, r"\033[31mOnly on Fridays.\033[0m\a")
    new = commit(upstream, rev(upstream))
    with pytest.raises(PushRefused) as failure:
        transport.push(upstream, remote.serve(upstream), [(new, "refs/heads/main")])
    assert "Only on Fridays." in failure.value.message and "--review" in failure.value.hint
    assert "\033" not in failure.value.message and "\a" not in failure.value.message


def test_push_to_a_protected_branch(remote: Remote, upstream: Path) -> None:
    """A protected branch refuses; another branch of the same repository takes the commit."""
    protect(upstream, "main")
    url, new = remote.serve(upstream), commit(upstream, rev(upstream))
    with pytest.raises(PushRefused, match="Protected branch"):
        transport.push(upstream, url, [(new, "refs/heads/main")])
    transport.push(upstream, url, [(new, "refs/heads/gitskills/push/ada/a")])
    assert rev(upstream, "refs/heads/gitskills/push/ada/a") == new


def test_a_branch_in_the_way_is_no_race(remote: Remote, upstream: Path) -> None:
    """`main/x` beside `main` can never be made: that is a refusal, or we would try for ever."""
    with pytest.raises(PushRefused):
        transport.push(upstream, remote.serve(upstream), [(rev(upstream), "refs/heads/main/x")])


def test_missing_repository(remote: Remote, upstream: Path, local: Path) -> None:
    """No repository there: the error says so, for reading and writing."""
    url = remote.serve(upstream).replace("library.git", "missing.git")
    with pytest.raises(NotFound, match=r"missing\.git"):
        transport.ls_remote(url)
    with pytest.raises(NotFound):
        transport.fetch(local, url, REFSPECS)
    with pytest.raises((NotFound, PushRefused)):
        transport.push(upstream, url, [(rev(upstream), "refs/heads/main")])


def test_missing_ref(remote: Remote, upstream: Path, local: Path) -> None:
    """A branch or an object that the server lacks is not found, which is no fault of the network."""
    url = remote.serve(upstream)
    with pytest.raises(NotFound):
        transport.fetch(local, url, ["refs/heads/nothing"])
    with pytest.raises(NotFound):
        transport.fetch(local, url, stdin_oids=["1" * 40])


def test_credentials_are_demanded(web: Web, upstream: Path, local: Path) -> None:
    """Without credentials, or with wrong ones, access is denied at once, and no password is ever repeated."""
    url = web.behaving("private", upstream)
    start = time.monotonic()
    with pytest.raises(AuthFailed, match="access denied"):
        transport.ls_remote(url)
    with pytest.raises(AuthFailed):
        transport.push(upstream, url, [(rev(upstream), "refs/heads/x")])
    with pytest.raises(AuthFailed) as failure:
        transport.fetch(local, url.replace("//", "//ada:wr0ng@"), REFSPECS)
    assert "wr0ng" not in failure.value.message + failure.value.hint
    assert time.monotonic() - start < 20


def test_credentials_come_from_the_url_or_the_users_helper(web: Web, upstream: Path, home: Path) -> None:
    """What git knows of the user's credentials is used: in the URL, or from a credential helper."""
    url = web.behaving("private", upstream)
    assert transport.ls_remote(url.replace("//", f"//{USER}:{PASSWORD}@")).head == "refs/heads/main"
    (home / "credentials").write_text(url.replace("//", f"//{USER}:{PASSWORD}@") + "\n")
    git("config", "--global", "credential.helper", f"store --file='{(home / 'credentials').as_posix()}'")
    assert transport.ls_remote(url).head == "refs/heads/main"


def test_no_write_permission(web: Web, upstream: Path) -> None:
    """A server that lets us read but not write: the hint names review and forks."""
    url = web.behaving("readonly", upstream)
    assert transport.ls_remote(url).head
    with pytest.raises(PushRefused) as failure:
        transport.push(upstream, url, [(commit(upstream, rev(upstream)), "refs/heads/main")])
    assert "--review" in failure.value.hint and "fork" in failure.value.hint


def test_a_server_out_of_order(web: Web, upstream: Path) -> None:
    """Its answer 500 is the server's fault."""
    with pytest.raises(ServerError):
        transport.ls_remote(web.behaving("broken", upstream))


def test_a_connection_cut_in_the_middle(web: Web, upstream: Path, local: Path) -> None:
    """Half a pack is a broken connection, and leaves no ref behind."""
    with pytest.raises(NetworkFailed):
        transport.fetch(local, web.behaving("dying", upstream), REFSPECS)
    assert git("for-each-ref", cwd=local) == b""


def test_a_server_that_never_answers(web: Web, upstream: Path, local: Path) -> None:
    """Time runs out for each command, in time, and says how long it was."""
    url, start = web.behaving("silent", upstream), time.monotonic()
    with pytest.raises(NetworkFailed, match=r"0\.5 seconds"):
        transport.ls_remote(url, timeout=0.5)
    with pytest.raises(NetworkFailed, match=r"0\.5 seconds"):
        transport.fetch(local, url, REFSPECS, timeout=0.5)
    with pytest.raises(NetworkFailed):
        transport.push(upstream, url, [(rev(upstream), "refs/heads/x")], timeout=0.5)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("scheme", ["http", "git", "ssh"])
def test_nobody_listens(scheme: str) -> None:
    """A refused connection is the network's fault."""
    with pytest.raises(NetworkFailed):
        transport.ls_remote(f"{scheme}://127.0.0.1:{free_port()}/x.git")


@pytest.mark.parametrize("url", ["https://host.invalid/x.git", "git://host.invalid/x.git", "nobody@host.invalid:x.git"])
def test_no_such_host(url: str) -> None:
    """A name that does not resolve is named."""
    with pytest.raises(NetworkFailed, match=r"host\.invalid"):
        transport.ls_remote(url)


def test_transport_helpers_never_run(tmp_path: Path, local: Path) -> None:
    """Even a URL nobody checked cannot start a program: git itself is told which protocols there are."""
    url = f"ext::sh -c touch% {tmp_path / 'mark'}"
    with pytest.raises(RemoteError, match="not allowed"):
        transport.ls_remote(url)
    with pytest.raises(RemoteError, match="not allowed"):
        transport.fetch(local, url, REFSPECS)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    "update", [("x", "refs/heads/x"), ("1" * 40, "--mirror"), ("1" * 40, "refs/heads/x:refs/heads/y")]
)
def test_a_push_takes_only_oids_and_full_names(tmp_path: Path, update: tuple[str, str]) -> None:
    """Neither an option nor a second refspec passes as an update."""
    with pytest.raises(ValueError, match="not an update"):
        transport.push(tmp_path, "file:///x", [update])


def test_trouble_on_this_side_is_told_from_the_remotes(upstream: Path, tmp_path: Path) -> None:
    """What fails here, such as no repository to fetch into, is not blamed on the remote."""
    with pytest.raises(LocalFailed):
        transport.fetch(tmp_path, upstream.as_uri(), REFSPECS)


def test_ssh_asks_nobody_where_nobody_is(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Without a terminal ssh runs in batch mode, unless the user chose the command."""
    assert "BatchMode=yes" in transport.environment("git@host:x")["GIT_SSH_COMMAND"]
    git("config", "--global", "core.sshCommand", "mine")
    command._own_ssh.cache_clear()  # a process asks git once
    assert "GIT_SSH_COMMAND" not in transport.environment("git@host:x")
    monkeypatch.setenv("GIT_SSH_COMMAND", "mine too")
    assert "GIT_SSH_COMMAND" not in transport.environment("git@host:x")


ASKED = """
import sys
from gitskills.git import transport
print("head is", transport.ls_remote(sys.argv[1]).head)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_the_user_is_asked(web: Web, upstream: Path) -> None:
    """Where a person sits, git may ask for name and password, and goes on with the answers."""
    inner = [sys.executable, "-c", ASKED, web.behaving("private", upstream)]
    outer = [sys.executable, "-c", f"import pty; pty.spawn({inner!r})"]
    with subprocess.Popen(outer, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        shown = b""
        for question, answer in ((b"Username", USER), (b"Password", PASSWORD), (b"head is refs/heads/main", "")):
            while question not in shown:
                shown += (chunk := os.read(process.stdout.fileno(), 1024))
                assert chunk, shown
            process.stdin.write(f"{answer}\n".encode())
            process.stdin.flush()
        process.kill()  # pty.spawn may wait for more to copy


def test_a_folder_one_may_not_write_in() -> None:
    """What git says of a remote folder of somebody else's (here as it says it: root may write everywhere)."""
    said = "error: remote unpack failed: unable to create temporary object directory\nerror: failed to push some refs\n"
    error = failures.rejection(["[remote rejected] (unpacker error)"], said, "file:///srv/library.git")
    assert isinstance(error, PushRefused) and "may not push here" in error.message
    assert "--review" in error.hint and "fork" in error.hint


def test_a_crowd_of_pushers_meets_only_one_kind_of_refusal(remote: Remote, upstream: Path, tmp_path: Path) -> None:
    """Of many who push to one branch at once each gets through in the end, and a loser is told to fetch again."""
    url = remote.serve(upstream)

    def contribute(number: int) -> int:
        own = tmp_path / f"{number}.git"
        own.mkdir()
        bare.create(own)
        for tries in range(1, 200):
            transport.fetch(own, url, REFSPECS)
            new = commit(own, rev(own, "refs/remotes/origin/main"), f"by {number}")
            with suppress(NonFastForward):
                transport.push(own, url, [(new, "refs/heads/main")])
                return tries
        raise AssertionError("never got through")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(contribute, range(6)))
    subjects = git("log", "--format=%s", "main", cwd=upstream).decode().splitlines()
    assert sorted(subjects[:6]) == [f"by {number}" for number in range(6)]


def test_sha256_repositories_are_told_plainly(tmp_path: Path) -> None:
    """A remote whose objects are named by SHA-256 is an expected failure that says so."""
    git("init", "-q", "--bare", "--object-format=sha256", tmp_path / "r.git")
    tree = git("mktree", cwd=tmp_path / "r.git", stdin=b"").decode().strip()
    commit = git("-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", tree, "-m", "x", cwd=tmp_path / "r.git")
    git("update-ref", "refs/heads/main", commit.decode().strip(), cwd=tmp_path / "r.git")
    with pytest.raises(RemoteError, match="SHA-256"):
        Cache.open((tmp_path / "r.git").as_uri(), paths()).refresh()
