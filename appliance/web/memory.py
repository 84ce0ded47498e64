"""Memory that is not needed any more goes back to the system: the C library keeps freed blocks for itself else."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable


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
