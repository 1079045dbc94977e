"""Swap two folders so that a reader sees the old one or the new one, whole, at every instant."""

import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # renameat2(2), Linux 3.15
_RENAME_SWAP = 2  # renamex_np(2), macOS 10.12


def exchange(one: Path, other: Path) -> bool:
    """Swap two existing paths of one file system atomically; False where the system cannot.

    Raises OSError for a failure that another way would not mend (a missing path, no permission).
    """
    swap = _swapper()
    if swap is None:
        return False
    if swap(os.fsencode(one), os.fsencode(other)) == 0:
        return True
    import ctypes

    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))


def replace(new: Path, live: Path, aside: Path) -> None:
    """Put `new` in the place of `live`, whose old content ends up at `aside` (which must not exist).

    Where no atomic swap exists (Windows, some network file systems) the folder is absent between
    two renames; `recover` of the next run puts it back if the process dies just there.
    """
    if exchange(new, live):
        os.rename(new, aside)
        return
    os.rename(live, aside)
    try:
        os.rename(new, live)
    except OSError:
        os.rename(aside, live)
        raise


_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM})


@cache
def _swapper() -> Any:
    """The C function that swaps two paths, bound to this system's flags, or None."""
    if sys.platform == "win32":
        return None
    import ctypes  # 2 ms: only where something is replaced

    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        mac = getattr(library, "renamex_np", None)
        return mac and (lambda one, other: mac(one, other, _RENAME_SWAP))
    linux = getattr(library, "renameat2", None)
    return linux and (lambda one, other: linux(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE))
