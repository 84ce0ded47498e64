"""Small files that must survive a power cut: written whole, to the disk, then put in place in one step."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any) -> None:
    """Write durably; the old content stands until the new one is on the disk. Blocks; raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1, sort_keys=True)
            file.write("\n")
            file.flush()
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


def read_json(path: Path) -> Any:
    """The content, or ``None`` without a file. Blocks; raises ``OSError``, and ``ValueError`` for a damaged one."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
