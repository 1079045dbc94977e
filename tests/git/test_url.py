"""git/url.py: what users write for a repository, what is refused, and what is shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.errors import GitskillsError
from gitskills.git.url import BadUrl, Location, UnsafeUrl, compare_url, identity, normalise, redact, told_page

BASE = Path.cwd()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://github.com/acme/skills.git", "https://github.com/acme/skills.git"),
        ("  https://github.com/acme/skills  ", "https://github.com/acme/skills"),
        ("HTTPS://host/x", "https://host/x"),
        ("http://user:pw@host:8080/x.git", "http://user:pw@host:8080/x.git"),
        ("ssh://git@host:2222/~/x.git", "ssh://git@host:2222/~/x.git"),
        ("git+ssh://git@host/x", "ssh://git@host/x"),
        ("git+https://host/x", "https://host/x"),
        ("git://[::1]:9418/x", "git://[::1]:9418/x"),
        ("git@example.com:acme/skills.git", "git@example.com:acme/skills.git"),
        ("build-host:skills.git", "build-host:skills.git"),
        ("git@[::1]:acme/skills", "git@[::1]:acme/skills"),
        ("acme/skills", "https://github.com/acme/skills.git"),
        ("acme/skills.git", "https://github.com/acme/skills.git"),
        ("github.com/acme/skills", "https://github.com/acme/skills"),
        ("file:///srv/git/x.git", "file:///srv/git/x.git"),
    ],
)
def test_what_git_understands_stays_what_it_is(text: str, url: str) -> None:
    """Every kind of git URL, scp-like address and shorthand becomes one URL."""
    assert normalise(text, base=BASE) == Location(url)


def test_paths_become_file_urls(tmp_path: Path) -> None:
    """A path, absolute or relative to the base, with blanks and signs, becomes a URL that git can filter."""
    assert normalise("./a b%", base=tmp_path).url == tmp_path.as_uri() + "/a%20b%25"
    assert normalise(str(tmp_path), base=Path("/")).url == tmp_path.as_uri()
    assert normalise("..", base=tmp_path).url == tmp_path.parent.as_uri()
    assert normalise("~/x", base=tmp_path).url == (Path.home() / "x").resolve().as_uri()
    (tmp_path / "lib").mkdir()
    assert normalise("lib", base=tmp_path).url == (tmp_path / "lib").as_uri()


def test_an_existing_repository_wins_over_the_shorthand(tmp_path: Path) -> None:
    """As with `git clone`, owner/repo is the repository that lies there; a mere folder of that name is not."""
    (tmp_path / "acme" / "skills").mkdir(parents=True)
    assert normalise("acme/skills", base=tmp_path).url == "https://github.com/acme/skills.git"
    (tmp_path / "acme" / "skills" / ".git").mkdir()
    assert normalise("acme/skills", base=tmp_path).url == (tmp_path / "acme" / "skills").as_uri()


@pytest.mark.parametrize(
    "text",
    [
        "-oProxyCommand=touch x",
        "--upload-pack=touch x",
        "ext::sh -c touch% x",
        "::x",
        "fd::17/x",
        "persistent-https::x",
        "ext://x/y",
        "javascript://x/y",
        "ftp://host/x",
        "ssh://-oProxyCommand=x/y",
        "ssh://%2DoProxyCommand=x/y",
        "ssh://-l@host/y",
        "-x@host:y",
        "-host:y",
        "git@-host:y",
        "host:-y",
        "ssh://host/-y",
        "https://host/x\ny",
        "a\x00b",
        "https://host/\x1b[31m",
        "https://host/\x85",
    ],
)
def test_dangerous_urls_are_refused(text: str) -> None:
    """Whatever could become an option, a program or a second line never reaches git."""
    with pytest.raises(UnsafeUrl):
        normalise(text, base=BASE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "name",
        "a/b/c",
        "https://",
        "https://host",
        "https://host/",
        "file://host/x",
        "http://[/x",
        "ssh://h:x/y",
        "~nobody-here/x",
        "x" * 5000,
    ],
)
def test_what_names_no_repository_is_refused(text: str) -> None:
    """A word, a server without a path, a broken port: an error of ours, with the text in it."""
    with pytest.raises(BadUrl):
        normalise(text, base=BASE)


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("https://github.com/o/r/tree/main/skills/x", Location("https://github.com/o/r", "main", "skills/x")),
        (
            "https://github.com/o/r/blob/v1.0/skills/x/SKILL.md?plain=1#L3",
            Location("https://github.com/o/r", "v1.0", "skills/x"),
        ),
        ("github.com/o/r/tree/main", Location("https://github.com/o/r", "main")),
        ("https://gitlab.com/g/sub/r/-/tree/main/a%20b", Location("https://gitlab.com/g/sub/r", "main", "a b")),
        ("https://codeberg.org/o/r/src/branch/main/x/", Location("https://codeberg.org/o/r", "main", "x")),
        ("https://gitea.acme.com/o/r/src/tag/v1/x", Location("https://gitea.acme.com/o/r", "v1", "x")),
        ("https://bitbucket.org/o/r/src/main/x", Location("https://bitbucket.org/o/r", "main", "x")),
        ("https://example.com/o/r/tree/main/x", Location("https://example.com/o/r/tree/main/x")),
    ],
)
def test_pages_from_a_browser_name_repository_ref_and_path(text: str, location: Location) -> None:
    """The address of a folder's page gives its repository, ref and path, on hosts whose pages we know."""
    assert normalise(text, base=BASE) == location


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://token@host/x", "https://host/x"),
        ("https://me:p%40ss@host/x?private_token=1", "https://host/x"),
        ("https://me:p@ss@host/x", "https://host/x"),
        ("fatal: 'ssh://git:pw@host/x' failed", "fatal: 'ssh://git@host/x' failed"),
        ("git@host:o/r", "git@host:o/r"),
        ("two http://a:b@c/d and https://e:f@g", "two http://c/d and https://g"),
    ],
)
def test_credentials_are_never_shown(text: str, shown: str) -> None:
    """Passwords and tokens leave every URL in a text; everything else stays."""
    assert redact(text) == shown


@pytest.mark.parametrize(
    "urls",
    [
        ["https://Host/o/r", "https://host/o/r.git", "https://host:443/o/r/", "https://me:pw@HOST/o/r.git/"],
        ["git@Host:o/r.git", "git@host:o/r"],
        ["ssh://git@host/o/r", "ssh://git@host:22/o/r.git"],
        ["file:///srv/x", "file:///srv/x/"],
        ["file:///srv/x.git"],
        ["http://host:8080/o/r"],
    ],
)
def test_spellings_of_one_repository_share_an_identity(urls: list[str]) -> None:
    """One cache per repository: spellings agree, and no two groups here do."""
    assert len({identity(url) for url in urls}) == 1
    others = ["https://host/o/R", "git@host:o/x", "ssh://bob@host/o/r", "file:///srv/y", "http://host:8081/o/r"]
    assert not {identity(url) for url in urls} & {identity(url) for url in others}


_GITHUB = "https://github.com/o/r/compare/main...gitskills/push/me/a%20b?expand=1"
_GITLAB = (
    "-/merge_requests/new?merge_request%5Bsource_branch%5D=gitskills%2Fpush%2Fme%2Fa+b"
    "&merge_request%5Btarget_branch%5D=main"
)
_CENTER = (
    "pull-requests?create&sourceBranch=refs%2Fheads%2Fgitskills%2Fpush%2Fme%2Fa+b&targetBranch=refs%2Fheads%2Fmain"
)


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("git@github.com:o/r.git", _GITHUB),
        ("git@github.com:/o/r", _GITHUB),
        ("https://x:y@github.com/o/r", _GITHUB),
        ("https://GitHub.com:443/o/r.git/", _GITHUB),
        ("ssh://git@github.com/o/r.git", _GITHUB),
        ("ssh://git@ssh.github.com:443/o/r.git", _GITHUB),
        ("git@github.acme.com:o/r.git", _GITHUB.replace("github.com", "github.acme.com")),
        ("https://codeberg.org/o/r.git", "https://codeberg.org/o/r/compare/main...gitskills/push/me/a%20b"),
        ("ssh://git@gitea.acme.com:2222/o/r", "https://gitea.acme.com/o/r/compare/main...gitskills/push/me/a%20b"),
        (
            "http://forgejo.acme.com:3000/o/r.git",
            "http://forgejo.acme.com:3000/o/r/compare/main...gitskills/push/me/a%20b",
        ),
        ("git@gitlab.acme.com:g/s/r.git", f"https://gitlab.acme.com/g/s/r/{_GITLAB}"),
        ("ssh://git@gitlab.com:2222/g/s/t/u/r.git", f"https://gitlab.com/g/s/t/u/r/{_GITLAB}"),
        ("https://gitlab.acme.com:8443/g/r", f"https://gitlab.acme.com:8443/g/r/{_GITLAB}"),
        (
            "git@bitbucket.org:o/r.git",
            "https://bitbucket.org/o/r/pull-requests/new?source=gitskills%2Fpush%2Fme%2Fa+b&dest=main",
        ),
        (
            "ssh://git@altssh.bitbucket.org:443/o/r.git",
            "https://bitbucket.org/o/r/pull-requests/new?source=gitskills%2Fpush%2Fme%2Fa+b&dest=main",
        ),
        (
            "ssh://git@bitbucket.acme.com:7999/team/r.git",
            f"https://bitbucket.acme.com/projects/TEAM/repos/r/{_CENTER}",
        ),
        (
            "https://bitbucket.acme.com:7990/scm/~ann/r.git",
            f"https://bitbucket.acme.com:7990/users/ann/repos/r/{_CENTER}",
        ),
        ("git@example.com:o/r.git", None),
        ("file:///srv/x.git", None),
    ],
)
def test_the_page_that_compares_branches(url: str, page: str | None) -> None:
    """A pushed branch gets the address where a pull request is opened, on the hosts we know, however git gets there."""
    assert compare_url(url, "main", "gitskills/push/me/a b") == page


@pytest.mark.parametrize(
    ("url", "fork", "page"),
    [
        ("https://github.com/o/r", "git@github.com:me/r.git", "https://github.com/o/r/compare/main...me:b?expand=1"),
        ("git@github.com:o/r", "git@github.com:me/o-r.git", "https://github.com/o/r/compare/main...me:o-r:b?expand=1"),
        ("https://codeberg.org/o/r", "git@codeberg.org:me/r.git", "https://codeberg.org/o/r/compare/main...me:b"),
        ("https://codeberg.org/o/r", "git@codeberg.org:me/x.git", "https://codeberg.org/o/r/compare/main...me/x:b"),
        (
            "git@gitlab.com:g/s/r.git",
            "https://gitlab.com/me/r",
            f"https://gitlab.com/me/r/{_GITLAB}".replace("gitskills%2Fpush%2Fme%2Fa+b", "b"),
        ),
        (
            "https://bitbucket.org/o/r",
            "git@bitbucket.org:me/r.git",
            "https://bitbucket.org/me/r/pull-requests/new?source=b&dest=o%2Fr%3A%3Amain",
        ),
        ("https://github.com/o/r", "https://github.com/o/r.git", "https://github.com/o/r/compare/main...b?expand=1"),
        ("https://github.com/o/r", "https://gitlab.com/me/r", None),
    ],
)
def test_the_page_that_compares_with_a_fork(url: str, fork: str, page: str | None) -> None:
    """A branch in a fork on the same host gets the page that names its owner; forks elsewhere cannot be compared."""
    assert compare_url(url, "main", "b", fork) == page


_TOLD = "To create a merge request for gitskills/push/me/a, visit:"


@pytest.mark.parametrize(
    ("said", "url", "page"),
    [
        ("https://git.acme.com/g/r/-/new?x=gitskills%2Fpush%2Fme%2Fa", "git@git.acme.com:g/r.git", True),
        ("https://git.acme.com/g/r/compare/main...gitskills/push/me/a", "ssh://git@git.acme.com:2222/g/r", True),
        ("http://git.acme.com:3000/g/r/pulls/new/gitskills/push/me/a", "http://git.acme.com:3000/g/r", True),
        ("https://evil.example.com/gitskills/push/me/a", "git@git.acme.com:g/r.git", False),
        ("https://git.acme.com@evil.example.com/gitskills/push/me/a", "git@git.acme.com:g/r.git", False),
        ("https://git.acme.com/g/r/compare/main...other", "git@git.acme.com:g/r.git", False),
        ("javascript:gitskills/push/me/a", "git@git.acme.com:g/r.git", False),
        ("http://[::1/gitskills/push/me/a", "git@git.acme.com:g/r.git", False),
        ("https:///gitskills/push/me/a", "file:///srv/r.git", False),
    ],
)
def test_a_page_that_the_server_names(said: str, url: str, page: bool) -> None:
    """On hosts of unknown kind the server's own words give the page, if it is on that host and about the branch."""
    assert told_page([_TOLD, f"  {said} "], url, "gitskills/push/me/a") == (said if page else None)


@given(st.text())
def test_any_text_gives_a_location_or_our_error(text: str) -> None:
    """No text makes the reader of URLs fail in another way, and what passes can never be an option or a helper."""
    try:
        url = normalise(text, base=BASE).url
    except GitskillsError:
        return
    assert not url.startswith("-") and "::" not in url.partition("/")[0].partition("[")[0]
    identity(url), compare_url(url, "main", "x"), redact(url)
