"""Files that are put in place whole or not at all."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from appliance import wholefile

KEPT = ".before-hotline"
LEFT_AFTER_S = 60.0  # by then a writer has put its file in place, or was killed


def sweep(path: Path) -> None:
    """Remove what writers of ``path`` left beside it when they were killed: there may be secrets in it. Blocks;
    raises ``OSError``."""
    for left in path.parent.glob(f".{path.name}.????????"):
        with contextlib.suppress(FileNotFoundError):
            if left.is_file() and time.time() - left.stat().st_mtime > LEFT_AFTER_S:
                left.unlink()


def keep(path: Path, mark: str) -> Path | None:
    """Keep what stands at ``path`` and does not begin with ``mark`` under another name beside it, which is told.

    Once: what was kept before stays. Blocks; raises ``OSError``.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(mark.encode())) == mark.encode():
                return None
        kept = path.with_name(path.name + KEPT)
        # the same file under a second name: it cannot be half a copy, and the writer puts a new file under the first
        os.link(path, kept, follow_symlinks=False)
    except (FileNotFoundError, FileExistsError):
        return None
    return kept


def put(path: Path, text: str, mode: int) -> bool:
    """Write durably what differs; whether it did. The old content stands until the new one is on the disk. A new
    file belongs to the group of its directory, where this process may say so. Blocks; raises ``OSError``."""
    content = text.encode()
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == content:
            if path.stat().st_mode & 0o777 != mode:
                path.chmod(mode)
            return False

    def prepare(descriptor: int) -> None:
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, -1, path.parent.stat().st_gid)
        os.fchmod(descriptor, mode)

    wholefile.replace(path, content, prepare)
    return True
