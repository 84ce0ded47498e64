"""Small JSON files that must survive a power cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from appliance import wholefile


def write_json(path: Path, value: Any) -> None:
    """Write durably; the old content stands until the new one is on the disk. Blocks; raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    wholefile.replace(path, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())


def read_json(path: Path) -> Any:
    """The content, or ``None`` without a file. Blocks; raises ``OSError``, and ``ValueError`` for a damaged one."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
