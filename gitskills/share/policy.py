"""The policy a library sets for itself, as its own gitskills.yaml has it at some commit."""

from gitskills import config
from gitskills.config import Library
from gitskills.git import objects
from gitskills.git.cache import Cache


def policy(cache: Cache, commit: str | None) -> Library:
    """Read the `library:` block of the library at `commit`; the defaults where it has none.

    Raises ConfigError where the file is there and wrong: a policy must not be lost by a typing error.
    """
    if commit is None:
        return Library()
    oid = objects.resolve(cache.git_dir, f"{commit}:{config.NAME}")
    if oid is None:
        return Library()
    cache.want([oid])
    text = next(objects.blobs(cache.git_dir, [oid]))[1].decode("utf-8", "replace")
    return config.parse(text, where=f"{config.NAME} of the library").library
