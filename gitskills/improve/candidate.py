"""Candidate improvements as git keeps them: a branch each while they wait, a hidden ref once they are rejected.

Where the remote takes no branch from this user, a candidate waits in the cache, below refs/gitskills/.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitskills.git import objects, transport
from gitskills.git.cache import Cache
from gitskills.git.command import run
from gitskills.git.commit import Identity, commit
from gitskills.git.failures import RemoteError
from gitskills.git.refs import part
from gitskills.git.trailers import Event, format, parse
from gitskills.improve.fingerprint import fp8
from gitskills.skills.frontmatter import summary

BRANCHES = "refs/heads/gitskills/improve/"
REJECTED = "refs/gitskills/rejected/"
LOCAL = "refs/gitskills/improve/"
_REMOTE = "refs/remotes/origin/gitskills/improve/"
_FORMAT = "%(refname)%00%(objectname)%00%(authordate:iso-strict)%00%(contents)%00"

# Who writes a candidate: a machine, so that blame tells its lines from people's. The user is committer and co-author.
MACHINE = ("gitskills", "improve@gitskills.invalid")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate: `id` is as `name` has it, `event` what its trailers say, `why` its message's body.

    `ref` is its ref here.
    """

    id: str
    source: str
    commit: str
    date: str
    subject: str
    why: str
    event: Event
    ref: str = ""

    @property
    def local(self) -> bool:
        """Whether only this machine has it."""
        return self.ref.startswith(LOCAL)

    @property
    def branch(self) -> str:
        """Its branch, as the remote has it."""
        return f"gitskills/improve/{self.id}"


def fetch(cache: Cache) -> None:
    """Bring a library up to date, with what was rejected there; raises a RemoteError."""
    cache.refresh()
    with contextlib.suppress(RemoteError):  # many libraries have none, and some servers show no such refs
        transport.fetch(cache.git_dir, cache.url, [f"{REJECTED}*:{REJECTED}*"])


def waiting(source: str, cache: Cache) -> list[Candidate]:
    """The candidates that wait in a library, as last fetched, and those that only this machine has.

    A branch whose commit has no trailers is none.
    """
    found = {one.id: one for prefix in (LOCAL, _REMOTE) for one in _read(source, cache, prefix)}
    return [found[id] for id in sorted(found)]


def rejected(source: str, cache: Cache) -> list[Candidate]:
    """The candidates that were rejected, as last fetched."""
    return sorted(_read(source, cache, REJECTED), key=lambda one: one.id)


def name(skill: str, fingerprint: str) -> str:
    """What a candidate is called, as its refs end: the skill, as far as git lets a ref be called so, and fp8."""
    return f"{part(skill)}/{fp8(fingerprint)}"


def bring(cache: Cache, commits: Sequence[str]) -> None:
    """Fetch in one go the SKILL.md texts that candidates change, nothing else they bring; raises RemoteError."""
    words = ("diff-tree", "--stdin", "-r", "--root", "--no-renames", "--no-commit-id")
    rows = run(*words, git_dir=cache.git_dir, input="".join(f"{each}\n" for each in commits).encode()).splitlines()
    oids = [oid.decode() for row in rows if row.endswith(b"SKILL.md") for oid in row.split()[2:4]]
    cache.want(oid for oid in oids if oid.strip("0"))


def changed(cache: Cache, commit: str) -> tuple[str, ...]:
    """Return the lines that a candidate takes out of SKILL.md and puts in, with `-` and `+`; see `bring`."""
    words = ("diff-tree", "-p", "-U0", "--root", "-r", "--no-commit-id", "--no-renames", "--no-color", "--no-ext-diff")
    out = run(*words, "--no-textconv", commit, "--", ":(glob)**/SKILL.md", git_dir=cache.git_dir)
    lines = out.decode("utf-8", "replace").partition("\n@@")[2].split("\n")[1:]
    return tuple(each for each in lines if each[:1] in ("-", "+") and each[1:].strip())


def branch_ref(skill: str, fingerprint: str) -> str:
    """The ref of the branch on which an edit of a skill waits."""
    return f"{BRANCHES}{name(skill, fingerprint)}"


def local_ref(skill: str, fingerprint: str) -> str:
    """The ref in the cache under which an edit waits that the remote did not take."""
    return f"{LOCAL}{name(skill, fingerprint)}"


def rejected_ref(skill: str, fingerprint: str) -> str:
    """The ref under which a rejected edit of a skill is kept."""
    return f"{REJECTED}{name(skill, fingerprint)}"


def write(cache: Cache, tip: str, path: str, tree: str, message: tuple[str, str], event: Event, who: Identity) -> str:
    """Write the commit on `tip` that gives the skill at `path` the tree; `message` is subject and body."""
    from gitskills.git.repository import Repository

    repository = Repository(cache.git_dir)
    root = repository.splice(repository.root(tip), path, tree)
    subject, body = message
    text = format(f"{event.skill}: {subject.removeprefix(f'{event.skill}: ')}", body, event)
    return commit(cache.git_dir, root, [tip], text, Identity(*MACHINE, who.committer, who.signing))


def again(cache: Cache, old: str, message: str, who: Identity) -> str:
    """Write the commit `old` once more with another message, on the same parent."""
    from gitskills.git.repository import Repository

    parents = run("rev-list", "--parents", "--max-count=1", old, git_dir=cache.git_dir).decode().split()[1:]
    root = Repository(cache.git_dir).root(old)
    return commit(cache.git_dir, root, parents, message, Identity(*MACHINE, who.committer, who.signing))


def path_of(cache: Cache, listing: Mapping[str, objects.Found], skill: str) -> str | None:
    """The folder of a skill in a library, by its name; one at the root is called what its SKILL.md says.

    Raises a RemoteError where that has to be fetched and cannot be.
    """
    if "" in listing:
        _, oid = listing[""].entries[objects.MANIFEST]
        cache.want([oid])
        text = next(objects.blobs(cache.git_dir, [oid]))[1].decode("utf-8", "replace")
        return "" if summary(text).name == skill else None
    return next((path for path, found in listing.items() if found.name == skill), None)


def _read(source: str, cache: Cache, prefix: str) -> Iterator[Candidate]:
    out = run("for-each-ref", f"--format={_FORMAT}", prefix, git_dir=cache.git_dir).decode("utf-8", "replace")
    fields = out.split("\0")
    for ref, oid, date, message in zip(*[iter(fields)] * 4, strict=False):
        event = parse(message)
        id = ref.strip().removeprefix(prefix)
        if event is None or id.count("/") != 1 or not event.edit:
            continue
        subject, _, rest = message.partition("\n")
        yield Candidate(id, source, oid, date, subject, _body(rest), event, ref.strip())


def _body(text: str) -> str:
    """A message's paragraphs without the trailers."""
    paragraphs = [part for part in text.strip().split("\n\n") if part.strip()]
    return "\n\n".join(paragraphs[:-1])
