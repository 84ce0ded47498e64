"""Memory that is not needed any more goes back to the system: the C library keeps freed blocks for itself else."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable

MMAP_THRESHOLD, ARENA_MAX = -3, -8  # M_MMAP_THRESHOLD, M_ARENA_MAX of mallopt(3)
LARGE_BYTES = 256 * 1024


def keep_little() -> None:
    """Let the C library keep less. Call it before there are threads; of glibc alone, elsewhere it does nothing.

    All threads share one heap: each would begin its own else, and one that read a year of the call log leaves 20 MB
    with holes behind. What is large always comes from the system and goes back to it: after the first hash of a
    password, which takes 19 MB, the C library would take such blocks from the heap and keep them.
    """
    try:
        allow = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    allow(ARENA_MAX, 1)
    allow(MMAP_THRESHOLD, LARGE_BYTES)


@functools.cache
def _trim() -> Callable[[int], int]:
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim  # malloc_trim(3), of glibc alone
    except (OSError, AttributeError):
        return lambda _pad: 0
    return trim


def give_back() -> None:
    """After something large: 20 MB of a password's hash, a support bundle. Takes a millisecond or two."""
    _trim()(0)
