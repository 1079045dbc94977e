"""git/cache.py: one repository per URL that follows its remote, survives damage and crowds, and fetches little."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.git import cache as cache_module
from gitskills.git import command, transport
from gitskills.git.cache import Cache
from gitskills.git.failures import NetworkFailed, NonFastForward, NotFound
from gitskills.state.paths import paths
from tests.conftest import SkillRepo
from tests.remotes import Remote, Web
from tests.repositories import Files, git

SKILL = "skills/a/SKILL.md"


@pytest.fixture
def upstream(skill_repo: SkillRepo) -> Path:
    """A bare library with two commits."""
    git_dir = skill_repo([{SKILL: "one\n"}, {SKILL: "two\n", "skills/b/SKILL.md": "b\n"}])
    git("config", "uploadpack.allowFilter", "true", cwd=git_dir)
    return git_dir


def opened(url: str) -> Cache:
    """Return the cache of a URL in the test's own home."""
    return Cache.open(url, paths())


def rev(git_dir: Path, ref: str = "refs/heads/main") -> str:
    """Return the oid a ref names."""
    return git("rev-parse", ref, cwd=git_dir).decode().strip()


def advance(git_dir: Path, branch: str = "main") -> str:
    """Put an empty commit on a branch and return it."""
    tip = rev(git_dir, f"refs/heads/{branch}")
    new = git("commit-tree", "-p", tip, "-m", "more", f"{tip}^{{tree}}", cwd=git_dir).decode().strip()
    git("update-ref", f"refs/heads/{branch}", new, cwd=git_dir)
    return new


def no_network(*_: object, **__: object) -> None:
    """Stand in for a fetch that must not happen."""
    raise AssertionError("a fetch, where nothing was new")


def test_open_touches_nothing(tmp_path: Path, home: Path) -> None:
    """Opening is free: no file, no network; spellings of one URL are one cache, others are not."""
    cache = opened("https://host.invalid/acme/skills.git")
    assert not cache.exists and cache.head is None
    assert not (home / "gitskills").exists()
    assert cache.git_dir == opened("https://me:pw@HOST.invalid/acme/skills/").git_dir
    assert cache.git_dir != opened("git@host.invalid:acme/skills.git").git_dir
    assert "pw" not in str(opened("https://me:pw@HOST.invalid/acme/skills/").git_dir)


def test_refresh_fetches_once_and_then_asks_only(
    remote: Remote, upstream: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first refresh brings everything but blobs, from a host those of the tip as well; the second only asks."""
    url = remote.serve(upstream)
    cache = opened(url)
    assert cache.refresh()
    assert (cache.head, cache.resolve(None)) == ("refs/remotes/origin/main", rev(upstream))
    there = git("cat-file", "--batch-all-objects", "--batch-check", cwd=cache.git_dir).decode().splitlines()
    tip = {rev(upstream, f"main:{path}") for path in (SKILL, "skills/b/SKILL.md")}
    assert {row.split()[0] for row in there if " blob " in row} == (tip if url.startswith(("http", "ssh")) else set())
    assert not list(cache.git_dir.glob("tip.*"))
    monkeypatch.setattr(transport, "fetch", no_network)
    assert not cache.refresh()


def test_the_files_of_the_tip_come_along(web: Web, skill_repo: SkillRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a host one round of connections is enough for a first pull, but for large files; those come when wanted."""
    content: Files = {SKILL: "small\n", "skills/a/large.bin": os.urandom(600_000)}
    library = skill_repo(content)
    cache = opened(web.serve(library))
    small, large = rev(library, f"main:{SKILL}"), rev(library, "main:skills/a/large.bin")
    cache.refresh()
    cache.want([small], offline=True)
    with pytest.raises(GitskillsError):
        cache.want([large], offline=True)
    cache.want([large])
    assert git("cat-file", "-s", large, cwd=cache.git_dir).strip() == b"600000"


@pytest.mark.parametrize("way", ["fails", "lasts"])
def test_a_tip_that_does_not_come_is_not_missed(
    web: Web, upstream: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The second connection is a guess: where it fails or lasts, the first is enough, and files come when wanted."""

    @contextmanager
    def tip(git_dir: Path, url: str, limit: str) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
            if way == "fails":
                process.kill()
            yield process
            process.kill()

    monkeypatch.setattr(transport, "tip", tip)
    cache = opened(web.serve(upstream))
    cache.refresh()
    oid = rev(upstream, f"main:{SKILL}")
    with pytest.raises(GitskillsError):
        cache.want([oid], offline=True)
    cache.want([oid])
    assert not list(cache.git_dir.glob("tip.*"))


def test_refresh_follows_the_remote(remote: Remote, upstream: Path) -> None:
    """New commits, branches and tags come; deleted ones go; a branch rewritten by force is taken as it is now."""
    cache = opened(remote.serve(upstream))
    git("branch", "gone", "main", cwd=upstream)
    first = rev(upstream)
    cache.refresh()
    new = advance(upstream)
    git("branch", "-D", "gone", cwd=upstream)
    git("tag", "-a", "v1", "-m", "one", "main", cwd=upstream)
    git("branch", "topic", "main", cwd=upstream)
    assert cache.refresh()
    assert (cache.resolve(None), cache.resolve("topic"), cache.resolve("v1")) == (new, new, new)
    with pytest.raises(NotFound):
        cache.resolve("gone")
    git("update-ref", "refs/heads/main", first, cwd=upstream)
    git("tag", "-f", "v1", first, cwd=upstream)
    assert cache.refresh()
    assert (cache.resolve("main"), cache.resolve("v1")) == (first, first)


def test_a_branch_becomes_a_folder_of_branches_and_back(upstream: Path) -> None:
    """`topic` and `topic/x` cannot be together in git; each may follow the other."""
    cache = opened(upstream.as_uri())
    for branch, before in (("topic", None), ("topic/x", "topic"), ("topic", "topic/x")):
        if before:
            git("branch", "-D", before, cwd=upstream)
        git("branch", branch, "main", cwd=upstream)
        assert cache.refresh()
        assert cache.resolve(branch) == rev(upstream)


def test_the_default_branch_is_followed(upstream: Path) -> None:
    """When the remote's HEAD names another branch, so do we, with nothing to fetch."""
    cache = opened(upstream.as_uri())
    git("branch", "trunk", "main", cwd=upstream)
    cache.refresh()
    git("symbolic-ref", "HEAD", "refs/heads/trunk", cwd=upstream)
    assert cache.refresh() and cache.head == "refs/remotes/origin/trunk"
    assert not cache.refresh()


def test_a_daemon_tells_its_refs_at_once(
    remote: Remote, upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first fetch from git's own daemon saves a way there and back; hosts, and later fetches, go by protocol 2."""
    cache = opened(remote.serve(upstream))

    def modern() -> bool:
        trace = tmp_path / "trace"
        trace.unlink(missing_ok=True)
        monkeypatch.setenv("GIT_TRACE_PACKET", str(trace))
        assert cache.refresh()
        assert "fetch<" in trace.read_text()
        return "fetch< version 2" in trace.read_text()

    assert modern() == (remote.kind != "daemon")
    advance(upstream)
    assert modern() and cache.resolve(None) == rev(upstream)


def test_an_empty_remote_is_fine_and_gets_a_first_branch(remote: Remote, upstream: Path, skill_repo: SkillRepo) -> None:
    """An empty remote is a cache without a head; after the first push it has one."""
    empty = skill_repo(name="empty.git")
    cache = opened(remote.serve(empty))
    cache.refresh()
    assert cache.exists
    assert cache.head is None
    with pytest.raises(NotFound, match="empty"):
        cache.resolve(None)
    git("fetch", "-q", upstream, "main:refs/gitskills/x", cwd=cache.git_dir)
    cache.push([(rev(upstream), "refs/heads/main")])
    assert not (cache.refresh() and cache.head is None)
    assert cache.resolve(None) == cache.resolve("main") == rev(upstream)


@pytest.mark.parametrize(("branches", "head"), [(["main", "x"], "main"), (["x"], "x"), (["x", "y"], None)])
def test_a_head_that_names_a_missing_branch(upstream: Path, branches: list[str], head: str | None) -> None:
    """A remote whose HEAD dangles has the likeliest branch for default; with no likely one the user must choose."""
    for branch in {*branches} - {"main"}:
        git("branch", branch, "main", cwd=upstream)
    git("symbolic-ref", "HEAD", "refs/heads/nothing", cwd=upstream)
    if "main" not in branches:
        git("update-ref", "-d", "refs/heads/main", cwd=upstream)
    cache = opened(upstream.as_uri())
    cache.refresh()
    assert cache.head == (head and f"refs/remotes/origin/{head}")
    if head is None:
        with pytest.raises(NotFound, match="no default branch") as failure:
            cache.resolve(None)
        assert "x, y" in failure.value.hint


def test_a_detached_head_is_the_branch_at_that_commit(upstream: Path) -> None:
    """As `git clone` does, a HEAD that names a commit stands for the branch that ends there."""
    git("branch", "old", "main~1", cwd=upstream)
    git("update-ref", "--no-deref", "HEAD", rev(upstream, "main~1"), cwd=upstream)
    cache = opened(upstream.as_uri())
    cache.refresh()
    assert cache.head == "refs/remotes/origin/old"


def test_resolve_prefers_branches_to_tags_to_commits(upstream: Path) -> None:
    """One name for several things means the branch; full names and abbreviated commits work."""
    first, second = rev(upstream, "main~1"), rev(upstream)
    git("tag", "both", first, cwd=upstream)
    git("branch", "both", second, cwd=upstream)
    git("branch", second[:7], first, cwd=upstream)
    cache = opened(upstream.as_uri())
    cache.refresh()
    assert cache.resolve("both") == cache.resolve("refs/heads/both") == second
    assert cache.resolve("refs/tags/both") == first
    assert cache.resolve(second[:7]) == first
    assert cache.resolve(second[:8]) == cache.resolve(second) == second


@pytest.mark.parametrize(
    "ref", ["mian", "", "-x", "--all", "main~1", "main:skills", "a\nb", "@{-1}", "deadbeef", "\x1b[31m", "HEAD^"]
)
def test_resolve_of_a_wrong_name_lists_near_ones(upstream: Path, ref: str) -> None:
    """What is no branch, tag or commit is an error with the names there are; no expression is evaluated."""
    cache = opened(upstream.as_uri())
    cache.refresh()
    with pytest.raises(NotFound) as failure:
        cache.resolve(ref)
    assert "main" in failure.value.hint and "\x1b" not in failure.value.message


def test_resolve_fetches_a_commit_no_branch_holds(remote: Remote, upstream: Path) -> None:
    """A full oid that the server has is fetched and kept; one it has not is not found."""
    url = remote.serve(upstream)
    cache = opened(url)
    cache.refresh()
    lost = advance(upstream)
    git("update-ref", "refs/heads/main", f"{lost}~1", cwd=upstream)
    assert cache.resolve(lost) == lost
    cache.refresh()
    assert cache.resolve(lost[:9]) == lost
    with pytest.raises(NotFound):
        cache.resolve("1" * 40)


def blobs(upstream: Path) -> list[str]:
    """Return the oids of the files at the tip of a library."""
    return [row.split()[2] for row in git("ls-tree", "-r", "main", cwd=upstream).decode().splitlines()]


def test_want_brings_missing_blobs_in_one_fetch(
    remote: Remote, upstream: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is missing comes in one fetch, and what is here is not asked for again."""
    cache = opened(remote.serve(upstream))
    cache.refresh()
    wanted = blobs(upstream)
    cache.want([*wanted, *wanted])
    assert command.run("cat-file", "blob", wanted[0], git_dir=cache.git_dir) == b"two\n"
    monkeypatch.setattr(transport, "fetch", no_network)
    cache.want(wanted)
    cache.want([])


def test_want_offline_is_a_clear_error(upstream: Path) -> None:
    """Offline, or with the remote gone, missing blobs are an error and not a wait."""
    cache = opened(upstream.as_uri())
    cache.refresh()
    with pytest.raises(GitskillsError, match="2 files"):
        cache.want(blobs(upstream), offline=True)
    wanted = blobs(upstream)
    upstream.rename(upstream.with_name("moved"))
    with pytest.raises(NotFound):
        cache.want(wanted)


def test_reading_never_goes_to_the_network(upstream: Path) -> None:
    """A command that meets a missing blob fails at once instead of fetching it, whatever git's version."""
    cache = opened(upstream.as_uri())
    cache.refresh()
    with pytest.raises(command.GitFailed):
        command.run("cat-file", "blob", blobs(upstream)[0], git_dir=cache.git_dir)


@pytest.mark.parametrize("key", ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"])
@pytest.mark.parametrize("version", ["0", "2"])
def test_servers_that_can_less(web: Web, upstream: Path, home: Path, key: str, version: str) -> None:
    """No filter, no single objects, the old protocol: the cache then holds everything, now and later."""
    url = web.serve(upstream)
    git("config", key, "false", cwd=upstream)
    git("config", "--global", "protocol.version", version)
    cache = opened(url)
    for _ in range(2):
        cache.refresh()
        cache.want(blobs(upstream))
        advance(upstream)


def test_push_moves_the_remote_and_what_we_know_of_it(
    remote: Remote, upstream: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a push the cache agrees with the remote without asking; a lost race changes neither."""
    cache = opened(remote.serve(upstream))
    cache.refresh()
    tip = cache.resolve(None)
    ours = [git("commit-tree", "-p", tip, "-m", m, f"{tip}^{{tree}}", cwd=cache.git_dir).decode().strip() for m in "xy"]
    cache.push([(ours[0], "refs/heads/main")])
    assert rev(upstream) == cache.resolve("main") == ours[0]
    with pytest.raises(NonFastForward):
        cache.push([(ours[1], "refs/heads/main")])
    monkeypatch.setattr(transport, "fetch", no_network)
    assert not cache.refresh()


def test_an_old_blob_brought_back_is_pushed(upstream: Path) -> None:
    """A revert, whose blob only history has, goes from a blobless cache once that blob was wanted."""
    cache = opened(upstream.as_uri())
    cache.refresh()
    cache.want([rev(upstream, f"main~1:{SKILL}")])
    tip, tree = cache.resolve(None), rev(upstream, "main~1^{tree}")
    new = git("commit-tree", "-p", tip, "-m", "revert", tree, cwd=cache.git_dir).decode().strip()
    cache.push([(new, "refs/heads/main")])
    assert git("show", f"main:{SKILL}", cwd=upstream) == b"one\n"


def keep(cache: Cache) -> tuple[str, str]:
    """Put a conflict of ours into a cache, one ref loose and one packed; return both oids."""
    tree = git("mktree", cwd=cache.git_dir, stdin=b"").decode().strip()
    kept = [git("commit-tree", "-m", m, tree, cwd=cache.git_dir).decode().strip() for m in "lp"]
    git("update-ref", "refs/gitskills/conflicts/packed", kept[1], cwd=cache.git_dir)
    git("pack-refs", "--all", cwd=cache.git_dir)
    git("update-ref", "refs/gitskills/conflicts/loose", kept[0], cwd=cache.git_dir)
    return kept[0], kept[1]


def pack_of(git_dir: Path, ending: str) -> Path:
    """Return the biggest file of that ending among the packs, made writable."""
    found = max((git_dir / "objects" / "pack").glob(f"*{ending}"), key=lambda path: path.stat().st_size)
    found.chmod(0o644)
    return found


def emptied(folder: Path) -> None:
    """Remove all that a folder holds."""
    shutil.rmtree(folder)
    folder.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no objects": lambda g: shutil.rmtree(g / "objects"),
    "no HEAD": lambda g: (g / "HEAD").unlink(),
    "broken HEAD": lambda g: (g / "HEAD").write_text("rubbish"),
    "broken config": lambda g: (g / "config").write_text("[core\n"),
    "broken packed-refs": lambda g: (g / "packed-refs").write_bytes((g / "packed-refs").read_bytes() + b"rubbish\n"),
    "half packed-refs": lambda g: os.truncate(g / "packed-refs", (g / "packed-refs").stat().st_size - 20),
    "broken ref": lambda g: (g / "refs/remotes/origin/main").write_text("rubbish"),
    "ref to nothing": lambda g: (g / "refs/remotes/origin/main").write_text("1" * 40 + "\n"),
    "no refs": lambda g: shutil.rmtree(g / "refs"),
    "truncated pack": lambda g: os.truncate(pack_of(g, ".pack"), 100),
    "truncated index": lambda g: os.truncate(pack_of(g, ".idx"), 1000),
    "empty index": lambda g: os.truncate(pack_of(g, ".idx"), 0),
    "no index": lambda g: pack_of(g, ".idx").unlink(),
    "lock left behind": lambda g: (g / "refs/remotes/origin/main.lock").touch(),
    "packed-refs locked": lambda g: (g / "packed-refs.lock").touch(),
    "folder empty": emptied,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_mended(upstream: Path, damage: str) -> None:
    """Whatever is broken, the next refresh gives a whole cache, and our own refs that can be read are still there."""
    cache = opened(upstream.as_uri())
    cache.refresh()
    loose, packed = keep(cache)
    (cache.git_dir / "refs/remotes/origin/main").write_text(rev(upstream) + "\n")
    DAMAGE[damage](cache.git_dir)
    before = cache.git_dir.stat().st_ino
    new = advance(upstream)
    cache.refresh()
    assert cache.resolve(None) == new
    cache.want(blobs(upstream))
    assert ("lock" in damage) == (cache.git_dir.stat().st_ino == before), "locks are removed, all else is built anew"
    if damage not in ("no objects", "folder empty", "no refs"):
        assert rev(cache.git_dir, "refs/gitskills/conflicts/loose") == loose
    if damage not in ("no objects", "folder empty", "half packed-refs"):
        assert rev(cache.git_dir, "refs/gitskills/conflicts/packed") == packed
    assert not cache.refresh()
    assert [path.name for path in cache.git_dir.parent.iterdir()] == [cache.git_dir.name]


def test_a_cache_never_fetched_says_so() -> None:
    """Before the first refresh there is nothing to resolve or to want, and no trace of git's words."""
    cache = opened("https://host.invalid/acme/skills.git")
    for question in (lambda: cache.resolve("main"), lambda: cache.want(["1" * 40], offline=True)):
        with pytest.raises(GitskillsError, match="never fetched"):
            question()


def test_damage_seen_only_in_reading_is_mended_on_request(upstream: Path) -> None:
    """`mend` fetches everything anew where bytes rotted inside a pack, and nothing where all can be read."""
    git("config", "uploadpack.allowFilter", "true", cwd=upstream)
    cache = opened(upstream.as_uri())
    cache.refresh()
    loose, _ = keep(cache)
    assert not cache.mend(), "a blobless cache with objects of its own is whole"
    for pack in (cache.git_dir / "objects/pack").glob("*.pack"):
        data = bytearray(pack.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 20] = bytes(20)
        pack.chmod(0o600)
        pack.write_bytes(data)
    assert not cache.refresh() and cache.mend() and not cache.mend()
    assert rev(cache.git_dir, "refs/gitskills/conflicts/loose") == loose


def test_a_failed_refresh_leaves_the_cache_as_it_was(upstream: Path) -> None:
    """When the remote is gone, what was fetched before stays readable, and no half-made folder remains."""
    cache = opened(upstream.as_uri())
    cache.refresh()
    tip = cache.resolve(None)
    upstream.rename(upstream.with_name("moved"))
    with pytest.raises(NotFound):
        cache.refresh()
    assert cache.resolve(None) == tip
    never = opened(upstream.as_uri() + "-never")
    with pytest.raises(NotFound):
        never.refresh()
    assert not never.exists
    assert [path.name for path in cache.git_dir.parent.iterdir()] == [cache.git_dir.name]


def test_a_cut_connection_leaves_nothing_half_made(web: Web, upstream: Path) -> None:
    """When the server dies while it sends, there is no cache; the next refresh makes a whole one."""
    cache = opened(web.behaving("dying", upstream))
    with pytest.raises(NetworkFailed):
        cache.refresh()
    assert not cache.exists


def test_what_a_killed_push_left_is_dropped(upstream: Path) -> None:
    """The ref under which commits are written goes after an hour; one of a process at work stays."""
    cache = opened(upstream.as_uri())
    cache.refresh()
    for name in ("old", "new"):
        git("update-ref", f"refs/gitskills/series/{name}", cache.resolve(None), cwd=cache.git_dir)
    os.utime(cache.git_dir / "refs/gitskills/series/old", (1, 1))
    advance(upstream)
    assert cache.refresh()
    there = git("for-each-ref", "--format=%(refname)", "refs/gitskills/", cwd=cache.git_dir).decode().split()
    assert there == ["refs/gitskills/series/new"]


def test_many_packs_become_one(upstream: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetches pile up packs; past a limit they are joined, and nothing is lost, ours included."""
    monkeypatch.setattr(cache_module, "_PACKS", 3)
    cache = opened(upstream.as_uri())
    cache.refresh()
    loose, _ = keep(cache)
    lost = (
        command.run("hash-object", "-w", "--stdin", git_dir=cache.git_dir, input=b"about to be named").decode().strip()
    )
    cache.want(blobs(upstream))
    for _ in range(4):
        new = advance(upstream)
        cache.refresh()
    assert len(list((cache.git_dir / "objects" / "pack").glob("*.pack"))) <= 3
    assert cache.resolve(None) == new and rev(cache.git_dir, "refs/gitskills/conflicts/loose") == loose
    assert command.run("cat-file", "blob", lost, git_dir=cache.git_dir) == b"about to be named"
    cache.want(blobs(upstream), offline=True)


REFRESH = """
import json, sys
from gitskills.git.cache import Cache
from gitskills.state.paths import paths
cache = Cache.open(sys.argv[1], paths())
changed = cache.refresh()
oid = cache.resolve(None)
print(json.dumps([changed, oid]))
"""


def refreshing(url: str) -> subprocess.Popen[bytes]:
    """Start a process of its own that refreshes the cache of a URL."""
    return subprocess.Popen([sys.executable, "-c", REFRESH, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_eight_processes_refresh_one_cache(upstream: Path) -> None:
    """All at once, from nothing: one builds, the others find it done, and all see the same."""
    processes = [refreshing(upstream.as_uri()) for _ in range(8)]
    results = []
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        results.append(json.loads(out))
    assert {oid for _, oid in results} == {rev(upstream)}
    assert [changed for changed, _ in results].count(True) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
def test_killed_first_refreshes_leave_nothing_in_the_way(library: Callable[[str], Path]) -> None:
    """Twenty times kill -9 at another moment of the first refresh: the next one works and is whole."""
    upstream = library("superpowers")
    git("config", "uploadpack.allowFilter", "true", cwd=upstream)
    cache = opened(upstream.as_uri())
    for number in range(20):
        shutil.rmtree(cache.git_dir, ignore_errors=True)
        process = refreshing(upstream.as_uri())
        time.sleep(0.02 + number * 0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        cache.refresh()
        assert cache.resolve(None) == rev(upstream)
    # A git whose gitskills was killed may have written on for a moment; what it left goes with the next build.
    time.sleep(0.3)
    (cache.git_dir / "HEAD").unlink()
    assert cache.refresh()
    assert [path.name for path in cache.git_dir.parent.iterdir()] == [cache.git_dir.name]


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
def test_killed_later_refreshes_leave_nothing_in_the_way(upstream: Path) -> None:
    """Kill -9 while news are fetched: the next refresh takes over, whatever lock git left."""
    cache = opened(upstream.as_uri())
    cache.refresh()
    for number in range(10):
        new = advance(upstream)
        process = refreshing(upstream.as_uri())
        time.sleep(0.03 + number * 0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        cache.refresh()
        assert cache.resolve(None) == new


@pytest.mark.parametrize("name", ["superpowers", "mattpocock-skills", "awesome-copilot"])
def test_real_libraries(remote: Remote, library: Callable[[str], Path], name: str) -> None:
    """Each real library comes over each transport, and every file of its tip in one batch."""
    upstream = library(name)
    cache = opened(remote.serve(upstream))
    cache.refresh()
    cache.want(blobs(upstream))
    asked = "".join(f"{oid}\n" for oid in blobs(upstream)).encode()
    assert b"missing" not in command.run("cat-file", "--batch-check", git_dir=cache.git_dir, input=asked)
