"""Files that must survive a power cut: written whole, to the disk, then put in place in one step."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def replace(path: Path, content: bytes, prepare: Callable[[int], None] = lambda _: None) -> None:
    """Write durably; the old content stands until the new one is on the disk. ``prepare`` is called with the new
    file's descriptor, for mode and owner; it is its owner's alone otherwise. Blocks; raises ``OSError``, which names
    ``path``."""
    try:
        _replace(path, content, prepare)
    except OSError as error:  # it has the temporary name, or none
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: Path, content: bytes, prepare: Callable[[int], None]) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            prepare(file.fileno())
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)  # else the new name itself may be lost
    finally:
        os.close(directory)
