"""What a code repository is called, and which of its branches counts."""

from pathlib import Path

import pytest

from gitskills.errors import GitskillsError
from gitskills.git import code
from tests.codes import Code
from tests.repositories import git

NAMES = {
    "git@github.com:acme/app.git": "github.com/acme/app",
    "https://github.com/acme/app": "github.com/acme/app",
    "https://token:x@GitHub.com/acme/app.git/": "github.com/acme/app",
    "ssh://git@github.com/acme/app": "github.com/acme/app",
    "ssh://git@example.com:2222/a/b.git": "example.com:2222/a/b",
    "example.com:path/to/r": "example.com/path/to/r",
    "/srv/git/app.git": "app",
    "file:///srv/app/.git": "app",
    "../rel/app.bundle": "app",
    "ext::sh -c true": "",
}


@pytest.fixture
def upstream(tmp_path: Path) -> Code:
    """Return a repository with two commits on main."""
    made = Code(tmp_path / "upstream")
    made.write("a.py", "a\n")
    made.write("a.py", "b\n")
    return made


def clone(upstream: Code, folder: Path) -> Code:
    """Clone a repository."""
    git("clone", "-q", upstream.folder.as_uri(), folder)
    return Code(folder)


@pytest.mark.parametrize("url", NAMES)
def test_every_clone_has_one_name(upstream: Code, url: str) -> None:
    """However a repository was cloned it is called the same, without credentials and paths of a machine."""
    upstream.git("config", "remote.origin.url", url)
    assert code.name(upstream.git_dir) == NAMES[url]


def test_a_repository_without_a_remote_counts_by_its_head(upstream: Code) -> None:
    """Where there is nothing to fetch from HEAD counts, wherever in the work tree one stands."""
    (upstream.folder / "below").mkdir()
    found = code.look(upstream.folder / "below")
    assert (found.name, found.ref, found.tip) == ("", "HEAD", upstream.oid("HEAD"))


def test_a_branch_of_ones_own_does_not_count(upstream: Code, tmp_path: Path) -> None:
    """The default branch as fetched counts, not what is checked out; the local one where it is ahead."""
    mine = clone(upstream, tmp_path / "mine")
    fetched = mine.oid("origin/main")
    mine.git("switch", "-q", "-c", "topic", "HEAD~1")
    mine.write("mine.py", "mine\n")
    assert code.look(mine.folder).tip == fetched
    mine.git("switch", "-q", "main")
    ahead = mine.write("more.py", "more\n")
    assert code.look(mine.folder).tip == ahead
    mine.git("reset", "-q", "--hard", "HEAD~2")
    mine.write("diverged.py", "x\n")
    assert code.look(mine.folder).tip == fetched


def test_what_was_taken_away_by_force_is_not_ahead(upstream: Code, tmp_path: Path) -> None:
    """A local branch that has what the remote's had until a force-push is behind the times, not before them."""
    mine = clone(upstream, tmp_path / "mine")
    upstream.git("reset", "-q", "--hard", "HEAD~1")
    mine.git("fetch", "-q")
    assert code.look(mine.folder).tip == upstream.oid("main")
    mine.write("own.py", "x\n")
    assert code.look(mine.folder).tip == mine.oid("main")


def test_a_remote_that_was_added_counts_too(upstream: Code, tmp_path: Path) -> None:
    """Without a clone's word for the default branch it is main or master, if there is one of them."""
    mine = Code(tmp_path / "mine")
    mine.git("remote", "add", "origin", upstream.folder)
    mine.git("fetch", "-q", "origin")
    mine.git("update-ref", "-d", "refs/remotes/origin/HEAD")
    mine.git("switch", "-q", "-c", "topic", "origin/main~1")
    assert code.look(mine.folder).tip == upstream.oid("main")
    mine.git("update-ref", "refs/remotes/origin/master", "HEAD")
    assert code.look(mine.folder).ref == "HEAD"


def test_a_ref_may_be_named(upstream: Code) -> None:
    """A branch, a tag or a commit is taken; what is none is told, and so is a folder without a repository."""
    upstream.git("tag", "v1", "HEAD~1")
    assert code.look(upstream.folder, "v1").tip == upstream.oid("HEAD~1")
    assert code.look(upstream.folder, "refs/heads/main").ref == "main"
    for wrong in ("nope", "--all", "v1:a.py"):
        with pytest.raises(GitskillsError, match="has no commit"):
            code.look(upstream.folder, wrong)
    with pytest.raises(GitskillsError, match="no git repository"):
        code.look(upstream.folder.parent)
