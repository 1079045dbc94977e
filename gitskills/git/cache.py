"""One bare repository per URL, shared by every project and process of this user, blobless where the server allows."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from gitskills.errors import GitskillsError
from gitskills.git import bare, command, transport
from gitskills.git.ahead import first
from gitskills.git.failures import LocalFailed, NotFound, plain
from gitskills.git.transport import Progress, RemoteRefs
from gitskills.git.url import identity, redact
from gitskills.state.lock import locked
from gitskills.state.paths import Paths

_BRANCHES = "refs/remotes/origin/"
_TAGS = "refs/tags/"
_OURS = "refs/gitskills/"
_REFSPECS = (f"+refs/heads/*:{_BRANCHES}*", f"+{_TAGS}*:{_TAGS}*")
_EVERYTHING = "gitskills-everything"  # in caches whose server filters blobs out but does not give them one by one
_PACKS = 50  # git's own gc.autoPackLimit
_NO_NAME = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|^-|^/|/$|^@$")


@dataclass(frozen=True, slots=True)
class Cache:
    """The local copy of one remote: its branches below refs/remotes/origin/, its tags, and refs/gitskills/ of ours.

    A `silent` one asks the person at the terminal for no password: it fails with AuthFailed instead.
    """

    url: str
    git_dir: Path
    lock: Path
    silent: bool = False

    @classmethod
    def open(cls, url: str, paths: Paths) -> Cache:
        """Return the cache of a normalised URL; reads and creates nothing."""
        key = identity(url)
        words = "-".join(re.findall(r"[a-z0-9_.]+", redact(key).lower()))[-40:].strip("-.")
        git_dir = paths.repositories / f"{words}-{sha256(key.encode()).hexdigest()[:12]}.git"
        return cls(url, git_dir, paths.lock_for(git_dir))

    @property
    def exists(self) -> bool:
        """Whether it was fetched before; caches appear whole, so one that is there was finished."""
        return self.git_dir.is_dir()

    @property
    def head(self) -> str | None:
        """The remote's default branch as the ref that holds it here; None when the remote has none."""
        try:
            text = (self.git_dir / _BRANCHES / "HEAD").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        return text.replace("\0", "").removeprefix("ref: ").strip() or None

    @property
    def empty(self) -> bool:
        """Whether the remote had no branch at all when it was last fetched."""
        return not any(name.startswith(_BRANCHES) for name in self._local() or {})

    def refresh(self, *, progress: Progress | None = None, timeout: float | None = 600) -> bool:
        """Bring branches, tags and default branch up to date; True when anything changed.

        Costs one question to the remote when nothing is new. A missing or damaged cache is built again.
        Raises a RemoteError, or Busy when another process keeps the cache longer than `timeout` seconds.
        """
        with self._locked(timeout):
            if self.exists:
                with transport.listing(self.url, silent=self.silent) as ask:
                    local = self._local()  # while the question is on its way we look at what is here
                    if local is not None:
                        return self._follow(local, ask(), progress, timeout)
            self._build(progress, timeout)
            return True

    def resolve(self, ref: str | None) -> str:
        """Return the oid of the commit that `ref` names: a branch, a tag, or a commit (7 digits or more).

        None is the default branch. A commit that no branch holds is fetched where the server gives it.
        Raises GitskillsError that lists the names nearest to a wrong one.
        """
        if ref is None:
            ref = self.head
            if ref is None:
                raise self._no_default()
            asked = [ref]
        elif ref.startswith("refs/"):
            asked = [_here(ref)]
        else:
            asked = [_BRANCHES + ref, _TAGS + ref]
        names = [] if _NO_NAME.search(ref) else asked
        if re.fullmatch(r"[0-9a-f]{7,40}", ref):
            names.append(ref)
        if found := self._commit(names):
            return found
        if re.fullmatch(r"[0-9a-f]{40}", ref):
            with suppress(NotFound), self._locked(600):
                transport.fetch(self.git_dir, self.url, [f"{ref}:{_OURS}commits/{ref}"], blobless=self._blobless)
                if found := self._commit([ref]):
                    return found
        raise self._unknown(ref)

    def want(
        self,
        oids: Iterable[str],
        *,
        offline: bool = False,
        progress: Progress | None = None,
        timeout: float | None = 600,
    ) -> None:
        """Make sure these objects are here, fetching all that are missing in one go; `offline` forbids that.

        Raises a RemoteError, or GitskillsError when objects are missing offline.
        """
        wanted = list(dict.fromkeys(oids))
        if not (missing := self._missing(wanted)):
            return
        if offline:
            raise GitskillsError(
                f"{len(missing)} files of {redact(self.url)} were never fetched", "Run it again without --offline."
            )
        with self._locked(timeout):
            try:
                transport.fetch(self.git_dir, self.url, stdin_oids=missing, progress=progress, timeout=timeout)
            except NotFound:
                # Servers that filter but give no single objects: take everything, now and from now on.
                self._build(progress, timeout, blobless=False)
            if missing := self._missing(missing):
                raise NotFound(f"the server does not have {len(missing)} objects, first {missing[0]}", url=self.url)

    def push(
        self,
        updates: Sequence[tuple[str, str]],
        *,
        expect: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        timeout: float | None = 600,
    ) -> list[str]:
        """Move refs of the remote forward, (oid, full name) each, and remember it here; see transport.push."""
        said = transport.push(self.git_dir, self.url, updates, expect=expect, progress=progress, timeout=timeout)
        moves = "".join(
            f"update {_here(ref)} {oid}\n" if oid else f"delete {_here(ref)}\n"
            for oid, ref in updates
            if ref.startswith(("refs/heads/", _TAGS))
        )
        # The push is done whatever happens to this note of it; the next refresh writes the same.
        with suppress(command.GitFailed), self._locked(timeout):
            command.run(*command.QUIET, "update-ref", "--stdin", git_dir=self.git_dir, input=moves.encode())
        return said

    def unborn(self) -> str | None:
        """Ask an empty remote which branch its HEAD waits for; None where it does not say.

        Only a clone is told (protocol v2, `lsrefs.unborn`): publish on another branch, and clones come out empty.
        """
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            return transport.unborn(Path(folder) / "empty.git", self.url)

    def mend(self, *, progress: Progress | None = None, timeout: float | None = 600) -> bool:
        """Fetch everything anew, keeping refs/gitskills/, if anything here cannot be read; returns whether that was so.

        Looks at every object: for damage that shows only when something is read. Raises a RemoteError.
        """
        with self._locked(timeout):
            if not self.exists:
                return False
            found = bare.drop_stale_locks(self.git_dir)
            check = (*transport.PROMISE, "fsck", "--no-dangling", "--no-progress")
            try:
                command.run(*check, git_dir=self.git_dir, timeout=timeout)
            except command.GitFailed:
                self._build(progress, timeout)
                return True
            return found

    def _locked(self, timeout: float | None) -> AbstractContextManager[None]:
        return locked(self.lock, timeout=timeout or 600, what=redact(self.url))

    @property
    def _blobless(self) -> bool:
        return not (self.git_dir / _EVERYTHING).exists()

    def _local(self) -> dict[str, str] | None:
        """Return the refs that mirror the remote's, by name; None when there is no repository or it is damaged."""
        if not self.exists or not bare.packs_whole(self.git_dir):
            return None
        # Asking for the type makes git open every tip.
        query = ("for-each-ref", "--format=%(objectname) %(objecttype) %(refname)", _BRANCHES, _TAGS)
        try:
            rows = command.run(*query, git_dir=self.git_dir).decode(errors="surrogateescape").splitlines()
        except command.GitFailed:
            return None
        refs = {ref: oid for oid, _, ref in (row.split(" ", 2) for row in rows)}
        refs.pop(_BRANCHES + "HEAD", None)
        return refs

    def _follow(
        self, local: dict[str, str], remote: RemoteRefs, progress: Progress | None, timeout: float | None
    ) -> bool:
        """Fetch what the remote has and we have not; True when that was anything."""
        changed = local != {_here(ref): oid for ref, oid in remote.refs.items()}
        if changed:
            try:
                self._fetch(self.git_dir, progress, timeout)
            except LocalFailed:
                # Git says what it met, not what is broken: the remote answered, so it is something here.
                if not bare.drop_stale_locks(self.git_dir):
                    self._build(progress, timeout)
                    return True
                self._fetch(self.git_dir, progress, timeout)
            self._tidy()
        return _remember(self.git_dir, remote) or changed

    def _fetch(self, git_dir: Path, progress: Progress | None, timeout: float | None) -> None:
        transport.fetch(
            git_dir,
            self.url,
            _REFSPECS,
            blobless=not (git_dir / _EVERYTHING).exists(),
            prune=True,
            progress=progress,
            timeout=timeout,
            silent=self.silent,
            first=git_dir != self.git_dir,
        )

    def _build(self, progress: Progress | None, timeout: float | None, *, blobless: bool | None = None) -> None:
        """Fetch into a new repository beside the cache and put it in its place: there is never half a cache.

        What an earlier build left when it was killed is cleared; what it had already moved aside is rescued.
        """
        parent, name = self.git_dir.parent, self.git_dir.name
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.glob(f"{name}.*.new"):
            shutil.rmtree(left, ignore_errors=True)
        new = Path(tempfile.mkdtemp(prefix=f"{name}.", suffix=".new", dir=parent))
        try:
            bare.create(new)
            if not (self._blobless if blobless is None else blobless):
                (new / _EVERYTHING).touch()
            # After damage each object is to be checked, since what was copied may have come damaged.
            fetch = partial(self._fetch, new, progress, timeout)
            _remember(new, first(new, self.url, fetch, copy=not self.exists))
            damaged = [path for path in (*parent.glob(f"{name}.*.old"), self.git_dir) if path.exists()]
            for old in damaged:
                bare.rescue(old, new, _OURS)
            if self.exists:
                self.git_dir.rename(new.with_suffix(".old"))
            new.rename(self.git_dir)
        except OSError as error:
            raise LocalFailed(f"its copy in {parent} cannot be written: {error}", url=self.url) from error
        finally:
            shutil.rmtree(new, ignore_errors=True)  # where it did not become the cache
        for old in parent.glob(f"{name}.*.old"):
            shutil.rmtree(old, ignore_errors=True)

    def _tidy(self) -> None:
        """Make one pack of many; every fetch leaves one or two. Drop what processes left that were killed long ago."""
        for ref in bare.left(self.git_dir, f"{_OURS}series"):
            command.run(*command.QUIET, "update-ref", "-d", ref, git_dir=self.git_dir)
        if len(list((self.git_dir / "objects" / "pack").glob("*.pack"))) > _PACKS:
            # Another process may be about to name an object that no ref reaches yet: keep those.
            command.run(*command.QUIET, *transport.PROMISE, "repack", "-q", "-a", "-d", "-k", git_dir=self.git_dir)

    def _missing(self, oids: Sequence[str]) -> list[str]:
        answers = self._ask("%(objectname)", oids)
        return [answer.split()[0] for answer in answers if answer.endswith(" missing")]

    def _commit(self, names: Sequence[str]) -> str | None:
        """Return the commit of the first name that has one."""
        answers = self._ask("%(objectname) %(objecttype)", [f"{name}^{{commit}}" for name in names])
        return next((answer.split()[0] for answer in answers if answer.endswith(" commit")), None)

    def _ask(self, format: str, names: Sequence[str]) -> list[str]:
        """Ask git about objects; names come to it on standard input, as data."""
        if not self.exists:
            raise GitskillsError(f"{redact(self.url)} was never fetched", "Run it again without --offline.")
        asked = "".join(f"{name}\n" for name in names).encode()
        words = ("cat-file", "--buffer", f"--batch-check={format}")
        return command.run(*words, git_dir=self.git_dir, input=asked).decode().splitlines()

    def _names(self) -> list[str]:
        """Return the branches and tags as users write them."""
        refs = self._local() or {}
        return [ref.removeprefix(_BRANCHES).removeprefix(_TAGS) for ref in refs]

    def _no_default(self) -> GitskillsError:
        names = ", ".join(self._names()[:10])
        if not names:
            return NotFound("the repository is empty", "Push a first skill to it.", url=self.url)
        return NotFound("the remote has no default branch", f"Name one with `ref:` or --ref: {names}", url=self.url)

    def _unknown(self, ref: str) -> GitskillsError:
        from difflib import get_close_matches

        names = self._names()
        near = get_close_matches(ref, names, 5) or names[:5]
        hint = f"There are: {', '.join(near)}" if near else "The repository is empty."
        return NotFound(f"no branch, tag or commit {plain(ref)!r}", hint, url=self.url)


def _remember(git_dir: Path, remote: RemoteRefs) -> bool:
    """Write the remote's default branch down as git does, in refs/remotes/origin/HEAD; True when it changed."""
    branch = remote.default_branch
    return bare.point(git_dir, _BRANCHES + "HEAD", branch and _here(branch))


def _here(ref: str) -> str:
    """Return the ref that holds the remote's `ref` in a cache."""
    return ref.replace("refs/heads/", _BRANCHES, 1) if ref.startswith("refs/heads/") else ref
